"""Expected times in words, at the pace at which this machine has lately worked on runs of that kind.

What lies in the store counts nothing. While nothing like it was ever run here, or the last such runs took very different
times, a range is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import streamlit as st

from tlcore import folder, jobs
from tlcore.spec import RunSpec
from tlcore.store import Run
from tlcore.studies import Study
from tlcore.ui import expect, frame, words
from tlcore.ui.units import joined

LOOKED_AT = 60  # newest finished runs of each kind
ALIKE = 9  # newest runs of one kind, net and objective that tell its pace
ENOUGH = 3  # so many of them tell it without a margin
SLOWEST = 20.0  # times slower than expected; beyond that something else was the matter
UNSEEN = (0.7, 3.5)  # of what is expected, on a machine that nobody knows yet
MARGIN = 1.25  # where only one or two runs tell
BORROWED = 1.6  # where only runs of another net or objective tell
CLOSE = 1.6  # a range that is narrower is one number

Pace = tuple[float, float]  # times slower than expected, at best and at worst


def of_run(spec: RunSpec) -> str:
    """How long a run takes, with its source where that is not trained yet."""
    asked = expect.run_parts(spec)
    return _said(asked, frame.store().finished(key for key in asked if key != spec.key))


def of_study(study: Study) -> str:
    """How long a study takes, without what is in the store already."""
    asked = expect.parts(study)
    return _said(asked, frame.store().finished(asked))


def of_more(plain: str, seeds: int) -> str:
    """How long it takes to repeat a study, given as JSON, with more seeds."""
    asked = expect.more(plain, seeds)
    return _said(asked, frame.store().finished(asked))


def _said(asked: Mapping[str, expect.Part], done: frozenset[str]) -> str:
    """The time of what is left to do; a source is only trained for a run that waits for it."""
    paces = _paces(str(folder.home()))
    left = {key: part for key, part in asked.items() if key not in done}
    needed = {part.source for part in left.values()}
    work: dict[expect.Kindred, float] = {}
    for key, part in left.items():
        if part.kindred[0] == "finetune" or key in needed or len(asked) == 1:
            work[part.kindred] = work.get(part.kindred, 0.0) + part.seconds
    return _spanned(work, paces)


def left(runs: Iterable[Run]) -> str:
    """How long runs that wait or train still take."""
    work: dict[expect.Kindred, float] = {}
    for run in runs:
        if run.live:
            kindred = expect.kindred(run.spec)
            work[kindred] = work.get(kindred, 0.0) + expect.seconds(run.spec) * (1 - run.epoch / max(run.epochs, 1))
    return _spanned(work, _paces(str(folder.home())))


def _spanned(work: Mapping[expect.Kindred, float], paces: Mapping[expect.Kindred, Sequence[float]]) -> str:
    both = [(seconds, *pace_of(kindred, paces)) for kindred, seconds in work.items()]
    return span(sum(seconds * best for seconds, best, _ in both), sum(seconds * worst for seconds, _, worst in both))


def span(low: float, high: float) -> str:
    """A time that is only expected, or a range where that would promise too much.

    >>> [span(*each).replace("\\xa0", " ") for each in ((6, 8), (30, 150), (60, 190), (0, 0))]
    ['about 7 s', 'about 30 s to 2 min', 'about 1 to 3 min', 'about 1 s']
    """
    first, last = words.about(low), words.about(high).removeprefix("about ")
    if high <= CLOSE * low or first.removeprefix("about ") == last:
        return joined(words.about((low * high) ** 0.5))
    shared = " " + last.split(" ")[-1]
    return joined(f"{first.removesuffix(shared)} to {last}")


def pace_of(kindred: expect.Kindred, paces: Mapping[expect.Kindred, Sequence[float]]) -> Pace:
    """The pace of runs alike, else of runs of that kind, else of any."""
    others = {each: ratios for each, ratios in paces.items() if each[0] == kindred[0]} or paces
    alike = paces.get(kindred)
    seen = sorted(alike or [ratio for ratios in others.values() for ratio in ratios])
    if not seen:
        return UNSEEN
    edge = len(seen) // 4
    margin = BORROWED if not alike else MARGIN if len(seen) < ENOUGH else 1.0
    return seen[edge] / margin, seen[-1 - edge] * margin


@st.cache_data(ttl=15, max_entries=4, show_spinner=False)
def _paces(home: str) -> dict[expect.Kindred, list[float]]:
    """How many times longer than expected the newest runs of each kind, net and objective took."""
    found: dict[expect.Kindred, list[float]] = {}
    for kind in ("pretrain", "finetune"):
        for run in jobs.store().runs(limit=LOOKED_AT, state="finished", kind=kind):
            ratios = found.setdefault((run.kind, run.objective, run.backbone), [])
            if run.seconds and len(ratios) < ALIKE:
                ratios.append(min(SLOWEST, max(1 / SLOWEST, run.seconds / expect.seconds(run.spec))))
    return {each: ratios for each, ratios in found.items() if ratios}
