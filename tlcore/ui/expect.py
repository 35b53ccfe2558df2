"""What a run will take, roughly: said before the start, replaced by what it really took."""

from __future__ import annotations

import json
from collections.abc import Container
from dataclasses import dataclass
from functools import lru_cache

from tlcore.datasets import DATASETS
from tlcore.objectives import OBJECTIVES
from tlcore.spec import RunSpec
from tlcore.strategies import spread
from tlcore.studies import Study

START = 0.9  # seconds to build a net, trace its graph and open the test images
LEARN = 4e-4  # seconds for one image to be learned from, both passes, at 28 x 28 through cnn-small
LOOK = 1e-4  # seconds for one image to be looked at only
STEP = 1e-3  # seconds for one batch, whatever is in it
REDRAWN = 2.5  # times the work of naming classes: the image has to come out again
VIEW = 0.6  # one further view of each image, in the time of naming it
SMALL = 93_000  # parameters of cnn-small
USUAL = 11_000  # images in train where a data set's size depends on its knobs
REMEMBERED = 64  # studies
WATCHED = 1000  # images of the source task, of which each epoch looks at as many as there are
PART = 0.1  # share that validation has

Kindred = tuple[str, str, str]  # kind, objective, net: runs alike in these keep one pace on one machine
_known: dict[str, dict[str, Part]] = {}


@dataclass(frozen=True)
class Part:
    """One run of what is asked for: its expected seconds, and the key of its source."""

    kindred: Kindred
    seconds: float
    source: str | None


def kindred(spec: RunSpec) -> Kindred:
    """Which other runs tell how fast this one will be."""
    return (spec.kind, spec.objective, spec.backbone)


def seconds(spec: RunSpec) -> float:
    """Expected seconds of one run, its source not counted."""
    height, width, _ = spec.image
    large = sum(size for _, size in spec.blocks) / SMALL * (height * width / 784)
    images, watched = _images(spec)
    work = 0.0
    for phase, first, last in spread(spec.phases, spec.epochs):
        moving = sum(1 for factor in phase.factors if factor) / len(phase.factors)
        each = images * (LEARN + STEP / spec.batch_size) + watched * LOOK + (WATCHED * LOOK if spec.watch_source else 0.0)
        work += (last - first) * each * (0.02 + 0.98 * moving)
    return START + work * max(large, 0.05) * _effort(spec)


def _effort(spec: RunSpec) -> float:
    """How much longer an image takes than to name it: drawing it, or each further view."""
    facts = OBJECTIVES[spec.objective].facts
    return REDRAWN if facts.get("draws") else 1.0 + VIEW * (facts.get("views", 1) - 1)


def study_seconds(study: Study, done: Container[str] = ()) -> float:
    """Expected seconds of a study: every run once, the sources too, those whose key is in ``done`` not again."""
    return sum(part.seconds for key, part in parts(study).items() if key not in done)


def more_seconds(plain: str, seeds: int) -> float:
    """Expected seconds of a study, as JSON, when it is repeated with more seeds and keeps the runs it has."""
    return sum(part.seconds for part in more(plain, seeds).values())


@lru_cache(maxsize=64)
def more(plain: str, seeds: int) -> dict[str, Part]:
    """The runs, by key, that a study, as JSON, gains when it is repeated with more seeds."""
    asked = json.loads(plain)
    had = parts(Study.from_plain(asked))
    return {key: part for key, part in parts(Study.from_plain(asked | {"seeds": seeds})).items() if key not in had}


def parts(study: Study) -> dict[str, Part]:
    """Each run of a study and of its sources, by key; the last few studies are remembered."""
    if study.key not in _known:
        while len(_known) >= REMEMBERED:
            _known.pop(next(iter(_known)), None)
        _known[study.key] = {key: part for member in study.members for key, part in run_parts(member.spec).items()}
    return _known[study.key]


def run_parts(spec: RunSpec) -> dict[str, Part]:
    """A run and its source, by key."""
    source = run_parts(spec.source) if spec.source is not None else {}
    return source | {spec.key: Part(kindred(spec), seconds(spec), spec.source.key if spec.source is not None else None)}


def _images(spec: RunSpec) -> tuple[float, float]:
    facts = DATASETS[spec.dataset].facts
    classes = facts.get("classes")
    total = facts.get("examples") or (classes and spec.knobs.get("per_class", 0) * classes)
    pool = total * (1 - PART - 0.3) if total else USUAL
    if spec.labels_per_class is not None:
        return spec.labels_per_class * (classes or 180), total * PART if total else USUAL / 7
    return pool, total * PART if total else USUAL / 7
