"""What a campaign counts."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Tally:
    """Tried, survived and lost, with what happened at each loss.

    Attributes:
        tried: Faults that were really caused; a kill that came after the end is none.
        losses: A line for each that was not survived.
        remarks: More to print, such as how often a fault hit where it was aimed.
    """

    tried: int = 0
    losses: list[str] = field(default_factory=list)
    remarks: dict[str, int] = field(default_factory=dict)

    @property
    def survived(self) -> int:
        """Faults after which everything was as it should be."""
        return self.tried - len(self.losses)

    def add(self, loss: str | None = None) -> None:
        """Count a fault, and a loss with its reason where there was one."""
        self.tried += 1
        if loss is not None:
            self.losses.append(loss)

    def remark(self, what: str) -> None:
        """Count something that is worth printing beside."""
        self.remarks[what] = self.remarks.get(what, 0) + 1

    def __str__(self) -> str:
        lines = [f"tried {self.tried}, survived {self.survived}, lost {len(self.losses)}"]
        lines += [f"  {what}: {count}" for what, count in sorted(self.remarks.items())]
        lines += [f"  lost: {loss}" for loss in self.losses]
        return "\n".join(lines)
