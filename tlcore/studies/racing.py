"""The race: objectives pretrain the same net on the same images, and each is measured on the same few labels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from tlcore.datasets import DATASETS
from tlcore.objectives import OBJECTIVES
from tlcore.registry import Annotated, InputError, Knob, one_of, some_of, text
from tlcore.spec import BUDGET, RunSpec
from tlcore.studies.arms import arm_spec, on
from tlcore.studies.questions import Seeds
from tlcore.studies.study import STUDIES, Member

Given = dict[str, Any]
FIRST = ("supervised", "rotation", "autoencoder", "vae", "simclr")
ALL = "all"  # of the labels


@STUDIES.register(own_labels=True, by_labels=True)
def race(
    source: RunSpec,
    given: Given,
    *,
    objectives: Annotated[tuple[str, ...], some_of("What the net is trained for before it moves.", *OBJECTIVES.names())] = FIRST,
    amounts: Annotated[str, text("Labels a class of the target, joined by hyphens; all for all of them.", 60, label="Labels a class")] = (
        "1-5-20-all"
    ),
    also: Annotated[str, text("More targets beside the first, joined by hyphens; empty for none.", 120, label="More targets")] = "",
    paces: Annotated[
        str,
        text(
            "Epochs of objectives that are to have more or fewer than the source says, as simclr_4-vae_9.", 400, label="Epochs of their own"
        ),
    ] = "",
    moved: Annotated[
        str, one_of("How the encoder is moved: under a probe, or the probe first and everything after it.", "linear_probe", "lp_ft")
    ] = "linear_probe",
    seeds: Seeds = 5,
) -> Iterator[Member]:
    """Which way to pretrain? Objectives learn from the same images, and each is held against scratch and against random blocks."""
    own = _paces(paces)
    racers = {name: racer(source, name, own.get(name)) for name in objectives}
    targets = (given["dataset"], *(DATASETS[name].name for name in also.split("-") if name))
    for seed in range(seeds):
        for target in targets:
            for labels in _amounts(amounts):
                settings = _settings(given, target, labels)
                frozen = {**settings, "head": "probe"}
                apart = target if len(targets) > 1 else ""
                random = arm_spec(source, seed, True, "random_frozen", {**frozen, "frozen": len(source.blocks)})
                yield Member(on("random_frozen", apart), None, seed, random)
                for name, made in racers.items():
                    own_head = frozen if moved == "linear_probe" else settings
                    yield Member(on(name, apart), None, seed, arm_spec(made, seed, False, moved, own_head))
                yield Member(on("scratch", apart), None, seed, arm_spec(source, seed, True, "scratch", settings))


def racer(source: RunSpec, objective: str, epochs: int | None = None) -> RunSpec:
    """The source made by another objective: same images, net, batches and rates; its own knobs as they are by default."""
    kept: Given = {name: getattr(source, name) for name in BUDGET if name != "watch_source"} | (
        {} if epochs is None else {"epochs": BUDGET["epochs"].check(epochs)}
    )
    knobs: Given = {**source.settings("dataset"), **source.settings("backbone"), **source.settings("schedule")}
    if objective == source.objective:
        knobs |= source.settings("objective")
    named: Given = {"dataset": source.dataset, "backbone": source.backbone, "objective": objective, "schedule": source.schedule}
    return RunSpec.make("pretrain", **named, image=source.image, labels_per_class=source.labels_per_class, **kept, **knobs)


def recipe(dataset: str = "glyphs", **settings: Any) -> RunSpec:
    """What all racers have in common where nobody says otherwise: large batches, for some look for a twin in theirs."""
    usual: Given = {"epochs": 6, "batch_size": 128, "learning_rate": 2e-3, "schedule": "cosine"}
    return RunSpec.make("pretrain", dataset=dataset, **(usual | settings))


def _settings(given: Given, target: str, labels: int | None) -> Given:
    """What is asked for, as far as it concerns a target, and how many labels."""
    strange = {knob.name for knob in DATASETS[given["dataset"]].knobs} - {knob.name for knob in DATASETS[target].knobs}
    return {**{name: value for name, value in given.items() if name not in strange}, "dataset": target, "labels_per_class": labels}


def _amounts(text: str) -> list[int | None]:
    try:
        found = [None if each == ALL else int(each) for each in text.split("-")]
    except ValueError:
        raise InputError(f"Labels a class are {text!r}: give numbers joined by hyphens, as 1-5-20-all.") from None
    return sorted(set(found), key=lambda each: (each is None, each or 0))


def _paces(text: str) -> dict[str, int]:
    """Objective -> its epochs.

    >>> _paces("barlow_twins_4-vae_9")
    {'barlow_twins': 4, 'vae': 9}
    """
    pairs = [each.rpartition("_") for each in text.split("-") if each]
    if any(not epochs.isdigit() for _, _, epochs in pairs):
        raise InputError(f"Epochs of their own are {text!r}: give an objective and a number each, as simclr_4-vae_9.")
    return {OBJECTIVES[name].name: int(epochs) for name, _, epochs in pairs}


def knob(name: str) -> Knob:
    """One of the race's own settings."""
    return next(each for each in STUDIES["race"].knobs if each.name == name)


def written(epochs: Mapping[str, int]) -> str:
    """The other way round.

    >>> written({"vae": 9, "simclr": 4})
    'vae_9-simclr_4'
    """
    return "-".join(f"{name}_{count}" for name, count in epochs.items())


def fitting(dataset: str, wanted: tuple[str, ...] = (*FIRST, "multitask")) -> tuple[str, ...]:
    """Of some objectives those that a data set can meet."""
    from tlcore.spec.checks import lacks

    return tuple(name for name in wanted if not lacks(name, dataset))


def alone(source: RunSpec) -> RunSpec:
    """A racer for one epoch: how long that takes tells how many fit into a minute."""
    return replace(source, epochs=1)
