"""What kind of network a checkpoint's weights seem to be of, for messages."""

from __future__ import annotations

import re
from collections.abc import Mapping

from torch import Tensor

_DEPTHS = {
    ((2, 2, 2, 2), False): 18,
    ((3, 4, 6, 3), False): 34,
    ((3, 4, 6, 3), True): 50,
    ((3, 4, 23, 3), True): 101,
    ((3, 8, 36, 3), True): 152,
}
_PREFIX = re.compile(r"^(module\.|backbone_wrapper\.|base\.|backbone\.|model\.|_orig_mod\.)+")


def known_network(state: Mapping[str, Tensor]) -> str | None:
    """Return ``"HRNet-W32"``, ``"ResNet-18"`` or the like, None for any other network."""
    names = _bare(state)
    for name, value in names.items():
        # A convolution of the finest branch, as wide as the network's name says.
        finest = re.match(r"stage[234]\.0\.branches\.0\.0\.(conv1\.)?weight$", name)
        if finest is not None and value.ndim == 4:
            kind = "HRNet-W" if finest[1] else "PlainHRNet-W"
            return f"{kind}{value.shape[0]}"
    return _resnet(names)


def guess_backbone(state: Mapping[str, Tensor]) -> str:
    """Say what a checkpoint's weights seem to be of, by their names and shapes.

    Example:
        >>> import torch
        >>> guess_backbone({"backbone.blocks.0.attn.qkv.weight": torch.zeros(1)})
        'a transformer'
        >>> guess_backbone({"enc.0.weight": torch.zeros(1), "dec.weight": torch.zeros(1)})
        'a network with the parts dec, enc'
    """
    known = known_network(state)
    if known is not None:
        return known
    names = _bare(state)
    if any(re.search(r"(^|\.)(attn|self_attn|attention)\.", name) for name in names):
        return "a transformer"
    parts = sorted({name.split(".")[0] for name in names})
    return f"a network with the parts {', '.join(parts[:6])}" if parts else "nothing"


def _bare(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights by name, without what models put in front of their backbone's names."""
    given = {name: value for name, value in state.items() if isinstance(value, Tensor)}
    return {_PREFIX.sub("", name): value for name, value in given.items()}


def _resnet(names: Mapping[str, Tensor]) -> str | None:
    blocks = [
        1 + max((int(m[1]) for n in names if (m := re.match(rf"layer{i}\.(\d+)\.", n))), default=-1)
        for i in (1, 2, 3, 4)
    ]
    if not all(blocks):
        return None
    first, second, third, fourth = blocks
    depth = _DEPTHS.get(((first, second, third, fourth), "layer1.0.conv3.weight" in names))
    return f"ResNet-{depth}" if depth else f"a ResNet of {'+'.join(map(str, blocks))} blocks"
