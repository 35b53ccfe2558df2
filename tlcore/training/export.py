"""A source as a Keras model that stands alone: raw images in, what the encoder makes of them out, no code of ours needed."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

import keras
import numpy as np

from tlcore.objectives import OBJECTIVES
from tlcore.spec import RunSpec
from tlcore.training.network import Network


def keras_bytes(spec: RunSpec, classes: int, weights: Mapping[str, np.ndarray]) -> bytes:
    """The model as a ``.keras`` file. InputError: the weights do not fit the net of the spec."""
    net = Network(spec, classes)
    net.load(weights)
    with tempfile.TemporaryDirectory(prefix="tlcore-export-") as place:
        path = Path(place) / "model.keras"
        model(spec, net).save(path)
        return path.read_bytes()


def model(spec: RunSpec, net: Network) -> keras.Model:
    """Images uint8 (n, any height, any width, channels) -> logits of the classes of a supervised source, else its embedding.

    The preprocessing is that of ``Network.prepare``, in the model: it is a part of what was learned. Resizing
    is an operation, not Keras' layer of that name: that one puts all layers behind it into training mode where nobody names the mode.
    """
    height, width, channels = spec.image
    images = keras.Input((None, None, channels), dtype="uint8", name="images")
    values = keras.layers.Rescaling(1 / 255, name="to_unit")(images)
    values = keras.ops.image.resize(values, (height, width), interpolation="bilinear", antialias=True)
    *blocks, head = net.parts
    for part in (*blocks, head) if names_classes(spec) else blocks:
        values = part(values)
    return keras.Model(images, values, name=spec.backbone.replace("-", "_"))


def names_classes(spec: RunSpec) -> bool:
    """Whether the head of a source names the classes of its data, one logit each."""
    return spec.objective == "supervised" and bool(OBJECTIVES[spec.objective].facts["labels"])
