"""Starting the dispatcher: a process of its own session, so that it outlives whoever asked for it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from tlcore import clock, folder

PAUSE = 30.0  # seconds after a failed start in which nobody tries again
SOON = "Getting ready, about 6 s."

_lock = threading.Lock()
_started: dict[str, tuple[subprocess.Popen[bytes], float]] = {}  # data folder -> what this process started there, and when


def start() -> None:
    """Start a dispatcher for this data folder, unless one that we started still comes up or has just failed."""
    with _lock:
        home = str(folder.home())
        process, since = _started.get(home, (None, 0.0))
        if process is not None and (process.poll() is None or (process.returncode and clock.tick() - since < PAUSE)):
            return
        _started[home] = (_launch(), clock.tick())


def state() -> dict[str, str]:
    """How the start goes, for as long as the store knows of no living dispatcher."""
    process, _ = _started.get(str(folder.home()), (None, 0.0))
    if process is None or process.poll() == 0:
        off = os.environ.get("TLCORE_ENGINE") == "off"
        return {"state": "off", "message": "The engine is switched off." if off else "The engine rests; it starts when a run comes."}
    if process.returncode is None:
        return {"state": "starting", "message": SOON}
    return {"state": "failed", "message": f"The engine cannot start: {_last_line()}"}


def log_file() -> Path:
    """Where the dispatcher writes what it has to say."""
    return folder.home() / "engine.log"


def environment() -> dict[str, str]:
    """The environment of the engine's processes: the package is found from any folder."""
    root = str(Path(__file__).resolve().parents[2])
    known = os.environ.get("PYTHONPATH", "")
    return os.environ | {"PYTHONPATH": root if not known else f"{root}{os.pathsep}{known}", "TF_CPP_MIN_LOG_LEVEL": "2"}


def _launch() -> subprocess.Popen[bytes]:
    own: dict[str, Any] = {"start_new_session": True} if os.name == "posix" else {"creationflags": 0x00000208}  # detached, own group
    command = [sys.executable, "-m", "tlcore", "dispatch"]
    with log_file().open("ab") as log:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment(), **own)


def _last_line() -> str:
    """The last line of the log, the exception's name left out."""
    try:
        lines = log_file().read_text("utf-8", "replace").split("\n")
    except OSError:
        return "its log cannot be read."
    last = next((line.strip() for line in reversed(lines) if line.strip()), "it left no word.")
    head, _, rest = last.partition(": ")
    return rest if rest and " " not in head else last
