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

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from functools import cached_property
from typing import Any

from tlcore.backbones import BACKBONES
from tlcore.registry import InputError
from tlcore.spec import course, key
from tlcore.spec.budget import BUDGET, CATALOGUES, DEFAULTS, LABELS, defaults
from tlcore.spec.checks import check_labels, check_names, check_origin, check_probe, check_table, check_together, image_of, knobs_of
from tlcore.spec.teacher import lesson, usual_net
from tlcore.strategies import STRATEGIES, Kind, Phase, plan

APART = ("strategy", "source", "changes", "probe", "origin")  # fields that a key has in another way
NESTED = 2  # a fine-tuning has a source, and that a teacher
SAID = 3  # painted steps that a title tells one by one
NO_SPEC = "This is not a run: give a JSON object with kind, dataset and what else should differ."


@dataclass(frozen=True)
class RunSpec:
    """One run. Make it with ``make``, which checks everything and fills in what was left out.

    kind: "pretrain" or "finetune".
    image: (height, width, channels) that the net sees; the source's when there is one, for preprocessing is part of the model.
    labels_per_class: None takes every example of the training pool.
    knobs: all knobs of the four chosen entries, by name.
    source: the recipe of the source model, a spec of kind "pretrain"; of a pretraining the teacher, which is asked and never copied.
    changes: what was changed by hand while it went, in its order.
    probe: of a pretraining, the data set on which its encoder is probed at the end; "" probes none. Its validation part is looked at.
    origin: of a pretraining that was imported, the SHA-256 of the weights that came with it; "" of every one that is trained here.
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
    weight_decay: float
    patience: int
    watch_source: bool
    seed: int
    head: str = "glorot"
    schedule: str = "constant"
    knobs: Mapping[str, Any] = field(default_factory=dict)
    source: RunSpec | None = None
    changes: tuple[course.Change, ...] = ()
    probe: str = ""
    origin: str = ""

    @classmethod
    def make(cls, kind: str, /, *, source: RunSpec | None = None, **given: Any) -> RunSpec:
        """Check keywords (fields and knobs, flat) and fill in the defaults; InputError says what is wrong."""
        if not isinstance(kind, str) or kind not in DEFAULTS:
            raise InputError(f"There is no kind of run {str(kind)[:40]!r}: choose pretrain or finetune.")
        changes, probed = course.read(given.pop("changes", ())), check_probe(kind, given.pop("probe", ""))
        origin = check_origin(kind, given.pop("origin", ""))
        start = source if kind == "finetune" else None  # what is copied: a teacher is not
        given = lesson(source, given) if kind == "pretrain" else given
        dataset = given.pop("dataset", "glyphs" if kind == "pretrain" else "mnist")
        names = {
            "dataset": dataset,
            "backbone": given.pop("backbone", start.backbone if start else usual_net(dataset)),
            "objective": given.pop("objective", "supervised"),
            "strategy": given.pop("strategy", "lp_ft" if start else "scratch"),
            "head": given.pop("head", "glorot"),
            "schedule": given.pop("schedule", "constant"),
        }
        check_names(kind, names, source)
        check_table(kind, names, source, probed)
        usual = defaults(kind, names["objective"], dataset)
        budget = {key: knob.check(given.pop(key, usual[key])) for key, knob in BUDGET.items()}
        labels = given.pop("labels_per_class", None)
        image = image_of(given.pop("image", None), names["dataset"], start)
        knobs = knobs_of(names, given, start)
        spec = cls(
            kind=kind,
            **names,
            image=image,
            labels_per_class=None if labels is None else LABELS.check(labels),
            **budget,
            knobs=knobs,
            source=source,
            changes=changes,
            probe=probed,
            origin=origin,
        )
        spec.phases  # noqa: B018 - a strategy refuses what does not fit the backbone
        check_labels(spec)
        check_together(spec)
        return course.checked(spec) if changes else spec

    @property
    def blocks(self) -> tuple[tuple[str, int], ...]:
        """(name, parameters on 28 x 28 x 1 images) of each block."""
        blocks: tuple[tuple[str, int], ...] = BACKBONES[self.backbone].facts["blocks"]
        return blocks

    @cached_property
    def phases(self) -> tuple[Phase, ...]:
        """What the strategy does, block by block."""
        return plan(self.strategy, len(self.blocks), self.settings("strategy"), self.epochs)

    @cached_property
    def course(self) -> tuple[course.Stretch, ...]:
        """What is trained when: the plan of the strategy, with what was changed by hand."""
        return course.course(self)

    def modifier(self, kind: type[Kind]) -> Kind | None:
        """The first modifier of a kind in any phase."""
        return next((found for phase in self.phases if (found := phase.find(kind))), None)

    def settings(self, catalogue: str) -> dict[str, Any]:
        """The knobs that belong to the chosen dataset, backbone, objective or strategy."""
        entry = CATALOGUES[catalogue][getattr(self, catalogue)]
        return {knob.name: self.knobs[knob.name] for knob in entry.knobs}

    def to_json(self) -> str:
        """The spec as canonical JSON: sorted, without spaces, no NaN."""
        return json.dumps(self._plain(), sort_keys=True, separators=(",", ":"), allow_nan=False)

    def _plain(self) -> dict[str, Any]:
        """All fields; an origin only where there is one, so that what was written before there were any reads the same."""
        plain = asdict(self) | ({"source": self.source._plain()} if self.source else {})
        return plain if self.origin else {name: value for name, value in plain.items() if name != "origin"}

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
        if not isinstance(inner, dict) or known & set(inner) or depth > NESTED:
            raise InputError(NO_SPEC)
        given = {key: value for key, value in plain.items() if key in known - {"kind", "knobs", "source"}}
        knobs = {key: value for key, value in plain.items() if key not in known} | inner
        source = plain.get("source")
        alone = isinstance(source, dict) and "kind" not in source
        parent = None if source is None else cls.from_plain({"kind": "pretrain", **source} if alone else source, depth + 1)
        return cls.make(plain.get("kind", "finetune"), source=parent, **given, **knobs)

    @cached_property
    def key(self) -> str:
        """The name of the answer: what is done, not how it is called, with this version of our results, of Keras and of TensorFlow.

        All blocks frozen is one training, whether it was asked for as a linear probe or as the last depth of a study. What was imported
        is known by its weights, whatever made them: it never answers for a training that was asked of this lab.
        """
        plain = {each.name: getattr(self, each.name) for each in fields(self) if each.name not in APART}
        own = self.settings("strategy")
        plain["knobs"] = {name: value for name, value in self.knobs.items() if name not in own}
        phases = [repr(replace(phase, title="")) for phase in self.phases]
        made = self.source.key if self.source else None
        steered = [course.identity(self.changes)] if self.changes else []
        probed = [f"probe {self.probe}"] if self.probe else []
        made_by: list[Any] = [f"origin {self.origin}"] if self.origin else [key.RESULTS, *key.versions().values()]
        return key.digest([plain, phases, made, *made_by, *steered, *probed])

    @property
    def title(self) -> str:
        """The spec in words."""
        if self.kind == "pretrain":
            teacher = f", taught by {self.source.backbone}" if self.source else ""
            made = f"{self.objective} on {self.dataset}{teacher}"
            return ", ".join((self.backbone, made, *self._steered(), f"seed {self.seed}{', imported' if self.origin else ''}"))
        other = (self.objective,) if self.objective != "supervised" else ()
        return ", ".join((self.backbone, *self._story(), *self._steered(), self.amount, *other, f"seed {self.seed}"))

    def _steered(self) -> Iterable[str]:
        times = len(self.changes)
        return (f"steered {times} time{'s' if times != 1 else ''}",) if times else ()

    def _story(self) -> Iterable[str]:
        if not self.source:
            return tuple(phase.title for phase in self.phases) if self.strategy != "scratch" else ("from scratch",)
        made = "" if self.source.objective == "supervised" else f" ({self.source.objective})"
        told = ", then ".join(phase.title for phase in self.phases)
        painted = STRATEGIES[self.strategy].facts.get("timed") and len(self.phases) > SAID
        return f"pretrained on {self.source.dataset}{made}", f"painted in {len(self.phases)} steps" if painted else told

    @property
    def amount(self) -> str:
        """How many labels of what it learns from, in words."""
        if self.labels_per_class is None:
            return f"all labels of {self.dataset}"
        plural = "label" if self.labels_per_class == 1 else "labels"
        return f"{self.labels_per_class} {plural} a class of {self.dataset}"
