"""Views of the ruler marks P1 and P2: the whole picture or its surroundings, with it or without."""

from __future__ import annotations

from typing import Any

import numpy as np

from mmceph.imaging.erasing import erase_strip, ruler_strip
from mmceph.imaging.reduce import ReducedImage, reduce
from mmceph.pose import BaseTransform
from mmceph.registry import TRANSFORMS

from .grey_transform import draw_generator, require_uint8


@TRANSFORMS.register_module()
class RandomRulerErase(BaseTransform):
    """Erase the ruler, so that a model also learns what a picture without one looks like.

    The ruler's strip is filled from its two sides and both marks become invisible (v = 0). As an
    erased strip looks like one, some pictures keep the ruler and lose a strip elsewhere.

    Args:
        prob: Share of pictures that lose the ruler.
        decoy_prob: Share of the others that lose a strip elsewhere.

    Raises:
        ValueError: A share outside 0..1.
    """

    def __init__(self, prob: float = 0.25, decoy_prob: float = 0.25) -> None:
        super().__init__()
        if not (0 <= prob <= 1 and 0 <= decoy_prob <= 1):
            raise ValueError(f"RandomRulerErase: {prob} and {decoy_prob} must lie in 0..1")
        self.prob = prob
        self.decoy_prob = decoy_prob

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Change ``img``, uint8 (h, w) or (h, w, C), and ``keypoints_visible`` (1, 2).

        Also notes where the ruler was in ``erased_ruler``, shape (2, 2) px, for ``RulerView``.
        """
        marks = _marks(results)
        if marks is None:
            return results
        rng = draw_generator()
        image = np.asarray(results["img"])
        require_uint8(image, type(self).__name__)
        size = (image.shape[1], image.shape[0])
        draw = rng.random()
        if draw < self.prob:
            strip = ruler_strip(marks, size, foot_mm=rng.uniform(2.5, 6), half_mm=rng.uniform(5, 8))
            results["img"] = erase_strip(image, strip, rng)
            visible = np.array(results["keypoints_visible"], copy=True)
            visible[0] = 0
            results["keypoints_visible"] = visible
            results["erased_ruler"] = marks
        elif draw < self.prob + (1 - self.prob) * self.decoy_prob:
            length = float(np.linalg.norm(marks[1] - marks[0]))
            # At least one length beside the ruler, which a strip is half as wide as.
            away = rng.choice([-1, 1]) * rng.uniform(1.6, 5.0) * length
            moved = marks + np.array([away, rng.uniform(-2, 3) * length])
            strip = ruler_strip(moved, size, foot_mm=rng.uniform(2.5, 6), half_mm=4.0)
            results["img"] = erase_strip(image, strip, rng)
        return results


@TRANSFORMS.register_module()
class RulerView(BaseTransform):
    """Show the whole picture, or the surroundings of the ruler at full resolution.

    One network thus learns both steps of reading a ruler: to find it in the picture, and to place
    its marks in a crop. Must stand after ``GetBBoxCenterScale``, on a picture that was not
    reduced; the whole picture leaves it reduced by area to twice the network's input, so that the
    warp, which only interpolates, does not make moiré of the ticks.

    Args:
        input_size: Input size of the network (w, h) in px.
        zoom_prob: Share of pictures shown close up.
        height: Height of the close-up in distances P1-P2.
        scale: Range of the factor on it.
        shift: Largest shift of its centre as a share of its height.
        miss_prob: Share of close-ups of some other place, without the ruler.

    Raises:
        ValueError: A share outside 0..1, or a size that is not positive.
    """

    def __init__(
        self,
        input_size: tuple[int, int],
        zoom_prob: float = 0.5,
        height: float = 3.5,
        scale: tuple[float, float] = (0.75, 1.33),
        shift: float = 0.15,
        miss_prob: float = 0.1,
    ) -> None:
        super().__init__()
        if not (0 <= zoom_prob <= 1 and 0 <= miss_prob <= 1):
            raise ValueError(f"RulerView: {zoom_prob} and {miss_prob} must lie in 0..1")
        if height <= 0 or not 0 < scale[0] <= scale[1]:
            raise ValueError(f"RulerView: height {height} and scale {scale} must be positive")
        self.input_size = (int(input_size[0]), int(input_size[1]))
        self.zoom_prob = zoom_prob
        self.height = height
        self.scale = scale
        self.shift = shift
        self.miss_prob = miss_prob

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Change ``bbox_center`` and ``bbox_scale`` (px), or reduce ``img``."""
        if "bbox_scale" not in results or isinstance(results["img"], ReducedImage):
            raise ValueError(
                "RulerView must come after GetBBoxCenterScale, and LoadCephImage must not reduce"
            )
        rng = draw_generator()
        if rng.random() >= self.zoom_prob:
            results["img"] = reduce_for(results["img"], self.input_size)
            return results
        marks = results.get("erased_ruler")
        marks = _marks(results) if marks is None else marks
        height, width = results["img"].shape[:2]
        if marks is None or rng.random() < self.miss_prob:
            length = 0.047 * height * rng.uniform(0.7, 1.4)  # 10 mm in a usual picture
            centre = rng.uniform(0.05, 0.95, 2) * (width, height)
        else:
            length = float(np.linalg.norm(marks[1] - marks[0]))
            centre = marks.mean(axis=0)
        side = self.height * length * float(np.exp(rng.uniform(*np.log(self.scale))))
        centre = centre + rng.uniform(-self.shift, self.shift, 2) * side
        aspect = self.input_size[0] / self.input_size[1]
        results["bbox_center"] = np.array([centre], np.float32)
        results["bbox_scale"] = np.array([[side * aspect, side]], np.float32)
        return results


def reduce_for(image: np.ndarray, input_size: tuple[int, int]) -> Any:
    """Reduce a picture (h, w) by area to at most twice a network's input; a small one stays.

    Returns:
        A :class:`ReducedImage`, or the array itself.
    """
    if image.ndim == 3:
        channels, grey = image.shape[2], np.ascontiguousarray(image[..., 0])
    else:
        channels, grey = 1, image
    small = reduce(grey, (2 * input_size[0], 2 * input_size[1]))
    if small.shape == grey.shape:
        return image
    return ReducedImage(small, (grey.shape[1], grey.shape[0]), channels)


def _marks(results: dict[str, Any]) -> np.ndarray | None:
    """P1 and P2 in px, shape (2, 2), or None where one is missing."""
    points, visible = results.get("keypoints"), results.get("keypoints_visible")
    if points is None or visible is None or points.shape[1] != 2:
        return None
    shown = np.asarray(visible)[0].reshape(2, -1)[:, 0]
    if not (shown > 0).all():
        return None
    marks: np.ndarray = np.asarray(points, np.float64)[0, :, :2]
    return marks
