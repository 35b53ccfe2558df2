"""Objectives on two views of each image: what is alike in both is worth knowing."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tlcore.augmentations import ALL, Chosen, folded, view
from tlcore.objectives.task import OBJECTIVES, Batch, Task
from tlcore.registry import Annotated, number, whole

if TYPE_CHECKING:
    import keras

WIDE = 128  # units between embedding and projection
BUDGET = {"epochs": 6, "batch_size": 128}  # each finds its twin among the others of its batch: few others teach little
TWO_VIEWS: dict[str, Any] = {"views": 2, "chance": True, "pictures": True, "makes": ("one view", "the other view"), "budget": BUDGET}

Temperature = Annotated[float, number("The lower, the more the nearest examples count.", 0.02, 2.0, log=True, label="Temperature")]
Projection = Annotated[int, whole("Units in which views are compared; they are left behind after pretraining.", 8, 512, label="Projection")]


@OBJECTIVES.register(
    labels=False,
    sees="two views of each image and must find the twin",
    loss=("contrastive loss", "a view"),
    **TWO_VIEWS,
)
def simclr(
    embedding: int,
    shape: tuple[int, int, int],
    classes: int,
    *,
    contrast_temperature: Temperature = 0.2,
    projection: Projection = 64,
    augmentations: Chosen = ALL,
) -> Task:
    """SimCLR: find the twin. Two views of each image must find each other among all others of the batch (Chen 2020)."""
    from tlcore.objectives import losses

    def loss(z1: Any, z2: Any, labels: Any) -> Any:
        return losses.nt_xent(z1, z2, contrast_temperature)

    return _two_views(embedding, projection, augmentations, loss, guessing)


@OBJECTIVES.register(
    labels=False,
    sees="two views of each image and must say the same of both, each unit something else",
    loss=("Barlow Twins loss", "a batch"),
    **TWO_VIEWS,
)
def barlow_twins(
    embedding: int,
    shape: tuple[int, int, int],
    classes: int,
    *,
    redundancy: Annotated[
        float, number("Weight of the correlations between different units.", 1e-4, 1.0, log=True, label="Redundancy weight")
    ] = 0.005,
    projection: Projection = 128,
    augmentations: Chosen = ALL,
) -> Task:
    """Barlow Twins: same units, different news. Each unit must agree between two views, and with no other unit (Zbontar 2021)."""
    from tlcore.objectives import losses

    return _two_views(embedding, projection, augmentations, lambda z1, z2, labels: losses.barlow_twins(z1, z2, redundancy))


@OBJECTIVES.register(
    labels=False,
    sees="two views of each image and must say the same of both, and something of each",
    loss=("VICReg loss", "a batch"),
    **TWO_VIEWS,
)
def vicreg(
    embedding: int,
    shape: tuple[int, int, int],
    classes: int,
    *,
    invariance: Annotated[float, number("Weight of the distance between two views.", 0.0, 100.0, label="Invariance")] = 25.0,
    variance: Annotated[float, number("Weight of units that vary too little.", 0.0, 100.0, label="Variance")] = 25.0,
    covariance: Annotated[float, number("Weight of units that say the same.", 0.0, 100.0, label="Covariance")] = 1.0,
    projection: Projection = 128,
    augmentations: Chosen = ALL,
) -> Task:
    """VICReg: alike, alive, apart. Two views agree, each unit keeps its spread, and no two say the same (Bardes 2022)."""
    from tlcore.objectives import losses

    weights = (invariance, variance, covariance)
    return _two_views(embedding, projection, augmentations, lambda z1, z2, labels: losses.vicreg(z1, z2, *weights))


@OBJECTIVES.register(
    labels=True,
    sees="two views of each image and must find all of its class",
    loss=("supervised contrastive loss", "a view"),
    **TWO_VIEWS,
)
def supcon(
    embedding: int,
    shape: tuple[int, int, int],
    classes: int,
    *,
    contrast_temperature: Temperature = 0.1,
    projection: Projection = 64,
    augmentations: Chosen = ALL,
) -> Task:
    """Supervised contrast: find the class. Two views of each image must find all views of its class in the batch (Khosla 2020)."""
    from tlcore.objectives import losses

    def loss(z1: Any, z2: Any, labels: Any) -> Any:
        import keras

        return losses.supcon(keras.ops.concatenate([z1, z2]), keras.ops.concatenate([labels, labels]), contrast_temperature)

    return _two_views(embedding, projection, augmentations, loss, guessing)


def guessing(images: float) -> float:
    """The loss of finding the twin among the views of so many images where all of them are the same to the net.

    >>> round(guessing(128), 3)
    5.541
    """
    return math.log(2 * images - 1)


def _two_views(
    embedding: int,
    projection: int,
    augmentations: tuple[str, ...],
    loss: Callable[[Any, Any, Any], Any],
    collapsed: Callable[[float], float] | None = None,
) -> Task:
    """A task whose loss, one number a batch, compares projections of two views."""
    from tlcore.objectives import losses

    def make(images: Any, labels: Any, chance: Any) -> Batch:
        import keras

        views = [view(images, augmentations, folded(chance, which)) for which in (1, 2)]
        return Batch(keras.ops.concatenate(views), images, labels)

    def of_batch(measure: Callable[[Any, Any, Any], Any]) -> Callable[[Any, Any, Any], Any]:
        def each(outputs: Any, images: Any, labels: Any) -> Any:
            import keras

            z1, z2 = keras.ops.split(outputs, 2)
            return keras.ops.broadcast_to(measure(z1, z2, labels), (keras.ops.shape(z1)[0],))

        return each

    metrics = {
        "alignment": of_batch(lambda z1, z2, labels: losses.alignment(z1, z2)),
        "uniformity": of_batch(lambda z1, z2, labels: losses.uniformity(z1)),
    }
    return Task(projector(embedding, projection), of_batch(loss), metrics, make=make, together=True, collapsed=collapsed)


def projector(embedding: int, units: int) -> keras.Sequential:
    """From the embedding to the space in which it is compared; left behind after pretraining."""
    import keras

    return keras.Sequential(
        [
            keras.layers.Input((embedding,)),
            keras.layers.Dense(WIDE, activation="relu", name="wide"),
            keras.layers.Dense(units, name="projection"),
        ],
        name="head",
    )
