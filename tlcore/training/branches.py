"""Branches: small trained layers beside frozen ones, whose output is added (LoRA, Hu 2022; residual adapters, Rebuffi 2018).

A branch starts with an output of exactly zero. What it has learned can be merged into the layer's kernel, and taken out again;
that is arithmetic on arrays, so that Keras comes only where a branch is built.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tlcore import strategies
from tlcore.strategies import MARK, is_branch

if TYPE_CHECKING:
    import keras

    from tlcore.spec import RunSpec

Weights = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Branch:
    """What stands beside the layer of a part: its layers, and how much their output counts."""

    layers: keras.Sequential
    scale: float

    def __call__(self, values: Any) -> Any:
        return self.layers(values) * self.scale if self.scale != 1 else self.layers(values)


def beside(part: keras.Sequential, wanted: strategies.Branch) -> dict[str, Branch]:
    """A branch for each layer of a block that can have one, by the layer's name."""
    import keras

    found = {}
    for layer in part.layers:
        made = _lora(layer, wanted.rank) if wanted.kind == "lora" else _residual(layer)
        if made:
            with keras.name_scope(part.name):
                layers = keras.Sequential([keras.layers.Input(layer.input.shape[1:]), *made], name=layer.name + MARK[wanted.kind])
            found[layer.name] = Branch(layers, wanted.alpha / wanted.rank if wanted.rank else 1.0)
    return found


def _lora(layer: keras.Layer, rank: int) -> list[keras.Layer]:
    """To ``rank`` channels as the layer would, then to its own; rank * (inputs + outputs) numbers."""
    import keras

    if isinstance(layer, keras.layers.Conv2D):
        down = keras.layers.Conv2D(
            rank, layer.kernel_size, padding=layer.padding, use_bias=False, kernel_initializer="he_uniform", name="a"
        )
        return [down, keras.layers.Conv2D(layer.filters, 1, use_bias=False, kernel_initializer="zeros", name="b")]
    if isinstance(layer, keras.layers.Dense):
        down = keras.layers.Dense(rank, use_bias=False, kernel_initializer="he_uniform", name="a")
        return [down, keras.layers.Dense(layer.units, use_bias=False, kernel_initializer="zeros", name="b")]
    return []


def _residual(layer: keras.Layer) -> list[keras.Layer]:
    """One 1 x 1 convolution beside a convolution; a dense layer has none, for it would be as large as the layer itself."""
    import keras

    if isinstance(layer, keras.layers.Conv2D):
        return [keras.layers.Conv2D(layer.filters, 1, use_bias=False, kernel_initializer="zeros", name="a")]
    return []


def apart(weights: Weights) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Weights as two files: those of the plain net, and what the branches add: themselves, the head, and the digest of their base."""
    plain = {path: values for path, values in weights.items() if not is_branch(path)}
    own = {path: values for path, values in weights.items() if is_branch(path)}
    if not own:
        return plain, {}
    head = {path: values for path, values in plain.items() if path.startswith("head/")}
    return plain, {**own, **head, "base": np.frombuffer(base(plain), "uint8")}


def base(weights: Weights) -> bytes:
    """SHA-256 of the blocks' own weights, by which adapters know what they belong to."""
    digest = hashlib.sha256()
    for path in sorted(weights):
        if not path.startswith("head/") and not is_branch(path):
            digest.update(path.encode() + np.ascontiguousarray(weights[path]).tobytes())
    return digest.digest()


def merge(weights: Weights, scale: float = 1.0) -> dict[str, np.ndarray]:
    """Weights of the plain net that does the same: every branch folded into the kernel it stands beside.

    weights: by variable path, branches included. scale: alpha / rank of LoRA, 1 for residual adapters.
    """
    plain = {path: values for path, values in weights.items() if not is_branch(path) and path != "base"}
    for path, change in changes(weights, scale).items():
        plain[path] = plain[path] + change
    return plain


def unmerge(merged: Weights, branches: Weights, scale: float = 1.0) -> dict[str, np.ndarray]:
    """The weights before ``merge``, from the merged ones and the branches' own."""
    plain = dict(merged)
    for path, change in changes(branches, scale).items():
        plain[path] = plain[path] - change
    return {**plain, **{path: values for path, values in branches.items() if is_branch(path)}}


def scale(spec: RunSpec) -> float:
    """How often the output of a run's branches counts."""
    wanted = spec.modifier(strategies.Branch)
    return wanted.alpha / wanted.rank if wanted and wanted.rank else 1.0


def changes(weights: Weights, scale: float = 1.0) -> dict[str, np.ndarray]:
    """What the branches add to each kernel, by the kernel's path."""
    found = {}
    for path, first in weights.items():
        name, _, rest = path.rpartition("/a/kernel")
        if rest or not name:
            continue
        if name.endswith(MARK["lora"]):
            second = weights[f"{name}/b/kernel"]
            found[f"{name.removesuffix(MARK['lora'])}/kernel"] = np.tensordot(first, second.reshape(second.shape[-2:]), 1) * scale
        elif name.endswith(MARK["residual"]):
            kernel = f"{name.removesuffix(MARK['residual'])}/kernel"
            found[kernel] = _centred(first, 3) * scale
    return found


def _centred(kernel: np.ndarray, side: int) -> np.ndarray:
    """A 1 x 1 kernel as the middle tap of a larger one."""
    large = np.zeros((side, side, *kernel.shape[2:]), kernel.dtype)
    large[side // 2, side // 2] = kernel[0, 0]
    return large
