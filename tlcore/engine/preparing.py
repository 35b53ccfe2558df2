"""What the engine prepares on request, a data set or a preview: each in a process of its own, which says in a file what went wrong."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tlcore.engine import previews
from tlcore.engine.errands import last_line
from tlcore.engine.pool import Pool

CUT_SHORT = "The preparation was cut short: ask for it again."


@dataclass
class Preparation:
    """One that is on its way. code: gives the exit code of its process, None while it works."""

    key: str
    code: Callable[[], int | None]
    said: Path

    def end(self) -> str | None:
        """None while it works; then what went wrong in a sentence, or nothing."""
        code = self.code()
        if code is None:
            return None
        told = last_line(self.said) if code > 0 else ""
        self.said.unlink(missing_ok=True)
        return "" if code == 0 else told or CUT_SHORT


def begin(pool: Pool, key: str, name: str, knobs: dict[str, Any]) -> Preparation:
    """Begin what was asked for: a preview is drawn by the code that trains, a data set needs no Keras."""
    with tempfile.NamedTemporaryFile(prefix="tlcore-data-", delete=False) as log:
        said = Path(log.name)
        if name == previews.REQUEST:
            drawing = pool.errand(previews.work, knobs, str(said))
            return Preparation(key, lambda: drawing.exitcode, said)
        command = [sys.executable, "-m", "tlcore", "data", "fetch", name, "--knobs", json.dumps(knobs)]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    return Preparation(key, process.poll, said)
