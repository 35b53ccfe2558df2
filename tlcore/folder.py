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


def home() -> Path:
    """The data folder, made if it is missing."""
    named = os.environ.get("TLCORE_HOME")
    path = Path(named) if named else Path(platformdirs.user_data_dir("transfer-learning-lab", appauthor=False))
    path.mkdir(parents=True, exist_ok=True)
    return path


def write(path: Path, fill: Callable[[BinaryIO], object]) -> str:
    """Let ``fill`` write a file under a temporary name, flush it to the disk, rename it; return its SHA-256.

    A reader sees the old file or the new one, whole; a crash leaves a name that ends in ``.part``.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    try:
        with part.open("wb") as file:
            fill(file)
            file.flush()
            os.fsync(file.fileno())
        digest = sha256(part)
        os.replace(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    _flush_folder(path.parent)
    return digest


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
