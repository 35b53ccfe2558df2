"""What one sees of a pretraining as of an epoch: what it redraws, the views it compares, where its images lie, what else it measures.

All of it is read from the store, where the run puts a glimpse of itself now and then.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from tlcore.backbones import EMBEDDING
from tlcore.charts import embedding, extras, samples
from tlcore.store import Run
from tlcore.ui import frame, words
from tlcore.ui.moving import moving, told
from tlcore.ui.picture import show_sheet
from tlcore.ui.shelf import prepared

KEPT = 12  # histories held in a visitor's session
HEIGHT = 300  # pixels of the two figures
TITLES = {"original": "What there is", "given": "What it is shown", "redrawn": "What it redraws"}
Rows = list[dict[str, Any]]


def watching(run: Run, epoch: int) -> None:
    """Pictures, the map of the embedding beside the curves, and a note where little of the embedding is used."""
    rows = history(run)
    seen = glimpse(run, epoch)
    if seen is not None:
        _pictures(run, *seen)
    if seen is None and not rows:
        return
    left, right = st.columns([2, 3], gap="medium")
    with left:
        if seen is not None:
            _map(run, *seen)
    with right:
        _curves(run, rows, seen[1] if seen else {})


def history(run: Run) -> Rows:
    """What was measured besides loss and accuracy, a row an epoch. A visitor's session remembers what it has seen."""
    kept: dict[str, tuple[int, bool, Rows]] = st.session_state.setdefault("_extras", {})
    last, whole, rows = kept.pop(run.id, (-1, False, []))
    if not whole:
        rows = rows + frame.store().extras(run.id, after=last)
    last = max(last, rows[-1]["epoch"]) if rows else last
    kept[run.id] = (last, run.state == "finished", rows)
    for oldest in list(kept)[:-KEPT]:
        del kept[oldest]
    return rows


def glimpse(run: Run, epoch: int) -> tuple[int, Mapping[str, Any]] | None:
    """The newest glimpse up to an epoch: its own epoch, and its arrays."""
    for at in reversed(frame.store().glimpses(run.id)):
        if at <= epoch:
            try:
                return at, _loaded(run.id, run.attempt, at)
            except LookupError:
                continue
    return None


@st.cache_resource(max_entries=128, show_spinner=False)
def _loaded(run_id: str, attempt: int, epoch: int) -> Mapping[str, Any]:
    arrays = frame.store().load_glimpse(run_id, epoch)
    if arrays is None:
        raise LookupError(epoch)
    return arrays


def _pictures(run: Run, at: int, seen: Mapping[str, Any]) -> None:
    """What it redraws, or the views that it compares."""
    if "redrawn" in seen:
        for name in (each for each in TITLES if each in seen):
            told = f" after epoch {at}" if name == "redrawn" else ""
            st.markdown(f"**{TITLES[name]}**{told}")
            alt = f"{TITLES[name]}{told}: {words.count(len(seen[name]), 'validation image')}."
            show_sheet(_sheet(run.id, run.attempt, at, name), alt, key=f"watch-{name}")
    elif "views" in seen:
        views = seen["views"]
        st.markdown(f"**What it is shown: {len(views)} views of each image**")
        alt = f"{len(views)} views of {words.count(len(views[0]), 'validation image')}, a row a view."
        show_sheet(_sheet(run.id, run.attempt, at, "views"), alt, key="watch-views")


@st.cache_resource(max_entries=256, show_spinner=False)
def _sheet(run_id: str, attempt: int, at: int, name: str) -> str:
    images = _loaded(run_id, attempt, at)[name]
    rows = images.reshape(-1, *images.shape[-3:])
    return samples.figure(rows, columns=images.shape[1] if name == "views" else 12, rows=True)


def _map(run: Run, at: int, seen: Mapping[str, Any]) -> None:
    st.markdown(f"**Where its {words.kind(run.dataset)}s lie** after epoch {at}")
    moving(_drawn(run.id, run.attempt, at, run.dataset, _names(run)), key="watch-map")


@st.cache_resource(max_entries=128, show_spinner=False)
def _drawn(run_id: str, attempt: int, at: int, dataset: str, names: tuple[str, ...]) -> str:
    seen = _loaded(run_id, attempt, at)
    named = {int(label): names[label] if label < len(names) else str(label) for label in set(seen["labels"].tolist())}
    figure = embedding.draw(seen["places"], seen["labels"], named, share=float(seen["share"]), height=HEIGHT)
    rows = words.examples(len(seen["labels"]), dataset, "validation")
    alt = f"{rows} in the plane in which their embedding spreads most, after epoch {at}."
    return told(figure, alt)


def _names(run: Run) -> tuple[str, ...]:
    data = prepared(run.dataset, run.spec.settings("dataset"))
    return data.classes if data is not None else ()


def _curves(run: Run, rows: Rows, seen: Mapping[str, Any]) -> None:
    """One group of curves, chosen among those of which something was measured."""
    groups = extras.groups(rows)
    if not groups:
        return
    key = f"measured-{run.id}"
    chosen = st.segmented_control(
        "What else is measured?", list(groups), format_func=lambda name: groups[name].label, key=key, default=next(iter(groups)), required=True,
        label_visibility="collapsed",
    )  # fmt: skip
    group = groups[str(chosen)]
    figure = extras.draw(rows, group, epochs=run.epochs, level=_level(str(chosen), seen), height=HEIGHT)
    moving(told(figure, f"{group.heading}, after each epoch, on validation {words.kind(run.dataset)}s."), key="watch-curves")
    if note := _note(run, str(chosen), rows):
        st.caption(note)


def _level(group: str, seen: Mapping[str, Any]) -> tuple[float, str] | None:
    """What the curves of a group are compared with."""
    if group == "probe" and "chance" in seen:
        return float(seen["chance"]), "always the commonest class"
    if group == "turns":
        return 0.25, "guessing"
    return (extras.QUARTER * EMBEDDING, f"a quarter of {EMBEDDING}") if group == "rank" else None


def _note(run: Run, group: str, rows: Rows) -> str:
    """What a number means, and when it is a warning."""
    ranks = [row["rank"] for row in rows if row.get("rank") is not None]
    if group == "rank" and ranks and ranks[-1] < extras.QUARTER * EMBEDDING:
        few = f"Its {EMBEDDING} units fill {ranks[-1]:.1f} dimensions"
        return f"{few}: below a quarter of them they say much the same. Where it comes to 1, the run ends."
    if group == "rank":
        return f"How many of {EMBEDDING} dimensions its embedding fills (RankMe)."
    if group == "probe":
        return (
            f"What the encoder is worth on {run.spec.probe} while it learns, tried on some of its validation {words.kind(run.spec.probe)}s."
        )
    if group == "views":
        return "Distance: 0 if two views of an image are the same to the net, 2 if it sees nothing in common. Crowding: 0 if all images are the same."
    return ""


def confusions(run: Run, epoch: int) -> tuple[int, dict[str, list[list[int]]]]:
    """What was taken for what, question by question, and after which epoch; nothing where the run answers no questions."""
    seen = glimpse(run, epoch)
    if seen is None:
        return epoch, {}
    return seen[0], {name.partition("/")[2]: matrix.tolist() for name, matrix in seen[1].items() if name.startswith("confusion/")}
