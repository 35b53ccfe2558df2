"""Copies of the store, and which file is in use after one was damaged.

PostgreSQL has its own tools for this; here it is SQLite's file alone. A damaged file stays where it is: another process
may still have it open, and would remove the log of whatever got its name. What takes its place has the next name.
"""

from __future__ import annotations

import glob
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Engine

from tlcore import folder

KEPT = 6


class Backups:
    """The folder of copies of one file, numbered, for hours can go backwards."""

    def __init__(self, place: Path, stem: str) -> None:
        self.place, self.stem = place, stem

    def all(self) -> list[Path]:
        """The copies, newest first."""
        return sorted(self.place.glob(f"{glob.escape(self.stem)}-{'[0-9]' * 6}.db"), reverse=True)

    def make(self, engine: Engine) -> Path:
        """Write a copy whole, then drop the oldest."""
        number = next((int(copy.stem[-6:]) for copy in self.all()), 0) + 1
        target = self.place / f"{self.stem}-{number:06d}.db"
        folder.make(self.place)
        part = folder.part_of(target)
        try:
            with engine.connect() as connection:
                connection.connection.execute("VACUUM INTO ?", (str(part),))
            folder.settle(part, target)
        finally:
            part.unlink(missing_ok=True)
        for old in self.all()[KEPT:]:
            old.unlink(missing_ok=True)
        return target

    def restore(self, target: Path) -> bool:
        """Copy the newest sound copy to ``target``; False without one."""
        good = next((copy for copy in self.all() if sound(copy, True)), None)
        if good is not None:
            shutil.copyfile(good, target)
        return good is not None

    def clear(self) -> None:
        """Remove all copies."""
        shutil.rmtree(self.place, ignore_errors=True)


def current(file: Path) -> Path:
    """The file in use: the named one, or the last that took the place of a damaged one (lab.db, lab.db.1, ...)."""
    return max(versions(file), key=lambda each: _number(file, each), default=file)


def successor(file: Path, used: Path) -> Path:
    """What would take the place of the file in use."""
    return file.with_name(f"{file.name}.{_number(file, used) + 1}")


def versions(file: Path) -> list[Path]:
    """The named file and all that took its place, as far as they are there."""
    return [each for each in file.parent.glob(f"{glob.escape(file.name)}*") if each == file or _number(file, each)]


def _number(file: Path, each: Path) -> int:
    number = each.name.removeprefix(f"{file.name}.")
    return int(number) if number.isdigit() else 0


def sound(file: Path, copies: bool) -> bool:
    """Whether a file is a whole database. A missing one is (it is made); an empty one is not if copies say there was more.

    Reads only: what is damaged stays as it is.
    """
    if not file.exists():
        return True
    if not file.stat().st_size:
        return not copies
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=5)) as connection:
            return bool(connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",))
    except sqlite3.OperationalError:
        return True  # busy or unreadable is not damage
    except sqlite3.DatabaseError:
        return False
