"""The race from Python: which way to pretrain is worth most on a target."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from tlcore import jobs
from tlcore.api import Run, Study, _recipe, _run, _study
from tlcore.registry import InputError
from tlcore.spec import RunSpec
from tlcore.studies import racing

LABELS = (1, 5, 20, None)


def race(
    source: Run | RunSpec | str = "glyphs",
    objectives: Sequence[str] | None = None,
    targets: str | Sequence[str] = "mnist",
    labels: int | Sequence[int | None] | None = LABELS,
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
    named = racing.knob("objectives").check(racing.fitting(recipe.dataset) if objectives is None else objectives)
    first, *others = _several(targets) or ("",)
    amounts = "-".join(racing.ALL if each is None else str(each) for each in _several(labels))
    paces = "" if minutes is None else own_epochs(recipe, named, minutes)
    given = {"objectives": named, "amounts": amounts, "also": "-".join(map(str, others)), "paces": paces, "seeds": seeds, **settings}
    return _study("race", recipe, dataset=first, **given)


def _several(given: Any) -> tuple[Any, ...]:
    """One as a list of one."""
    return tuple(given) if isinstance(given, Iterable) and not isinstance(given, str) else (given,)


def own_epochs(source: RunSpec, objectives: Sequence[str], minutes: float) -> str:
    """How many epochs each objective gets so that all take as long, as the study writes it; one epoch of each is trained to see."""
    if not isinstance(minutes, int | float) or not 0 < minutes <= 600:
        raise InputError(f"Minutes are {minutes!r}: give a number above 0, up to 600.")
    found = {}
    for name in objectives:
        run = _run(racing.racer(racing.alone(source), name))
        seconds = jobs.store().epochs(run.id)[-1]["seconds"]
        found[name] = max(1, round(60 * minutes / max(seconds, 1e-3)))
    return racing.written(found)
