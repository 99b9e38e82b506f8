"""Undo the mirroring of heat-maps predicted from a mirrored image."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

_MAPS_PER_POINT = {"heatmap": 1, "udp_combined": 3, "offset": 2}
_X_OFFSET = {"udp_combined": 1, "offset": 0}


def flip_heatmaps(
    heatmaps: Tensor,
    flip_indices: Sequence[int] | None = None,
    flip_mode: str = "heatmap",
    shift_heatmap: bool = True,
) -> Tensor:
    """Mirror maps left to right and swap those of symmetric points.

    Args:
        heatmaps: Shape (B, C, H, W).
        flip_indices: For each point, the index of its mirror point.
        flip_mode: ``"heatmap"`` (one map a point), ``"udp_combined"`` (disc, x offset, y offset)
            or ``"offset"`` (x and y offset); offsets in x change sign.
        shift_heatmap: Move the result one pixel to the right, which aligns maps of networks
            whose input size is an even multiple of the map's (no unbiased data processing).

    Returns:
        A new tensor (B, C, H, W).

    Raises:
        ValueError: For another ``flip_mode``, or indices that do not fit the maps.

    >>> import torch
    >>> flip_heatmaps(torch.tensor([[[[1., 2., 3.]]]]), shift_heatmap=False)
    tensor([[[[3., 2., 1.]]]])
    """
    if flip_mode not in _MAPS_PER_POINT:
        raise ValueError(f"flip_mode must be one of {sorted(_MAPS_PER_POINT)}, not {flip_mode!r}")
    batch, channels, height, width = heatmaps.shape
    points = channels // _MAPS_PER_POINT[flip_mode]
    maps = heatmaps.reshape(batch, points, -1, height, width).flip(-1)
    if flip_indices is not None:
        if len(flip_indices) != points:
            raise ValueError(f"{len(flip_indices)} flip_indices for {points} points")
        maps = maps[:, list(flip_indices)]
    if flip_mode in _X_OFFSET:
        maps[:, :, _X_OFFSET[flip_mode]] *= -1
    maps = maps.reshape(batch, channels, height, width)
    if shift_heatmap:
        maps[..., 1:] = maps[..., :-1].clone()
    return maps
