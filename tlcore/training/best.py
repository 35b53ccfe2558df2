"""Early stopping: the best epoch so far, and when to wait no longer."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

MARK = "best/"


class Best:
    """The weights of the epoch with the lowest validation loss; its patience is in epochs, 0 keeps nothing."""

    def __init__(self, patience: int) -> None:
        self.patience, self.epoch, self.loss = patience, 0, np.inf
        self.weights: Mapping[str, np.ndarray] = {}

    def look(self, epoch: int, loss: float, weights: Mapping[str, np.ndarray]) -> None:
        """Hear of an epoch; of equal ones the first is kept."""
        if self.patience and loss < self.loss:
            self.epoch, self.loss, self.weights = epoch, loss, weights

    def waited(self, epoch: int, since: int) -> bool:
        """Whether nothing has become better for as many epochs as patience has; those up to ``since`` do not count."""
        return bool(self.patience) and epoch - max(self.epoch, since) >= self.patience

    def state(self) -> dict[str, np.ndarray]:
        """What a checkpoint keeps of it."""
        if not self.weights:
            return {}
        kept = {f"{MARK}{path}": values for path, values in self.weights.items()}
        return {**kept, f"{MARK}epoch": np.array(self.epoch), f"{MARK}loss": np.array(self.loss)}

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Take back what ``state`` returned."""
        kept = {path.removeprefix(MARK): values for path, values in arrays.items() if path.startswith(MARK)}
        if kept:
            self.epoch, self.loss = int(kept.pop("epoch")), float(kept.pop("loss"))
            self.weights = kept
