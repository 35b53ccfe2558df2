"""The data folder: where everything lies that the lab keeps, and how a file gets there whole.

``TLCORE_HOME`` names the folder; without it, the user's data directory is taken.
"""

import hashlib
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import platformdirs

from tlcore.registry import InputError


def home() -> Path:
    """The data folder, made if it is missing. InputError if that is not possible."""
    named = os.environ.get("TLCORE_HOME")
    path = Path(named) if named else Path(platformdirs.user_data_dir("transfer-learning-lab", appauthor=False))
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"The data folder {path} cannot be made ({error.strerror}): set TLCORE_HOME to a folder that you may write."
        ) from error
    return path


def write(path: Path, fill: Callable[[BinaryIO], object]) -> str:
    """Let ``fill`` write a file under a temporary name, flush it to the disk, rename it; return its SHA-256.

    A reader sees the old file or the new one, whole; a crash leaves a name that ends in ``.part``.
    """
    make(path.parent)
    part = part_of(path)
    try:
        with part.open("wb") as file:
            fill(file)
        digest = sha256(part)
        settle(part, path)
    finally:
        part.unlink(missing_ok=True)
    return digest


def part_of(path: Path) -> Path:
    """A temporary name beside a file that is still being written."""
    return path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")


def settle(part: Path, path: Path) -> None:
    """Give a written file its name once it is on the disk; the name is on the disk too when this returns."""
    with part.open("rb+") as file:
        os.fsync(file.fileno())
    os.replace(part, path)
    _flush_folder(path.parent)


def make(path: Path) -> None:
    """Make a folder and those above it, on the disk when this returns."""
    if path.is_dir():
        return
    make(path.parent)
    path.mkdir(exist_ok=True)
    _flush_folder(path.parent)


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def size(path: Path) -> int:
    """Bytes of all files below a folder."""
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())


def _flush_folder(path: Path) -> None:
    if os.name == "posix":
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
