"""A trained net opened without Keras: what it makes of images, what it draws, how it reads words.

``described`` is the one part that needs Keras: it tells what a net is built of, as JSON that is kept with the result of its run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tlcore.registry import InputError
from tlcore.science.forward import forward, options, sigmoid
from tlcore.science.pixels import prepared

if TYPE_CHECKING:
    import keras

    from tlcore.spec import RunSpec

OLD = "This run was made before runs kept what their net is built of: train it again with another seed to look inside."


def described(nets: Sequence[keras.Sequential]) -> dict[str, list[dict[str, Any]]]:
    """The layers of some nets by the nets' names: of each its kind, its name, and the options that it is computed with."""
    return {net.name: [_layer(layer) for layer in net.layers] for net in nets}


def _layer(layer: keras.Layer) -> dict[str, Any]:
    kind, config = type(layer).__name__, layer.get_config()
    told = {name: list(config[name]) if isinstance(config[name], tuple) else config[name] for name in options(kind)}
    return {"kind": kind, "name": layer.name, "options": told}


class Opened:
    """The net of a run, from its description and its weights by variable path.

    InputError where the run has no description. The blocks take images as ``prepare`` gives them; codes are what is drawn from.
    """

    def __init__(self, spec: RunSpec, layers: Mapping[str, Sequence[Mapping[str, Any]]] | None, weights: Mapping[str, np.ndarray]) -> None:
        if not layers:
            raise InputError(OLD)
        self.spec, self.layers, self.weights = spec, layers, weights
        self.names = [f"block{place}" for place in range(1, len(spec.blocks) + 1)]
        self._own = {name: _below(name, weights) for name in layers}

    def send(self, net: str, values: np.ndarray) -> np.ndarray:
        """What one block, the head or a net beside it makes of values."""
        return forward(self.layers[net], self._own[net], values)

    def prepare(self, raw: np.ndarray) -> np.ndarray:
        """Raw images as the first block sees them."""
        return prepared(raw, self.spec.image)

    def after(self, raw: np.ndarray) -> list[np.ndarray]:
        """What each block makes of raw images, one after the other; the last is the embedding (n, 64)."""
        values, seen = self.prepare(raw), []
        for name in self.names:
            values = self.send(name, values)
            seen.append(values)
        return seen

    def embed(self, raw: np.ndarray) -> np.ndarray:
        """The embedding of raw images, (n, 64): what transfers."""
        values = self.prepare(raw)
        for name in self.names:
            values = self.send(name, values)
        return values

    @property
    def is_cloud(self) -> bool:
        """Whether an image becomes a cloud: a mean and a spread for each latent dimension."""
        return self.spec.objective == "vae"

    def cloud(self, embedding: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean and ln of the variance of each image's cloud, (n, latent) each."""
        mean, logvar = np.split(self.send("head", embedding), 2, axis=-1)
        return mean, logvar

    def codes(self, raw: np.ndarray) -> np.ndarray:
        """What raw images are told by: the mean of their cloud, or their embedding."""
        embedding = self.embed(raw)
        return self.cloud(embedding)[0] if self.is_cloud else embedding

    def draw(self, codes: np.ndarray) -> np.ndarray:
        """The images that are drawn from codes, (n, h, w, c) in [0, 1]."""
        drawn = self.send("decoder" if self.is_cloud else "head", codes)
        drawn_as = self.spec.settings("objective").get("likelihood")
        return sigmoid(drawn) if drawn_as == "bernoulli" else drawn

    def compare(self, embedding: np.ndarray, words: np.ndarray) -> np.ndarray:
        """Cosines between images (n, 64) and captions (k, all) of 0 and 1 a word: (n, k)."""
        pictured, told = self.send("head", embedding), self.send("text", words)
        one, other = (each / np.maximum(np.linalg.norm(each, axis=1, keepdims=True), 1e-12) for each in (pictured, told))
        return one @ other.T


def _below(net: str, weights: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {path.removeprefix(f"{net}/"): values for path, values in weights.items() if path.startswith(f"{net}/")}
