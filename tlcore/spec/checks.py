"""What fits together, and the sentence for what does not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tlcore.backbones import BACKBONES
from tlcore.datasets import DATASETS
from tlcore.heads import HEADS
from tlcore.objectives import OBJECTIVES
from tlcore.registry import InputError
from tlcore.spec.budget import BUDGET, CATALOGUES
from tlcore.spec.course import SILENT, dials
from tlcore.spec.teacher import check_lesson, check_teacher, reads, usual_net
from tlcore.strategies import STRATEGIES, Branch, Keep, Only, Pull

if TYPE_CHECKING:
    from tlcore.spec.run import RunSpec

LARGEST_SIDE = 128  # pixels; larger images are shrunk on the way in


def check_names(kind: str, names: dict[str, str], source: RunSpec | None) -> None:
    for catalogue, name in names.items():
        CATALOGUES[catalogue][name]
    if kind == "pretrain":
        if names["strategy"] != "scratch":
            raise InputError("Pretraining starts from nothing: leave out source and strategy, or fine-tune instead.")
        check_teacher(names["objective"], source)
        return
    if not OBJECTIVES[names["objective"]].facts.get("target"):
        raise InputError(f"Fine-tuning names classes or tells a number: choose supervised or regression, not {names['objective']}.")
    needs = STRATEGIES[names["strategy"]].facts["needs_source"]
    if needs and source is None:
        raise InputError(f"The strategy {names['strategy']} needs a source: pretrain one first, or choose scratch.")
    if not needs and source is not None:
        raise InputError(f"The strategy {names['strategy']} uses no source: leave the source out.")
    if source is not None and source.kind != "pretrain":
        raise InputError("A source is a pretraining: choose a run of that kind.")
    if source is not None and source.backbone != names["backbone"]:
        raise InputError(f"The source is a {source.backbone}, not a {names['backbone']}: leave the backbone out, or choose another source.")


def check_probe(kind: str, name: Any) -> str:
    """The data set on which a pretraining is probed, or "" for none."""
    if name in (None, ""):
        return ""
    if kind != "pretrain":
        raise InputError("A fine-tuning is measured on its own target: leave probe out.")
    return DATASETS[name].name


def check_origin(kind: str, text: Any) -> str:
    """The SHA-256 of imported weights, or "" for none."""
    if text in (None, ""):
        return ""
    if kind != "pretrain" or not isinstance(text, str) or not re.fullmatch("[0-9a-f]{64}", text):
        raise InputError("The origin is that of imported weights: import the file of a source, and leave origin out.")
    return text


def lacks(objective: str, dataset: str) -> str:
    """Why an objective cannot be met on a data set, or nothing.

    >>> lacks("multitask", "mnist")
    'multitask needs to know more of an image than its class, and of mnist nobody does: choose shapes, or another objective.'
    >>> lacks("rotation", "wine")
    'rotation needs pictures, and wine is a table: choose mnist, digits, glyphs or shapes, or another objective.'
    """
    why = missing(objective, dataset)
    if not why:
        return ""
    *others, last = (each.name for each in DATASETS if not missing(objective, each.name) and "download" not in each.facts)
    good = f"{', '.join(others)} or {last}" if others else last
    return f"{objective} needs {MISSING[why].format(dataset)}: choose {good}, or another objective."


MISSING = {  # what an objective needs, and what is said where that is not
    "factors": "to know more of an image than its class, and of {} nobody does",
    "values": "a number to tell, and of {} none is known",
    "pictures": "pictures, and {} is a table",
}


def missing(objective: str, dataset: str) -> str:
    """What an objective needs and a data set has not: a key of ``MISSING``, or nothing."""
    wanted, has = OBJECTIVES[objective].facts, DATASETS[dataset].facts
    if wanted.get("needs") in ("factors", "values") and wanted["needs"] not in has:
        return str(wanted["needs"])
    return "pictures" if wanted.get("pictures") and "table" in has else ""


def check_table(kind: str, names: Mapping[str, str], source: RunSpec | None, probe: str) -> None:
    """A net sees either pictures or the rows of one table."""
    dataset, backbone = names["dataset"], names["backbone"]
    columns = DATASETS[dataset].facts.get("table")
    others = {**({"source": source.dataset} if source and kind == "finetune" else {}), **({"probe": probe} if probe else {})}
    for role, other in others.items():
        if DATASETS[other].facts.get("table") != columns:
            read, asked = (other, dataset) if role == "source" else (dataset, other)
            choose = "another target, or another source" if role == "source" else "another probe"
            raise InputError(f"A net that reads {read} cannot read {asked}, for one of them is a table: choose {choose}.")
    if not reads(backbone, dataset):
        told = f"The net {backbone} looks for patterns of neighbouring pixels, and the columns of {dataset} have no neighbours"
        raise InputError(f"{told}: choose {usual_net(dataset)}.")


def shares(one: str, other: str) -> str:
    """Why nothing can be moved between two data sets, or nothing: the images of one are among those of the other, cut into other parts.

    >>> shares("mnist", "mnist_full")
    'mnist and mnist_full share images, so a test would ask what the source has seen: choose another of the two.'
    >>> shares("mnist", "mnist"), shares("mnist", "")
    ('', '')
    """
    held = [each for each in (one, other) if each and {one, other} & {*DATASETS[each].facts.get("holds", ())}]
    return f"{one} and {other} share images, so a test would ask what the source has seen: choose another of the two." if held else ""


def check_together(spec: RunSpec) -> None:
    """Refuse settings that are good alone and contradict each other."""
    if why := lacks(spec.objective, spec.dataset) or shares(spec.dataset, spec.source.dataset if spec.source else spec.probe):
        raise InputError(why)
    if (turned := dials(spec)) and not any(spec.knobs[name] for name in turned):
        raise InputError(SILENT)
    check_lesson(spec)
    check_head(spec)
    if spec.watch_source and (spec.source is None or spec.kind == "pretrain"):
        raise InputError("There is no source whose forgetting could be watched: choose a source, or leave watch_source out.")
    keep, only = spec.modifier(Keep), spec.modifier(Only)
    watched = spec.watch_source or (keep is not None and keep.what == "outputs")
    if watched and spec.source is not None and not OBJECTIVES[spec.source.objective].facts.get("names"):
        raise InputError(f"A source trained as {spec.source.objective} names no classes that could be forgotten: choose a supervised one.")
    branch = spec.modifier(Branch)
    if (
        branch is not None
        and branch.kind == "residual"
        and not any(each.area > 1 for each in BACKBONES[spec.backbone].facts["weighs"](spec.image))
    ):
        raise InputError(f"The strategy {spec.strategy} stands beside convolutions, and {spec.backbone} has none: choose lora.")
    if only is not None and only.what == "norm" and spec.knobs.get("normalization") == "none":
        raise InputError(f"The strategy {spec.strategy} trains normalization, and this net has none: choose another strategy or source.")
    if spec.weight_decay and spec.modifier(Pull):
        raise InputError(f"The strategy {spec.strategy} pulls the weights to the source, not to zero: leave weight_decay at 0.")
    if spec.patience and spec.patience >= spec.epochs:
        raise InputError(f"Patience is {spec.patience}, which {spec.epochs} epochs never reach: choose less, or 0 for none.")


def check_head(spec: RunSpec) -> None:
    """Whether the head can start as it is told to."""
    facts, objective = HEADS[spec.head].facts, OBJECTIVES[spec.objective].facts
    old = spec.source.objective if spec.source is not None and spec.kind == "finetune" else ""
    if facts.get("keeps") and spec.objective == "regression" and old != spec.objective:
        raise InputError("There is no source with a head for this number: choose a source that learned regression, or leave the head out.")
    if facts.get("keeps") and objective.get("names") and not (old and OBJECTIVES[old].facts.get("names")):
        raise InputError("There is no source with a head for these classes: choose a supervised source, or leave the head out.")
    if (facts.get("names") or not objective.get("target")) and spec.head != "glorot" and spec.objective != "supervised":
        raise InputError(f"A head that starts from {spec.head} names classes, and {spec.objective} has none: leave the head out.")


def image_of(given: Any, dataset: str, source: RunSpec | None) -> tuple[int, int, int]:
    wanted = given if given is not None else source.image if source else DATASETS[dataset].facts["shape"]
    numbers = tuple(wanted) if isinstance(wanted, list | tuple) else ()
    own = DATASETS[dataset].facts
    if "table" in own:
        if numbers != own["shape"]:
            raise InputError(f"A row of {dataset} is an image of {own['shape']}, and its columns cannot be stretched: leave the image out.")
        return numbers
    if len(numbers) != 3 or any(type(each) is not int for each in numbers) or min(numbers[:2]) < 4 or numbers[2] not in (1, 3):
        raise InputError(f"Image is {str(given)[:40]}: give height and width of at least 4 pixels and 1 or 3 channels.")
    if source is not None and numbers != source.image:
        raise InputError(f"The source sees images of {source.image}, not {numbers}: leave the image out.")
    return min(numbers[0], LARGEST_SIDE), min(numbers[1], LARGEST_SIDE), numbers[2]


def knobs_of(names: dict[str, str], given: dict[str, Any], source: RunSpec | None) -> dict[str, Any]:
    """Sort flat keywords to the entries that have them; what none has is refused with the list."""
    owners = {knob.name: catalogue for catalogue, name in names.items() for knob in CATALOGUES[catalogue][name].knobs}
    for extra in given:
        if extra not in owners:
            known = (*CATALOGUES, "labels_per_class", *BUDGET, *owners)
            raise InputError(f"There is no setting {str(extra)[:40]!r} here: choose among {', '.join(known)}.")
    knobs: dict[str, Any] = {}
    for catalogue, name in names.items():
        mine = {key: value for key, value in given.items() if owners[key] == catalogue}
        if catalogue == "backbone" and source is not None:
            _agree(mine, source)
            mine = source.settings("backbone")
        knobs |= CATALOGUES[catalogue].settings(name, mine)
    return knobs


def _agree(given: Mapping[str, Any], source: RunSpec) -> None:
    for key, value in given.items():
        if value != source.knobs[key]:
            raise InputError(f"The source has {key} {source.knobs[key]}, not {value}: leave it out, or choose another source.")


def check_labels(spec: RunSpec) -> None:
    most = DATASETS[spec.dataset].facts.get("pool_per_class")  # None where it depends on a knob: then the draw refuses
    if spec.labels_per_class is not None and most is not None and spec.labels_per_class > most:
        raise InputError(
            f"Labels per class is {spec.labels_per_class}, but {spec.dataset} has {most} of each class to learn from: choose 1 to {most}."
        )
