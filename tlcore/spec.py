"""RunSpec: what to run, checked, with the key under which its result is known.

>>> source = RunSpec.make("pretrain", dataset="glyphs", seed=1)
>>> spec = RunSpec.make("finetune", source=source, dataset="mnist", labels_per_class=5, strategy="freeze", frozen=3)
>>> spec.title
'cnn-small, pretrained on glyphs, first 3 of 4 blocks frozen, 5 labels a class of mnist, seed 0'
>>> RunSpec.from_json(spec.to_json()) == spec
True
>>> RunSpec.make("finetune", source=source, dataset="mnist", strategy="freeze", frozen=9)
Traceback (most recent call last):
tlcore.registry.InputError: Frozen blocks is 9, but this backbone has 4: choose 0 to 4.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from functools import cache, cached_property
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from tlcore.backbones import BACKBONES
from tlcore.datasets import DATASETS
from tlcore.objectives import OBJECTIVES
from tlcore.registry import InputError, Knob, Registry
from tlcore.strategies import STRATEGIES, Phase, plan

RESULTS = 1  # raised whenever the same spec would give other numbers
LARGEST_SIDE = 128  # pixels; larger images are shrunk on the way in

CATALOGUES: dict[str, Registry] = {
    "dataset": DATASETS,
    "backbone": BACKBONES,
    "objective": OBJECTIVES,
    "strategy": STRATEGIES,
}

BUDGET: dict[str, Knob] = {
    knob.name: knob
    for knob in (
        Knob("whole", "How often every training example is seen.", 1, 2000, label="Epochs", name="epochs", default=25),
        Knob("whole", "Examples for each step of gradient descent.", 1, 1024, label="Batch size", name="batch_size", default=8),
        Knob("number", "Step size of Adam.", 1e-6, 1e6, log=True, label="Learning rate", name="learning_rate", default=5e-3),
        Knob("whole", "Draws the labels, the start weights and the order together.", 0, 2**31 - 1, label="Seed", name="seed", default=0),
    )
}
LABELS = Knob(
    "whole",
    "How many labelled examples of each class the net may learn from.",
    1,
    100_000,
    label="Labels per class",
    name="labels_per_class",
)
NO_SPEC = "This is not a run: give a JSON object with kind, dataset and what else should differ."
DEFAULTS: dict[str, dict[str, Any]] = {"pretrain": {"epochs": 1, "batch_size": 32, "learning_rate": 2e-3}, "finetune": {}}


@dataclass(frozen=True)
class RunSpec:
    """One run. Make it with ``make``, which checks everything and fills in what was left out.

    kind: "pretrain" or "finetune".
    image: (height, width, channels) that the net sees; the source's when there is one, for preprocessing is part of the model.
    labels_per_class: None takes every example of the training pool.
    knobs: all knobs of the four chosen entries, by name.
    source: the recipe of the source model, a spec of kind "pretrain".
    """

    kind: str
    dataset: str
    backbone: str
    objective: str
    strategy: str
    image: tuple[int, int, int]
    labels_per_class: int | None
    epochs: int
    batch_size: int
    learning_rate: float
    seed: int
    knobs: Mapping[str, Any] = field(default_factory=dict)
    source: RunSpec | None = None

    @classmethod
    def make(cls, kind: str, /, *, source: RunSpec | None = None, **given: Any) -> RunSpec:
        """Check keywords (fields and knobs, flat) and fill in the defaults; InputError says what is wrong."""
        if not isinstance(kind, str) or kind not in DEFAULTS:
            raise InputError(f"There is no kind of run {str(kind)[:40]!r}: choose pretrain or finetune.")
        names = {
            "dataset": given.pop("dataset", "glyphs" if kind == "pretrain" else "mnist"),
            "backbone": given.pop("backbone", source.backbone if source else "cnn-small"),
            "objective": given.pop("objective", "supervised"),
            "strategy": given.pop("strategy", "lp_ft" if source else "scratch"),
        }
        _check_names(kind, names, source)
        budget = {key: knob.check(given.pop(key, DEFAULTS[kind].get(key, knob.default))) for key, knob in BUDGET.items()}
        labels = given.pop("labels_per_class", None)
        image = _image(given.pop("image", None), names["dataset"], source)
        knobs = _knobs(names, given, source)
        spec = cls(
            kind=kind,
            **names,
            image=image,
            labels_per_class=None if labels is None else LABELS.check(labels),
            **budget,
            knobs=knobs,
            source=source,
        )
        spec.phases  # noqa: B018 - a strategy refuses what does not fit the backbone
        _check_labels(spec)
        return spec

    @property
    def blocks(self) -> tuple[tuple[str, int], ...]:
        """(name, parameters on 28 x 28 x 1 images) of each block."""
        blocks: tuple[tuple[str, int], ...] = BACKBONES[self.backbone].facts["blocks"]
        return blocks

    @cached_property
    def phases(self) -> tuple[Phase, ...]:
        """What the strategy does, block by block."""
        return plan(self.strategy, len(self.blocks), self.settings("strategy"))

    def settings(self, catalogue: str) -> dict[str, Any]:
        """The knobs that belong to the chosen dataset, backbone, objective or strategy."""
        entry = CATALOGUES[catalogue][getattr(self, catalogue)]
        return {knob.name: self.knobs[knob.name] for knob in entry.knobs}

    def to_json(self) -> str:
        """The spec as canonical JSON: sorted, without spaces, no NaN."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"), allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> RunSpec:
        """Read what ``to_json`` wrote, or a person's file with some fields left out; checks everything again."""
        try:
            plain = json.loads(text)
        except (ValueError, RecursionError):
            raise InputError(NO_SPEC) from None
        return cls.from_plain(plain)

    @classmethod
    def from_plain(cls, plain: Any, depth: int = 0) -> RunSpec:
        """The same from a dictionary."""
        known = {each.name for each in fields(cls)}
        inner = plain.get("knobs", {}) if isinstance(plain, dict) else None
        if not isinstance(inner, dict) or known & set(inner) or depth > 1:
            raise InputError(NO_SPEC)
        given = {key: value for key, value in plain.items() if key in known - {"kind", "knobs", "source"}}
        knobs = {key: value for key, value in plain.items() if key not in known} | inner
        source = plain.get("source")
        parent = cls.from_plain(source, depth + 1) if source is not None else None
        return cls.make(plain.get("kind", "finetune"), source=parent, **given, **knobs)

    @cached_property
    def key(self) -> str:
        """The name of the answer: same spec, same version of our results, same Keras and TensorFlow."""
        return digest([self.to_json(), RESULTS, *versions().values()])

    @property
    def title(self) -> str:
        """The spec in words."""
        if self.kind == "pretrain":
            return f"{self.backbone}, {self.objective} on {self.dataset}, seed {self.seed}"
        return ", ".join((self.backbone, *self._story(), self.amount, f"seed {self.seed}"))

    def _story(self) -> Iterable[str]:
        if not self.source:
            return ("from scratch",)
        made = "" if self.source.objective == "supervised" else f" ({self.source.objective})"
        return f"pretrained on {self.source.dataset}{made}", ", then ".join(phase.title for phase in self.phases)

    @property
    def amount(self) -> str:
        """How many labels of what it learns from, in words."""
        if self.labels_per_class is None:
            return f"all labels of {self.dataset}"
        plural = "label" if self.labels_per_class == 1 else "labels"
        return f"{self.labels_per_class} {plural} a class of {self.dataset}"


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


