"""The network's input size, and whether the network can work at it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from torch import nn

from mmceph.engine.config_errors import BrokenConfigError, clear_missing_parts
from mmceph.engine.overrides import ConfigError, nested_dicts
from mmceph.pose import TopdownPoseEstimator
from mmceph.registry import MODELS

_STEPS = (1, 2, 4, 8, 16, 32, 64, 128)


def set_image_size(cfg: Config, height: int, width: int) -> None:
    """Change the network's input size everywhere, heat-maps in proportion.

    Raises:
        ConfigError: The config has no input size, or the network's heat-maps would not come out
            at the codec's size; the message says which sizes fit.
    """
    if min(height, width) < 1:
        raise ConfigError(f"--image-size {height} {width}: both must be at least 1 px")
    _check_network(cfg, height, width)
    changed = 0
    for node in nested_dicts(cfg._cfg_dict):
        if "input_size" not in node:
            continue
        old = node["input_size"]
        if "heatmap_size" in node:
            ratios = [a / b for a, b in zip(old, node["heatmap_size"], strict=True)]
            sizes = (width / ratios[0], height / ratios[1])
            if any(size != int(size) for size in sizes):
                raise ConfigError(
                    f"--image-size {height} {width}: both must be multiples of "
                    f"{ratios[1]:g} and {ratios[0]:g}, the heat-map's step"
                )
            node["heatmap_size"] = (int(sizes[0]), int(sizes[1]))
        node["input_size"] = (width, height)
        changed += 1
    if not changed:
        raise ConfigError("--image-size: the config has no input_size to change")


@dataclass(frozen=True)
class _Network:
    """A network on torch's meta device, where a forward pass is shapes alone.

    Attributes:
        model: The estimator.
        layer: Its layer that draws the heat-maps; None where there are none.
        channels: Of its images.
        ratios: Input size over heat-map size as the codec has it, of width and of height.
    """

    model: nn.Module
    layer: nn.Module | None
    channels: int
    ratios: tuple[float, float]

    def fits(self, width: int, height: int) -> bool:
        """Whether images of this size pass, and give heat-maps of the size the codec would have.

        Raises:
            NotImplementedError: The network has a part that needs real numbers.
        """
        wanted = (height / self.ratios[1], width / self.ratios[0])
        if any(size != int(size) for size in wanted):
            return False
        drawn: list[tuple[int, ...]] = []
        layer = self.layer or nn.Identity()
        watch = layer.register_forward_hook(lambda _, inputs, maps: drawn.append(maps.shape[-2:]))
        image = torch.zeros(1, self.channels, height, width, device="meta")
        try:
            with torch.no_grad():
                self.model(image, None, mode="tensor")
        except NotImplementedError:
            raise
        except RuntimeError:  # branches of the network that do not meet
            return False
        finally:
            watch.remove()
        return self.layer is None or drawn == [wanted]


def _check_network(cfg: Config, height: int, width: int) -> None:
    network = _network(cfg)
    if network is None:
        return
    try:
        if network.fits(width, height):
            return
        # Tried at odd multiples: 96 fits a network that needs multiples of 32, and 64 would
        # fit one that needs multiples of 64, too.
        step = next(s for s in _STEPS if network.fits(*(s * (n // s | 1) for n in (width, height))))
    except (NotImplementedError, StopIteration):
        return  # it cannot be told without real numbers, or is no matter of the size
    near = [max(round(size / step), 1) * step for size in (height, width)]
    raise ConfigError(
        f"--image-size {height} {width}: this network takes multiples of {step}; the nearest is "
        f"--image-size {near[0]} {near[1]}"
    )


def _network(cfg: Config) -> _Network | None:
    """Build the config's network without its weights; None where that cannot be done."""
    config: dict[str, Any] = cfg.model.get("base", cfg.model)
    scope = cfg.get("default_scope") or "mmceph"
    try:
        with (
            clear_missing_parts(),
            DefaultScope.overwrite_default_scope(scope),
            torch.device("meta"),
        ):
            model = MODELS.build(config).eval()
    except BrokenConfigError:  # it computes with its weights as it is built, or is wrong
        return None
    first = next((m for m in model.modules() if isinstance(m, nn.Conv2d)), None)
    if not isinstance(model, TopdownPoseEstimator) or first is None:
        return None  # others may want more than an image
    head: Any = getattr(model, "head", None)
    # P1P2RegressionHead has its maps drawn by a head of its own.
    layer = getattr(getattr(head, "maps", head), "final_layer", None)
    codec: Any = getattr(head, "decoder", None)
    if layer is None or not hasattr(codec, "heatmap_size"):
        return _Network(model, None, first.in_channels, (1.0, 1.0))
    ratios = [a / b for a, b in zip(codec.input_size, codec.heatmap_size, strict=True)]
    return _Network(model, layer, first.in_channels, (ratios[0], ratios[1]))
