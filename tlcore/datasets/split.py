"""Data sets on the disk: split once, prepared once, then mapped into memory by whoever reads them.

The parts of a data set are fixed: stratified, shuffled, seeded by its name. ``prepare`` writes the images in the order
train, validation, test, so that a part is a slice of one file. Reading needs NumPy and nothing heavier.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tlcore import folder
from tlcore.datasets.catalogue import DATASETS, Raw
from tlcore.registry import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

LAYOUT = 1  # raised whenever the same entry and knobs would be split or written otherwise
NAMES = ("train", "validation", "test")


@dataclass(frozen=True)
class Part:
    """One part. images: uint8 (n, height, width, channels), mapped read-only; labels: int64 (n,)."""

    name: str
    images: NDArray[np.uint8]
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class Dataset:
    """A prepared data set. id: SHA-256 of its images and labels; sizes: images in each part."""

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
        """Indices into train: so many of each class, in random order; None takes all. More labels keep the fewer."""
        rng = np.random.default_rng([zlib.crc32(self.name.encode()), seed])
        labels = self.train.labels
        if labels_per_class is None:
            return rng.permutation(len(labels))
        least = int(np.bincount(labels, minlength=len(self.classes)).min())
        if not 1 <= labels_per_class <= least:
            raise InputError(
                f"Labels per class is {labels_per_class}, but {self.name} has {least} of each class to learn from: choose 1 to {least}."
            )
        order = rng.permutation(len(labels))
        by_class = [order[labels[order] == label][:labels_per_class] for label in range(len(self.classes))]
        return rng.permutation(np.concatenate(by_class))

    def balance(self) -> dict[str, dict[str, int]]:
        """How many images of each class each part has: part -> class -> count."""
        found = {}
        for name in NAMES:
            counts = np.bincount(self._part(name).labels, minlength=len(self.classes))
            found[name] = dict(zip(self.classes, counts.tolist(), strict=True))
        return found

    def _part(self, name: str) -> Part:
        start = sum(self.sizes[earlier] for earlier in NAMES[: NAMES.index(name)])
        inside = slice(start, start + self.sizes[name])
        images, labels = _arrays(self.folder)
        return Part(name, images[inside], labels[inside])


def load(name: str, knobs: Mapping[str, Any] | None = None) -> Dataset:
    """The data set, prepared first if it is not there."""
    return find(name, knobs) or prepare(name, knobs)


def find(name: str, knobs: Mapping[str, Any] | None = None) -> Dataset | None:
    """The data set if it is prepared and whole, else None; reads only."""
    settings = DATASETS.settings(name, knobs or {})
    return _open(name, settings, _place(name, settings))


def prepare(name: str, knobs: Mapping[str, Any] | None = None) -> Dataset:
    """Make and write the data set unless it is there; several processes may ask at once, one works."""
    from filelock import FileLock

    settings = DATASETS.settings(name, knobs or {})
    place = _place(name, settings)
    place.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{place}.lock"):
        found = _open(name, settings, place)
        if found is None:
            _write(name, settings, place)
            found = _open(name, settings, place)
    assert found is not None
    return found


def reshape(images: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """Give images another shape, ``shape`` with the number of images (or -1) first; InputError if it would mix pixels of several."""
    have, want = int(np.prod(images.shape[1:])), int(np.prod(shape[1:]))
    if have != want:
        sides = " x ".join(map(str, images.shape[1:]))
        raise InputError(f"An image of {sides} has {have} values, not {want}: choose a shape whose sides multiply to {have}.")
    if shape[0] not in (-1, len(images)):
        raise InputError(f"There are {len(images)} images, not {shape[0]}: begin the shape with {len(images)} or -1.")
    return images.reshape(shape)


def _place(name: str, settings: Mapping[str, Any]) -> Path:
    text = json.dumps([LAYOUT, settings, _versions(name)], sort_keys=True)
    return folder.home() / "datasets" / f"{name}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


@cache
def _versions(name: str) -> dict[str, str]:
    return {package: _version(package) for package in ("numpy", *DATASETS[name].facts["packages"])}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"


def _arrays(place: Path) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    return np.load(place / "images.npy", mmap_mode="r"), np.load(place / "labels.npy")


def _open(name: str, settings: Mapping[str, Any], place: Path) -> Dataset | None:
    try:
        about = json.loads((place / "about.json").read_text())
        images, labels = _arrays(place)
        if len(images) != len(labels) or len(images) != sum(about["sizes"].values()):
            return None
        return Dataset(
            name, DATASETS[name].title, settings, DATASETS[name].facts, tuple(about["classes"]),
            images.shape[1:], about["sizes"], about["digest"], place,
        )  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError, EOFError):
        return None


def _write(name: str, settings: Mapping[str, Any], place: Path) -> None:
    began = time.monotonic()
    raw = DATASETS[name](**settings)
    order, sizes = _split(name, raw)
    images, labels = np.ascontiguousarray(raw.images[order]), raw.labels[order]
    about = {
        "name": name, "knobs": settings, "classes": raw.classes, "sizes": sizes, "versions": _versions(name),
        "digest": hashlib.sha256(images.tobytes() + labels.tobytes()).hexdigest(), "seconds": round(time.monotonic() - began, 3),
    }  # fmt: skip
    staging = place.with_name(f"{place.name}.{secrets.token_hex(4)}.part")
    try:
        folder.write(staging / "images.npy", lambda file: np.save(file, images))
        folder.write(staging / "labels.npy", lambda file: np.save(file, labels))
        folder.write(staging / "about.json", lambda file: file.write(json.dumps(about).encode()))
        shutil.rmtree(place, ignore_errors=True)
        os.replace(staging, place)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _split(name: str, raw: Raw) -> tuple[NDArray[np.int64], dict[str, int]]:
    """The order train, validation, test of all images, each part shuffled, each class cut by the same shares."""
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    shares = DATASETS[name].facts["parts"]
    parts: dict[str, list[NDArray[np.int64]]] = {part: [] for part in NAMES}
    for label in range(len(raw.classes)):
        members = rng.permutation(np.flatnonzero(raw.labels == label))
        validation, test = (max(1, round(len(members) * shares[part])) for part in ("validation", "test"))
        parts["test"].append(members[:test])
        parts["validation"].append(members[test : test + validation])
        parts["train"].append(members[test + validation :])
    whole = {part: rng.permutation(np.concatenate(members)) for part, members in parts.items()}
    return np.concatenate([whole[part] for part in NAMES]), {part: len(whole[part]) for part in NAMES}
