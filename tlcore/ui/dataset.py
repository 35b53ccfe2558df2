"""One data set: its images by class, its parts, where it comes from, and what a seed draws from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from tlcore import jobs
from tlcore.datasets import DATASETS, Dataset, downloads
from tlcore.registry import Entry, InputError
from tlcore.spec import BUDGET, LABELS
from tlcore.ui import fetching, forms, frame, hand, shelf, words
from tlcore.ui.shelf import prepared, thumbnails
from tlcore.ui.tables import download, frame_rows

ROWS = 20  # with more classes than this, one image of each is shown instead of a row
SHOWN = 5  # rows of a table
A_ROW = 10  # images of a class in its row
MOST = 200  # images of a draw on the screen


def dataset_view(name: str) -> None:
    """Everything about one data set."""
    entry = DATASETS[name]
    st.subheader(entry.title, anchor=False)
    st.markdown(entry.help)
    knobs = _knobs(entry)
    data = prepared(name, knobs)
    if data is None:
        _missing(entry, knobs)
        return
    left, right = st.columns([1.2, 1], gap="large")
    with left:
        _classes(data)
    with right:
        _parts(data)
        _origin(entry)
    _draw(data)
    _balance(data)


def _knobs(entry: Entry) -> Mapping[str, Any]:
    """The settings of a set that is drawn to order."""
    if not entry.knobs:
        return {}
    with st.expander("Draw it differently", key="data-knobs"):
        return {knob.name: forms.knob(knob, key=f"{entry.name}_{knob.name}") for knob in entry.knobs}


def _missing(entry: Entry, knobs: Mapping[str, Any]) -> None:
    """What can be done about a set that is not there; looks again every second once it was asked for."""
    hand.problem()
    state, error = jobs.preparation(entry.name, dict(knobs)) or (None, None)
    if state not in ("queued", "running"):
        size = downloads.to_fetch(entry.name)
        if error:
            st.error(error)
        st.markdown(f"This set is not prepared on this machine yet. {fetching.hint(entry.name) or 'It takes a few seconds, once.'}")
        _origin(entry)
        st.button(
            f"Download it, {words.size(size)}" if size else "Prepare it",
            type="primary",
            key="data-prepare",
            on_click=hand.attempt,
            args=(jobs.prepare_dataset, entry.name, dict(knobs)),
        )
        return

    @frame.moving(1.0, key="data-waiting")
    def waiting() -> None:
        asked = jobs.preparation(entry.name, dict(knobs))
        if asked is None or asked[0] not in ("queued", "running"):
            st.rerun(scope="app")
        engine = jobs.engine_state()
        if not fetching.bar(entry.name):
            st.markdown("Being prepared." if engine["state"] == "ready" else engine["message"])

    waiting()


def _classes(data: Dataset) -> None:
    count = len(data.classes)
    st.markdown("**What is in it?**")
    if "table" in data.facts:
        shelf.rows_of(data, SHOWN, f"The first {SHOWN} rows that can be learned from.")
        st.caption("Each column is kept in 256 steps of a declared range, so a value may be half a step off.")
        return
    if count > ROWS:
        alt = f"One image of each of {count} classes."
        thumbnails(data, "one of each", count, "data-classes", alt, named=True, columns=12, size=32)
    else:
        alt = f"{A_ROW} images of each class, a class a row: {', '.join(data.classes)}."
        thumbnails(data, "some of each", A_ROW, "data-classes", alt, columns=A_ROW, rows=True)


def _parts(data: Dataset) -> None:
    st.markdown("**Which part is for what?**")
    uses = {
        "train": ("Pool", "each seed draws its labels here"),
        "validation": ("Validation", "draws the curves, teaches nothing"),
        "test": ("Test", "opened once, when a run ends"),
    }
    lines = [f"| {uses[name][0]} | {data.sizes[name]:,} | {uses[name][1]} |" for name in uses]
    what = f"{words.kind(data.name)}s"
    st.markdown("\n".join([f"| Part | {what.capitalize()} | Used for |", "|:--|--:|:--|", *lines]))
    st.markdown(f"The parts are fixed: the same {what} for every run and every seed, each class cut by the same shares.")


def _origin(entry: Entry) -> None:
    facts = entry.facts
    st.markdown("**Where is it from?**")
    st.markdown(f"{facts['source']}.\n\nLicence: [{facts['licence']}]({facts['licence_url']}).")


def _draw(data: Dataset) -> None:
    """The exact images that a run with these labels and this seed learns from."""
    import numpy as np

    from tlcore.charts import samples

    st.subheader("What does a seed draw?", anchor=False)
    left, right = st.columns([1, 3], gap="large")
    with left:
        least = min(shelf.balance(data)["train"].values())
        labels = forms.knob(LABELS, key="labels", default=min(5, least), maximum=least)
        seed = forms.knob(BUDGET["seed"], key="seed")
    with right:
        try:
            drawn = data.draw(labels, seed)
        except InputError as refusal:
            st.error(str(refusal))
            return
        truth = np.asarray(data.train.labels)[drawn]
        drawn = drawn[np.argsort(truth, kind="stable")]
        first = "" if len(drawn) <= MOST or "table" in data.facts else f" The first {MOST} of them:"
        st.markdown(
            f"A run with {words.labels(labels)} and seed {seed} learns from these {words.examples(len(drawn), data.name)}, and no others.{first}"
        )
        alt = f"The training images that seed {seed} draws, {words.labels(labels)}, in the order of their classes."
        if "table" not in data.facts:
            shelf.chosen(data, drawn[:MOST].tolist(), "data-draw", alt, columns=_columns(labels), rows=True)
        named, name = np.sort(truth), f"{data.name}-{labels}-labels-seed-{seed}"
        download(lambda: frame_rows(samples.table(named, data.classes, drawn.tolist())), name, key="data-draw-file")


def _columns(labels: int) -> int:
    """Images in a line: whole classes where they are small, else ten."""
    return labels * (A_ROW // labels) if labels <= A_ROW else A_ROW


def _balance(data: Dataset) -> None:
    from tlcore.charts import balance
    from tlcore.ui.chart import chart, kept

    st.subheader("Is every class there equally often?", anchor=False)
    counts = shelf.balance(data)
    st.markdown(balance.words(counts))
    figure = kept(f"balance-{data.id}", lambda theme: balance.figure(balance.table(counts), theme))
    chart(figure, key="data-balance", alt="Images of each class in each part.")
    download(lambda: frame_rows(balance.table(counts)), f"{data.name}-balance", key="data-balance-file")
