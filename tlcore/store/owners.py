"""Who holds a lease: a process named so that another one with its number is never taken for it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path

from tlcore import clock


@dataclass(frozen=True)
class Owner:
    """One process of one start of the machine."""

    worker: str
    pid: int
    birth: str | None
    boot: str

    @classmethod
    def me(cls, name: str = "worker") -> Owner:
        """This process."""
        import os

        return cls(f"{name}-{secrets.token_hex(6)}", os.getpid(), birth(os.getpid()), clock.boot())

    @property
    def alive(self) -> bool:
        """Whether exactly this process still lives."""
        return alive(self.pid, self.birth, self.boot)


def birth(pid: int) -> str | None:
    """When a process was born, as the system counts it; None for one that is gone or only waits to be buried.

    Linux counts ticks since the start of the machine, which no change of the clock touches.
    """
    if Path("/proc/self/stat").exists():
        try:
            words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return None
        return None if words[0] in "ZX" else words[19]
    import psutil

    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else f"{process.create_time():.0f}"
    except psutil.Error:
        return None


def alive(pid: int | None, born: str | None, boot: str | None) -> bool:
    """Whether the process of that number, birth and start of the machine lives."""
    return pid is not None and born is not None and boot == clock.boot() and birth(pid) == born
