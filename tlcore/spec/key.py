"""The key of an answer: what it was computed from, and with what."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

RESULTS = 4  # raised whenever the same spec would give other numbers


def digest(parts: Any) -> str:
    """32 hexadecimal characters that stand for a JSON value."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


@cache
def versions() -> dict[str, str]:
    """Versions that a result depends on, read without importing anything heavy."""
    return {name: _version(name, f"{name}-cpu") for name in ("keras", "tensorflow")}


def _version(*names: str) -> str:
    for name in names:
        try:
            return version(name)
        except PackageNotFoundError:
            continue
    return "none"
