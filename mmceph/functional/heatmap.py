"""Heat-maps of points: drawing Gaussian targets and reading points back to sub-pixel precision.

Coordinates are in heat-map pixels, x before y; pixel (0, 0) has its centre at (0.0, 0.0).
"""

from __future__ import annotations

import torch
from torch import Tensor


def gaussian_heatmaps(points: Tensor, size: tuple[int, int], sigma: float) -> Tensor:
    """Draw one Gaussian of peak 1 for every point, centred at its exact sub-pixel place.

    Args:
        points: Points in px, shape (..., 2), x before y.
        size: Width and height of the maps in px.
        sigma: Standard deviation of the Gaussian in px.

    Returns:
        Maps of shape (..., height, width), in the points' floating-point type.

    Example:
        >>> maps = gaussian_heatmaps(torch.tensor([[2.0, 1.0]]), size=(5, 3), sigma=1.0)
        >>> maps.shape, float(maps[0, 1, 2])
        (torch.Size([1, 3, 5]), 1.0)
    """
    width, height = size
    columns = torch.arange(width, device=points.device, dtype=points.dtype)
    rows = torch.arange(height, device=points.device, dtype=points.dtype)
    across = torch.exp(-((columns - points[..., 0:1]) ** 2) / (2 * sigma**2))
    down = torch.exp(-((rows - points[..., 1:2]) ** 2) / (2 * sigma**2))
    return down.unsqueeze(-1) * across.unsqueeze(-2)


def spatial_softmax(logits: Tensor) -> Tensor:
    """Turn every map of ``logits`` (..., height, width) into probabilities that sum to 1."""
    return torch.softmax(logits.flatten(-2).float(), dim=-1).view(logits.shape)


def soft_argmax(maps: Tensor) -> Tensor:
    """Read a point from each map: the centroid of the whole map, which gradients pass.

    Source: Sun et al., Integral Human Pose Regression, ECCV 2018.

    Args:
        maps: Maps that sum to 1 each, shape (..., height, width).

    Returns:
        The points in px, shape (..., 2), x before y.

    Example:
        >>> maps = torch.zeros(1, 3, 5)
        >>> maps[0, 2, 1], maps[0, 2, 4] = 0.5, 0.5
        >>> soft_argmax(maps).tolist()
        [[2.5, 2.0]]
    """
    height, width = maps.shape[-2:]
    columns = torch.arange(width, device=maps.device, dtype=maps.dtype)
    rows = torch.arange(height, device=maps.device, dtype=maps.dtype)
    x = (maps.sum(dim=-2) * columns).sum(dim=-1)
    y = (maps.sum(dim=-1) * rows).sum(dim=-1)
    return torch.stack([x, y], dim=-1)


def local_soft_argmax(maps: Tensor, radius: int) -> tuple[Tensor, Tensor]:
    """Read a point from each map: the centroid of a square window around the maximum.

    A centroid over the whole map is drawn towards the map's centre by its tails and by second
    maxima; the window keeps the sub-pixel precision without that bias. Where the map's edge cuts
    the window, its centroid would be drawn inwards; there the peak of the parabola through the
    logarithms of three neighbours is taken, which is exact for a Gaussian.

    Args:
        maps: Non-negative maps, shape (..., height, width).
        radius: Half the window's width in px; the window has ``2 * radius + 1`` px a side.

    Returns:
        The points, shape (..., 2), x before y, and the sum of the map inside the window, shape
        (...,): for a map that sums to 1 the probability that the landmark lies there.

    Example:
        >>> maps = torch.zeros(1, 5, 5)
        >>> maps[0, 2, 2], maps[0, 2, 3] = 3.0, 1.0
        >>> local_soft_argmax(maps, radius=1)[0].tolist()
        [[2.25, 2.0]]
    """
    height, width = maps.shape[-2:]
    columns = torch.arange(width, device=maps.device, dtype=maps.dtype)
    rows = torch.arange(height, device=maps.device, dtype=maps.dtype)
    peak = maps.flatten(-2).argmax(dim=-1)
    peak_x, peak_y = peak % width, torch.div(peak, width, rounding_mode="floor")
    near_x = ((columns - peak_x.unsqueeze(-1)).abs() <= radius).to(maps.dtype)
    near_y = ((rows - peak_y.unsqueeze(-1)).abs() <= radius).to(maps.dtype)
    window = maps * near_y.unsqueeze(-1) * near_x.unsqueeze(-2)
    mass = window.sum(dim=(-2, -1))
    x = _centre(window.sum(dim=-2), columns, peak_x, radius, mass)
    y = _centre(window.sum(dim=-1), rows, peak_y, radius, mass)
    return torch.stack([x, y], dim=-1), mass


def _centre(profile: Tensor, places: Tensor, peak: Tensor, radius: int, mass: Tensor) -> Tensor:
    """Centre of a window's profile (..., n) along one axis."""
    tiny = torch.finfo(profile.dtype).tiny
    centre = (profile * places).sum(dim=-1) / mass.clamp_min(tiny)
    last = profile.shape[-1] - 1
    if last > 1:
        cut = (peak < radius) | (peak > last - radius)
        centre = torch.where(cut, _parabola(profile, peak), centre)
    # A map that is zero everywhere has no centroid; its (arbitrary) maximum stands, with score 0.
    return torch.where(mass <= 0, peak.to(profile.dtype), centre)


def _parabola(profile: Tensor, peak: Tensor) -> Tensor:
    """Peak of the parabola through the logarithms of three neighbours, at most half a px off."""
    middle = peak.clamp(1, profile.shape[-1] - 2)
    logs = profile.clamp_min(torch.finfo(profile.dtype).tiny).log()
    before, at, after = (logs.gather(-1, (middle + i).unsqueeze(-1))[..., 0] for i in (-1, 0, 1))
    bend = before - 2.0 * at + after
    found = middle + 0.5 * (before - after) / torch.where(bend < 0, bend, -1.0)
    pixel = peak.to(profile.dtype)
    near = torch.minimum(torch.maximum(found, pixel - 0.5), pixel + 0.5)
    return torch.where(bend < 0, near, pixel)
