"""Fine-tuning here against the Keras guide's recipe, ``model.fit``: same start weights, same batches in the same order.

Every figure is a ratio of two times measured in turns in one process. 200 labels, 40 epochs, 2,000 validation images after each.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from benchmarks.table import Figure
from tlcore.clock import tick
from tlcore.datasets import DATASETS, Raw, load
from tlcore.datasets.catalogue import mnist
from tlcore.spec import RunSpec
from tlcore.training import Outcome, Silent, train
from tlcore.training import network as nets
from tlcore.training.features import forget
from tlcore.training.loop import cuts, order
from tlcore.training.network import Network
from tlcore.training.start import drawn

EPOCHS, LABELS, BATCH, RATE = 40, 20, 16, 3e-3
ROUNDS = 3


@DATASETS.register(**{**DATASETS["mnist"].facts, "pool_per_class": 150, "parts": {"validation": 0.4, "test": 0.3}}, name="mnist-watched")
def watched() -> Raw:
    """MNIST with 2,000 validation images. The same 5,000 images, cut so that much is watched while little is learned from."""
    return mnist()


@dataclass(frozen=True)
class Timed:
    """What one way of fine-tuning took, and how well its net does on the test part."""

    seconds: float
    accuracy: float


def figures() -> list[Figure]:
    """The two rows of the table, with the seeds that share a process in the first."""
    source = RunSpec.make("pretrain", dataset="glyphs", per_class=20, epochs=1)
    weights = train(source, Silent()).weights
    settings = {"dataset": "mnist-watched", "labels_per_class": LABELS, "epochs": EPOCHS, "batch_size": BATCH, "learning_rate": RATE}
    load("mnist-watched")
    frozen = [RunSpec.make("finetune", source=source, strategy="linear_probe", seed=seed, **settings) for seed in range(2)]
    tuned = RunSpec.make("finetune", source=source, strategy="full", body_rate=1.0, **settings)
    return [*_frozen(frozen, weights), _tuned(tuned, weights)]


def _frozen(specs: list[RunSpec], weights: Mapping[str, np.ndarray]) -> list[Figure]:
    first, second = specs
    rounds = []
    for _ in range(ROUNDS):
        recipe = guide(first, weights, frozen=len(first.blocks))
        cold = ours(first, weights, cold=True)
        warm = ours(second, weights, cold=False)
        rounds.append((recipe, cold, warm))
    apart = max(abs(recipe.accuracy - cold.accuracy) for recipe, cold, _ in rounds)
    net = f"{_named(first)}; test accuracy {100 * rounds[0][1].accuracy:.1f} % here, {100 * rounds[0][0].accuracy:.1f} % there"
    return [
        Figure("all blocks frozen, against model.fit with a frozen base", _ratio(rounds, 0, 1), ">= 15", 15, net),
        Figure("the same, for the next seed of the same job", _ratio(rounds, 0, 2), ">= 60", 60, net),
        Figure("the same, accuracies apart, points", 100 * apart, "<= 1", -1, net),
    ]


def _tuned(spec: RunSpec, weights: Mapping[str, np.ndarray]) -> Figure:
    rounds = [(guide(spec, weights, frozen=0), ours(spec, weights, cold=True)) for _ in range(ROUNDS)]
    net = f"{_named(spec)}; test accuracy {100 * rounds[0][1].accuracy:.1f} % here, {100 * rounds[0][0].accuracy:.1f} % there"
    return Figure("nothing frozen, against model.fit", _ratio(rounds, 0, 1), ">= 1.8", 1.8, net)


def _named(spec: RunSpec) -> str:
    return f"{spec.backbone}, batch {spec.batch_size}, {spec.knobs['normalization']} normalization, start weights and batches paired"


def _ratio(rounds: list[Any], upper: int, lower: int) -> float:
    """The median over the rounds of what one took by what the other took."""
    return float(statistics.median(each[upper].seconds / each[lower].seconds for each in rounds))


def ours(spec: RunSpec, weights: Mapping[str, np.ndarray], cold: bool) -> Timed:
    """A whole run, evaluation included; cold: with nothing kept from an earlier one in this process."""
    if cold:
        forgotten()
    outcome, seconds = _timed(lambda: train(spec, Silent(), source=weights))
    assert isinstance(outcome, Outcome) and outcome.state == "finished", outcome
    return Timed(seconds, outcome.result["accuracy"])


def forgotten() -> None:
    """Empty all that a process keeps for the next run."""
    nets._kept.clear()
    forget()
    keras.backend.clear_session()


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    begun = tick()
    done = work()
    return done, tick() - begun


def guide(spec: RunSpec, weights: Mapping[str, np.ndarray], frozen: int) -> Timed:
    """The recipe of the Keras guide on transfer learning, the first blocks frozen: base, ``trainable``, new head, compile, fit, evaluate."""
    keras.backend.clear_session()
    net = Network(spec, 10)
    net.load({**drawn(spec, net), **{path: value for path, value in weights.items() if not path.startswith("head/")}})
    accuracy, seconds = _timed(lambda: _fit(spec, net, frozen))
    return Timed(seconds, accuracy)


def _fit(spec: RunSpec, net: Network, frozen: int) -> float:
    data = load(spec.dataset)
    chosen = data.draw(spec.labels_per_class, spec.seed)
    images, labels = _floats(data.train.images[chosen]), data.train.labels[chosen]
    base = keras.Sequential([keras.Input(net.image), *(_copy(block) for block in net.parts[:-1])])
    for block in base.layers[:frozen]:
        block.trainable = False
    inputs = keras.Input(net.image)
    model = keras.Model(inputs, _copy(net.parts[-1])(base(inputs, training=False if frozen == len(base.layers) else None)))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(spec.learning_rate), loss, metrics=["accuracy"])
    watched = (_floats(data.validation.images), np.asarray(data.validation.labels))
    batches = _batches(images, labels, spec)
    model.fit(batches, epochs=spec.epochs, steps_per_epoch=-(-len(chosen) // spec.batch_size), validation_data=watched, verbose=0)
    test = data.open_test()
    return float(model.evaluate(_floats(test.images), np.asarray(test.labels), verbose=0)[1])


def _copy(part: keras.Sequential) -> keras.Sequential:
    copied = keras.models.clone_model(part)
    copied.set_weights(part.get_weights())
    return copied


def _floats(images: np.ndarray) -> np.ndarray:
    return np.asarray(images, "float32") / 255.0


def _batches(images: np.ndarray, labels: np.ndarray, spec: RunSpec) -> tf.data.Dataset:
    """The batches of our loop, in its order, from memory and prefetched."""
    edges = cuts(len(labels), spec.batch_size)
    wanted = [row[a:b] for row in order(len(labels), spec.seed, range(spec.epochs)) for a, b in pairwise(edges)]
    held, named = tf.constant(images), tf.constant(labels)
    numbers = tf.data.Dataset.from_tensor_slices(tf.ragged.constant([list(map(int, row)) for row in wanted]))
    return numbers.map(lambda row: (tf.gather(held, row), tf.gather(named, row))).prefetch(tf.data.AUTOTUNE)
