"""Waiting: whoever asked for data hears now and then that it still goes on, and may end it by raising something."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

LOOK = 1.0  # seconds between two looks at a lock that another process holds


def _nobody() -> None:
    """Nobody listens."""


_listener: ContextVar[Callable[[], object]] = ContextVar("listener", default=_nobody)


@contextmanager
def listening(alive: Callable[[], object]) -> Iterator[None]:
    """Within this block ``alive`` is called at each pulse: a worker beats there, for a download takes longer than the patience with it."""
    token = _listener.set(alive)
    try:
        yield
    finally:
        _listener.reset(token)


def pulse() -> None:
    """Say that it still goes on; raises whatever the listener raises."""
    _listener.get()()


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold the lock file at ``path``; while another process has it, wait with a pulse a second."""
    from filelock import FileLock, Timeout

    lock = FileLock(path)
    while not lock.is_locked:
        try:
            lock.acquire(timeout=LOOK)
        except Timeout:
            pulse()
    try:
        yield
    finally:
        lock.release()
