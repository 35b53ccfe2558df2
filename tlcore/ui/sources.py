"""Sources to choose from: recipes, trained on the way when nobody has done it yet, and models that lie ready."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from tlcore.backbones import BACKBONES
from tlcore.datasets import DATASETS, downloads
from tlcore.objectives import OBJECTIVES
from tlcore.spec import RunSpec, defaults
from tlcore.spec.checks import lacks
from tlcore.spec.teacher import reads, taught, usual_teacher
from tlcore.store import Run
from tlcore.ui import frame, words
from tlcore.ui.fetching import help_with
from tlcore.ui.units import joined

SCHOOLING = 4  # epochs of a teacher, if not more
NEWEST = 30  # ready models in the list
FIRST = "What the net learns first; then it is kept."


@dataclass(frozen=True)
class Sources:
    """name in the address -> what the list calls it, the recipe, and how far it is.

    A title never changes while a source is trained: the browser knows the chosen one by its title.
    """

    titles: dict[str, str]
    specs: dict[str, RunSpec]
    told: dict[str, str]


def sources(wanted: str | None = None) -> Sources:
    """All recipes of the default net, then other ready models, newest first; the one named ``wanted`` is always there."""
    ready = {run.spec.key: run for run in frame.store().runs(limit=NEWEST, kind="pretrain", state="finished")}
    titles, specs, told = {}, {}, {}
    for name, spec in recipes().items():
        run = ready.pop(spec.key, None)
        if run is None and name != wanted and not _offered(spec):
            continue
        titles[name], specs[name] = words.made(spec) if run is None or not run.name else f"{words.made(spec)}: {run.name}", spec
        told[name] = f"What the net has already learned: {_quality(run)}." if run else help_with(FIRST)(spec.dataset)
    asked = frame.store().run(wanted) if wanted and wanted not in specs else None
    if asked and asked.kind == "pretrain" and asked.state == "finished":
        ready.setdefault(asked.spec.key, asked)
    for run in ready.values():
        titles[run.id], specs[run.id] = f"{run.name or words.source(run.spec)}, run {run.number}", run.spec
        told[run.id] = f"What the net has already learned: {_quality(run)}."
    return Sources(titles, specs, told)


def _offered(spec: RunSpec) -> bool:
    """Whether a recipe that nobody has trained stands in the list: of sets that are downloaded only the plainest, and only once they are there."""
    fetched = "download" in DATASETS[spec.dataset].facts
    return not fetched or (spec.objective == "supervised" and not downloads.to_fetch(spec.dataset))


@cache
def recipes() -> dict[str, RunSpec]:
    """A default pretraining for each data set and objective, by its name in the address."""
    sets = ("glyphs", *(name for name in DATASETS.names() if name != "glyphs"))
    pairs = ((dataset, objective) for dataset in sets for objective in OBJECTIVES.names() if not lacks(objective, dataset))
    return {f"{dataset}-{objective}": _recipe(dataset, objective) for dataset, objective in pairs}


def _recipe(dataset: str, objective: str) -> RunSpec:
    teacher = teacher_of(dataset, usual_teacher(dataset), {}) if taught(objective) else None
    return RunSpec.make("pretrain", source=teacher, dataset=dataset, objective=objective)


def teacher_of(dataset: str, backbone: str, knobs: Mapping[str, Any]) -> RunSpec:
    """The recipe of a teacher; one that knows little teaches little, so it learns for longer than a source does."""
    epochs = max(SCHOOLING, defaults("pretrain", dataset=dataset)["epochs"])
    return RunSpec.make("pretrain", dataset=dataset, backbone=backbone, epochs=epochs, **knobs)


def teachers(dataset: str, knobs: Mapping[str, Any], wanted: str | None = None) -> Sources:
    """Who can teach on a data set drawn in one way: a recipe for each net, the usual one first, and nets that lie ready."""
    nets = sorted((each.name for each in BACKBONES if reads(each.name, dataset)), key=lambda net: net != usual_teacher(dataset))
    specs = {net: teacher_of(dataset, net, knobs) for net in nets}
    titles = {net: f"{net}, supervised on {dataset}" for net in nets}
    ready = frame.store().runs(limit=NEWEST, kind="pretrain", state="finished")
    asked = frame.store().run(wanted) if wanted and wanted not in specs else None
    known = {spec.key: net for net, spec in specs.items()}
    told = dict.fromkeys(nets, "What teaches is trained first; then it is kept.")
    for run in [*ready, *([asked] if asked is not None and asked.state == "finished" else [])]:
        if run.objective != "supervised" or run.kind != "pretrain" or run.spec.dataset != dataset:
            continue
        name = known.get(run.spec.key, run.id)
        titles.setdefault(name, f"{words.source(run.spec)}, run {run.number}")
        specs[name] = specs[run.id] = run.spec  # a run keeps its name where other knobs make it a recipe
        told[name] = f"What the teacher has learned: {_quality(run)}."
    return Sources(titles, specs, told)


def recipe_name(spec: RunSpec, run: str | None) -> str:
    """What the address calls this source: its recipe, or the run that trained it."""
    return next((name for name, each in recipes().items() if each.key == spec.key), run or "")


def usual_target(source: RunSpec) -> str:
    """What a source is moved to unless something else is chosen: a table has only itself, in other rows."""
    return source.dataset if words.kind(source.dataset) == "row" else "mnist"


def moving(run: Run) -> dict[str, str]:
    """The choices of the link that moves a source; a table brings its target along, for no other fits."""
    told = {"dataset": usual_target(run.spec)} if words.kind(run.dataset) == "row" else {}
    return {"source": recipe_name(run.spec, run.id), **told}


def default_source(known: Sources) -> str:
    """The recipe of the start page."""
    return next(iter(known.specs))


def _quality(run: Run) -> str:
    return "ready" if run.accuracy is None else joined(f"{words.percent(run.accuracy)} on its own task")
