"""Time, asked in one place: the hour for people, the tick for durations and leases.

``TLCORE_CLOCK_OFFSET`` (seconds) shifts the hour, so that tests can set the clock back.
"""

import os
import time
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path


def now() -> datetime:
    """The hour in UTC. For people only: nothing may be ordered or timed by it."""
    return datetime.now(UTC) + timedelta(seconds=float(os.environ.get("TLCORE_CLOCK_OFFSET", "0")))


def tick() -> float:
    """Seconds since the machine started, the same for all its processes; stands still while it sleeps."""
    return time.monotonic()


@cache
def boot() -> str:
    """A name for this start of the machine: ticks of another boot cannot be compared with ours."""
    linux = Path("/proc/sys/kernel/random/boot_id")
    if linux.exists():
        return linux.read_text().strip()
    import psutil

    return str(int(psutil.boot_time()))
