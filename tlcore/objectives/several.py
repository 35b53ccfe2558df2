"""Objectives that ask several questions of one image, and weigh the answers against each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from tlcore.objectives.naming import logits
from tlcore.objectives.task import OBJECTIVES, Call, Measure, Task, numbers
from tlcore.registry import Annotated, number, one_of

if TYPE_CHECKING:
    import tensorflow as tf

BRISK = 12.5  # how much faster the weights of GradNorm move than all else: 0.025 a step where the learning rate is 0.002

MOST = 4.0  # weight of a question
ASKED = ("shape", "colour", "size", "place", "texture")

Weight = Annotated[float, number("Weight of this question where weights are fixed.", 0.0, MOST)]


@OBJECTIVES.register(
    labels=True,
    needs="factors",
    sees="an image and must name everything that is known of it",
    loss=("weighted cross-entropy", "an image"),
    live={f"{name}_weight": ("weighting", "fixed") for name in ASKED},
)
def multitask(
    embedding: int,
    shape: tuple[int, int, int],
    classes: Mapping[str, int],
    *,
    weighting: Annotated[
        str,
        one_of(
            "Who weighs the questions: you, their uncertainty (Kendall 2018), or how fast each is learned (Chen 2018).",
            "fixed",
            "uncertainty",
            "gradnorm",
        ),
    ] = "fixed",
    gradnorm_alpha: Annotated[
        float, number("How strongly GradNorm pulls back the questions that are learned faster.", 0.0, 5.0, label="GradNorm's alpha")
    ] = 1.5,
    shape_weight: Weight = 1.0,
    colour_weight: Weight = 1.0,
    size_weight: Weight = 1.0,
    place_weight: Weight = 1.0,
    texture_weight: Weight = 1.0,
) -> Task:
    """Multi-task: name everything. One net answers several questions about an image at once, each with a head of its own (Caruana 1997).

    classes: how many answers each question has, by its name. The loss can fall below 0 where uncertainty weighs: see each question's own.
    """
    given = dict(zip(ASKED, (shape_weight, colour_weight, size_weight, place_weight, texture_weight), strict=True))
    asked, dials = Questions(classes), _dials(classes, given) if weighting == "fixed" else {}

    def through(call: Call, features: Any, labels: Any, chance: Any) -> Any:
        """The logits, and what weighs the questions: (k,) learned weights, and (k,) gradient norms where GradNorm learns."""
        import keras

        learned = call("weights", keras.ops.ones((1, 1)))[0] if weighting != "fixed" else keras.ops.zeros(len(classes))
        if weighting == "gradnorm" and chance is not None:
            return _with_norms(call, features, labels, asked, learned)
        return call("head", features), learned, keras.ops.ones(len(classes))

    def loss(outputs: Any, images: Any, labels: Any) -> Any:
        import keras

        from tlcore.objectives import losses

        said, learned, norms = outputs
        each = keras.ops.stack(asked.costs(said, labels), axis=-1)
        if weighting == "fixed":
            return keras.ops.matmul(each, keras.ops.stack([keras.ops.convert_to_tensor(dial) for dial in dials.values()]))
        if weighting == "uncertainty":
            return losses.uncertainty_weighting(each, learned)
        return _balanced(each, learned, norms, list(classes.values()), gradnorm_alpha)

    beside = {} if weighting == "fixed" else {"weights": numbers("weights", len(classes), 0.0)}
    head = logits(embedding, sum(classes.values()))
    answers = asked.of(lambda outputs: outputs[0])
    return Task(head, loss, asked.metrics(), beside=beside, through=through, columns=len(classes), answers=answers, dials=dials)


def _dials(classes: Mapping[str, int], given: Mapping[str, float]) -> dict[str, tf.Variable]:
    """A variable for the weight of each question, by the name of its knob: turned while a run goes, no graph is made anew."""
    import tensorflow as tf

    return {
        f"{name}_weight": tf.Variable(given.get(name, 1.0), trainable=False, name=f"{name}_weight", dtype="float32") for name in classes
    }


class Questions:
    """Several questions about an image; their logits stand side by side, their labels in columns."""

    def __init__(self, classes: Mapping[str, int]) -> None:
        self.names = list(classes)
        self.ends = list(accumulate(classes.values()))

    def answers(self, said: Any) -> list[Any]:
        """The logits of each question, from (n, all) the (n, its own)."""
        import keras

        return list(keras.ops.split(said, self.ends[:-1], axis=-1))

    def of(self, said: Callable[[Any], Any]) -> dict[str, Callable[[Any], Any]]:
        """How the outputs answer each question. said: outputs -> all logits."""

        def answer(place: int) -> Callable[[Any], Any]:
            return lambda outputs: self.answers(said(outputs))[place]

        return {name: answer(place) for place, name in enumerate(self.names)}

    def costs(self, said: Any, labels: Any) -> list[Any]:
        """The cross-entropy of each question, (n,) each."""
        return [self.cost(said, labels, place) for place in range(len(self.names))]

    def cost(self, said: Any, labels: Any, place: int) -> Any:
        """The cross-entropy of one question, (n,)."""
        from tlcore.objectives import losses

        return losses.softmax_ce_from_logits(self.answers(said)[place], labels[:, place])

    def metrics(self) -> dict[str, Measure]:
        """How many are right, and what it costs, by question."""
        places = list(enumerate(self.names))
        return {f"{name}_accuracy": self._right(place) for place, name in places} | {
            f"{name}_loss": self._cost(place) for place, name in places
        }

    def _right(self, place: int) -> Measure:
        def measure(outputs: Any, images: Any, labels: Any) -> Any:
            import keras

            return keras.metrics.sparse_categorical_accuracy(labels[:, place], self.answers(outputs[0])[place])

        return measure

    def _cost(self, place: int) -> Measure:
        return lambda outputs, images, labels: self.cost(outputs[0], labels, place)


def _with_norms(call: Call, features: Any, labels: Any, asked: Questions, learned: Any) -> Any:
    """The logits, and how strongly each question pulls at the embedding: the norm of its gradient there, for the last shared layer."""
    import tensorflow as tf

    with tf.GradientTape(persistent=True) as tape:
        tape.watch(features)
        said = call("head", features)
        means = [tf.reduce_mean(each) for each in asked.costs(said, labels)]
    norms = tf.stack([tf.norm(tape.gradient(each, features)) for each in means])
    return said, learned, tf.stop_gradient(norms)


def _balanced(each: Any, learned: Any, norms: Any, counts: list[int], alpha: float) -> Any:
    """Losses (n, k) under GradNorm's weights, whose sum stays k. What moves the weights has no value of its own: it is no cost."""
    import keras

    from tlcore.objectives import losses

    raw = keras.ops.maximum(1.0 + BRISK * learned, 1e-3)
    weights = len(counts) * raw / keras.ops.sum(raw)
    guessing = keras.ops.log(keras.ops.convert_to_tensor([float(count) for count in counts]))
    pull = losses.gradnorm(weights, norms, keras.ops.mean(each, axis=0), guessing, alpha)
    return keras.ops.matmul(each, keras.ops.stop_gradient(weights)) + pull - keras.ops.stop_gradient(pull)
