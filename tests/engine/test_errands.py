"""Errands: a process of its own, seen from its start to its end, never too many and never for ever."""

from __future__ import annotations

import time

import pytest

from tlcore.engine import errands
from tlcore.registry import InputError


def ended(name: str) -> tuple[str, str]:
    """How an errand ended."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        found = errands.state(name)
        if found is not None and found[0] != "running":
            return found
        time.sleep(0.05)
    raise AssertionError("it did not end")


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TLCORE_HOME", str(tmp_path))
    yield
    for name in list(errands._sent):
        errands._sent[name].process.kill()
        errands.forget(name)


def test_an_errand_is_done_or_says_in_a_sentence_why_not():
    assert errands.state("one") is None
    errands.send("one", "ready")
    errands.send("one", "no such command")  # it is on its way already
    assert errands.state("one")[0] in ("running", "done")
    assert ended("one") == ("done", "glyphs-0        cnn-small, supervised on glyphs, seed 0")
    errands.send("two", "import", "/nowhere.keras")
    assert ended("two") == ("failed", "/nowhere.keras cannot be read (No such file or directory): give the path of a .keras file.")
    errands.forget("two")
    assert errands.state("two") is None


def test_too_many_are_refused_and_one_that_takes_too_long_is_ended(monkeypatch):
    for name in ("one", "two"):
        errands.send(name, "ready")
    with pytest.raises(InputError, match="try again in a moment"):
        errands.send("three", "ready")
    monkeypatch.setattr("tlcore.engine.errands.PATIENCE", -1.0)
    found = errands.state("one")
    assert found in (("failed", errands.LATE), ("done", "glyphs-0        cnn-small, supervised on glyphs, seed 0"))
    assert errands._sent["one"].process.poll() is not None
