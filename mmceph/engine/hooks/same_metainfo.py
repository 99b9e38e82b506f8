"""Keep a resumed run from warning of a data set that is the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from mmengine.hooks import Hook
from mmengine.runner import BaseLoop, Runner

from mmceph.registry import HOOKS


@HOOKS.register_module()
class SameMetainfoHook(Hook):
    """Give a resumed run's checkpoint the data set's own metainfo where it holds the same values.

    mmengine compares the two as bytes of a pickle, which differ after every saving and loading,
    and so warns of another data set at each resume. A data set that does differ is still warned
    of. ``tools/train.py`` adds this hook to every run that is resumed.
    """

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict[str, Any]) -> None:
        """Compare by value."""
        meta = checkpoint.get("meta") or {}
        if not runner._resume or not isinstance(runner._train_loop, BaseLoop):
            return
        own = getattr(runner.train_dataloader.dataset, "metainfo", None)
        if "dataset_meta" in meta and same_values(meta["dataset_meta"], own):
            meta["dataset_meta"] = own


def same_values(first: Any, second: Any) -> bool:
    """Whether two nested values are equal; tuples and lists of the same items are.

    Example:
        >>> same_values({"a": (1, np.array([2.0]))}, {"a": [1, np.array([2.0])]})
        True
        >>> same_values({"a": 1}, {"a": 1, "b": 2})
        False
    """
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        return first.keys() == second.keys() and all(
            same_values(first[key], second[key]) for key in first
        )
    if isinstance(first, (list, tuple)) and isinstance(second, (list, tuple)):
        return len(first) == len(second) and all(map(same_values, first, second))
    if isinstance(first, np.ndarray) or isinstance(second, np.ndarray):
        return np.array_equal(first, second)
    return bool(first == second)
