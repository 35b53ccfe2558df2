"""What can go wrong with a database or a disk, told in one sentence."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import exc

from tlcore.registry import InputError

FULL = "The disk is full: free some space, then try again."
READ_ONLY = "The data folder can only be read: make it writable, or set TLCORE_HOME to another folder."
BUSY = "The store is busy: try again in a moment."


class StoreError(InputError):
    """The store cannot do it now; the message says why and what to do."""


class StoreBusy(StoreError):
    """Another process holds the store for longer than we wait."""


class StoreFull(StoreError):
    """No space is left."""


class StoreReadOnly(StoreError):
    """The data folder can be read, not written."""


class StoreDamaged(StoreError):
    """The file is not a sound database."""


class Fenced(StoreError):
    """A worker wrote for a run that is no longer its own: it must end at once."""


_SIGNS: tuple[tuple[type[StoreError], tuple[str, ...], str], ...] = (
    (StoreFull, ("is full", "no space", "diskfull"), FULL),
    (StoreReadOnly, ("readonly", "read-only"), READ_ONLY),
    (StoreDamaged, ("malformed", "not a database"), "The store is damaged: start the lab again, and it opens the newest good copy."),
    (StoreBusy, ("is locked", "lock timeout", "queuepool limit"), BUSY),
    (
        StoreError,
        ("unable to open", "connection", "failed to resolve", "disk i/o error"),
        "The store cannot be reached: check that its folder or database is there and may be written.",
    ),
)


_NUMBERS: dict[int | None, tuple[type[StoreError], str]] = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT), (StoreFull, FULL)),
    **dict.fromkeys((errno.EROFS, errno.EACCES, errno.EPERM), (StoreReadOnly, READ_ONLY)),
}


def fault(error: BaseException) -> StoreError | None:
    """The sentence for an exception of a database or a disk, or None for one that is a bug of ours."""
    if isinstance(error, TimeoutError):
        return StoreBusy(BUSY)
    if isinstance(error, OSError):
        known = _NUMBERS.get(error.errno)
        return None if known is None else known[0](known[1])
    cause = getattr(error, "orig", None) or error  # without the statement, whose values say anything
    words = f"{type(cause).__name__} {cause}".lower()
    for kind, signs, sentence in _SIGNS:
        if any(sign in words for sign in signs):
            return kind(sentence)
    return None


@contextmanager
def told() -> Iterator[None]:
    """Turn an exception of a database or a disk into a sentence."""
    try:
        yield
    except (exc.DatabaseError, exc.InterfaceError, exc.TimeoutError, sqlite3.Error, OSError) as error:
        known = fault(error)
        if known is None:
            raise
        raise known from error
