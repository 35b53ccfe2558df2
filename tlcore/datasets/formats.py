"""The formats in which data sets are published: read from files whose digest is known, and trusted no further than that."""

from __future__ import annotations

import gzip
import pickle
import re
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from tlcore.registry import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image

    Labelled = tuple[NDArray[np.uint8], NDArray[np.int64]]  # images (n, height, width, channels), labels (n,)

BROKEN = (OSError, EOFError, ValueError, KeyError, TypeError, AttributeError, struct.error, zlib.error)
BROKEN_ARCHIVE = (tarfile.TarError, zipfile.BadZipFile, pickle.UnpicklingError)
BATCHES = (*(f"data_batch_{number}" for number in range(1, 6)), "test_batch")
DRAWING = re.compile(r"[^/]+/([^/]+)/character(\d+)/\d+_(\d+)\.png")
LARGEST = 64 * 2**20  # bytes of one member of an archive


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Whatever is wrong with a file is one sentence."""
    try:
        yield
    except (*BROKEN, *BROKEN_ARCHIVE) as error:
        raise InputError(f"{path.name} cannot be read ({error}): delete {path} and ask for the data set again.") from error


def idx(path: Path) -> NDArray[np.uint8]:
    """An array of bytes as MNIST and its kin are published: gzip around a magic number, the lengths, the values."""
    with _reading(path), gzip.open(path) as file:
        content = file.read()
        if content[:3] != b"\0\0\x08":
            raise ValueError("it holds no bytes")
        lengths = struct.unpack_from(f">{content[3]}I", content, 4)
        return np.frombuffer(content, np.uint8, offset=4 + 4 * len(lengths)).reshape(lengths)


def npz(path: Path) -> Labelled:
    """Images and labels of both parts of an archive as Keras publishes it: x_train, y_train, x_test, y_test."""
    with _reading(path), np.load(path, allow_pickle=False) as file:
        images = np.concatenate([file["x_train"], file["x_test"]])
        return images.reshape(*images.shape[:3], -1), np.concatenate([file["y_train"], file["y_test"]]).astype(np.int64)


def batches(path: Path) -> Labelled:
    """Images and labels of CIFAR-10's archive for Python: six pickles, each a dictionary of an array and a list."""
    images, labels = [], []
    with _reading(path), tarfile.open(path, "r:gz") as archive:
        for member in archive:
            if Path(member.name).name in BATCHES and member.isfile() and member.size <= LARGEST:
                file = archive.extractfile(member)
                batch = Plain(file, encoding="bytes").load() if file else {}
                images.append(batch[b"data"].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1))
                labels.append(np.asarray(batch[b"labels"], np.int64))
        if len(images) != len(BATCHES):
            raise ValueError(f"{len(images)} batches of {len(BATCHES)} are in it")
        return np.concatenate(images), np.concatenate(labels)


ARRAY = np.empty(0, np.uint8).__reduce__()[0]  # what NumPy names in a pickle to make an array; its module has moved since
ALLOWED = {
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    ("numpy.core.multiarray", "_reconstruct"): ARRAY,
    ("numpy._core.multiarray", "_reconstruct"): ARRAY,
}


class Plain(pickle.Unpickler):
    """Reads a pickle of dictionaries, lists, numbers, bytes and arrays; refuses one that names anything else."""

    def __init__(self, file: IO[bytes], encoding: str) -> None:
        super().__init__(file, encoding=encoding)

    def find_class(self, module: str, name: str) -> Any:
        """What a pickle may call."""
        if (module, name) not in ALLOWED:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}"[:80])
        return ALLOWED[module, name]


def drawings(path: Path) -> Iterator[tuple[str, int, int, Image.Image]]:
    """(alphabet, character, writer, black on white) of every image in an archive of Omniglot, in the archive's order."""
    from PIL import Image

    with _reading(path), zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            named = DRAWING.fullmatch(member.filename)
            if named and member.file_size <= LARGEST:
                with archive.open(member) as file, Image.open(file, formats=["PNG"]) as image:
                    yield named[1], int(named[2]), int(named[3]), image.convert("L")
