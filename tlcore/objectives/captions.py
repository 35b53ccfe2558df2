"""Objectives on images and words: what belongs together is brought together."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tlcore.objectives.contrasting import BUDGET, Projection, projector
from tlcore.objectives.several import Questions
from tlcore.objectives.task import OBJECTIVES, SETTLED, Call, Measure, Task, numbers
from tlcore.registry import Annotated, number

if TYPE_CHECKING:
    import keras

WORDS = 64  # units that a caption is read with
SHARPEST = math.log(100.0)  # of 1 / temperature, beyond which training is known to break


@OBJECTIVES.register(
    labels=True,
    needs="factors",
    pictures=True,
    sees="images and captions and must find out which belong together",
    loss=("contrastive loss", "an image"),
    budget=BUDGET,
)
def multimodal(
    embedding: int,
    shape: tuple[int, int, int],
    classes: Mapping[str, int],
    *,
    first_temperature: Annotated[float, number("Where the learned temperature starts.", 0.01, 1.0, log=True)] = 0.07,
    dropped: Annotated[float, number("Share of the words that a caption leaves out, so that short ones are understood.", 0.0, 0.9)] = 0.4,
    projection: Projection = 64,
) -> Task:
    """Multi-modal: match image and caption. Both are brought into one space, where each must find the other in its batch (Radford 2021).

    classes: how many words there are for each thing that a caption says. A caption that also fits another image is no wrong answer there.
    """
    import keras

    from tlcore.objectives import losses

    asked = Questions(classes)

    def through(call: Call, features: Any, labels: Any, chance: Any) -> Any:
        """Images (n, d), captions (n, d), single words (all, d), ln 1 / temperature, and which image fits which caption (n, n)."""
        spoken = _spoken(labels, dropped, chance)
        sharp = keras.ops.minimum(call("scale", keras.ops.ones((1, 1)))[0, 0], SHARPEST)
        words = call("text", keras.ops.eye(asked.ends[-1]))
        return call("head", features), call("text", _said(labels, spoken, classes)), words, sharp, _fits(labels, spoken)

    def loss(outputs: Any, images: Any, labels: Any) -> Any:
        pictured, told, _, sharp, fits = outputs
        return losses.clip_symmetric(pictured, told, keras.ops.exp(-sharp), fits)

    metrics: dict[str, Measure] = {"retrieval": _retrieved, "retrieval_chance": _by_chance}
    metrics |= {f"{name}_zero_shot": _zero_shot(asked, place) for place, name in enumerate(asked.names)}
    beside = {"text": _reader(asked.ends[-1], projection), "scale": numbers("scale", 1, -math.log(first_temperature))}
    answers = asked.of(lambda outputs: losses.cosines(outputs[0], outputs[2]))
    more: dict[str, Any] = {"columns": len(classes), "together": True, "answers": answers, "collapsed": math.log}
    return Task(projector(embedding, projection), loss, metrics, beside=beside, through=through, **more)


def _spoken(labels: Any, dropped: float, chance: Any) -> Any:
    """Which words are said, (n, k) bool: some are left out while it learns, none where it is measured."""
    import tensorflow as tf

    if chance is None:
        return tf.ones(tf.shape(labels), tf.bool)
    return (tf.random.stateless_uniform(tf.shape(labels), chance) >= dropped) | (chance[1] >= SETTLED)


def _said(labels: Any, spoken: Any, classes: Mapping[str, int]) -> Any:
    """Captions as which words they have, (n, all) of 0 and 1."""
    import keras

    words = [keras.ops.one_hot(labels[:, place], count) for place, count in enumerate(classes.values())]
    heard = keras.ops.cast(spoken, "float32")
    return keras.ops.concatenate([each * heard[:, place : place + 1] for place, each in enumerate(words)], axis=-1)


def _fits(labels: Any, spoken: Any) -> Any:
    """Whether caption j is true of image i, (n, n) bool."""
    import keras

    same = labels[:, None] == labels[None]
    return keras.ops.all(keras.ops.logical_or(same, keras.ops.logical_not(spoken)[None]), axis=-1)


def _reader(words: int, units: int) -> keras.Sequential:
    import keras

    layers = keras.layers
    return keras.Sequential(
        [layers.Input((words,)), layers.Dense(WORDS, activation="relu", name="words"), layers.Dense(units, name="told")], name="text"
    )


def _retrieved(outputs: Any, images: Any, labels: Any) -> Any:
    """Whether the nearest caption of the batch is true of the image, (n,)."""
    import keras

    from tlcore.objectives import losses

    pictured, told, _, _, fits = outputs
    nearest = keras.ops.argmax(losses.cosines(pictured, told), axis=-1)
    return keras.ops.cast(keras.ops.take_along_axis(fits, nearest[:, None], axis=1)[:, 0], "float32")


def _by_chance(outputs: Any, images: Any, labels: Any) -> Any:
    """How often a caption drawn at random from the batch would be true, (n,)."""
    import keras

    return keras.ops.mean(keras.ops.cast(outputs[4], "float32"), axis=-1)


def _zero_shot(asked: Questions, place: int) -> Measure:
    """Whether of all words for one thing the nearest is the right one, (n,)."""

    def measure(outputs: Any, images: Any, labels: Any) -> Any:
        import keras

        from tlcore.objectives import losses

        every = losses.cosines(outputs[0], outputs[2])
        return keras.metrics.sparse_categorical_accuracy(labels[:, place], asked.answers(every)[place])

    return measure
