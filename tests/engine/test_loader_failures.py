import errno
import os
import signal
import sys
from multiprocessing.reduction import ForkingPickler

import pytest
import torch
from torch.utils.data import DataLoader, Dataset

from mmceph.engine.loader_failures import LoaderError, clear_loader_failures, watch_workers


class Dying(Dataset):
    """What its process does with the third sample."""

    def __init__(self, how):
        self.how = how

    def __len__(self):
        return 4

    def __getitem__(self, index):
        return self.how() if index == 2 else torch.zeros(1)


def killed():
    os.kill(os.getpid(), signal.SIGKILL)


def shared_memory_full():
    ForkingPickler.register(torch.Tensor, no_room)
    return torch.zeros(1)


def no_room(_):
    raise RuntimeError("unable to allocate shared memory(shm) for file </torch_1_2_0>: No space")


def cannot_be_sent():
    return torch.zeros(1), lambda: None


def hung_up(dataset, **options):
    loader = DataLoader(dataset, collate_fn=list, num_workers=1, **options)
    watch_workers(loader)
    watch_workers(loader)
    with clear_loader_failures():
        list(loader)


@pytest.mark.skipif(sys.platform == "win32", reason="has no such signal")
def test_a_killed_process_is_told_in_a_line():
    with pytest.raises(LoaderError, match=r"ended from outside \(Killed\).*--workers 0 needs none"):
        hung_up(Dying(killed))


@pytest.mark.skipif(sys.platform == "win32", reason="has no such memory")
def test_full_shared_memory_ends_the_run_instead_of_hanging_it():
    with pytest.raises(LoaderError, match=r"/dev/shm\) is full.*--workers 0"):
        hung_up(Dying(shared_memory_full))


def test_a_sample_that_cannot_be_sent_is_told(capfd):
    with pytest.raises(LoaderError, match="exit status 1"):
        hung_up(Dying(cannot_be_sent))
    assert "a process that loads pictures ends: " in capfd.readouterr().out


def test_the_process_may_die_in_the_middle_of_something_else():
    text = "DataLoader worker (pid 7) is killed by signal: Bus error. It is possible that"
    other = SyntaxError("Failed to format the config file")
    other.__cause__ = RuntimeError(text)
    with pytest.raises(LoaderError, match="shm"), clear_loader_failures():
        raise other


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (RuntimeError("received 0 items of ancdata"), "too many files"),
        (OSError(errno.EMFILE, "Too many open files"), "too many files"),
        (RuntimeError("DataLoader worker (pid(s) 3, 4) exited unexpectedly"), "ended from outside"),
    ],
)
def test_what_else_processes_fail_of(error, reason):
    with pytest.raises(LoaderError, match=reason), clear_loader_failures():
        raise error


@pytest.mark.parametrize(
    "error", [RuntimeError("shapes do not fit"), OSError(errno.ENOSPC, "Full")]
)
def test_other_errors_stay_as_they_are(error):
    with pytest.raises(type(error)) as caught, clear_loader_failures():
        raise error
    assert caught.value is error
