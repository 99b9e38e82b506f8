"""The whole picture to the network's input and back, without torch.

What the transforms ``GetBBoxCenterScale`` and ``TopdownAffine`` do to a picture that is its own
box, and what the estimator does to its points afterwards: the aspect ratio is kept and the shorter
side filled with black on both sides.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class InputGeometry:
    """Where the box of a picture lies in the network's input.

    Attributes:
        picture_size: (w, h) of the picture in px.
        center: Middle of the box (x, y) in px of the picture.
        scale: Its size (w, h) in px, grown to the input's aspect ratio.
        input_size: (w, h) of the network's input in px.
    """

    picture_size: tuple[int, int]
    center: NDArray[np.float32]
    scale: NDArray[np.float32]
    input_size: tuple[int, int]

    @classmethod
    def of_picture(
        cls, size: tuple[int, int], input_size: tuple[int, int], padding: float = 1.0
    ) -> InputGeometry:
        """The geometry of a whole picture.

        Args:
            size: (w, h) of the picture in px.
            input_size: (w, h) of the input in px.
            padding: Factor on the box, as in ``GetBBoxCenterScale``.

        Example:
            >>> InputGeometry.of_picture((1001, 501), (320, 400)).scale.tolist()
            [1000.0, 1250.0]
        """
        # The data sets' box ends at the last pixel's centre, so it is one px short of the size.
        box = np.array([size[0] - 1, size[1] - 1], np.float32)
        width, height = box * np.float32(padding)
        ratio = input_size[0] / input_size[1]
        wide = width > height * ratio
        scale = (width, width / ratio) if wide else (height * ratio, height)
        return cls(size, box * np.float32(0.5), np.array(scale, np.float32), input_size)

    def matrix(self) -> NDArray[np.float64]:
        """Matrix (2, 3) from px of the picture to px of the input."""
        width, height = self.input_size
        left = self.center - [np.float32(0.5) * self.scale[0], np.float32(0)]
        reach = self.center[0] - left[0]
        # Three pairs of points in float32, as the transform takes them: the same matrix to the
        # last bit, and so the same grey values.
        picture = np.array([self.center, left, [left[0], left[1] + reach]], np.float32)
        middle = (0.5 * width, 0.5 * height)
        network = [middle, (0.0, middle[1]), (0.0, middle[1] + middle[0])]
        return np.asarray(cv2.getAffineTransform(picture, np.array(network, np.float32)))

    def to_picture(self, points: NDArray[np.float32]) -> NDArray[np.float64]:
        """Bring points (..., 2) from input px to px of the picture."""
        share = np.asarray(points, np.float64) / self.input_size
        return np.asarray(share * self.scale + self.center - 0.5 * self.scale)
