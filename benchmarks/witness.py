"""A dispatcher whose workers write down when each call of the graph loop begins: ``python -m benchmarks.witness``.

The store knows when a command was answered; when the first call began that obeys it, only the worker knows.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.start import until
from tlcore import jobs
from tlcore.clock import tick
from tlcore.datasets import prepare
from tlcore.engine import local
from tlcore.engine.dispatcher import dispatch
from tlcore.store import Store


@dataclass(frozen=True)
class Engine:
    """A warm engine on a data folder of its own."""

    home: Path
    store: Store

    def begun(self, since: float) -> float | None:
        """When the first call after a moment began."""
        file = _calls(self.home)
        told = file.read_text().split() if file.exists() else ()
        return next((moment for moment in map(float, told) if moment > since), None)

    def trains(self, run_id: str, epoch: int) -> None:
        """Wait until a run has recorded an epoch."""
        until(lambda: (found := self.store.run(run_id)) and found.epoch >= epoch)

    def stop(self, run_id: str) -> None:
        """Stop a run, and wait until its worker has gone."""
        jobs.stop(run_id)
        until(lambda: not self.store.held())


@contextmanager
def engine(**settings: str) -> Iterator[Engine]:
    """One slot, and the small data sets prepared; settings are those of the environment."""
    with tempfile.TemporaryDirectory(prefix="tlcore-steering-", ignore_cleanup_errors=True) as home:
        os.environ |= {"TLCORE_HOME": home, "TLCORE_SLOTS": "1", "TLCORE_WARM": "off"}
        for name in ("glyphs", "mnist"):
            prepare(name)
        command = [sys.executable, "-m", "benchmarks.witness"]
        with local.log_file().open("ab") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, env=local.environment() | settings, start_new_session=True)
        try:
            until(lambda: jobs.engine_state()["state"] == "ready")
            yield Engine(Path(home), jobs.store())
        finally:
            process.terminate()
            process.wait()


def _calls(home: Path) -> Path:
    return home / "calls"


def _witness() -> None:
    """Let this process write down its calls."""
    from tlcore.training.loop import Loop

    train, file = Loop.train, _calls(Path(os.environ["TLCORE_HOME"]))

    def witnessed(loop: Loop, *given: Any) -> Any:
        with file.open("a") as told:
            told.write(f"{tick()}\n")
        return train(loop, *given)

    setattr(Loop, "train", witnessed)  # noqa: B010 - mypy knows that a method is not a field


if __name__ == "__mp_main__":  # a worker of this dispatcher
    _witness()
elif __name__ == "__main__":
    dispatch()