def _check_names(kind: str, names: dict[str, str], source: RunSpec | None) -> None:
    for catalogue, name in names.items():
        CATALOGUES[catalogue][name]
    if kind == "pretrain":
        if source or names["strategy"] != "scratch":
            raise InputError("Pretraining starts from nothing: leave out source and strategy, or fine-tune instead.")
        return
    if names["objective"] != "supervised":
        raise InputError("Fine-tuning is measured by its accuracy: leave the objective at supervised.")
    needs = STRATEGIES[names["strategy"]].facts["needs_source"]
    if needs and source is None:
        raise InputError(f"The strategy {names['strategy']} needs a source: pretrain one first, or choose scratch.")
    if not needs and source is not None:
        raise InputError(f"The strategy {names['strategy']} uses no source: leave the source out.")
    if source is not None and source.kind != "pretrain":
        raise InputError("A source is a pretraining: choose a run of that kind.")
    if source is not None and source.backbone != names["backbone"]:
        raise InputError(f"The source is a {source.backbone}, not a {names['backbone']}: leave the backbone out, or choose another source.")


def _image(given: Any, dataset: str, source: RunSpec | None) -> tuple[int, int, int]:
    wanted = given if given is not None else source.image if source else DATASETS[dataset].facts["shape"]
    numbers = tuple(wanted) if isinstance(wanted, list | tuple) else ()
    if len(numbers) != 3 or any(type(each) is not int for each in numbers) or min(numbers[:2]) < 4 or numbers[2] not in (1, 3):
        raise InputError(f"Image is {str(given)[:40]}: give height and width of at least 4 pixels and 1 or 3 channels.")
    if source is not None and numbers != source.image:
        raise InputError(f"The source sees images of {source.image}, not {numbers}: leave the image out.")
    return min(numbers[0], LARGEST_SIDE), min(numbers[1], LARGEST_SIDE), numbers[2]


def _knobs(names: dict[str, str], given: dict[str, Any], source: RunSpec | None) -> dict[str, Any]:
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


def _check_labels(spec: RunSpec) -> None:
    most = DATASETS[spec.dataset].facts.get("pool_per_class")  # None where it depends on a knob: then the draw refuses
    if spec.labels_per_class is not None and most is not None and spec.labels_per_class > most:
        raise InputError(
            f"Labels per class is {spec.labels_per_class}, but {spec.dataset} has {most} of each class to learn from: choose 1 to {most}."
        )
