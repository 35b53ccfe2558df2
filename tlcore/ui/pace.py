"""Expected times in words, at the pace at which this machine has worked so far."""

from __future__ import annotations

import streamlit as st

from tlcore import folder, jobs
from tlcore.spec import RunSpec
from tlcore.studies import Study
from tlcore.ui import expect, words

LOOKED_AT = 30  # newest finished runs, and newest sources
SLOWEST = 20.0  # times slower than expected; beyond that something else was the matter


def of_run(spec: RunSpec) -> str:
    """How long a run takes, with its source where that is not trained yet."""
    pace, ready = _seen(str(folder.home()))
    source = spec.source if spec.source is not None and spec.source.key not in ready else None
    return words.about(pace * (expect.seconds(spec) + (expect.seconds(source) if source else 0.0)))


def of_study(study: Study) -> str:
    """How long a study takes, without the sources that are trained already."""
    pace, ready = _seen(str(folder.home()))
    return words.about(pace * expect.study_seconds(study, ready))


def of_more(plain: str, seeds: int) -> str:
    """How long it takes to repeat a study, given as JSON, with more seeds."""
    return words.about(_seen(str(folder.home()))[0] * expect.more_seconds(plain, seeds))


@st.cache_data(ttl=15, max_entries=4, show_spinner=False)
def _seen(home: str) -> tuple[float, frozenset[str]]:
    """How many times longer than expected the newest runs took, and the keys of the newest sources."""
    store = jobs.store()
    done = [run for run in store.runs(limit=LOOKED_AT, state="finished") if run.seconds]
    sources = store.runs(limit=LOOKED_AT, state="finished", kind="pretrain")
    took, expected = sum(run.seconds or 0.0 for run in done), sum(expect.seconds(run.spec) for run in done)
    pace = min(SLOWEST, max(1 / SLOWEST, took / expected)) if done else 1.0
    return pace, frozenset(run.key for run in sources)
