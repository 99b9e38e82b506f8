"""Classes of the eight measures of the ISBI 2015 challenge, with the numbers its files use.

A value on a border belongs to the class that stands first.
"""

from __future__ import annotations

from .norms import ClassRange

ANB = (
    ClassRange(1, "Class I", 3.2, 5.7),
    ClassRange(2, "Class II", low=5.7),
    ClassRange(3, "Class III", high=3.2),
)
SNB = (
    ClassRange(1, "normal", 74.6, 78.7),
    ClassRange(2, "retrognathic", high=74.6),
    ClassRange(3, "prognathic", low=78.7),
)
SNA = (
    ClassRange(1, "normal", 79.4, 83.2),
    ClassRange(2, "prognathic", low=83.2),
    ClassRange(3, "retrognathic", high=79.4),
)
ODI = (
    ClassRange(1, "normal", 68.4, 80.5),
    ClassRange(2, "deep bite", low=80.5),
    ClassRange(3, "open bite", high=68.4),
)
APDI = (
    ClassRange(1, "normal", 77.6, 85.2),
    ClassRange(2, "Class II", high=77.6),
    ClassRange(3, "Class III", low=85.2),
)
FHI = (
    ClassRange(1, "normal", 0.65, 0.75),
    ClassRange(2, "short face", low=0.75),
    ClassRange(3, "long face", high=0.65),
)
FMA = (
    ClassRange(1, "normal", 26.8, 31.4),
    ClassRange(2, "high angle", low=31.4),
    ClassRange(3, "low angle", high=26.8),
)
# The challenge's table has no class from 0 to 2 mm; its code calls that class 3.
MW = (
    ClassRange(1, "normal", 2.0, 4.5),
    ClassRange(2, "edge to edge", 0.0, 0.0),
    ClassRange(3, "cross-bite", high=0.0),
    ClassRange(4, "large overjet", low=4.5),
    ClassRange(3, "small overjet (counted as class 3)", 0.0, 2.0),
)
