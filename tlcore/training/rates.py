"""The finder of a learning rate: what a run notes while its rate grows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tlcore.schedules import SCHEDULES
from tlcore.science import rates
from tlcore.spec import RunSpec


class Rates:
    """Rates and losses of the epochs so far. finds: whether the run looks for a rate."""

    def __init__(self, spec: RunSpec) -> None:
        self.finds = bool(SCHEDULES[spec.schedule].facts.get("finds"))
        self._seen: list[tuple[float, float]] = []

    def look(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Hear of some epochs."""
        self._seen += [(row["rate"], row["loss"]) for row in rows] if self.finds else []

    def suggested(self) -> float | None:
        """The rate at which the loss fell fastest."""
        return rates.suggested([rate for rate, _ in self._seen], [loss for _, loss in self._seen])
