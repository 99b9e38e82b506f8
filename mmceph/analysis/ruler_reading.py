"""What a ruler says about the scale, and when it is not to be believed."""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["MARK_DISTANCE_MM", "RulerPolicy", "RulerReading", "judge_ruler", "relative_difference"]

#: Distance between the ruler marks P1 and P2, mm.
MARK_DISTANCE_MM = 10.0


@dataclass(frozen=True)
class RulerReading:
    """What was read from the ruler of one picture.

    Attributes:
        p1: Lower mark (x, y), px of the original picture; None when it was not looked for.
        p2: Upper mark (x, y), px.
        scores: Presence of P1 and of P2, 0 to 1.
        mm_per_px: None when the reading abstains.
        standard_error: Of ``mm_per_px``; None when it abstains.
        method: ``"ticks"``: the period of all visible ticks; ``"marks"``: P1 and P2 alone, if the
            policy allows it.
        reason: Why it abstains; None when accepted.
    """

    p1: tuple[float, float] | None
    p2: tuple[float, float] | None
    scores: tuple[float, float]
    mm_per_px: float | None
    standard_error: float | None
    method: str | None
    reason: str | None

    @property
    def accepted(self) -> bool:
        """Whether the reading may be used for millimetres."""
        return self.reason is None and self.mm_per_px is not None


@dataclass(frozen=True)
class RulerPolicy:
    """When a ruler reading is not used.

    Attributes:
        min_score: Presence that both marks need.
        marks_alone_score: Presence that both need when no ticks confirm them. None: marks without
            ticks are not used, since a model can be sure of two wrong places.
        max_tilt_deg: Largest tilt of the line P1-P2 from the vertical, degrees.
        mm_per_px: Lowest and highest scale of a cephalogram.
        max_contradiction: Largest relative difference between the distance of the marks and the
            ticks' period. A joint between the marks makes 0.02, a tick too many 0.10.
        mark_error_px: Standard error of one mark along the ruler, px.
        joint_error: Relative standard error for a joint that may lie between the marks and that
            the marks alone cannot show.
    """

    min_score: float = 0.5
    marks_alone_score: float | None = None
    max_tilt_deg: float = 30.0
    mm_per_px: tuple[float, float] = (0.05, 0.20)
    max_contradiction: float = 0.05
    mark_error_px: float = 0.5
    joint_error: float = 0.01


def judge_ruler(
    p1: tuple[float, float] | None,
    p2: tuple[float, float] | None,
    scores: tuple[float, float],
    *,
    ticks: float | None = None,
    ticks_error: float | None = None,
    ticks_reason: str | None = None,
    policy: RulerPolicy | None = None,
) -> RulerReading:
    """Accept a ruler reading or abstain with the reason.

    Args:
        p1: Lower mark (x, y), px of the original picture; None: not found.
        p2: Upper mark, 10 mm from the lower one along the ruler.
        scores: Presence of P1 and of P2, 0 to 1.
        ticks: mm per px from the period of the visible ticks; None: they could not be read.
        ticks_error: Standard error of ``ticks``, mm per px.
        ticks_reason: Why they could not be read, for the reason of an abstention.
        policy: The limits.

    Example:
        >>> judge_ruler((950.0, 180.0), (952.0, 100.0), (0.97, 0.99), ticks=0.127,
        ...             ticks_error=0.0002).method
        'ticks'
        >>> judge_ruler((950.0, 180.0), (952.0, 140.0), (0.97, 0.99), ticks=0.127).reason
        'the ticks say 0.1270 mm per px, the marks 0.2497 mm per px'
    """
    policy = policy or RulerPolicy()
    scores = (float(scores[0]), float(scores[1]))
    reason = _no_marks(p1, p2, scores, policy)
    if p1 is not None and p2 is not None and reason is None:
        marks = MARK_DISTANCE_MM / math.dist(p1, p2)
        scale = marks if ticks is None else ticks
        reason = _no_scale(marks, ticks, min(scores), ticks_reason, policy)
        if reason is None and ticks is None:
            mark_error = math.sqrt(2) * policy.mark_error_px / math.dist(p1, p2)
            error = marks * math.hypot(mark_error, policy.joint_error)
            return RulerReading(p1, p2, scores, scale, error, "marks", None)
        if reason is None:
            return RulerReading(p1, p2, scores, scale, ticks_error, "ticks", None)
    return RulerReading(p1, p2, scores, None, None, None, reason)


def _no_marks(
    p1: tuple[float, float] | None,
    p2: tuple[float, float] | None,
    scores: tuple[float, float],
    policy: RulerPolicy,
) -> str | None:
    """Why the two marks cannot be those of a ruler; written so that NaN is a reason."""
    if p1 is None or p2 is None or not all(score >= policy.min_score for score in scores):
        return (
            f"no ruler: presence of P1 {scores[0]:.2f} and of P2 {scores[1]:.2f}, "
            f"both must reach {policy.min_score:.2f}"
        )
    across, up = p2[0] - p1[0], p1[1] - p2[1]
    if not 0 < math.hypot(across, up) < math.inf:
        return "the two marks coincide"
    tilt = math.degrees(math.atan2(abs(across), up))
    if tilt > policy.max_tilt_deg:
        return (
            f"the marks lie {tilt:.0f} degrees from the vertical, at most "
            f"{policy.max_tilt_deg:.0f} are allowed"
        )
    return None


def _no_scale(
    marks: float, ticks: float | None, score: float, why: str | None, policy: RulerPolicy
) -> str | None:
    """Why marks and ticks (mm per px) give no scale to rely on."""
    alone = policy.marks_alone_score
    if ticks is None and (alone is None or score < alone):
        faint = "" if alone is None else f", and their presence {score:.2f} is below {alone:.2f}"
        return f"no ticks confirm the marks{f' ({why})' if why else ''}{faint}"
    scale = marks if ticks is None else ticks
    low, high = policy.mm_per_px
    if not low <= scale <= high:
        return f"{scale:.4f} mm per px is outside {low:.2f} to {high:.2f}"
    if ticks is not None and relative_difference(ticks, marks) > policy.max_contradiction:
        return f"the ticks say {ticks:.4f} mm per px, the marks {marks:.4f} mm per px"
    return None


def relative_difference(a: float, b: float) -> float:
    """Relative difference of two positive numbers, the same from both sides.

    Example:
        >>> round(relative_difference(0.10, 0.11), 6), round(relative_difference(0.11, 0.10), 6)
        (0.1, 0.1)
    """
    return max(a, b) / min(a, b) - 1.0
