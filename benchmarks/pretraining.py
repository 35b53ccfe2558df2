"""Pretraining here against the same objective written for ``model.fit``: same net, images and batches' size, images a second.

Each round is a ratio of two times measured one after the other in a process of its own, for what the same ``model.fit`` takes
varies from process to process; a figure is the median of the rounds. What is counted are epochs after the first, validation included,
in the batches that a pretraining has unless told otherwise, and in larger ones, where next to all time goes into the same operations.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from itertools import pairwise
from multiprocessing import get_context
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

EPOCHS, ROUNDS = 3, 5
USUAL, LARGE = 32, 128
Asked = tuple[Callable[[RunSpec], float], RunSpec]
DATA: dict[str, Any] = {"dataset": "glyphs", "per_class": 60, "epochs": EPOCHS, "learning_rate": 2e-3}


def figures() -> list[Figure]:
    """Supervised and autoencoder against fit; two views against one."""
    load("glyphs", {"per_class": DATA["per_class"]})
    return [*(_against_fit(name, batch) for batch in (USUAL, LARGE) for name in ("supervised", "autoencoder")), _views()]


def _against_fit(objective: str, batch: int) -> Figure:
    spec = RunSpec.make("pretrain", objective=objective, batch_size=batch, **DATA)
    rounds = [_alone((plain, spec), (ours, spec)) for _ in range(ROUNDS)]
    ratios = sorted(there / here for there, here in rounds)
    images = len(load("glyphs", spec.settings("dataset")).train.labels)
    speed = images / statistics.median(here for _, here in rounds)
    how = f"{spec.backbone}, {images:,} images of 28 px, batch {batch}; {speed:,.0f} images a second; {_span(ratios)}"
    return Figure(f"pretraining, {objective}, against model.fit", statistics.median(ratios), ">= 1.3", 1.3, how)


def _views() -> Figure:
    one, two = (RunSpec.make("pretrain", objective=name, batch_size=LARGE, **DATA) for name in ("supervised", "simclr"))
    ratios = sorted(both / single for single, both in (_alone((ours, one), (ours, two)) for _ in range(ROUNDS)))
    how = f"simclr with all augmentations against supervised, {one.backbone}, batch {LARGE}; {_span(ratios)}"
    return Figure("cost of two views against one", statistics.median(ratios), "<= 2.2", -2.2, how)


def _span(ratios: list[float]) -> str:
    return f"{len(ratios)} rounds from {ratios[0]:.3g} to {ratios[-1]:.3g}"


def _alone(*asked: Asked) -> tuple[float, ...]:
    """Measured one after the other in a process of their own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_in_turn, asked).result()


def _in_turn(asked: tuple[Asked, ...]) -> tuple[float, ...]:
    return tuple(measure(spec) for measure, spec in asked)


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
    model.fit(
        *pairs[0],
        batch_size=spec.batch_size,
        epochs=EPOCHS,
        validation_data=pairs[1],
        validation_batch_size=256,
        verbose=0,
        callbacks=[clock],
    )
    return float(statistics.median(after - before for before, after in pairwise(marks)))


if __name__ == "__main__":
    from benchmarks.table import markdown

    print(markdown(figures()))
