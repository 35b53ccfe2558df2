"""Network: preprocessing, blocks and head as Keras layers, with one optimizer over all of them.

A network is built once in a process for each structure and used by many runs in turn, each with its own weights.
"""

from __future__ import annotations

import zlib
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import tensorflow as tf

from tlcore.backbones import BACKBONES, EMBEDDING
from tlcore.datasets import DATASETS
from tlcore.objectives import OBJECTIVES, Batch
from tlcore.registry import InputError
from tlcore.strategies import ONLY, Branch, Only, Phase, Relative, is_branch
from tlcore.training import branches
from tlcore.training.optimizer import FactorAdam

if TYPE_CHECKING:
    from tlcore.spec import RunSpec

KEPT = 6  # structures kept ready in one process
CONFUSED = 40  # classes up to which every epoch says what was taken for what


class Network:
    """The net of one structure.

    image: (height, width, channels) that the first block sees; raw images of any size and 1 or 3 channels are brought to it.
    parts: the blocks in order, then the head; a part is called by its place.
    beside: for each part, the branches beside its layers, by the layer's name.
    made: how each part was made, as text.
    measures: the loss, then the metrics, as in ``tlcore.objectives.Task``. confused: classes that can be taken for each other, 0 where
    there are none or too many to look at after each epoch.
    """

    def __init__(self, spec: RunSpec, classes: int) -> None:
        self.image = spec.image
        blocks = BACKBONES[spec.backbone](spec.image, **spec.settings("backbone"))
        self.task = task = OBJECTIVES[spec.objective](EMBEDDING, spec.image, _asked(spec, classes), **spec.settings("objective"))
        self.parts: list[keras.Sequential] = [*blocks, task.head]
        wanted = spec.modifier(Branch)
        self.beside = [branches.beside(part, wanted) if wanted else {} for part in blocks] + [{}]
        self.made = [repr(part.get_config()) for part in self.parts]
        self.seed = tf.Variable(0, trainable=False, name="seed")  # of what is drawn while it learns
        self.measures = {"loss": task.loss, **task.metrics}
        self.confused = classes if "accuracy" in task.metrics and classes <= CONFUSED else 0
        self.owner = {variable.path: place for place in range(len(self.parts)) for variable in self.held(place)}
        self.variables = {variable.path: variable for place in range(len(self.parts)) for variable in self.held(place)}
        self.optimizer = FactorAdam([variable for variable in self.variables.values() if variable.trainable])
        self.graphs: dict[Any, Any] = {}

    def held(self, place: int) -> list[Any]:
        """All variables of a part, those of its branches included."""
        return [variable for layers in self._layers(place) for variable in layers.variables]

    def _layers(self, place: int) -> list[keras.Sequential]:
        others = self.task.beside.values() if place == len(self.parts) - 1 else ()
        return [self.parts[place], *(each.layers for each in self.beside[place].values()), *others]

    def trained(self, phase: Phase) -> dict[str, float]:
        """Factor of each variable that a phase trains, by path."""
        factors = (*phase.factors, phase.head)
        chosen = {path: factors[place] for path, place in self.owner.items() if factors[place] and self.variables[path].trainable}
        return {path: factor for path, factor in chosen.items() if self._moves(path, phase)}

    def _moves(self, path: str, phase: Phase) -> bool:
        """Whether a trainable variable of a trained part is one that moves."""
        if self.owner[path] == len(self.parts) - 1:
            return True
        if phase.find(Branch):
            return is_branch(path)
        only, normalizes = phase.find(Only), self.variables[path].name in ONLY["norm"]
        if phase.find(Relative):
            return not normalizes
        return only is None or self.variables[path].name in ONLY[only.what]

    def forward(self, values: Any, parts: Iterable[int], moving: tuple[int, ...] = (), statistics: bool = False) -> Any:
        """What some parts make of their input. moving: the parts in training mode; without ``statistics`` their BatchNorm is not.

        Each layer is told its mode itself: a nested BatchNorm would otherwise take it from the model around it.
        """
        last = len(self.parts) - 1
        for place in parts:
            if place == last:
                values = self.finish(values, None, None, place in moving, statistics)
            else:
                values = self._sent(self.parts[place], self.beside[place], values, place in moving, statistics)
        return values

    def finish(self, features: Any, labels: Any, chance: Any, moves: bool = False, statistics: bool = False) -> Any:
        """What the nets of the task make of features of the last block; chance: a seed for what is drawn, None where nothing is."""
        nets = {"head": self.parts[-1], **self.task.beside}
        return self.task.outputs(lambda name, values: self._sent(nets[name], {}, values, moves, statistics), features, labels, chance)

    def judged(self, features: Any, labels: Any, chance: Any, parts: Iterable[int]) -> tuple[Any, list[Any]]:
        """Outputs in inference mode, and loss and metrics of each example. parts: the blocks that the features have not passed."""
        batch = self.task.batch(features, labels, chance)
        outputs = self.finish(self.forward(batch.inputs, parts), batch.labels, chance)
        return outputs, self.measured(outputs, batch)

    def measured(self, outputs: Any, batch: Batch) -> list[Any]:
        """Loss and metrics of what was made of a batch."""
        return [measure(outputs, batch.images, batch.labels) for measure in self.measures.values()]

    @staticmethod
    def _sent(layers: keras.Sequential, beside: Mapping[str, Any], values: Any, moves: bool, statistics: bool) -> Any:
        for layer in layers.layers:
            follows = statistics or not isinstance(layer, keras.layers.BatchNormalization)
            extra = beside.get(layer.name)
            added = extra(values) if extra else None
            values = layer(values, training=moves and follows)
            values = values if added is None else values + added
        return values

    def initial(self, seed: int, purpose: str = "") -> dict[str, np.ndarray]:
        """Fresh start weights: each variable by its layer's own initializer, seeded by the run's seed and the variable's path.

        purpose: sets draws apart that must not be the same: a new head that is drawn like the source's once was would know its features.
        """
        layers = [layer for place in range(len(self.parts)) for layers in self._layers(place) for layer in layers.layers]
        return {variable.path: _start(layer, variable, f"{seed}{purpose}") for layer in layers for variable in layer.variables}

    def load(self, weights: Mapping[str, np.ndarray]) -> None:
        """Put weights into the net; every variable must be there in its own shape."""
        for path, variable in self.variables.items():
            if path not in weights or weights[path].shape != tuple(variable.shape):
                raise InputError(f"The weights do not fit this net at {path}: take a source with the same backbone and image size.")
        for path, variable in self.variables.items():
            variable.assign(weights[path])

    def turn(self, values: Mapping[str, Any]) -> None:
        """Set what can be turned by hand while the objective is learned, as far as values are given."""
        for name, dial in self.task.dials.items():
            if name in values:
                dial.assign(values[name])

    def weights(self) -> dict[str, np.ndarray]:
        """A copy of all weights by variable path."""
        return {path: np.array(variable.value) for path, variable in self.variables.items()}

    def plain(self) -> dict[str, np.ndarray]:
        """The weights of a net without branches that does the same."""
        scales = {each.scale for beside in self.beside for each in beside.values()}
        return branches.merge(self.weights(), *scales)

    def parameters(self) -> list[int]:
        """How many numbers each part holds, BatchNorm statistics included."""
        return [sum(layers.count_params() for layers in self._layers(place)) for place in range(len(self.parts))]

    @property
    def known(self) -> tf.TensorSpec:
        """What is known of some examples as graphs take it: a class each, or a row of several answers."""
        return tf.TensorSpec([None, *([self.task.columns] if self.task.columns else [])], tf.float32 if self.task.real else tf.int32)

    def answers(self, known: Any) -> tf.Tensor:
        """The same from arrays."""
        return tf.constant(known, self.known.dtype)

    def prepare(self, raw: Any) -> Any:
        """Raw uint8 images (n, h, w, 1 or 3) as float32 (n, *image) in [0, 1]."""
        if raw.dtype != np.uint8:
            raise InputError(f"Images come as whole numbers from 0 to 255, not as {raw.dtype}: multiply by 255 and convert to uint8.")
        images = keras.ops.cast(raw, "float32") / 255.0
        if images.shape[-1] != self.image[2]:
            images = keras.ops.image.rgb_to_grayscale(images) if self.image[2] == 1 else keras.ops.repeat(images, 3, axis=-1)
        if tuple(images.shape[1:3]) != self.image[:2]:
            images = keras.ops.image.resize(images, self.image[:2], interpolation="bilinear", antialias=True)
        return images


