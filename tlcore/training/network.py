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

from tlcore.backbones import BACKBONES, EMBEDDING
from tlcore.objectives import OBJECTIVES
from tlcore.registry import InputError
from tlcore.training.optimizer import FactorAdam

if TYPE_CHECKING:
    from tlcore.spec import RunSpec

KEPT = 4  # structures kept ready in one process


class Network:
    """The net of one structure.

    image: (height, width, channels) that the first block sees; raw images of any size and 1 or 3 channels are brought to it.
    parts: the blocks in order, then the head; a part is called by its place.
    measures: the loss, then the metrics, as in ``tlcore.objectives.Task``.
    """

    def __init__(self, spec: RunSpec, classes: int) -> None:
        self.image = spec.image
        blocks = BACKBONES[spec.backbone](spec.image, **spec.settings("backbone"))
        task = OBJECTIVES[spec.objective](EMBEDDING, spec.image, classes, **spec.settings("objective"))
        self.parts: list[keras.Sequential] = [*blocks, task.head]
        self.measures = {"loss": task.loss, **task.metrics}
        self.variables = {variable.path: variable for part in self.parts for variable in part.variables}
        self.owner = {variable.path: place for place, part in enumerate(self.parts) for variable in part.variables}
        self.optimizer = FactorAdam([variable for part in self.parts for variable in part.trainable_variables])
        self.graphs: dict[Any, Any] = {}

    def forward(self, values: Any, parts: Iterable[int], moving: tuple[int, ...] = (), statistics: bool = False) -> Any:
        """What some parts make of their input. moving: the parts in training mode; without ``statistics`` their BatchNorm is not.

        Each layer is told its mode itself: a nested BatchNorm would otherwise take it from the model around it.
        """
        for place in parts:
            for layer in self.parts[place].layers:
                follows = statistics or not isinstance(layer, keras.layers.BatchNormalization)
                values = layer(values, training=place in moving and follows)
        return values

    def initial(self, seed: int) -> dict[str, np.ndarray]:
        """Fresh start weights: each variable by its layer's own initializer, seeded by the run's seed and the variable's path."""
        layers = [layer for part in self.parts for layer in part.layers]
        return {variable.path: _start(layer, variable, seed) for layer in layers for variable in layer.variables}

    def load(self, weights: Mapping[str, np.ndarray]) -> None:
        """Put weights into the net; every variable must be there in its own shape."""
        for path, variable in self.variables.items():
            if path not in weights or weights[path].shape != tuple(variable.shape):
                raise InputError(f"The weights do not fit this net at {path}: take a source with the same backbone and image size.")
        for path, variable in self.variables.items():
            variable.assign(weights[path])

    def weights(self) -> dict[str, np.ndarray]:
        """A copy of all weights by variable path."""
        return {path: np.array(variable.value) for path, variable in self.variables.items()}

    def parameters(self) -> list[int]:
        """How many numbers each part holds, BatchNorm statistics included."""
        return [part.count_params() for part in self.parts]

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


_kept: OrderedDict[str, Network] = OrderedDict()


def network(spec: RunSpec, classes: int) -> Network:
    """The network for a spec, taken from those kept ready where the structure is the same."""
    settings = (spec.settings("backbone"), spec.settings("objective"))
    name = repr((spec.backbone, spec.objective, settings, spec.image, classes))
    if name not in _kept:
        _kept[name] = Network(spec, classes)
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    _kept.move_to_end(name)
    return _kept[name]


def _start(layer: keras.Layer, variable: Any, seed: int) -> np.ndarray:
    initializer = getattr(layer, f"{variable.name}_initializer", None)
    if initializer is None:
        raise TypeError(f"{variable.path} has no initializer of its own: name it after its variable.")
    config = initializer.get_config()
    if "seed" in config:
        config["seed"] = zlib.crc32(f"{seed}/{variable.path}".encode()) & 0x7FFFFFFF
        initializer = type(initializer).from_config(config)
    return np.array(initializer(variable.shape, dtype=variable.dtype))
