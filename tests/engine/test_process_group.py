from __future__ import annotations

import socket
import subprocess

import pytest
import torch
from mmengine.config import Config
from torch import distributed

from mmceph.engine import process_group
from mmceph.engine.process_group import (
    connected,
    environment_of,
    require_launched,
    torchrun_command,
)
from mmceph.errors import MmcephError

VARIABLES = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")
SLURM = {"SLURM_PROCID": "3", "SLURM_NTASKS": "4", "SLURM_LOCALID": "1", "SLURM_JOB_ID": "2017"}
MPI = {
    "OMPI_COMM_WORLD_RANK": "1",
    "OMPI_COMM_WORLD_SIZE": "2",
    "OMPI_COMM_WORLD_LOCAL_RANK": "1",
}


@pytest.fixture
def alone(monkeypatch):
    """The environment of a run of one process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for name, value in zip(VARIABLES, ("0", "1", "0", "127.0.0.1", str(port)), strict=True):
        monkeypatch.setenv(name, value)
    return port


def test_what_no_launcher_started_is_told_the_command(monkeypatch):
    for name in ("RANK", "LOCAL_RANK"):
        monkeypatch.delenv(name, raising=False)
    words = ["my config.py", "--launcher", "pytorch", "--epochs", "2"]
    with pytest.raises(MmcephError) as error:
        require_launched("pytorch", "tools/train.py", words)
    count = torch.cuda.device_count() or 2
    command = f'torchrun --nproc-per-node {count} tools/train.py "my config.py" --epochs 2'
    assert "RANK" in str(error.value)
    assert str(error.value).endswith(f"start the processes with: {command} --launcher pytorch")


@pytest.mark.parametrize("launcher", ["slurm", "mpi"])
def test_the_other_launchers_are_told_it_too(launcher, monkeypatch):
    for name in (*SLURM, *MPI):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(MmcephError, match=r"torchrun.*c\.py --launcher pytorch$"):
        require_launched(launcher, "tools/test.py", ["c.py", f"--launcher={launcher}"])


def test_one_process_needs_no_environment(monkeypatch):
    monkeypatch.delenv("RANK", raising=False)
    require_launched("none", "tools/train.py", [])


def test_a_launcher_that_is_an_options_value_is_replaced_once():
    words = ["--launcher=slurm", "c.py", "--work-dir", "w"]
    wanted = "torchrun --nproc-per-node 4 t.py c.py --work-dir w --launcher pytorch"
    assert torchrun_command("t.py", words, 4) == wanted


def test_slurm_on_one_machine():
    found = environment_of("slurm", {**SLURM, "SLURM_STEP_NUM_NODES": "1"})
    wanted = ("3", "4", "1", "127.0.0.1", str(29500 + 17))
    assert found == dict(zip(VARIABLES, wanted, strict=True))


def test_slurm_on_several_machines_asks_it_for_the_first(monkeypatch):
    asked = []

    def run(command, **_):
        asked.append(command)
        return subprocess.CompletedProcess(command, 0, stdout="node7\nnode8\n")

    monkeypatch.setattr(process_group.subprocess, "run", run)
    environment = {**SLURM, "SLURM_NODELIST": "node[7-8]", "SLURM_STEP_NUM_NODES": "2"}
    assert environment_of("slurm", environment)["MASTER_ADDR"] == "node7"
    assert asked == [["scontrol", "show", "hostnames", "node[7-8]"]]


def test_slurm_without_its_commands_asks_for_the_address(monkeypatch):
    monkeypatch.setenv("PATH", "")
    environment = {**SLURM, "SLURM_NODELIST": "node[7-8]", "SLURM_STEP_NUM_NODES": "2"}
    with pytest.raises(MmcephError, match="MASTER_ADDR"):
        environment_of("slurm", environment)
    assert environment_of("slurm", {**environment, "MASTER_ADDR": "n"})["MASTER_ADDR"] == "n"


def test_mpi_on_one_machine_needs_no_address_and_on_several_does():
    one = environment_of("mpi", {**MPI, "OMPI_COMM_WORLD_LOCAL_SIZE": "2"})
    assert one == dict(zip(VARIABLES, ("1", "2", "1", "127.0.0.1", "29500"), strict=True))
    with pytest.raises(MmcephError, match="MASTER_ADDR"):
        environment_of("mpi", {**MPI, "OMPI_COMM_WORLD_LOCAL_SIZE": "1"})


def test_the_configs_port_goes_before_the_environments():
    environment = {**MPI, "MASTER_ADDR": "a", "MASTER_PORT": "7"}
    assert environment_of("mpi", environment)["MASTER_PORT"] == "7"
    assert environment_of("mpi", environment, 8)["MASTER_PORT"] == "8"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"RANK": "first"}, "RANK as a number.*RANK='first'"),
        ({"WORLD_SIZE": ""}, "WORLD_SIZE as a number"),
        ({"RANK": "2"}, "process 2 .* of only 2"),
        ({"MASTER_ADDR": ""}, "MASTER_ADDR"),
    ],
)
def test_variables_that_do_not_fit_are_named(change, named):
    values = dict(zip(VARIABLES, ("0", "2", "0", "localhost", "29500"), strict=True))
    with pytest.raises(MmcephError, match=named):
        environment_of("pytorch", {**values, **change})


def test_processes_connect_without_a_gpu(alone, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    cfg = Config({"launcher": "pytorch", "env_cfg": {"dist_cfg": {"backend": "nccl"}}})
    with connected(cfg):
        assert distributed.get_backend() == "gloo"
        with connected(cfg):  # a tool and what it calls may both ask for it
            pass
        assert distributed.is_initialized()
    assert not distributed.is_initialized()


def test_a_port_that_is_taken_is_named(alone, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with socket.socket() as taken:
        taken.bind(("", alone))
        taken.listen()
        named = pytest.raises(MmcephError, match=f"at 127.0.0.1:{alone} .*MASTER_PORT")
        with named, connected(Config({"launcher": "pytorch"})):
            pass
    assert not distributed.is_initialized()


def test_losing_the_others_is_told_from_errors_of_ones_own(alone, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    cfg = Config({"launcher": "pytorch"})
    lost = "[gloo/transport/tcp/pair.cc:534] Connection closed by peer [127.0.0.1]:4"
    try:
        named = pytest.raises(MmcephError, match=r"process 0 of 1 .* has lost the others")
        with named, connected(cfg):
            raise RuntimeError(lost)
    finally:
        distributed.destroy_process_group()
    with pytest.raises(RuntimeError, match=r"^mat1 and mat2"), connected(Config({})):
        raise RuntimeError("mat1 and mat2 do not fit")


@pytest.mark.parametrize(
    ("launcher", "local_rank", "count", "gpu"),
    [("pytorch", 1, 2, 1), ("slurm", 3, 1, 0), ("mpi", 2, 1, 0)],
)
def test_every_process_takes_its_own_gpu(launcher, local_rank, count, gpu, monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: count)
    assert process_group._gpu(launcher, local_rank) == gpu


@pytest.mark.parametrize(("launcher", "count"), [("pytorch", 1), ("slurm", 2)])
def test_a_process_without_a_gpu_of_its_own_is_refused(launcher, count, monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: count)
    with pytest.raises(MmcephError, match=r"process 2 .* has no GPU.*CUDA_VISIBLE_DEVICES=-1"):
        process_group._gpu(launcher, 2)
