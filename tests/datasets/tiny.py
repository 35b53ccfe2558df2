"""Tiny files in the formats in which data sets are published, and a mirror that has them; the digests are those of these files."""

from __future__ import annotations

import gzip
import io
import pickle
import struct
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from PIL import Image, ImageDraw

from tlcore import folder
from tlcore.datasets import downloads, formats
from tlcore.datasets.downloaded import ALPHABETS

EACH = 30  # images of a class


def pictures(count: int, *shape: int) -> tuple[np.ndarray, np.ndarray]:
    """Noise with a black and a white corner, and labels 0 to 9 in turn."""
    images = np.random.default_rng(count).integers(0, 256, (count, *shape), dtype=np.uint8)
    images[:, 0, 0], images[:, -1, -1] = 0, 255
    return images, np.arange(count, dtype=np.uint8) % 10


def idx(array: np.ndarray) -> bytes:
    """MNIST's own format."""
    return gzip.compress(struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes())


class Python2(pickle._Pickler):
    """Writes bytes as the strings of Python 2, in which CIFAR-10 was published."""

    dispatch: ClassVar = dict(pickle._Pickler.dispatch)

    def save_string(self, value: bytes) -> None:
        self.write(pickle.BINSTRING + struct.pack("<i", len(value)) + value)

    dispatch[bytes] = save_string


def batch(content: object) -> bytes:
    """A pickle of Python 2 and the NumPy of its time."""
    file = io.BytesIO()
    Python2(file, protocol=2).dump(content)
    return file.getvalue().replace(b"numpy._core.multiarray", b"numpy.core.multiarray")


def cifar(images: np.ndarray, labels: np.ndarray, names: tuple[str, ...] = formats.BATCHES) -> dict[str, bytes]:
    """Batches of images (n, 32, 32, 3), by name."""
    parts = zip(np.array_split(images, len(names)), np.array_split(labels, len(names)), strict=True)
    rows = [(part.transpose(0, 3, 1, 2).reshape(len(part), -1), known) for part, known in parts]
    return {name: batch({b"data": data, b"labels": known.tolist()}) for name, (data, known) in zip(names, rows, strict=True)}


def tar(members: dict[str, bytes]) -> bytes:
    """An archive as CIFAR-10 comes."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for name, content in members.items():
            told = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            told.size = len(content)
            archive.addfile(told, io.BytesIO(content))
    return file.getvalue()


def drawn(seed: int) -> bytes:
    """A scribble, black on white, 105 x 105, of one bit a pixel."""
    image = Image.new("L", (105, 105), 255)
    line = np.random.default_rng(seed).integers(20, 85, (6, 2))
    ImageDraw.Draw(image).line([tuple(point) for point in line.tolist()], fill=0, width=3)
    file = io.BytesIO()
    image.convert("1").save(file, "PNG")
    return file.getvalue()


def omniglot(part: int, alphabets: tuple[str, ...], seed: int) -> bytes:
    """An archive of two characters of each alphabet, by 20 writers."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for place, alphabet in enumerate(alphabets):
            for character in (1, 2):
                for writer in range(1, 21):
                    name = f"images_background_small{part}/{alphabet}/character{character:02d}/{place:04d}_{writer:02d}.png"
                    archive.writestr(name, drawn(seed + 1000 * place + 100 * character + writer))
    return file.getvalue()


def contents() -> dict[str, list[bytes]]:
    """The files of each data set, in the order of the table."""
    grey, known = pictures(10 * EACH, 28, 28)
    first = 7 * EACH
    file = io.BytesIO()
    np.savez(file, x_train=grey[:first], y_train=known[:first], x_test=grey[first:], y_test=known[first:])
    names = tuple(ALPHABETS.values())
    return {
        "omniglot": [omniglot(1, names[:5], 0), omniglot(2, names[5:], 10_000)],
        "fashion": [idx(grey[:first]), idx(known[:first]), idx(grey[first:]), idx(known[first:])],
        "mnist_full": [file.getvalue()],
        "cifar10": [tar(cifar(*pictures(10 * EACH, 32, 32, 3)))],
    }


def mirror(place: Path) -> dict[str, tuple[downloads.File, ...]]:
    """Write all files into a folder that can be a mirror; return the table that knows them."""
    table = {}
    for name, files in contents().items():
        (place / name).mkdir(parents=True)
        for file, content in zip(downloads.FILES[name], files, strict=True):
            (place / name / file.name).write_bytes(content)
        lie = [(file, place / name / file.name) for file in downloads.FILES[name]]
        table[name] = tuple(replace(file, size=path.stat().st_size, sha256=folder.sha256(path)) for file, path in lie)
    return table


def mirrored(patch: pytest.MonkeyPatch, place: Path, table: dict[str, tuple[downloads.File, ...]]) -> None:
    """Let the lab fetch from such a folder, and from nowhere else."""
    patch.setattr(downloads, "FILES", table)
    patch.setenv("TLCORE_MIRROR", str(place))
    patch.setenv("KERAS_HOME", str(place / "nothing"))
