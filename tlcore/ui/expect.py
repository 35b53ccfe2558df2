"""What a run will take, roughly: said before the start, replaced by what it really took."""

from __future__ import annotations

import json
from collections.abc import Container
from functools import lru_cache

from tlcore.datasets import DATASETS
from tlcore.spec import RunSpec
from tlcore.strategies import spread
from tlcore.studies import Study

START = 0.9  # seconds to build a net, trace its graph and open the test images
LEARN = 4e-4  # seconds for one image to be learned from, both passes, at 28 x 28 through cnn-small
LOOK = 1e-4  # seconds for one image to be looked at only
STEP = 1e-3  # seconds for one batch, whatever is in it
SMALL = 93_000  # parameters of cnn-small
USUAL = 11_000  # images in train where a data set's size depends on its knobs
REMEMBERED = 64  # studies
PART = 0.1  # share that validation has

_known: dict[str, dict[str, float]] = {}


def seconds(spec: RunSpec) -> float:
    """Expected seconds of one run, its source not counted."""
    height, width, _ = spec.image
    large = sum(size for _, size in spec.blocks) / SMALL * (height * width / 784)
    images, watched = _images(spec)
    work = 0.0
    for phase, first, last in spread(spec.phases, spec.epochs):
        moving = sum(1 for factor in phase.factors if factor) / len(phase.factors)
        each = images * (LEARN + STEP / spec.batch_size) + watched * LOOK
        work += (last - first) * each * (0.02 + 0.98 * moving)
    return START + work * max(large, 0.05)


def study_seconds(study: Study, done: Container[str] = ()) -> float:
    """Expected seconds of a study: every run once, the sources too, those whose key is in ``done`` not again."""
    return sum(value for key, value in _all(study).items() if key not in done)


@lru_cache(maxsize=64)
def more_seconds(plain: str, seeds: int) -> float:
    """Expected seconds of a study, as JSON, when it is repeated with more seeds and keeps the runs it has."""
    asked = json.loads(plain)
    had = _all(Study.from_plain(asked))
    return sum(value for key, value in _all(Study.from_plain(asked | {"seeds": seeds})).items() if key not in had)


def _all(study: Study) -> dict[str, float]:
    """Expected seconds of each run of a study and of its sources, by key; the last few studies are remembered."""
    if study.key not in _known:
        specs = {spec.key: spec for member in study.members for spec in (member.spec, member.spec.source) if spec is not None}
        while len(_known) >= REMEMBERED:
            _known.pop(next(iter(_known)), None)
        _known[study.key] = {key: seconds(spec) for key, spec in specs.items()}
    return _known[study.key]


def _images(spec: RunSpec) -> tuple[float, float]:
    facts = DATASETS[spec.dataset].facts
    total, classes = facts.get("examples"), facts.get("classes")
    pool = total * (1 - PART - 0.3) if total else USUAL
    if spec.labels_per_class is not None:
        return spec.labels_per_class * (classes or 180), total * PART if total else USUAL / 7
    return pool, total * PART if total else USUAL / 7
