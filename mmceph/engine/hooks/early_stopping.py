"""Early stopping that a resumed run goes on with."""

from __future__ import annotations

from typing import Any

from mmengine.hooks import EarlyStoppingHook as MmengineEarlyStoppingHook

from mmceph.registry import HOOKS


@HOOKS.register_module()
class EarlyStoppingHook(MmengineEarlyStoppingHook):
    """mmengine's hook, whose patience a stop and a resume do not renew.

    The best score and the count of validations since are in every checkpoint that
    :class:`CheckpointHook` of mmceph saves.
    """

    def state_dict(self) -> dict[str, Any]:
        """What a resumed run needs."""
        return {"best_score": float(self.best_score), "wait_count": int(self.wait_count)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from :meth:`state_dict`."""
        self.best_score = state["best_score"]
        self.wait_count = state["wait_count"]
