"""The figures as a table in Markdown, with the bar that each should reach."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

HEAD = "| figure | bar | measured | with |\n|---|---|---|---|"


@dataclass(frozen=True)
class Figure:
    """One measured figure. limit: at least so much, or, negative, at most its amount. how: what it was measured with."""

    name: str
    value: float
    bar: str
    limit: float
    how: str

    @property
    def reached(self) -> bool:
        """Whether it reaches its bar.

        >>> Figure("", 20, ">= 15", 15, "").reached, Figure("", 20, "<= 15", -15, "").reached
        (True, False)
        """
        return self.value >= self.limit if self.limit > 0 else self.value <= -self.limit


def markdown(figures: Iterable[Figure]) -> str:
    """A row a figure."""
    return "\n".join([HEAD, *(row(each) for each in figures)])


def row(each: Figure) -> str:
    """One line of the table."""
    told = f"{each.value:.3g}" + ("" if each.reached else " (not reached)")
    return f"| {each.name} | {each.bar} | {told} | {each.how} |"
