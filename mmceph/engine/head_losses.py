"""See that a head decodes what its loss trains."""

from __future__ import annotations

from typing import Any

from mmengine.config import Config

from mmceph.engine.overrides import LOSSES, ConfigError, nested_dicts
from mmceph.registry import MODELS


def check_head_losses(cfg: Config) -> None:
    """Refuse a loss on logits for a head that decodes its maps as they are.

    The maps such a loss trains mean the same when a constant is added, and are decoded to
    another point then. Heads that look at the loss's ``expects_logits`` say so by
    ``reads_expects_logits = True``.

    Args:
        cfg: A training config.

    Raises:
        ConfigError: Loss and head do not fit; the message names both and the losses that do.
    """
    for node in nested_dicts(cfg.get("model")):
        loss = node.get("loss")
        logits = _on_logits(loss) if isinstance(loss, dict) else None
        head = None if logits is None else _class_of(node)
        if head is None or getattr(head, "reads_expects_logits", False):
            continue
        fitting = [name for name, other in LOSSES.items() if _on_logits(other) is None]
        raise ConfigError(
            f"{logits} (--loss cross_entropy) trains logits, and {head.__name__} would decode them "
            f"as plain heat-maps: choose --loss {', '.join(fitting[:-1])} or {fitting[-1]}"
        )


def _on_logits(loss: dict[str, Any]) -> str | None:
    """The name of the loss on logits, which may be the base of another; None if there is none."""
    classes = [_class_of(node) for node in nested_dicts(loss)]
    return next(
        (c.__name__ for c in classes if c and getattr(c, "expects_logits", None) is True), None
    )


def _class_of(node: dict[str, Any]) -> type | None:
    kind = node.get("type")
    found = MODELS.get(kind) if isinstance(kind, str) else kind
    return found if isinstance(found, type) else None
