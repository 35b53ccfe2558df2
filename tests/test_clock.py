"""Time, asked in one place."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tlcore import clock

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("offset", [0, -3600, 3600.5])
def test_the_hour_can_be_shifted(monkeypatch, offset):
    monkeypatch.setenv("TLCORE_CLOCK_OFFSET", str(offset))
    before, hour, after = datetime.now(UTC), clock.now(), datetime.now(UTC)
    assert before <= hour - timedelta(seconds=offset) <= after and hour.tzinfo is UTC


def test_the_tick_goes_on_whatever_the_clock_says(monkeypatch):
    before = clock.tick()
    monkeypatch.setenv("TLCORE_CLOCK_OFFSET", "-1000000")
    assert clock.tick() >= before


def test_another_process_counts_the_same_ticks_of_the_same_start():
    code = "from tlcore import clock; print(clock.tick()); print(clock.boot())"
    before = clock.tick()
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert before <= float(said[0]) <= clock.tick() and said[1] == clock.boot()


def test_nobody_asks_for_the_hour_elsewhere():
    """What may be ordered or timed is told by ticks; hours are for people."""
    bare = re.compile(r"\btime\.time\(|\bdatetime\.(now|utcnow|today)\(|\bdate\.today\(")
    guilty = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in (ROOT / "tlcore").rglob("*.py")
        if path.name != "clock.py"
        for line in path.read_text().splitlines()
        if bare.search(line)
    ]
    assert not guilty
