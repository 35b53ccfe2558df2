"""A few runs beside each other: only what sets them apart, their curves in one picture, their matrices in a row."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import streamlit as st

from tlcore.spec import RunSpec
from tlcore.store import Run
from tlcore.ui import cards, forms, frame, progress, words
from tlcore.ui.result import cells, confusion_view
from tlcore.ui.run import CURVES, PULSE, WHICH
from tlcore.ui.settings import settings
from tlcore.ui.tables import download, state_of

KEY = "runs"
CHOICE = "compare-runs"
MOST = 8
OFFERED = 200  # newest runs among which one chooses


def chosen() -> list[Run]:
    """The runs of the address as chips that can be taken away and added to."""
    store = frame.store()
    offered = {run.id: run for run in store.runs(limit=OFFERED) if run.state != "failed"}
    asked = [each for each in dict.fromkeys(st.query_params.get(KEY, "").split(",")) if each]
    found = {each: run for each in asked[:MOST] if (run := offered.get(each) or store.run(each))}
    _unknown(asked, found)
    if not offered and not found:
        return []
    offered |= found
    if st.session_state.get(f"{CHOICE}-seen") != st.query_params.get(KEY):
        st.session_state[CHOICE] = list(found)
    st.session_state[f"{CHOICE}-seen"] = st.query_params.get(KEY)
    picked = st.multiselect(
        "Which runs?", list(offered), format_func=lambda each: _chip(offered[each]), key=CHOICE, max_selections=MOST, on_change=_depart,
        placeholder="Choose two or more",
    )  # fmt: skip
    return [offered[each] for each in picked]


def comparison(runs: Sequence[Run]) -> None:
    """The whole comparison, or what to do when there is nothing to compare."""
    if not runs and not frame.store().runs(limit=1):
        cards.nothing_yet(key="compare-none")
        return
    if not runs:
        said = "Two or more runs, side by side. Tick them in the list, or choose them above."
        cards.empty(said, "Look at every run", "pages/runs.py", key="compare-none")
        return
    if len(runs) == 1:
        st.markdown("This is one run alone: choose another one to set beside it.")
    _settings(runs)
    _curves(runs)
    _matrices(runs)


def _unknown(asked: Sequence[str], found: dict[str, Run]) -> None:
    gone = len(asked[:MOST]) - len(found)
    if gone:
        st.warning(f"{words.count(gone, 'run')} of this link {'is' if gone == 1 else 'are'} not here: deleted, or the link is not whole.")
    if len(asked) > MOST:
        st.warning(f"The link names {len(asked)} runs: the first {MOST} of them are shown.")


def _depart() -> None:
    text = ",".join(st.session_state[CHOICE])
    st.session_state[f"{CHOICE}-seen"] = text or None
    if text:
        st.query_params[KEY] = text
    else:
        st.query_params.pop(KEY, None)


def _chip(run: Run) -> str:
    return f"{run.number}: {words.short(run.spec)}, {words.target(run.spec)}, seed {run.spec.seed}"


def differences(runs: Sequence[Run]) -> dict[str, list[str]]:
    """Setting -> its value in each run, for the settings that are not the same in all."""
    every = [settings(run.spec) for run in runs]
    names = dict.fromkeys(name for each in every for name in each)
    rows = {name: [each.get(name, "–") for each in every] for name in names}
    return {name: values for name, values in rows.items() if len(set(values)) > 1}


def names(runs: Sequence[Run]) -> list[str]:
    """A name for each run from the one or two things that set it apart, without the seed: runs alike in all else share a name."""
    sources = {words.made(run.spec.source) for run in runs if run.spec.source}
    every = [_features(run.spec, said=len(sources) > 1) for run in runs]
    unlike = len({tuple(each.items()) for each in every})
    if unlike == 1:
        return [words.short(run.spec) for run in runs]
    shared = [name for name in every[0] if all(name in each for each in every)]
    for chosen in (*itertools.combinations(shared, 1), *itertools.combinations(shared, 2)):
        found = [", ".join(_said(name, each[name]) for name in chosen) for each in every]
        if len(set(found)) == unlike:
            return found
    return [f"Run {run.number}" for run in runs]


def _features(spec: RunSpec, said: bool) -> dict[str, str]:
    """What may set runs apart, the strategy first, with the source's data where ``said``."""
    known = settings(spec)
    for name in ("Kind", "Seed", "Strategy", "Source", "Frozen blocks", "Image"):
        known.pop(name, None)
    return {"": words.short(spec) if said or spec.kind == "pretrain" else words.does(spec), **known}


