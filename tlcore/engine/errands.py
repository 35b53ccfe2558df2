"""Short work in a process of its own that a page waits for: what needs Keras for a moment, or reads what a stranger brought."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

from tlcore import clock
from tlcore.engine import local
from tlcore.registry import InputError

AT_ONCE = 2
PATIENCE = 300.0  # seconds after which it is killed: drawing a large data set can take a minute
BUSY = "Other files are being made or read just now: try again in a moment."
LATE = "It took too long and was ended: try again when the machine has less to do."
CUT_SHORT = "It was cut short: try again."

_lock = threading.Lock()
_sent: dict[str, Errand] = {}


@dataclass
class Errand:
    """A process, and where it writes what it has to say."""

    process: subprocess.Popen[bytes]
    said: Path
    begun: float


def send(name: str, *arguments: str) -> None:
    """Run ``python -m tlcore`` with some arguments, unless an errand of that name is on its way. InputError: too many are."""
    with _lock:
        if name in _sent and _sent[name].process.poll() is None:
            return
        if sum(each.process.poll() is None for each in _sent.values()) >= AT_ONCE:
            raise InputError(BUSY)
        _drop(name)
        handle, said = tempfile.mkstemp(prefix="tlcore-errand-")
        with os.fdopen(handle, "wb") as log:
            command = [sys.executable, "-m", "tlcore", *arguments]
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=local.environment())
        _sent[name] = Errand(process, Path(said), clock.tick())


def state(name: str) -> tuple[str, str] | None:
    """(running, done or failed, what it said last); None where nobody sent it."""
    errand = _sent.get(name)
    if errand is None:
        return None
    code = errand.process.poll()
    if code is None and clock.tick() - errand.begun > PATIENCE:
        errand.process.kill()
        errand.process.wait()
        return "failed", LATE
    if code is None:
        return "running", ""
    return ("done" if code == 0 else "failed"), last_line(errand.said) or CUT_SHORT


def forget(name: str) -> None:
    """Its end has been seen."""
    with _lock:
        _drop(name)


def _drop(name: str) -> None:
    errand = _sent.pop(name, None)
    if errand is not None:
        errand.said.unlink(missing_ok=True)


def last_line(path: Path) -> str:
    """What a process has said last, or nothing."""
    try:
        lines = path.read_text("utf-8", "replace").strip().splitlines()
    except OSError:
        lines = []
    return lines[-1] if lines else ""
