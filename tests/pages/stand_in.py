"""Does what a worker does, without training: fills a store through the workers' side of it."""

from __future__ import annotations

from typing import Any

import numpy as np
from sqlalchemy import update

from tlcore.engine.answers import conclude
from tlcore.objectives import OBJECTIVES
from tlcore.spec import RunSpec
from tlcore.store import Lease, Owner, Store, tables

BLOCKS = (
    "block1/conv/kernel",
    "block2/conv/kernel",
    "block3/conv/kernel",
    "block4/dense/kernel",
    "block4/dense/bias",
    "head/logits/kernel",
)


class StandIn:
    """A worker whose results are made up."""

    def __init__(self, store: Store) -> None:
        self.store, self.owner = store, Owner.me()

    def begin(self, spec: RunSpec) -> Lease:
        """Take a run, as a worker does before its first epoch."""
        run = self.store.submit(spec)
        lease = self.store.take(run.id, self.owner)
        assert lease is not None, f"{run.title} is {run.state}"
        return lease

    def running(self, spec: RunSpec, epochs: int) -> str:
        """A run in the middle of its epochs."""
        lease = self.begin(spec)
        if epochs:
            self.store.record_epochs(lease, curve(spec, 0.8, epochs))
        return lease.run

    def ended(self, spec: RunSpec, state: str, epochs: int, error: str | None = None) -> str:
        """A run that was not measured to its end."""
        lease = self.begin(spec)
        self.store.record_epochs(lease, curve(spec, 0.8, epochs))
        self.store.folder_of(lease.run).mkdir(parents=True, exist_ok=True)
        self.store.finish(lease, state, error=error)
        self._took(lease.run, 2.5)
        return lease.run

    def finished(self, spec: RunSpec, accuracy: float | None, seconds: float) -> str:
        """A run with its result; without an accuracy it is an autoencoder's."""
        lease = self.begin(spec)
        self.store.record_epochs(lease, curve(spec, accuracy, spec.epochs))
        if accuracy is None:
            pictures = np.linspace(0, 255, 2 * 12 * 28 * 28).reshape(2, 12, 28, 28, 1).astype(np.uint8)
            self.store.save_arrays(lease, "arrays.npz", {"pictures": pictures})
        self.store.finish(lease, "finished", result(spec, accuracy))
        self._took(lease.run, seconds)
        return lease.run

    def _took(self, run_id: str, seconds: float) -> None:
        with self.store.write() as connection:
            connection.execute(update(tables.runs).where(tables.runs.c.id == run_id).values(seconds=seconds))


def told(worker: StandIn, spec: RunSpec) -> str:
    """A finished run that told numbers."""
    lease = worker.begin(spec)
    worker.store.record_epochs(lease, curve(spec, None, spec.epochs))
    true = np.linspace(30, 340, 132).astype("float32")
    worker.store.save_arrays(lease, "arrays.npz", {"true": true, "predictions": true[::-1].copy()})
    found = result(spec, None) | {
        "rmse": 55.488,
        "baseline_rmse": 74.382,
        "baseline_loss": 0.054,
        "r2": 0.443,
        "loss": 0.03,
        "test_size": 132,
    }
    worker.store.finish(lease, "finished", {name: value for name, value in found.items() if name not in ("alignment", "retrieval")})
    return lease.run


def curve(spec: RunSpec, accuracy: float | None, epochs: int) -> list[dict[str, Any]]:
    """Epochs 0 to ``epochs`` of a run that learns towards an accuracy."""
    rows = []
    for epoch in range(epochs + 1):
        done = 1 - 0.5**epoch
        row: dict[str, Any] = {"epoch": epoch, "val_loss": 2.3 - 1.7 * done}
        if accuracy is not None:
            row["val_accuracy"] = 0.1 + (accuracy - 0.1) * done
            row["confusion"] = (np.eye(10, dtype=int) * (9 + epoch % 9) + np.roll(np.eye(10, dtype=int), 1, 1) * (9 - epoch % 9)).tolist()
        if spec.watch_source:
            row["source_accuracy"] = 0.9 - (0.02 if spec.strategy == "linear_probe" else 0.3) * done
        if epoch:
            row |= {"loss": 2.2 - 1.9 * done, "seconds": 0.1, "rate": spec.learning_rate, "gradients": [0.0, 0.0, 0.4, 0.5, 1.5 / epoch]}
            if accuracy is not None:
                row["accuracy"] = min(1.0, 0.15 + accuracy * done)
        rows.append(row)
    return rows


def result(spec: RunSpec, accuracy: float | None) -> dict[str, Any]:
    """A result as the trainer returns it."""
    frozen = [name for name in BLOCKS if name.startswith(("block1", "block2")) and spec.strategy == "linear_probe"]
    common = {
        "loss": 0.4 if accuracy is not None else 0.0123,
        "start": {"val_loss": 2.3} | ({"val_accuracy": 0.11} if accuracy is not None else {}),
        "end": {"val_loss": 0.6} | ({"val_accuracy": accuracy} if accuracy is not None else {}),
        "blocks": [*({"name": f"block{place}", "state": "frozen" if f"block{place}/conv/kernel" in frozen else "moved",
                      "drift": 0.0 if f"block{place}/conv/kernel" in frozen else 0.123, "statistics": None} for place in range(1, 5)),
                   {"name": "head", "state": "moved", "drift": None, "statistics": None}],
        "moved": {name: name not in frozen for name in BLOCKS},
        "seal": True,
        "promised": frozen,
        "parameters": {"blocks": [416, 18_688, 37_120, 36_928], "head": 650, "trainable": 93_000},
        "train_size": 50, "validation_size": 180, "test_size": 540, "threads": 2,
        "versions": {"keras": "3.15.1", "tensorflow": "2.21.0"}, "seconds": 4.0, "classes": list("0123456789"),
    }  # fmt: skip
    if accuracy is None:
        own = {"baseline_loss": 0.0678} if OBJECTIVES[spec.objective].facts.get("draws") else {"alignment": 0.31, "retrieval": 0.875}
        return common | {"accuracy": None, "balanced_accuracy": None, "confusion": None, **own}
    right = round(54 * accuracy)
    matrix = np.full((10, 10), 0)
    np.fill_diagonal(matrix, right)
    for row in range(10):
        matrix[row, (row + 3) % 10] = 54 - right
    classes = [{"name": str(place), "precision": accuracy, "recall": right / 54, "count": 54} for place in range(10)]
    measured = {"accuracy": accuracy, "balanced_accuracy": accuracy - 0.002, "majority": 0.1}
    measured |= {"agreement": 0.96} if spec.objective == "distillation" else {}
    return common | measured | {"confusion": matrix.tolist(), "per_class": classes}


def summary(store: Store, study_id: str) -> dict[str, Any]:
    """The summary of a finished study, made by the engine itself."""
    conclude(store)
    record = store.study(study_id)
    assert record is not None and record.summary is not None
    return record.summary
