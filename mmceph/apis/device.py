"""Where a network runs."""

from __future__ import annotations

import torch

from ..errors import MmcephError


def choose_device(device: str | None) -> torch.device:
    """The device asked for, else a GPU where there is one.

    Raises:
        MmcephError: There is no such device, or nothing can be computed on it.
    """
    if device is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        found = torch.device(device)
        # Names are taken for devices that this machine or this build of torch does not have.
        torch.ones(1, device=found).sum().item()
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        gpus = torch.cuda.device_count()
        known = "cpu" if not gpus else "cpu or " + ", ".join(f"cuda:{n}" for n in range(gpus))
        raise MmcephError(f"--device {device}: no device of this machine; say {known}") from error
    return found
