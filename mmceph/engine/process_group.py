"""The processes of a run: how they were started, and how they find one another."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import torch
from mmengine.config import Config
from mmengine.device import get_device
from mmengine.dist import get_dist_info
from torch import distributed

from mmceph.errors import MmcephError

_NEEDED = {
    "pytorch": ("RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT"),
    "slurm": ("SLURM_PROCID", "SLURM_NTASKS"),
    "mpi": ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK"),
}
_STARTED_BY = {"pytorch": "torchrun", "slurm": "srun", "mpi": "Open MPI's mpirun"}
_PORT = 29500  # torch's own
_LOST = ("by peer", "gloo", "pair closure", "broken pipe")


def require_launched(launcher: str, script: str, words: Sequence[str]) -> None:
    """See that this process was started by the launcher that the command line names.

    Args:
        launcher: "none", "pytorch", "slurm" or "mpi".
        script: The tool's path, for the command that the message proposes.
        words: The tool's arguments, for the same.

    Raises:
        MmcephError: Environment variables that the launcher sets are missing.
    """
    missing = [name for name in _NEEDED.get(launcher, ()) if name not in os.environ]
    if missing:
        raise MmcephError(
            f"--launcher {launcher}: {_STARTED_BY[launcher]} has not started this process "
            f"({', '.join(missing)} not set in the environment); without a cluster, start the "
            f"processes with: {torchrun_command(script, words)}"
        )


def torchrun_command(script: str, words: Sequence[str], count: int | None = None) -> str:
    """The command that starts a tool in several processes of this machine.

    Args:
        script: The tool's path.
        words: Its arguments; a launcher among them is replaced.
        count: Number of processes; one a GPU, or two without any, where left out.
    """
    kept: list[str] = []
    skip = False
    for word in words:
        if not skip and word.split("=")[0] != "--launcher":
            kept.append(word)
        skip = word == "--launcher"
    count = count or torch.cuda.device_count() or 2
    start = ["torchrun", "--nproc-per-node", str(count), script]
    return subprocess.list2cmdline([*start, *kept, "--launcher", "pytorch"])


@contextmanager
def connected(cfg: Config) -> Iterator[None]:
    """Connect the processes of a run, and let go of one another at its end.

    mmengine's own way needs a GPU. Here they talk by the config's ``env_cfg.dist_cfg`` (nccl) where
    every process has a GPU, and by gloo where the machine has none. Does nothing for the launcher
    "none", and where they are connected already.

    Args:
        cfg: The config with its launcher.

    Raises:
        MmcephError: The environment does not say how to connect, the others cannot be reached, a
            process has no GPU of its own, or another process has ended meanwhile.
    """
    launcher = cfg.get("launcher", "none")
    settings = dict((cfg.get("env_cfg") or {}).get("dist_cfg") or {})
    # What mmengine alone knows how to connect.
    others = settings.pop("init_backend", "torch") != "torch" or get_device() not in ("cuda", "cpu")
    if launcher == "none" or distributed.is_initialized() or others:
        yield
        return
    variables = environment_of(launcher, os.environ, settings.pop("port", None))
    os.environ.update(variables)
    where = f"{variables['MASTER_ADDR']}:{variables['MASTER_PORT']}"
    try:
        _connect(launcher, settings)
    except (RuntimeError, ValueError, OSError) as error:
        if isinstance(error, MmcephError):
            raise
        raise MmcephError(
            f"--launcher {launcher}: the processes cannot be connected at {where} "
            f"({_first_line(error)}); is the port taken, by another run perhaps? Set the "
            "environment variable MASTER_PORT to another number (PORT for tools/dist_*.sh)"
        ) from error
    try:
        yield
    except RuntimeError as error:
        if not _is_loss(error):
            raise
        rank, size = get_dist_info()
        raise MmcephError(
            f"process {rank} of {size} (counted from 0) has lost the others: one of them has "
            f"ended, and its own message says why ({_first_line(error)})"
        ) from error
    distributed.destroy_process_group()


def environment_of(
    launcher: str, environment: Mapping[str, str], port: int | None = None
) -> dict[str, str]:
    """What torch wants to know of this process, from what its launcher says.

    Args:
        launcher: "pytorch", "slurm" or "mpi".
        environment: The environment's variables.
        port: The port where the processes meet; by default MASTER_PORT of the environment, else
            under Slurm one that hangs on the job's number, else torch's.

    Returns:
        RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR and MASTER_PORT.

    Raises:
        MmcephError: A variable is missing or not a number, or the rank is not below the size.
    """
    known = {name: environment.get(name) for name in _NEEDED[launcher]}
    if launcher == "slurm":
        rank, size, local, address = _slurm(environment)
    else:
        (rank, size, local), address = list(known.values())[:3], environment.get("MASTER_ADDR")
    if launcher == "mpi" and environment.get("OMPI_COMM_WORLD_LOCAL_SIZE") == size:
        address = address or "127.0.0.1"
    found = {"RANK": rank, "WORLD_SIZE": size, "LOCAL_RANK": local}
    for name, value in found.items():
        if value is None or not value.isdigit():
            said = ", ".join(f"{key}={text!r}" for key, text in known.items() if text is not None)
            raise MmcephError(
                f"--launcher {launcher}: the environment does not give this process its {name} as "
                f"a number ({said or 'nothing is set'}); was it started by {_STARTED_BY[launcher]}?"
            )
    if int(str(rank)) >= int(str(size)):
        raise MmcephError(
            f"--launcher {launcher}: process {rank} (counted from 0) of only {size}; the variables "
            f"of {_STARTED_BY[launcher]} do not fit one another"
        )
    if not address:
        raise MmcephError(
            f"--launcher {launcher}: set the environment variable MASTER_ADDR to the host name or "
            "address of the first process's machine"
        )
    job = environment.get("SLURM_JOB_ID", "0") if launcher == "slurm" else "0"
    # Two jobs on one machine may not meet at one port.
    default = _PORT + (int(job) % 1000 if job.isdigit() else 0)
    found["MASTER_ADDR"] = address
    found["MASTER_PORT"] = str(port or environment.get("MASTER_PORT") or default)
    return {name: str(value) for name, value in found.items()}


def _slurm(environment: Mapping[str, str]) -> tuple[str | None, str | None, str | None, str | None]:
    """Rank, size, local rank and first machine of a Slurm step."""
    rank, local = environment.get("SLURM_PROCID"), environment.get("SLURM_LOCALID")
    address = environment.get("MASTER_ADDR")
    nodes = environment.get("SLURM_STEP_NODELIST") or environment.get("SLURM_NODELIST")
    if not address and environment.get("SLURM_STEP_NUM_NODES") == "1":
        address = "127.0.0.1"
    elif not address and nodes:
        command = ["scontrol", "show", "hostnames", nodes]
        try:
            names = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        except (OSError, subprocess.CalledProcessError):
            names = ""
        address = names.split("\n")[0].strip()
    if local is None and rank is not None and rank.isdigit():
        local = str(int(rank) % max(torch.cuda.device_count(), 1))
    return rank, environment.get("SLURM_NTASKS"), local, address


def _connect(launcher: str, settings: dict[str, Any]) -> None:
    backend = settings.pop("backend", "nccl")
    if torch.cuda.is_available():
        os.environ["LOCAL_RANK"] = str(_gpu(launcher, int(os.environ["LOCAL_RANK"])))
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    if not torch.cuda.is_available() or (backend == "nccl" and not distributed.is_nccl_available()):
        backend = "gloo"
    if "timeout" in settings:
        settings["timeout"] = timedelta(seconds=settings["timeout"])
    distributed.init_process_group(backend=backend, **settings)


def _gpu(launcher: str, local_rank: int) -> int:
    """The number of this process's GPU among those that it sees."""
    count = torch.cuda.device_count()
    if local_rank < count:
        return local_rank
    if count == 1 and launcher != "pytorch":
        return 0  # a scheduler that shows every process its own alone
    raise MmcephError(
        f"process {local_rank} (counted from 0) of this machine has no GPU: there are {count}; "
        "start no more processes than GPUs, or hide these with CUDA_VISIBLE_DEVICES=-1 in the "
        "environment, to run on processors"
    )


def _is_loss(error: RuntimeError) -> bool:
    text = str(error).lower()
    return isinstance(error, distributed.DistError) or any(part in text for part in _LOST)


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0]
