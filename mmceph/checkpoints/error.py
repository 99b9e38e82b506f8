"""What is wrong with a checkpoint, and what is refused in one."""

from __future__ import annotations

from mmceph.errors import MmcephError


class CheckpointError(MmcephError):
    """A checkpoint is missing, damaged, or wants more than tensors and mmengine's log history."""


class Refused(Exception):
    """A file holds something that is not built; the message says what."""


class Damaged(Exception):
    """A file is no checkpoint, or not a whole one; the message says why."""
