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
        shares: By part, the share of its numbers (not its weights) that fit.
        other_shape: Names in the model whose weights have another shape there.
        unknown: Names in the checkpoint that the model does not have.
    """

    state: dict[str, Tensor]
    loaded: Counter[str]
    wanted: Counter[str]
    shares: dict[str, float]
    other_shape: list[str]
    unknown: list[str]

    def is_of_this(self, part: str) -> bool:
        """Whether the checkpoint's weights are of the same part, of the backbone say.

        Networks of one family have names in common, and some shapes: what is taken then stands
        between layers that stay random. Half must fit at least, by weights and by the numbers in
        them.
        """
        enough = 2 * self.loaded[part] >= self.wanted[part]
        return enough and self.shares.get(part, 1.0) >= 0.5

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
    sizes = Counter[str]()
    fitting_sizes = Counter[str]()
    for name, value in model.items():
        sizes[name.split(".")[0]] += value.numel()
        fitting_sizes[name.split(".")[0]] += value.numel() if name in fitting else 0
    counted = [name for name in model if not name.endswith("num_batches_tracked")]
    return PartialWeights(
        state=fitting,
        loaded=Counter(name.split(".")[0] for name in counted if name in fitting),
        wanted=Counter(name.split(".")[0] for name in counted),
        shares={part: fitting_sizes[part] / max(size, 1) for part, size in sizes.items()},
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
