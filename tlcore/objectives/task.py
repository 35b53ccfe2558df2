"""What an objective is made of: nets on the embedding, how a batch is made, what is measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from tlcore.registry import Registry

if TYPE_CHECKING:
    import keras

OBJECTIVES = Registry("objective")

SETTLED = 1 << 30  # steps from which on nothing warms up any more: what is measured draws with them

Measure = Callable[[Any, Any, Any], Any]
Call = Callable[[str, Any], Any]


class Batch(NamedTuple):
    """What is made of n images. inputs: (k n, h, w, c) in [0, 1], what the encoder sees, view after view.

    images, labels: what loss and metrics compare with.
    """

    inputs: Any
    images: Any
    labels: Any


def numbers(name: str, count: int, start: float) -> keras.Sequential:
    """So many numbers that are learned, all from one start: what a net of one layer without a bias makes of a one, (1, 1) -> (1, count)."""
    import keras

    first = keras.initializers.Constant(start)
    layer = keras.layers.Dense(count, use_bias=False, kernel_initializer=first, name="learned")
    return keras.Sequential([keras.layers.Input((1,)), layer], name=name)


@dataclass(frozen=True)
class Task:
    """What stands on the embedding, and what is measured at its output.

    head: the first net on the embedding. beside: further nets, by name. through: (call, features, labels, chance) -> outputs, where
    ``call(name, values)`` sends values through a net, the head being "head", and chance is None where nothing may be drawn; None: the
    outputs are the head's. make: (images, labels, chance) -> Batch, for images (n, h, w, c) in [0, 1]; None: the images as they are.
    loss: (outputs, images, labels) -> what each example costs, shape (n,) or (k n,) for k views.
    metrics: name -> the same signature; a value for each example, averaged over an epoch.
    whole: whether batch, loss or metrics need the images themselves, so that no block can be computed ahead.
    together: whether what an example costs depends on the others of its batch. columns: how many labels each example has, 0 for one
    class; then labels are (n, columns). real: whether they are numbers, float32, and not classes; a class among them comes first.
    dials: variables of numbers that can be turned by hand while it learns, by the name of the knob that they start from.
    redrawn: outputs -> images (n, h, w, c) in [0, 1], where there are any. drawing: the other way round, for an image that is the same
    whatever was seen: what an objective that draws must beat is always drawing the mean.
    answers: question -> how the outputs answer it, as logits (n, its classes), in the order of the labels' columns.
    collapsed: the loss where all examples are the same to the net, by how many (views) are compared with each other.
    Chance is an int32 seed (2,) for TensorFlow's stateless draws: the run's, then the step, or ``SETTLED`` and more where nothing is learned.
    """

    head: keras.Sequential
    loss: Measure
    metrics: Mapping[str, Measure] = field(default_factory=dict)
    beside: Mapping[str, keras.Sequential] = field(default_factory=dict)
    through: Callable[[Call, Any, Any, Any], Any] | None = None
    make: Callable[[Any, Any, Any], Batch] | None = None
    redrawn: Callable[[Any], Any] | None = None
    drawing: Callable[[Any], Any] | None = None
    whole: bool = True
    together: bool = False
    columns: int = 0
    dials: Mapping[str, Any] = field(default_factory=dict)
    answers: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)
    collapsed: Callable[[float], float] | None = None
    real: bool = False

    def batch(self, images: Any, labels: Any, chance: Any) -> Batch:
        """What is made of some images."""
        return self.make(images, labels, chance) if self.make else Batch(images, images, labels)

    def outputs(self, call: Call, features: Any, labels: Any = None, chance: Any = None) -> Any:
        """What the nets make of features of the inputs."""
        return self.through(call, features, labels, chance) if self.through else call("head", features)
