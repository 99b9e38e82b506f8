"""Square crops around points, cut out of an image on any device and at sub-pixel places.

Coordinates are px, x before y; pixel (0, 0) has its centre at (0.0, 0.0). A crop's own
coordinates have their origin in the crop's middle.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import grid_sample


def crop_offsets(count: int, step: float, *, device: torch.device | None = None) -> Tensor:
    """Where the cells of a crop of ``count`` cells a side lie along one axis, from its middle.

    Args:
        count: Cells a side.
        step: Distance between them in px.
        device: Device of the result.

    Returns:
        Shape (count,), in px.

    Example:
        >>> crop_offsets(4, 2.0).tolist()
        [-3.0, -1.0, 1.0, 3.0]
    """
    return (torch.arange(count, device=device, dtype=torch.float32) - (count - 1) / 2) * step


def cut_crops(image: Tensor, centers: Tensor, transforms: Tensor, size: int) -> Tensor:
    """Cut crops out of one image.

    Args:
        image: The image, shape (C, H, W), of any number type.
        centers: The crops' middles in px of the image, shape (N, 2).
        transforms: What turns an offset from the middle, in px of the crop, into one in px of
            the image, shape (N, 2, 2); the identity cuts straight at the image's own scale.
        size: Width and height of the crops in px.

    Returns:
        Shape (N, C, size, size), float32, read bilinearly; 0 beyond the image's edge.

    Example:
        >>> image = torch.arange(12.0).reshape(1, 3, 4)
        >>> cut_crops(image, torch.tensor([[1.5, 1.0]]), torch.eye(2)[None], 2)[0, 0].tolist()
        [[3.0, 4.0], [7.0, 8.0]]
    """
    height, width = image.shape[-2:]
    along = crop_offsets(size, 1.0, device=image.device)
    rows, columns = torch.meshgrid(along, along, indexing="ij")
    offsets = torch.stack([columns, rows], dim=-1)
    places = torch.einsum("nij,hwj->nhwi", transforms.float(), offsets)
    places = places + centers.float()[:, None, None, :]
    # grid_sample counts from -1 to 1 between the centres of the outermost pixels.
    last = torch.tensor([width - 1, height - 1], device=image.device).clamp_min(1)
    grid = places * 2 / last - 1
    # All crops as one tall picture: grid_sample would want a copy of the image for each.
    tall = grid.flatten(0, 1).unsqueeze(0)
    with torch.autocast(image.device.type, enabled=False):
        cut = grid_sample(image.float().unsqueeze(0), tall, align_corners=True)
    channels = image.shape[0]
    return cut.reshape(channels, len(centers), size, size).transpose(0, 1)


def to_offsets(points: Tensor, centers: Tensor, transforms: Tensor) -> Tensor:
    """Points (N, 2) in px of the image -> offsets (N, 2) from the middles, in px of the crops.

    Example:
        >>> double = 2 * torch.eye(2)[None]
        >>> to_offsets(torch.tensor([[5.0, 1.0]]), torch.tensor([[1.0, 1.0]]), double).tolist()
        [[2.0, 0.0]]
    """
    difference = (points - centers).float().unsqueeze(-1)
    offsets: Tensor = torch.linalg.solve(transforms.float(), difference).squeeze(-1)
    return offsets


def random_transforms(
    count: int,
    rotation: float,
    scale: float,
    *,
    generator: torch.Generator | None = None,
    device: torch.device | None = None,
) -> Tensor:
    """Random turns and zooms, one per crop.

    Args:
        count: How many.
        rotation: Largest turn either way, in degrees.
        scale: Largest zoom either way as a factor, 1 for none; uniform in its logarithm.
        generator: Source of the random numbers.
        device: Device of the result.

    Returns:
        Shape (count, 2, 2).
    """
    draw = torch.rand(2, count, generator=generator).mul(2).sub(1).to(device)
    angle = draw[0] * (rotation * torch.pi / 180)
    factor = torch.exp(draw[1] * torch.log(torch.tensor(float(scale))))
    return rotations(angle, factor)


def rotations(angles: Tensor, factors: Tensor) -> Tensor:
    """Turns by ``angles`` (N,) in radians times ``factors`` (N,), shape (N, 2, 2).

    Example:
        >>> rotations(torch.zeros(1), torch.full((1,), 2.0)).tolist()
        [[[2.0, -0.0], [0.0, 2.0]]]
    """
    cosine, sine = angles.cos() * factors, angles.sin() * factors
    return torch.stack([cosine, -sine, sine, cosine], dim=-1).view(-1, 2, 2)
