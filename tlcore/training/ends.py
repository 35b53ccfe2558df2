"""How a run ends before it is done."""

from __future__ import annotations

from tlcore.training import Recorder

HALTS = {"stop": "stopped", "park": "parked"}


class Halted(Exception):
    """Somebody wished the run to end here: stopped, or parked until it goes on."""


class Diverged(Exception):
    """The loss is no longer a number; the message says since which epoch."""


class Collapsed(Exception):
    """All images have become the same to the net; the message says since when, and what to do."""


def heed(recorder: Recorder) -> None:
    """End the run here if somebody wishes it."""
    if halt := HALTS.get(recorder.wish() or ""):
        raise Halted(halt)
