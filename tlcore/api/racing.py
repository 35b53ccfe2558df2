"""The race from Python: which way to pretrain is worth most on a target."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tlcore import jobs
from tlcore.api import Run, Study, _recipe, _run, _study
from tlcore.objectives import OBJECTIVES
from tlcore.registry import InputError
from tlcore.spec import RunSpec
from tlcore.studies import racing

LABELS = (1, 5, 20, None)


def race(
    source: Run | RunSpec | str = "glyphs",
    objectives: Sequence[str] | None = None,
    targets: str | Sequence[str] = "mnist",
    labels: Sequence[int | None] = LABELS,
    seeds: int = 5,
    minutes: float | None = None,
    **settings: Any,
) -> Study:
    """Which way to pretrain? Objectives x targets x labels a class x seeds, held against scratch and against frozen random blocks.

    source: what all have in common, a recipe or the name of a data set; only the objective changes. objectives: None takes those of
    ``tlcore.studies.racing.FIRST`` and multi-task, as far as the data can meet them. labels: a class of the target, None for all.
    minutes: of pretraining for each objective instead of as many steps for all; how long an epoch takes is measured first.
    settings: of every run on the target, ``moved="lp_ft"`` to tune everything after the probe. InputError: what does not fit.
    """
    recipe = racing.recipe(source) if isinstance(source, str) else _recipe(source)
    if recipe is None:
        raise InputError("A race needs a source: give the name of a data set, or what tlcore.pretrain returned.")
    named = tuple(OBJECTIVES[name].name for name in objectives or racing.fitting(recipe.dataset))
    first, *others = [targets] if isinstance(targets, str) else list(targets)
    amounts = "-".join(racing.ALL if each is None else str(each) for each in labels)
    paces = own_epochs(recipe, named, minutes) if minutes else ""
    given = {"objectives": named, "amounts": amounts, "also": "-".join(others), "paces": paces, "seeds": seeds, **settings}
    return _study("race", recipe, dataset=first, **given)


def own_epochs(source: RunSpec, objectives: Sequence[str], minutes: float) -> str:
    """How many epochs each objective gets so that all take as long, as the study writes it; one epoch of each is trained to see."""
    if not 0 < minutes <= 600:
        raise InputError(f"Minutes are {minutes!r}: give a number above 0, up to 600.")
    found = {}
    for name in objectives:
        run = _run(racing.racer(racing.alone(source), name))
        seconds = jobs.store().epochs(run.id)[-1]["seconds"]
        found[name] = max(1, round(60 * minutes / max(seconds, 1e-3)))
    return racing.written(found)
