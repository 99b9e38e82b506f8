"""Draw one procedural lateral cephalogram with exact landmarks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmceph.errors import MmcephError
from mmceph.phantom.anatomy import cranium, devices, face, mandible, maxilla, soft_tissue, spine
from mmceph.phantom.anatomy import teeth as dental
from mmceph.phantom.canvas import Canvas
from mmceph.phantom.curves import Points, bounding_box
from mmceph.phantom.development import redevelop, vary_density
from mmceph.phantom.film import (
    add_beam,
    add_border,
    add_clouds,
    add_texture,
    combine_sides,
    develop,
)
from mmceph.phantom.hardware import add_bystanders, add_marks, draw_brackets, draw_tooth_germs
from mmceph.phantom.options import PhantomOptions
from mmceph.phantom.ruler import RulerPose, draw_ruler, sample_ruler
from mmceph.phantom.shape import LANDMARK_NAMES, Head, sample_head
from mmceph.phantom.variety import chance

__all__ = ["Phantom", "generate_phantom"]

_VEIL = 0.32  # attenuation of the soft parts where they are thickest
_LOWEST_P1_MM = 13.5  # below the picture's upper edge, so that P2 is inside
_MARGIN_MM = 3.0  # landmarks stay at least this far inside the picture


@dataclass(frozen=True)
class Phantom:
    """A generated cephalogram.

    Attributes:
        image: (H, W) uint8, face to the right.
        landmarks: Name to (x, y) px in the order of "phantom31"; integer coordinates are pixel
            centres. P1 and P2 are missing when there is no ruler, and P2
            where the picture's edge cuts the ruler below it.
        spacing: mm per px along x and y, exact.
        ruler: How the ruler lies (mm relative to Sella), None without one.
        exposed_mm: How far above P2 the bright unexposed border begins that reaches over the
            ruler; None without such a border.
        variety: What was drawn of ``PhantomOptions.variety``, by option; None without it.
    """

    image: NDArray[np.uint8]
    landmarks: dict[str, tuple[float, float]]
    spacing: tuple[float, float]
    ruler: RulerPose | None = None
    exposed_mm: float | None = None
    variety: dict[str, Any] | None = None

    def ruler_record(self) -> dict[str, Any] | None:
        """What was drawn of the ruler, ready for JSON; None without one."""
        if self.ruler is None:
            return None
        exposed = None if self.exposed_mm is None else round(self.exposed_mm, 2)
        return {
            **self.ruler.record(),
            "cropped": "P2" not in self.landmarks,
            "exposed_mm": exposed,
        }


def generate_phantom(
    seed: int | np.random.SeedSequence = 0,
    index: int = 0,
    size: tuple[int, int] = (512, 640),
    options: PhantomOptions | None = None,
    **changes: Any,
) -> Phantom:
    """Draw the phantom number ``index`` of a seed; the same numbers give the same picture.

    Args:
        seed: Seed of a whole series, or a SeedSequence.
        index: Which phantom of the series.
        size: (width, height) in px.
        options: Limits of the variation; default :class:`PhantomOptions`.
        **changes: Single fields of :class:`PhantomOptions` to change, as in ``noise=(0, 0)``.

    Raises:
        TypeError: A change that is not a field of :class:`PhantomOptions`.
        MmcephError: The size is too small, or the head does not fit the spacing asked for.

    Example:
        >>> phantom = generate_phantom(seed=0, index=3, size=(256, 320))
        >>> phantom.image.shape, len(phantom.landmarks)
        ((320, 256), 31)
    """
    options = replace(options or PhantomOptions(), **changes)
    if min(size) < 64:
        raise MmcephError(f"size {size} is too small; a phantom needs at least 64 px each way")
    # One stream for each matter: switching the noise off leaves head and ruler as they are.
    form, anatomy, ruler_rng, place, film, edge, varied, teeth, marks = _streams(seed, index, 9)

    drawn = None if options.variety is None else chance(varied, options.variety)
    if drawn is not None:
        size = _form(size, drawn)
    head = sample_head(form, options.shape_limit_sd, drawn)
    head.rng = anatomy
    spacing = _spacing(size, options, place)
    on_rod, pose = _ruler(head, options, ruler_rng)
    if drawn is not None:
        head.teeth_rng = teeth
        head.missing_teeth, head.metal = drawn["missing_teeth"], drawn["metal"]
        spacing = _varied_spacing(size, spacing, head, pose if on_rod else None, drawn, varied)
    cut_mm = _cut(options, edge) if pose is not None else None
    shift = (0.0, 0.0) if drawn is None else drawn["place_mm"]
    if drawn is not None and drawn["whole_head"]:
        shift = (shift[0] + 0.07 * size[0] * spacing, shift[1])  # room for the back of the skull
    origin = _origin(size, spacing, head, pose if on_rod else None, cut_mm, place, shift)
    canvas = Canvas(size, spacing, origin)
    if pose is not None and not on_rod:
        pose = replace(pose, p1=_free_corner(canvas, head, cut_mm, ruler_rng))
    exposed_mm = _exposed(options, edge) if pose is not None else None

    image = _render(canvas, head, pose, on_rod, exposed_mm, options, (film, edge, marks), drawn)
    points = dict(head.landmarks)
    if pose is not None:
        points["P1"], points["P2"] = np.array(pose.p1), np.array(pose.p2)
    if cut_mm is not None:
        del points["P2"]
    pixels = {name: canvas.to_px(points[name]) for name in LANDMARK_NAMES if name in points}
    landmarks = {name: (float(x), float(y)) for name, (x, y) in pixels.items()}
    return Phantom(image, landmarks, (spacing, spacing), pose, exposed_mm, drawn)


def _cut(options: PhantomOptions, rng: np.random.Generator) -> float | None:
    """How far above P1 the picture ends, mm, where its edge cuts the ruler below P2."""
    cut, height = rng.random() < options.ruler_cropped_probability, float(rng.uniform(1.0, 7.5))
    return height if cut else None


def _exposed(options: PhantomOptions, rng: np.random.Generator) -> float | None:
    exposed = rng.random() < options.ruler_exposed_probability
    height = float(rng.uniform(-1.0, 25.0))
    return height if exposed else None


def _streams(
    seed: int | np.random.SeedSequence, index: int, count: int
) -> list[np.random.Generator]:
    base = seed if isinstance(seed, np.random.SeedSequence) else np.random.SeedSequence(seed)
    return [
        np.random.Generator(
            np.random.PCG64(
                np.random.SeedSequence(base.entropy, spawn_key=(*base.spawn_key, index, stream))
            )
        )
        for stream in range(count)
    ]


def _spacing(size: tuple[int, int], options: PhantomOptions, rng: np.random.Generator) -> float:
    width, height = size
    field = float(rng.uniform(*options.field_width_mm))
    if options.spacing_range is not None:
        return float(rng.uniform(*options.spacing_range))
    # The field is 4:5; a picture of another form shows more to the side or below.
    return max(field / width, 1.25 * field / height)


def _form(size: tuple[int, int], drawn: dict[str, Any]) -> tuple[int, int]:
    """The largest picture within ``size`` of the form drawn, height over width."""
    width, height = size
    if not drawn["aspect"]:
        return size
    tall = round(width * drawn["aspect"])
    return (width, tall) if tall <= height else (round(height / drawn["aspect"]), height)


def _varied_spacing(
    size: tuple[int, int],
    spacing: float,
    head: Head,
    pose: RulerPose | None,
    drawn: dict[str, Any],
    rng: np.random.Generator,
) -> float:
    """mm per px with the field drawn, and room for the head whatever its pose."""
    if drawn["whole_head"]:
        spacing = drawn["whole_field_mm"] / size[0]
    points = [*head.landmarks.values(), *([] if pose is None else [pose.p1, pose.p2])]
    left, top, right, bottom = bounding_box(np.array(points))
    room = 2 * _MARGIN_MM + float(rng.uniform(0.5, 8.0))
    return max(spacing, (right - left + room) / size[0], (bottom - top + room) / size[1])


def _ruler(
    head: Head, options: PhantomOptions, rng: np.random.Generator
) -> tuple[bool, RulerPose | None]:
    """Choose a ruler: whether it hangs on the nasion rod, and its pose."""
    present = rng.random() < options.ruler_probability
    on_rod = bool(rng.random() < options.ruler_rod_probability)
    pose = sample_ruler(rng, options)
    reach = float(np.clip(rng.normal(19.5, 2.0), 15.0, 24.0))
    foot = head.landmarks["N`"] + np.array([2.0, -1.0]) + rng.normal(0.0, 0.8, 2)
    elbow = foot + reach * np.array([1.0, -1.05])
    p1 = elbow + np.array([-2.6, -5.5]) + rng.normal(0.0, 0.4, 2)
    if not present:
        return False, None
    return on_rod, replace(pose, p1=(float(p1[0]), float(p1[1])))


def _origin(
    size: tuple[int, int],
    spacing: float,
    head: Head,
    pose: RulerPose | None,
    cut_mm: float | None,
    rng: np.random.Generator,
    shift_mm: tuple[float, float] = (0.0, 0.0),
) -> tuple[float, float]:
    """Place Sella about where real pictures have it, with every landmark inside."""
    width, height = size[0] * spacing, size[1] * spacing
    points = list(head.landmarks.values())
    if pose is not None:
        points += [np.array(pose.p1)] + ([np.array(pose.p2)] if cut_mm is None else [])
    left, top, right, bottom = bounding_box(np.array(points))
    spare = np.array([max(0.0, width - 170.0), max(0.0, height - 212.0)])
    wanted = np.array([47.6, 75.0]) + [0.5, 0.55] * spare + rng.normal(0.0, [4.0, 5.0])
    wanted = wanted + shift_mm
    low = np.array([_MARGIN_MM - left, _MARGIN_MM - top])
    high = np.array([width - _MARGIN_MM - right, height - _MARGIN_MM - bottom])
    if np.any(low > high):
        raise MmcephError(
            f"a picture of {size[0]}x{size[1]} px at {spacing:.3f} mm per px is too small for the "
            "head; use a larger size, field_width_mm or spacing_range"
        )
    x, y = np.clip(wanted, low, high)
    if pose is not None and cut_mm is not None:
        y = cut_mm - pose.p1[1]
    return float(x / spacing), float(y / spacing)


def _free_corner(
    canvas: Canvas, head: Head, cut_mm: float | None, rng: np.random.Generator
) -> tuple[float, float]:
    """Choose P1 in the upper front corner, clear of the forehead and inside the picture."""
    width, height = np.array(canvas.size) * canvas.spacing
    left, top = -canvas.origin * canvas.spacing
    y = top + max(float(rng.uniform(0.075, 0.17)) * height, _LOWEST_P1_MM)
    if cut_mm is not None:
        y = top + cut_mm
    profile = soft_tissue.skin_profile(head)
    beside = profile[np.abs(profile[:, 1] - y + 5.0) < 14.0]
    skin = float(beside[:, 0].max()) if len(beside) else left + 0.6 * width
    x_high = left + width - 6.0
    x_low = min(skin + 7.0, x_high - 1.0)
    return float(rng.uniform(x_low, max(x_high - 4.0, x_low + 0.5))), y


def _render(
    canvas: Canvas,
    head: Head,
    pose: RulerPose | None,
    on_rod: bool,
    exposed_mm: float | None,
    options: PhantomOptions,
    streams: tuple[np.random.Generator, np.random.Generator, np.random.Generator],
    drawn: dict[str, Any] | None,
) -> NDArray[np.uint8]:
    rng, edge, marks = streams
    if drawn is not None and drawn["structure"] > 0:
        canvas.structure = lambda: float(np.exp(marks.normal(0.0, drawn["structure"])))
    _draw_anatomy(canvas, head)
    canvas.structure = None
    if drawn is not None and drawn["mixed"]:
        draw_tooth_germs(canvas, head, marks)
    if drawn is not None and drawn["brackets"]:
        draw_brackets(canvas, head, marks)
    if head.rng.random() < options.ear_rod_probability:
        radius = drawn["ear_ring_mm"] if drawn is not None else 0.0
        devices.draw_ear_rod(canvas, head, radius or devices.RING_RADIUS_MM)
    else:
        devices.draw_meatus(canvas, head)
    total = combine_sides(canvas, rng, head.landmarks["Po"])
    add_texture(total, rng, canvas.spacing)
    veil, inside = soft_tissue.soft_veil(canvas, head, _VEIL)
    veil += canvas.flatten("soft")
    add_clouds(veil, rng, canvas.spacing)
    total += veil
    # Air in the body takes away only where there is something to take away.
    np.maximum(total, np.float32(0.05) * inside, out=total)
    if drawn is not None:
        vary_density(total, canvas, drawn, marks)
        add_bystanders(total, canvas, drawn, marks)
    if pose is not None:
        if on_rod:
            rod = Canvas(canvas.size, canvas.spacing, (canvas.origin[0], canvas.origin[1]))
            elbow = np.array(pose.p1) + np.array([2.6, 5.5])
            devices.draw_nasion_rod(rod, _rod_foot(head), elbow)
            total += rod.flatten("mid")
        draw_ruler(total, canvas, pose)
        if exposed_mm is not None:
            add_border(total, edge, canvas, pose.p2[1] - exposed_mm)
    wedge = canvas.to_px(head.landmarks["A"] + np.array([float(rng.uniform(-2.0, 10.0)), 0.0]))[0]
    add_beam(total, rng, options, canvas.spacing, float(wedge))
    image = develop(total, rng, options, canvas.spacing)
    if drawn is not None:
        image = redevelop(image, canvas.spacing, drawn, marks)
        add_marks(image, drawn, marks)
    return image


def _rod_foot(head: Head) -> Points:
    foot: Points = head.landmarks["N`"] + np.array([1.0, -0.5])
    return foot


def _draw_anatomy(canvas: Canvas, head: Head) -> None:
    spine.draw_spine(canvas, head)
    cranium.draw_vault(canvas, head)
    cranium.draw_cranial_base(canvas, head)
    cranium.draw_sella(canvas, head)
    face.draw_midface(canvas, head)
    face.draw_orbit(canvas, head)
    maxilla.draw_maxilla(canvas, head)
    mandible.draw_mandible(canvas, head)
    mandible.draw_symphysis(canvas, head)
    dental.draw_posterior_teeth(canvas, head)
    dental.draw_incisors(canvas, head)
    spine.draw_hyoid(canvas, head)
    soft_tissue.draw_soft_parts(canvas, head, _VEIL)
    soft_tissue.draw_airway(canvas, head, 0.14)
