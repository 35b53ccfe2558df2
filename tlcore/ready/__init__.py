"""Sources that come with the lab: small, each made by one command, so that a first visit can start with the experiment itself.

Those of glyphs are the default recipe of their objective, without a probe: under just that recipe pages ask for them, the start page for
one a seed. What an encoder is worth on MNIST was measured beside it, and is told in its file.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from tlcore.registry import InputError
from tlcore.spec import RunSpec

PROBE = "mnist"
RECIPES: dict[str, dict[str, Any]] = {  # name -> what is asked
    "digits": {"dataset": "digits", "epochs": 20},  # the smallest: a test makes it again
    "glyphs-vae": {"dataset": "glyphs", "objective": "vae"},
    "glyphs-simclr": {"dataset": "glyphs", "objective": "simclr"},
    "glyphs-2": {"dataset": "glyphs", "seed": 2},  # the three of the start page
    "glyphs-1": {"dataset": "glyphs", "seed": 1},
    "glyphs-0": {"dataset": "glyphs", "seed": 0},
}


@cache
def recipe(name: str) -> RunSpec:
    """The spec of a ready source. InputError: there is none of that name."""
    if name not in RECIPES:
        raise InputError(f"There is no ready source {name[:40]!r}: choose {', '.join(RECIPES)}.")
    return RunSpec.make("pretrain", **RECIPES[name])


def command(name: str) -> str:
    """What makes it again."""
    return f"python -m tlcore ready {name}"


def file(name: str) -> Path:
    """Where it lies."""
    return Path(__file__).parent / f"{name}.keras"


@cache
def named(key: str) -> str | None:
    """The ready source of a key, if there is one: a run of that key may have come with the lab."""
    return next((name for name in RECIPES if recipe(name).key == key), None)
