"""The pixel sizes a DICOM file states, each with its source; which to use is not decided here."""

from __future__ import annotations

import math
from typing import Any

from .ceph_image import PixelSize

_CALIBRATED = ("FIDUCIAL", "GEOMETRY")


def stated_pixel_sizes(dataset: Any) -> tuple[PixelSize, ...]:
    """All pixel sizes of a projection picture, the most trustworthy first.

    In DICOM a spacing is (between rows, between columns), so y before x; here it is x before y.
    ``PixelSpacing`` without a calibration type is corrected for the magnification only where it
    differs from ``ImagerPixelSpacing`` (PS3.3 section 10.7.1.3).

    Args:
        dataset: The pydicom data set.
    """
    found: list[PixelSize] = []
    given = _pair(dataset, "PixelSpacing")
    imager = _pair(dataset, "ImagerPixelSpacing")
    calibration = str(dataset.get("PixelSpacingCalibrationType") or "").upper()
    is_detector = given is not None and imager is not None and _same(given, imager)
    if given is not None and calibration in _CALIBRATED:
        found.append(PixelSize(given, f"DICOM PixelSpacing ({calibration})", "calibrated"))
    elif given is not None and imager is not None and not is_detector:
        found.append(PixelSize(given, "DICOM PixelSpacing", "calibrated"))
    if imager is not None:
        for factor, source in _magnifications(dataset):
            spacing = (imager[0] / factor, imager[1] / factor)
            found.append(
                PixelSize(spacing, f"DICOM ImagerPixelSpacing / {source} {factor:g}", "corrected")
            )
    if given is not None and imager is None and calibration not in _CALIBRATED:
        found.append(PixelSize(given, "DICOM PixelSpacing", "stated"))
    if imager is not None:
        found.append(PixelSize(imager, "DICOM ImagerPixelSpacing", "detector"))
    scanned = _pair(dataset, "NominalScannedPixelSpacing")
    if scanned is not None:
        found.append(PixelSize(scanned, "DICOM NominalScannedPixelSpacing", "nominal"))
    return tuple(found)


def _magnifications(dataset: Any) -> list[tuple[float, str]]:
    """Factors >= 1 by which the detector's picture is larger than the patient's mid-plane."""
    found = []
    factor = _number(dataset.get("EstimatedRadiographicMagnificationFactor"))
    if factor is not None and factor >= 1:
        found.append((factor, "EstimatedRadiographicMagnificationFactor"))
    detector = _number(dataset.get("DistanceSourceToDetector"))
    patient = _number(dataset.get("DistanceSourceToPatient"))
    if detector is not None and patient is not None and detector >= patient:
        found.append((detector / patient, "(DistanceSourceToDetector / DistanceSourceToPatient)"))
    return found


def _pair(dataset: Any, name: str) -> tuple[float, float] | None:
    value = dataset.get(name)
    if value is None or isinstance(value, (str, float, int)) or len(value) != 2:
        return None
    between_rows, between_columns = _number(value[0]), _number(value[1])
    if between_rows is None or between_columns is None:
        return None
    return between_columns, between_rows


def _number(value: Any) -> float | None:
    """A positive number, or None."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) and number > 0 else None


def _same(a: tuple[float, float], b: tuple[float, float]) -> bool:
    return all(math.isclose(x, y, rel_tol=1e-4) for x, y in zip(a, b, strict=True))
