"""One data set and its parts: fixed, stratified and shuffled, seeded by the data set's name.

The images lie in one file in the order train, validation, test, so that a part is a slice of it.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tlcore.datasets.catalogue import Raw
from tlcore.registry import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

NAMES = ("train", "validation", "test")
FACTORS, VALUES = "factors.npy", "values.npy"


@dataclass(frozen=True, eq=False)
class Part:
    """One part of a data set. images: uint8 (n, height, width, channels), mapped read-only; labels: int64 (n,).

    factors: int64 (n, k), what else is known of each image, a column a factor; None where nothing is.
    values: float32 (n,), a number that is known of each image, in its own unit; None where none is.
    """

    name: str
    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    factors: NDArray[np.int64] | None = None
    values: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, eq=False)
class Dataset:
    """A prepared data set.

    knobs: all of its settings. facts: those of its entry, and what became known: classes, examples, pool_per_class, seconds, versions.
    sizes: images in each part. id: SHA-256 of all images and labels.
    """

    name: str
    title: str
    knobs: Mapping[str, Any]
    facts: Mapping[str, Any]
    classes: tuple[str, ...]
    shape: tuple[int, int, int]
    sizes: Mapping[str, int]
    id: str
    folder: Path

    @cached_property
    def train(self) -> Part:
        """The pool from which training examples are drawn."""
        return self._part("train")

    @cached_property
    def validation(self) -> Part:
        """What curves and early stopping look at."""
        return self._part("validation")

    def open_test(self) -> Part:
        """The part that nothing may learn from or choose by: only the final evaluation opens it."""
        return self._part("test")

    def draw(self, labels_per_class: int | None, seed: int) -> NDArray[np.int64]:
        """Indices into train, int64, in random order: so many of each class; None takes all.

        With the same seed, a larger draw holds the smaller one. InputError if a class has too few.
        """
        rng = np.random.default_rng([_seed(self.name), seed])
        labels = self.train.labels
        order = rng.permutation(len(labels))
        if labels_per_class is None:
            return order
        most = self.facts["pool_per_class"]
        if not isinstance(labels_per_class, int | np.integer) or not 1 <= labels_per_class <= most:
            raise InputError(
                f"Labels per class is {labels_per_class}, but {self.name} has {most} of each class to learn from: choose 1 to {most}."
            )
        by_class = [order[labels[order] == label][:labels_per_class] for label in range(len(self.classes))]
        return rng.permutation(np.concatenate(by_class))

    def balance(self) -> dict[str, dict[str, int]]:
        """How many images each part has of each class: part -> class -> count."""
        found = {}
        for name in NAMES:
            counts = np.bincount(self._part(name).labels, minlength=len(self.classes))
            found[name] = dict(zip(self.classes, counts.tolist(), strict=True))
        return found

    def _part(self, name: str) -> Part:
        start = sum(self.sizes[earlier] for earlier in NAMES[: NAMES.index(name)])
        inside = slice(start, start + self.sizes[name])
        images, labels = arrays(self.folder)
        factors = np.load(self.folder / FACTORS)[inside] if "factors" in self.facts else None
        values = np.load(self.folder / VALUES)[inside] if "values" in self.facts else None
        return Part(name, images[inside], labels[inside], factors, values)

    def __getstate__(self) -> dict[str, Any]:
        return {each.name: getattr(self, each.name) for each in fields(self)}  # without the open parts: they would be copied


def reshape(images: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """The same images in another shape; shape[0] is their number or -1. InputError where pixels of several images would mix.

    >>> reshape(np.zeros((5, 28, 28, 1)), (-1, 784)).shape
    (5, 784)
    >>> reshape(np.zeros((5, 28, 28, 1)), (-1, 100))
    Traceback (most recent call last):
    tlcore.registry.InputError: An image of 28 x 28 x 1 has 784 values, not 100: choose a shape that holds 784 for each image.
    """
    have, want = math.prod(images.shape[1:]), math.prod(shape[1:])
    if have != want:
        sides = " x ".join(map(str, images.shape[1:]))
        raise InputError(f"An image of {sides} has {have} values, not {want}: choose a shape that holds {have} for each image.")
    if shape[0] not in (-1, len(images)):
        raise InputError(f"There are {len(images)} images, not {shape[0]}: begin the shape with {len(images)} or -1.")
    return images.reshape(len(images), *shape[1:])


def arrays(place: Path) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """All images, mapped read-only, and all labels of a prepared data set."""
    return np.load(place / "images.npy", mmap_mode="r"), np.load(place / "labels.npy")


def split(name: str, raw: Raw, shares: Mapping[str, float]) -> tuple[NDArray[np.int64], dict[str, int]]:
    """The images in the order train, validation, test: each part shuffled, each class cut by the same shares, exact copies left out."""
    rng = np.random.default_rng(_seed(name))
    parts: dict[str, list[NDArray[np.int64]]] = {part: [] for part in NAMES}
    once = _distinct(raw.images)
    for label in range(len(raw.classes)):
        members = rng.permutation(once[raw.labels[once] == label])
        validation, test = (max(1, round(len(members) * shares[part])) for part in ("validation", "test"))
        parts["test"].append(members[:test])
        parts["validation"].append(members[test : test + validation])
        parts["train"].append(members[test + validation :])
    whole = {part: rng.permutation(np.concatenate(members)) for part, members in parts.items()}
    return np.concatenate([whole[part] for part in NAMES]), {part: len(whole[part]) for part in NAMES}


def _distinct(images: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Indices of all images but exact copies of an earlier one: a copy could stand in the test part and in the pool."""
    first: dict[bytes, int] = {}
    return np.array([place for place, image in enumerate(images) if first.setdefault(image.tobytes(), place) == place], dtype=np.int64)


def _seed(name: str) -> int:
    return zlib.crc32(name.encode())
