"""What can go wrong with a database, told in one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DatabaseError, InterfaceError

from tlcore.registry import InputError

FULL = "The disk is full: free some space, then try again."


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
    (StoreReadOnly, ("readonly", "read-only"), "The data folder can only be read: make it writable, or set TLCORE_HOME to another folder."),
    (StoreDamaged, ("malformed", "not a database"), "The store is damaged: start the lab again, and it opens the newest good copy."),
    (StoreBusy, ("is locked", "lock timeout", "lock not available"), "The store is busy: try again in a moment."),
    (
        StoreError,
        ("unable to open", "connection", "disk i/o error"),
        "The store cannot be reached: check that its folder or database is there and may be written.",
    ),
)


def fault(error: BaseException) -> StoreError | None:
    """The sentence for a database's exception, or None for one that is a bug of ours."""
    words = f"{type(getattr(error, 'orig', None)).__name__} {error}".lower()
    for kind, signs, sentence in _SIGNS:
        if any(sign in words for sign in signs):
            return kind(sentence)
    return None


@contextmanager
def told() -> Iterator[None]:
    """Turn a database's exception into a sentence."""
    try:
        yield
    except (DatabaseError, InterfaceError) as error:
        known = fault(error)
        if known is None:
            raise
        raise known from error