def _said(name: str, value: str) -> str:
    return f"{name.lower()} {value}".strip()


def _settings(runs: Sequence[Run]) -> None:
    st.subheader("What sets them apart?", anchor=False)
    rows = {"State": [state_of(run)[0] for run in runs]} if any(run.state != "finished" for run in runs) else {}
    rows |= {"Test accuracy": [words.percent(run.accuracy) for run in runs]} | differences(runs)
    lines = [f"| {name} | {' | '.join(_cell(value) for value in values)} |" for name, values in rows.items()]
    head = f"| | {' | '.join(f'[Run {run.number}](runs?run={run.id})' for run in runs)} |"
    st.markdown("\n".join([head, "|:--" * (len(runs) + 1) + "|", *lines]))
    if len(runs) > 1 and len(rows) == 1 + ("State" in rows):
        st.markdown("Nothing: these runs have the same settings.")
    table = [
        {"setting": name, **{f"run {run.number}": value for run, value in zip(runs, values, strict=True)}} for name, values in rows.items()
    ]
    download(table, "comparison", key="compare-file")


def _cell(value: str) -> str:
    return value.replace("|", "\\|").replace("\n", " ")


def _curves(runs: Sequence[Run]) -> None:
    st.subheader("How did they learn?", anchor=False)
    metric = forms.choice(WHICH, CURVES, key="curve", default="accuracy", widget="segments")
    live = any(run.live for run in runs)

    @frame.moving(PULSE if live else None, key="compare-live")
    def moving() -> None:
        now = [frame.store().run(run.id) or run for run in runs] if live else runs
        if [run.state for run in now] != [run.state for run in runs]:
            st.rerun(scope="app")
        _draw(now, metric)

    moving()


def _draw(runs: Sequence[Run], metric: str) -> None:
    from tlcore.charts import colours, curves
    from tlcore.ui.live import live_chart

    series = []
    for run, name in zip(runs, names(runs), strict=True):
        role = colours.role("pretrain" if run.kind == "pretrain" else run.strategy)
        share = run.spec.phases[0].prefix / len(run.spec.blocks) if run.strategy == "freeze" else None
        series.append(curves.Series(name, progress.history(run), role, run.spec.seed, share))
    alt = f"{CURVES[metric]} after each epoch of {words.count(len(runs), 'run')}."
    same = "" if any(run.state != "finished" for run in runs) else " ".join(run.id for run in runs)
    live_chart(series, "compare-curves", alt, metric, max(run.epochs for run in runs), same=same)


def _matrices(runs: Sequence[Run]) -> None:
    """The confusion matrices, two in a row so that the counts can be read."""
    shown: list[tuple[Run, dict[str, Any]]] = [(run, run.result) for run in runs if run.result and run.result.get("confusion")]
    if not shown:
        return
    st.subheader("What do they mix up?", anchor=False)
    inside = cells()
    for start in range(0, len(shown), 2):
        for column, (run, result) in zip(st.columns(2, gap="large"), shown[start : start + 2], strict=False):
            with column:
                st.markdown(f"**Run {run.number}**, {words.percent(run.accuracy)}")
                confusion_view(result, f"run-{run.number}", inside, run.id)
