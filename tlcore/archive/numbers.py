"""Arrays as bytes: NumPy's npz, of which only plain numbers are read back, never a pickle."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tlcore.archive.zipped import DAMAGED, Zipped, zipped
from tlcore.registry import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

PLAIN = "biuf"  # kinds of numbers
HEADER = 1000  # characters of an array's header, at most
VALUES = 64 * 2**20  # bytes of one array


def packed(arrays: Mapping[str, Any]) -> bytes:
    """Arrays in their order, without their names: paths of variables hold slashes that a member's name should not."""
    members = {}
    for place, values in enumerate(arrays.values()):
        content = io.BytesIO()
        np.lib.format.write_array(content, np.ascontiguousarray(values), allow_pickle=False)
        members[f"{place:04d}.npy"] = content.getvalue()
    return zipped(members)


def unpacked(content: bytes, names: Sequence[str]) -> dict[str, NDArray[Any]]:
    """The arrays by their names. InputError: not as many as names, or something that is no array of numbers."""
    inside = Zipped(content)
    places = [f"{place:04d}.npy" for place in range(len(names))]
    if inside.names() != places:
        raise InputError(DAMAGED)
    return {name: _array(inside.read(place, VALUES)) for name, place in zip(names, places, strict=True)}


def _array(content: bytes) -> NDArray[Any]:
    """One array: the header is believed only where it fits the bytes behind it."""
    file = io.BytesIO(content)
    try:
        if np.lib.format.read_magic(file) != (1, 0):
            raise ValueError("another version of the format")
        shape, fortran, kind = np.lib.format.read_array_header_1_0(file, max_header_size=HEADER)
    except (ValueError, EOFError, SyntaxError, TypeError):
        raise InputError(DAMAGED) from None
    rest = content[file.tell() :]
    if kind.kind not in PLAIN or kind.hasobject or fortran:
        raise InputError("This file holds something else than numbers where its weights should be: nothing of it was taken.")
    if any(side < 0 for side in shape) or math.prod(shape) * kind.itemsize != len(rest):
        raise InputError(DAMAGED)
    values = np.frombuffer(rest, kind).reshape(shape).copy()
    if kind.kind == "f" and not np.isfinite(values).all():
        raise InputError("The weights in this file are not all numbers: pretrain the source again and export that.")
    return values
