"""Copies of the store, and what is done with a damaged one.

PostgreSQL has its own tools for this; here it is SQLite's file alone.
"""

from __future__ import annotations

import os
import secrets
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine

from tlcore import clock

KEPT = 6


class Backups:
    """The folder of copies of one file, numbered, for hours can go backwards."""

    def __init__(self, place: Path, file: Path | None) -> None:
        self.place, self.file = place, file

    def all(self) -> list[Path]:
        """The copies, newest first."""
        return sorted(self.place.glob("lab-*.db"), reverse=True)

    def newest(self) -> Path | None:
        """The newest copy, sound or not."""
        return next(iter(self.all()), None)

    def make(self, engine: Engine) -> Path | None:
        """Write a copy whole, then drop the oldest; None where the database is not a file."""
        if self.file is None:
            return None
        self.place.mkdir(parents=True, exist_ok=True)
        newest = self.newest()
        target = self.place / f"lab-{int(newest.stem[4:]) + 1 if newest else 1:06d}.db"
        part = target.with_name(f"{target.name}.{secrets.token_hex(4)}.part")
        try:
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.connection.execute("VACUUM INTO ?", (str(part),))  # type: ignore[attr-defined]
            _flush(part)
            os.replace(part, target)
        finally:
            part.unlink(missing_ok=True)
        for old in self.all()[KEPT:]:
            old.unlink(missing_ok=True)
        return target

    def restore(self, aside: Path) -> dict[str, str]:
        """Put the damaged file aside as it is and the newest sound copy in its place; says what was done."""
        assert self.file is not None
        place = aside / f"{clock.now():%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
        place.mkdir(parents=True)
        for suffix in ("", "-wal", "-shm"):
            part = self.file.with_name(self.file.name + suffix)
            if part.exists():
                shutil.move(part, place / part.name)
        good = next((copy for copy in self.all() if sound(copy, True)), None)
        done = {"aside": str(place), "at": clock.now().isoformat(timespec="seconds")}
        if good is not None:
            shutil.copy(good, self.file)
            _flush(self.file)
            done["from"] = datetime.fromtimestamp(good.stat().st_mtime, UTC).isoformat(timespec="seconds")
        return done


def sound(file: Path, copies: bool) -> bool:
    """Whether a file is a whole database. A missing one is (it is made); an empty one is not if copies say there was more."""
    if not file.exists():
        return True
    if not file.stat().st_size:
        return not copies
    try:
        with closing(sqlite3.connect(file, timeout=5)) as connection:
            return bool(connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",))
    except sqlite3.OperationalError:
        return True  # busy or unreadable is not damage
    except sqlite3.DatabaseError:
        return False


def _flush(file: Path) -> None:
    with file.open("rb+") as handle:
        os.fsync(handle.fileno())
