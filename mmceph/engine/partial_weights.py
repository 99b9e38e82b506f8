"""Which weights of a checkpoint fit a model, under which names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

# The stages of a ResNet inside torch.nn.Sequential(*children), as older ruler models have it.
_NUMBERED = {"0": "conv1", "1": "bn1", "4": "layer1", "5": "layer2", "6": "layer3", "7": "layer4"}


@dataclass(frozen=True)
class PartialWeights:
    """What of a checkpoint goes into a model.

    Attributes:
        state: The weights that fit, under the model's names.
        loaded: How many of each part (``"backbone"``, ``"head"``) fit.
        wanted: How many each part has.
        other_shape: Names in the model whose weights have another shape there.
        unknown: Names in the checkpoint that the model does not have.
    """

    state: dict[str, Tensor]
    loaded: Counter[str]
    wanted: Counter[str]
    other_shape: list[str]
    unknown: list[str]

    def table(self) -> str:
        """What was and was not loaded, a row a part of the model."""
        lines = [f"{'part':<18}{'loaded':>8}{'of':>6}   not loaded because"]
        reshaped = Counter(name.split(".")[0] for name in self.other_shape)
        for part, count in self.wanted.items():
            missing = count - self.loaded[part] - reshaped[part]
            reasons = [f"{reshaped[part]} of another shape"] if reshaped[part] else []
            reasons += [f"{missing} not in the checkpoint"] if missing else []
            lines.append(
                f"{part:<18}{self.loaded[part]:>8}{count:>6}   {', '.join(reasons) or '-'}"
            )
        if self.unknown:
            parts = Counter(name.split(".")[0] for name in self.unknown)
            text = ", ".join(f"{part} ({count})" for part, count in sorted(parts.items()))
            lines.append(f"only in the checkpoint: {text}")
        return "\n".join(lines)


def fit_weights(model: Mapping[str, Tensor], checkpoint: Mapping[str, Tensor]) -> PartialWeights:
    """Find the weights of a checkpoint that fit a model.

    Names are taken as they are, without ``module.``, of a backbone alone (as for ImageNet), and
    those of older ruler models: ``backbone_wrapper.backbone`` and ``regressor``.

    Args:
        model: The model's state dict.
        checkpoint: The checkpoint's.
    """
    given = {name: value for name, value in checkpoint.items() if isinstance(value, Tensor)}
    renamed = {model_name(name, model): value for name, value in given.items()}
    fitting, other_shape, unknown = {}, [], []
    for name, value in renamed.items():
        if name not in model:
            unknown.append(name)
        elif model[name].shape != value.shape:
            other_shape.append(name)
        else:
            fitting[name] = value
    counted = [name for name in model if not name.endswith("num_batches_tracked")]
    return PartialWeights(
        state=fitting,
        loaded=Counter(name.split(".")[0] for name in counted if name in fitting),
        wanted=Counter(name.split(".")[0] for name in counted),
        other_shape=[name for name in other_shape if name in counted],
        unknown=[name for name in unknown if not name.endswith("num_batches_tracked")],
    )


def model_name(name: str, model: Mapping[str, Tensor]) -> str:
    """Return the name a checkpoint's weight has in the model, or the nearest to it.

    Example:
        >>> import torch
        >>> model_name("backbone_wrapper.backbone.4.0.conv1.weight", {})
        'backbone.layer1.0.conv1.weight'
        >>> model_name("conv1.weight", {"backbone.conv1.weight": torch.zeros(1)})
        'backbone.conv1.weight'
    """
    name = name.removeprefix("module.")
    if name in model:
        return name
    if name.startswith("regressor."):
        return f"head.{name}"
    old = re.match(r"backbone_wrapper\.(?:cldetection_model\.)?backbone\.(.+)", name)
    if old:
        first, dot, rest = old[1].partition(".")
        return f"backbone.{_NUMBERED.get(first, first)}{dot}{rest}"
    return f"backbone.{name}" if f"backbone.{name}" in model else name
