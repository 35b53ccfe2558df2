"""What a finished study measured, as arrays with one number a seed, for gates to compare."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tlcore.engine.recorder import WEIGHTS
from tlcore.registry import InputError
from tlcore.store import Run, Store


class Measured:
    """The runs of a study by arm and seed."""

    def __init__(self, store: Store, study_id: str) -> None:
        self.store = store
        self.members = store.members(study_id)

    def runs(self, arm: str, frozen: int | None = None) -> list[Run]:
        """The runs of an arm in the order of their seeds."""
        found = sorted((each for each in self.members if (each.arm, each.frozen) == (arm, frozen)), key=lambda each: each.seed)
        if not found:
            raise ValueError(f"The study has no arm {arm!r} with {frozen} blocks frozen.")
        return [each.run for each in found]

    def of(self, arm: str, frozen: int | None = None) -> np.ndarray:
        """Accuracy on the test part, (seeds,)."""
        return np.array([run.accuracy for run in self.runs(arm, frozen)], "float64")

    def losses(self, arm: str) -> np.ndarray:
        """Cross-entropy on the test part, (seeds,)."""
        return np.array([run.loss for run in self.runs(arm)], "float64")

    def early(self, arm: str, epoch: int) -> np.ndarray:
        """Accuracy on the validation part after an epoch, (seeds,)."""
        return np.array([self.store.epochs(run.id)[epoch]["val_accuracy"] for run in self.runs(arm)], "float64")

    def elsewhere(self, arm: str, others: Sequence[dict[str, Any]]) -> np.ndarray:
        """Mean accuracy on the test part seen with other knobs, (seeds,)."""
        from tlcore.training.probing import accuracy

        return np.array([np.mean([accuracy(run.spec, self._weights(run.id), **knobs) for knobs in others]) for run in self.runs(arm)])

    def barriers(self, one: str, other: str) -> np.ndarray:
        """Loss barrier between the nets of two arms, (seeds,)."""
        from tlcore.training.probing import barrier

        pairs = zip(self.runs(one), self.runs(other), strict=True)
        return np.array([barrier(first.spec, self._weights(first.id), self._weights(second.id)) for first, second in pairs])

    def distances(self, one: str, other: str) -> np.ndarray:
        """Distance of the blocks' weights of two arms, (seeds,); statistics of BatchNorm left out."""
        found = []
        for first, second in zip(self.runs(one), self.runs(other), strict=True):
            here, there = self._weights(first.id), self._weights(second.id)
            paths = [path for path in here if not path.startswith("head/") and "moving" not in path]
            found.append(np.sqrt(sum(float(((here[path] - there[path]) ** 2).sum()) for path in paths)))
        return np.array(found)

    def cka_falls(self, arm: str) -> list[float]:
        """How fast likeness to the source falls from block to block after tuning, one number a seed."""
        from tlcore.science.similarity import linear_cka
        from tlcore.training.probing import block_features

        falls = []
        for run in self.runs(arm):
            assert run.parent is not None and run.spec.source is not None
            before = block_features(run.spec, {**self._weights(run.id), **_blocks(self._weights(run.parent))}, run.dataset)
            after = block_features(run.spec, self._weights(run.id), run.dataset)
            alike = [linear_cka(one, other) for one, other in zip(before, after, strict=True)]
            falls.append(-float(np.polyfit(range(len(alike)), alike, 1)[0]))
        return falls

    def _weights(self, run_id: str) -> dict[str, np.ndarray]:
        found = self.store.load_arrays(run_id, WEIGHTS)
        if found is None:
            raise InputError("The weights of a run are missing or damaged: delete the study's runs and reproduce it again.")
        return found


def _blocks(weights: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {path: values for path, values in weights.items() if not path.startswith("head/")}
