"""Data sets on the disk: prepared once, then mapped into memory by whoever reads them.

A prepared data set is a folder with images.npy, labels.npy and about.json. It appears under its name when all is
written, so nobody sees half of one. Reading needs NumPy and nothing heavier.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Callable, Mapping
from functools import cache, partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from tlcore import folder
from tlcore.clock import tick
from tlcore.datasets.catalogue import DATASETS
from tlcore.datasets.split import FACTORS, NAMES, VALUES, Dataset, arrays, split
from tlcore.datasets.waiting import held, listening
from tlcore.registry import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

LAYOUT = 1  # raised whenever the same entry and knobs would be drawn, split or written otherwise


def load(name: str, knobs: Mapping[str, Any] | None = None, alive: Callable[[], object] = lambda: None) -> Dataset:
    """The data set, prepared first if it is not there. alive: see ``prepare``."""
    return find(name, knobs) or prepare(name, knobs, alive)


def find(name: str, knobs: Mapping[str, Any] | None = None) -> Dataset | None:
    """The data set if it is prepared and its files are whole, else None. Reads only; takes about a millisecond."""
    settings = DATASETS.settings(name, knobs or {})
    return _open(name, settings, _place(name, settings))


def prepare(name: str, knobs: Mapping[str, Any] | None = None, alive: Callable[[], object] = lambda: None) -> Dataset:
    """Make and write the data set, unless it is there and unchanged. Several processes may ask at once: one works.

    alive: called about every second while another process or a download is waited for; what it raises ends that.
    InputError if it cannot be made or written.
    """
    settings = DATASETS.settings(name, knobs or {})
    place = _place(name, settings)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with listening(alive), held(Path(f"{place}.lock")):
            found = _open(name, settings, place)
            if found is None or found.id != _digest(*arrays(place)):
                _write(name, settings, place)
                found = _open(name, settings, place)
    except OSError as error:
        why = error.strerror or type(error).__name__
        told = f"The data set {name} cannot be kept in {place.parent} ({why}): make room or rights there, and try again."
        raise InputError(told) from error
    if found is None:
        raise InputError(f"The data set {name} was written to {place.parent} but cannot be read back: check that disk, then try again.")
    return found


def _place(name: str, settings: Mapping[str, Any]) -> Path:
    """The folder of a data set: other knobs or versions, other folder."""
    text = json.dumps([LAYOUT, settings, drawn_with(name)], sort_keys=True)
    return folder.home() / "datasets" / f"{name}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


@cache
def drawn_with(name: str) -> dict[str, str]:
    """The versions that the pixels of a data set depend on."""
    return {package: _version(package) for package in ("numpy", *DATASETS[name].facts["packages"])}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"


def _digest(images: NDArray[np.uint8], labels: NDArray[np.int64]) -> str:
    both = hashlib.sha256(np.ascontiguousarray(images).data)
    both.update(np.ascontiguousarray(labels).data)
    return both.hexdigest()


def _open(name: str, settings: Mapping[str, Any], place: Path) -> Dataset | None:
    """The data set on top of its files, or None if one is missing, cut short or no longer what it says."""
    entry = DATASETS[name]
    try:
        about = json.loads((place / "about.json").read_text(encoding="utf-8"))
        images, labels = arrays(place)
        sizes = {part: int(about["sizes"][part]) for part in NAMES}
        classes = tuple(map(str, about["classes"]))
        known = {key: about[key] for key in ("examples", "pool_per_class", "seconds", "versions")}
        digest = str(about["digest"])
    except (OSError, ValueError, KeyError, TypeError, EOFError):
        return None
    shape = entry.facts["shape"]
    whole = sum(sizes.values()) == len(labels) and images.shape == (len(labels), *shape)
    if "factors" in entry.facts and not _tells(place / FACTORS, (len(labels), len(entry.facts["factors"])), "int64"):
        return None
    if "values" in entry.facts and not _tells(place / VALUES, (len(labels),), "float32"):
        return None
    if not whole or images.dtype != np.uint8 or labels.dtype != np.int64:
        return None
    return Dataset(name, entry.title, settings, {**entry.facts, "classes": len(classes), **known}, classes, shape, sizes, digest, place)


def _tells(path: Path, shape: tuple[int, ...], kind: str) -> bool:
    """Whether what is known of each image is there."""
    try:
        found = np.load(path, mmap_mode="r")
    except (OSError, ValueError, EOFError):
        return False
    return bool(found.shape == shape and found.dtype == kind)


def _write(name: str, settings: Mapping[str, Any], place: Path) -> None:
    """Make the data set in a folder of another name, and rename that when all is on the disk."""
    for left in place.parent.glob(f"{place.name}.*.part"):  # we hold the lock: what is there was left by a crash
        shutil.rmtree(left, ignore_errors=True)
    began = tick()
    raw = DATASETS[name](**settings)
    order, sizes = split(name, raw, DATASETS[name].facts["parts"])
    images, labels = raw.images[order], raw.labels[order].astype(np.int64)
    about = {"name": name, "knobs": settings, "classes": raw.classes, "sizes": sizes, "examples": len(labels)}
    about |= {"pool_per_class": int(np.bincount(labels[: sizes["train"]], minlength=len(raw.classes)).min())}
    about |= {"digest": _digest(images, labels), "versions": drawn_with(name), "seconds": round(tick() - began, 3)}
    staging = place.with_name(f"{place.name}.{secrets.token_hex(4)}.part")
    try:
        folder.write(staging / "images.npy", lambda file: np.save(file, images))
        folder.write(staging / "labels.npy", lambda file: np.save(file, labels))
        more = {FACTORS: (raw.factors, np.int64), VALUES: (raw.values, np.float32)}
        for name_of_file, (known, kind) in more.items():
            if known is not None:
                kept = known[order].astype(kind)
                folder.write(staging / name_of_file, partial(_save, kept))
        folder.write(staging / "about.json", lambda file: file.write(json.dumps(about, ensure_ascii=False).encode()))
        _clear(place)
        os.replace(staging, place)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _save(array: NDArray[Any], file: BinaryIO) -> None:
    np.save(file, array)


def _clear(place: Path) -> None:
    """Remove what is damaged, whole or not at all to the eye of a reader."""
    if place.is_dir():
        aside = place.with_name(f"{place.name}.{secrets.token_hex(4)}.part")
        os.replace(place, aside)
        shutil.rmtree(aside, ignore_errors=True)
    else:
        place.unlink(missing_ok=True)
