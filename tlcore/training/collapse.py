"""The alarm for a net to which all images have become the same: it would train to its end and know nothing."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from tlcore.objectives import OBJECTIVES
from tlcore.spec import RunSpec
from tlcore.training.loop import steps
from tlcore.training.network import Network

NEAR = 0.02  # of the loss of guessing: nearer than that is no better than it
ALONE = 1.05  # dimensions that are no more than one
EARLY = 0.2  # of the steps, before which every net may still look so
FEW = 100  # steps before which none was trained enough to say so
MARK = "alarm/good"


class Alarm:
    """Whether a run has collapsed. good: the last epoch after which it had not, as far as was seen. first: the training loss of epoch 1."""

    def __init__(self, spec: RunSpec, net: Network, learned: int, known: int) -> None:
        self.epochs, self.learned, self.good, self.first = spec.epochs, learned, 0, math.inf
        self.views = OBJECTIVES[spec.objective].facts.get("views") == 2
        measure = net.task.collapsed
        self.level = measure(known / int(steps(0, known, net))) if measure else None

    def look(self, rows: list[dict[str, Any]], batch_size: int) -> str | None:
        """Hear of finished epochs; a sentence where they show that the run should end."""
        for row in rows:
            self.first = row["loss"] if row["epoch"] == 1 else self.first
            said = self.seen(row)
            if said and row["epoch"] >= EARLY * self.epochs and row["epoch"] * self.learned >= FEW * batch_size:
                return f"After epoch {row['epoch']} {said}. {self._advice()}"
            if not said:
                self.good = row["epoch"]
        return None

    def seen(self, row: Mapping[str, Any]) -> str | None:
        """What of an epoch is the mark of a net to which all images are the same.

        A loss of guessing on validation images alone is none: BatchNorm's statistics may lag behind a net that learns.
        """
        near = self.level is not None and abs(row["val_loss"] - self.level) <= NEAR * self.level
        if near and row["loss"] >= (1 - NEAR) * self.first:
            return f"all images were the same to the net: its loss, {row['val_loss']:.3f}, is that of guessing, {self.level:.3f}"
        if row.get("rank", 2.0) <= ALONE:
            return f"all images were the same to the net: its embedding fills {row['rank']:.2f} dimensions"
        return None

    def state(self) -> dict[str, np.ndarray]:
        """What a checkpoint keeps of it."""
        return {MARK: np.array([self.good, self.first])}

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Take back what ``state`` returned."""
        good, self.first = arrays.get(MARK, (0, math.inf))
        self.good = int(good)

    def _advice(self) -> str:
        change = "lower the learning rate" + (", or let the views of an image differ less" if self.views else "")
        if self.good:
            return f"Fork it at epoch {self.good}, the last good one, and there {change}; or start it anew so."
        return f"It was so from the start: {change}, and start it anew."
