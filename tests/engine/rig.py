"""A data folder with a dispatcher, and the runs that tests ask of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tlcore import datasets
from tlcore.spec import RunSpec
from tlcore.store import Run, Store

ROOT = Path(__file__).parents[2]


@dataclass
class Engine:
    """A data folder with a dispatcher that the tests may kill and start again."""

    home: Path
    store: Store
    process: subprocess.Popen[bytes] | None = None
    settings: dict[str, str] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        """That of the dispatcher."""
        own = {"TLCORE_HOME": str(self.home), "TLCORE_WARM": "off", "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "2"}
        return {name: value for name, value in os.environ.items() if name != "TLCORE_ENGINE"} | own | self.settings

    def start(self) -> None:
        """Start the dispatcher, as the screen does: in a session of its own."""
        log = (self.home / "engine.log").open("ab")
        command = [sys.executable, "-m", "tlcore", "dispatch"]
        self.process = subprocess.Popen(command, stdout=log, stderr=log, env=self.environment(), start_new_session=True)

    def ready(self) -> None:
        """Wait until it can give the word."""
        self.until(lambda: self.store.engine()["state"] == "ready", "the engine is ready")

    def kill(self) -> None:
        """Kill the dispatcher, not its workers."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def end(self) -> None:
        """Ask the dispatcher to end."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=30)

    def until(self, true: Callable[[], Any], what: str, patience: float = 90.0) -> Any:
        """Wait for something, and fail with the engine's log."""
        end = time.monotonic() + patience
        while time.monotonic() < end:
            if found := true():
                return found
            time.sleep(0.02)
        raise AssertionError(f"waited {patience:.0f} s in vain until {what}\n{(self.home / 'engine.log').read_text()[-3000:]}")

    def ended(self, run_id: str) -> Run:
        """The run when it is over."""
        return self.until(lambda: (found := self.store.run(run_id)) and not found.live and found, "the run has ended")

    def trains(self, run_id: str, epoch: int = 1) -> None:
        """Wait until a run has recorded an epoch."""
        self.until(lambda: self.store.run(run_id).epoch >= epoch, f"epoch {epoch} is recorded")

    def worker(self, run_id: str) -> int:
        """The process that trains a run."""
        return self.until(lambda: next((held.owner.pid for held in self.store.held() if held.run == run_id), None), "a worker has the run")


def quick(**given: Any) -> RunSpec:
    """A run of a blink."""
    return RunSpec.make("finetune", **{"dataset": "digits", "strategy": "scratch", "labels_per_class": 5, "epochs": 3, **given})


def long(**given: Any) -> RunSpec:
    """A run that lasts until it is stopped."""
    return quick(**{"epochs": 2000, "labels_per_class": 100, "batch_size": 8, **given})


def born(home: Path, **settings: str) -> Engine:
    """An engine in a folder where the small data set is ready."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TLCORE_HOME", str(home))
        datasets.prepare("digits")
        return Engine(home, Store(), settings=settings)
