"""Objectives whose answers are numbers: one that is known of each image, or what a teacher says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tlcore.objectives.naming import logits, right
from tlcore.objectives.task import OBJECTIVES, Measure, Task
from tlcore.registry import Annotated, number

if TYPE_CHECKING:
    import keras


@OBJECTIVES.register(
    labels=True,
    needs="values",
    target=True,
    sees="an image and must tell a number that is known of it",
    loss=("squared error", "an image, as a share of the range"),
    budget={"epochs": 3, "learning_rate": 1e-3},
)
def regression(embedding: int, shape: tuple[int, int, int], classes: int) -> Task:
    """Regression: tell a number. Mean squared error between the number that is told and the true one, both as shares of a declared range.

    The head begins near the middle of the range: a class may be guessed by chance, but a number far from all others costs its square.
    """
    return Task(_teller(embedding), _squared, whole=False, columns=1, real=True)


@OBJECTIVES.register(
    labels=True,
    names=True,
    needs="teacher",
    sees="an image and must name its class, and say of all others what its teacher says",
    loss=("distillation loss", "an image"),
)
def distillation(
    embedding: int,
    shape: tuple[int, int, int],
    classes: int,
    *,
    softness: Annotated[float, number("Temperature at which teacher and student are compared.", 1.0, 20.0, label="Softness")] = 4.0,
    trust: Annotated[float, number("Weight of the teacher's answers against the labels.", 0.0, 1.0, label="Trust in the teacher")] = 0.7,
) -> Task:
    """Distillation: learn from a teacher. A small net learns the labels and what a trained net says of every class (Hinton 2015).

    (1 - trust) cross-entropy + trust T^2 KL(teacher || student). labels: (n, 1 + classes), the class, then the teacher's logits.
    """
    from tlcore.objectives import losses

    def loss(outputs: Any, images: Any, labels: Any) -> Any:
        taught = losses.kd(outputs, labels[:, 1:], softness)
        return (1.0 - trust) * losses.softmax_ce_from_logits(outputs, _class(labels)) + trust * taught

    metrics: dict[str, Measure] = {"accuracy": lambda outputs, images, labels: right(outputs, images, _class(labels)), "agreement": _agree}
    return Task(logits(embedding, classes), loss, metrics, whole=False, columns=1 + classes, real=True)


def _teller(embedding: int) -> keras.Sequential:
    """One unit without a curve; its layer is called as that of every head, so that it starts as any head can."""
    import keras

    small, middle = keras.initializers.VarianceScaling(0.01, "fan_avg", "uniform"), keras.initializers.Constant(0.5)
    unit = keras.layers.Dense(1, kernel_initializer=small, bias_initializer=middle, name="logits")
    return keras.Sequential([keras.layers.Input((embedding,)), unit], name="head")


def _squared(outputs: Any, images: Any, labels: Any) -> Any:
    import keras

    return keras.ops.mean((outputs - labels) ** 2, axis=-1)


def _class(labels: Any) -> Any:
    import keras

    return keras.ops.cast(labels[:, 0], "int32")


def _agree(outputs: Any, images: Any, labels: Any) -> Any:
    """Whether student and teacher name the same class, (n,)."""
    import keras

    both = [keras.ops.argmax(each, axis=-1) for each in (outputs, labels[:, 1:])]
    return keras.ops.cast(both[0] == both[1], "float32")