def _asked(spec: RunSpec, classes: int) -> int | dict[str, int]:
    """What an objective is told of the answers: how many classes there are, or how many values each factor has."""
    if OBJECTIVES[spec.objective].facts.get("needs") != "factors":
        return classes
    return {name: len(values) for name, values in DATASETS[spec.dataset].facts["factors"].items()}


_kept: OrderedDict[str, Network] = OrderedDict()


def network(spec: RunSpec, classes: int, purpose: str = "") -> Network:
    """The network for a spec, taken from those kept ready for a purpose where the structure is the same."""
    settings = (spec.settings("backbone"), spec.settings("objective"))
    name = repr((spec.backbone, spec.objective, settings, spec.image, _asked(spec, classes), spec.modifier(Branch), purpose))
    if name not in _kept:
        _kept[name] = Network(spec, classes)
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    _kept.move_to_end(name)
    return _kept[name]


def _start(layer: keras.Layer, variable: Any, seed: str) -> np.ndarray:
    initializer = getattr(layer, f"{variable.name}_initializer", None)
    if initializer is None:
        raise TypeError(f"{variable.path} has no initializer of its own: name it after its variable.")
    config = initializer.get_config()
    if "seed" in config:
        config["seed"] = zlib.crc32(f"{seed}/{variable.path}".encode()) & 0x7FFFFFFF
        initializer = type(initializer).from_config(config)
    return np.array(initializer(variable.shape, dtype=variable.dtype))
