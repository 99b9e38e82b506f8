"""Read an image file, or take the image that is there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mmceph.pose.standin.base_transform import BaseTransform

_FLAGS = {
    "color": cv2.IMREAD_COLOR,
    "grayscale": cv2.IMREAD_GRAYSCALE,
    "unchanged": cv2.IMREAD_UNCHANGED,
    "color_ignore_orientation": cv2.IMREAD_IGNORE_ORIENTATION | cv2.IMREAD_COLOR,
    "grayscale_ignore_orientation": cv2.IMREAD_IGNORE_ORIENTATION | cv2.IMREAD_GRAYSCALE,
}


class LoadImage(BaseTransform):
    """Put the image of ``img_path`` into ``img``: (h, w, 3) BGR, or (h, w) for one channel.

    An array already in ``img`` is kept. Adds ``img_shape`` and ``ori_shape``, both (h, w).

    Args:
        to_float32: Turn the image into float32; otherwise it keeps the file's type.
        color_type: ``"color"``, ``"grayscale"``, ``"unchanged"`` (16-bit files stay 16-bit), or
            the first two with ``_ignore_orientation``.
        imdecode_backend: Only ``"cv2"``.
        file_client_args: Only None.
        ignore_empty: Give None for a file that cannot be read, instead of an error.
        backend_args: Only None: files are read from disk.

    Raises:
        ValueError: For an argument value the stand-in does not support.
        FileNotFoundError: If the file does not exist.
        OSError: If the file is no image OpenCV can read.
    """

    def __init__(
        self,
        to_float32: bool = False,
        color_type: str = "color",
        imdecode_backend: str = "cv2",
        file_client_args: dict[str, Any] | None = None,
        ignore_empty: bool = False,
        *,
        backend_args: dict[str, Any] | None = None,
    ) -> None:
        if color_type not in _FLAGS:
            raise ValueError(f"LoadImage: color_type {color_type!r} is none of {sorted(_FLAGS)}")
        if imdecode_backend != "cv2":
            raise ValueError(
                f"LoadImage without MMPose: imdecode_backend must be 'cv2', not "
                f"{imdecode_backend!r}"
            )
        if file_client_args is not None or backend_args is not None:
            raise ValueError(
                "LoadImage without MMPose reads from disk: file_client_args and backend_args "
                "must be None"
            )
        self.to_float32 = to_float32
        self.color_type = color_type
        self.ignore_empty = ignore_empty

    def transform(self, results: dict[str, Any]) -> dict[str, Any] | None:
        """Load the image, or None when ``ignore_empty`` and it cannot be read."""
        if "img" not in results:
            try:
                image = self._read(results["img_path"])
            except OSError:
                if self.ignore_empty:
                    return None
                raise
        else:
            image = results["img"]
            results.setdefault("img_path", None)
        # MMPose 1.3.2 forgets to keep the conversion of an image already in memory.
        results["img"] = image.astype(np.float32) if self.to_float32 else image
        results["img_shape"] = image.shape[:2]
        results["ori_shape"] = image.shape[:2]
        return results

    def _read(self, path: str) -> np.ndarray:
        if not Path(path).is_file():
            raise FileNotFoundError(f"{path}: no such image; check data_root and data_prefix")
        # cv2.imread cannot open non-ASCII paths on Windows
        data = np.fromfile(path, dtype=np.uint8)
        image = cv2.imdecode(data, _FLAGS[self.color_type]) if data.size else None
        if image is None:
            raise OSError(f"{path}: not an image OpenCV can read; replace or remove the file")
        return image

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(to_float32={self.to_float32}, "
            f"color_type={self.color_type!r}, ignore_empty={self.ignore_empty})"
        )
