"""Pretraining here against the same objective written for ``model.fit``: same net, images and batches' size, images a second.

Each figure is a ratio of two times measured in turns in one process; what is counted are epochs after the first, validation included.
"""

from __future__ import annotations

import statistics
from itertools import pairwise
from typing import Any

import keras
import numpy as np

from benchmarks.finetuning import _copy, _floats, forgotten
from benchmarks.table import Figure
from tlcore.clock import tick
from tlcore.datasets import load
from tlcore.spec import RunSpec
from tlcore.training import Silent, train
from tlcore.training.network import Network

EPOCHS, BATCH, ROUNDS = 4, 128, 3
DATA: dict[str, Any] = {"dataset": "glyphs", "per_class": 60, "epochs": EPOCHS, "batch_size": BATCH, "learning_rate": 2e-3}


def figures() -> list[Figure]:
    """Supervised and autoencoder against fit; two views against one."""
    load("glyphs", {"per_class": DATA["per_class"]})
    return [_against_fit("supervised"), _against_fit("autoencoder"), _views()]


def _against_fit(objective: str) -> Figure:
    spec = RunSpec.make("pretrain", objective=objective, **DATA)
    rounds = [(plain(spec), ours(spec)) for _ in range(ROUNDS)]
    ratio = statistics.median(there / here for there, here in rounds)
    images = len(load("glyphs", spec.settings("dataset")).train.labels)
    how = f"{spec.backbone}, {images:,} images of 28 px, batch {BATCH}; {images / statistics.median(here for _, here in rounds):,.0f} images a second"
    return Figure(f"pretraining, {objective}, against model.fit", ratio, ">= 1.3", 1.3, how)


def _views() -> Figure:
    one, two = (RunSpec.make("pretrain", objective=name, **DATA) for name in ("supervised", "simclr"))
    rounds = [(ours(one), ours(two)) for _ in range(ROUNDS)]
    ratio = statistics.median(both / single for single, both in rounds)
    how = f"simclr with all augmentations against supervised, {one.backbone}, batch {BATCH}"
    return Figure("cost of two views against one", ratio, "<= 2.2", -2.2, how)


def ours(spec: RunSpec) -> float:
    """Seconds of an epoch here."""
    forgotten()
    recorder = Silent()
    assert train(spec, recorder).state == "finished"
    return float(statistics.median(row["seconds"] for row in recorder.rows[2:]))


def plain(spec: RunSpec) -> float:
    """Seconds of an epoch of ``model.fit``."""
    keras.backend.clear_session()
    keras.utils.set_random_seed(0)
    data = load(spec.dataset, spec.settings("dataset"))
    net = Network(spec, len(data.classes))
    model = keras.Sequential([keras.Input(net.image), *(_copy(part) for part in net.parts)])
    loss: Any = keras.losses.SparseCategoricalCrossentropy(from_logits=True) if spec.objective == "supervised" else "mse"
    model.compile(keras.optimizers.Adam(spec.learning_rate), loss, metrics=["accuracy"] if spec.objective == "supervised" else [])
    parts = [(_floats(part.images), np.asarray(part.labels)) for part in (data.train, data.validation)]
    pairs = [(images, labels if spec.objective == "supervised" else images) for images, labels in parts]
    marks: list[float] = []
    clock = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: marks.append(tick()))
    model.fit(*pairs[0], batch_size=BATCH, epochs=EPOCHS, validation_data=pairs[1], validation_batch_size=256, verbose=0, callbacks=[clock])
    return float(statistics.median(after - before for before, after in pairwise(marks)))


if __name__ == "__main__":
    from benchmarks.table import markdown

    print(markdown(figures()))
