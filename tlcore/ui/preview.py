"""What the net would really be given, before a run: the first images of its first batch, and below each what is made of it.

The engine draws it with the code that trains; meanwhile the page says so, and waits for nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import streamlit as st

from tlcore import jobs
from tlcore.augmentations import AUGMENTATIONS
from tlcore.charts import samples
from tlcore.datasets import Dataset, turning
from tlcore.engine import previews
from tlcore.objectives import OBJECTIVES
from tlcore.spec import RunSpec
from tlcore.ui import fetching, frame, hand, words
from tlcore.ui.picture import show_sheet
from tlcore.ui.shelf import prepared, rows_of, thumbnails

ROWS = 5  # rows of a table that the net is shown
SEEN = 24  # images of what the net is shown
LOOK = 0.7  # seconds between two looks at what is being drawn
GREY = 128  # of a place that waits for its image
AS_IS = "As it is"
NAMED = 8  # classes that are named one by one
BUSY = ("queued", "running")


def sees(spec: RunSpec | None) -> None:
    """What the objective shows to the net, and what it must make of it."""
    if spec is None:
        return
    st.markdown(f"**It sees {words.spoken(OBJECTIVES[spec.objective].facts['sees'], spec.dataset)}**")
    if (fetched := fetching.hint(spec.dataset)) and _data(spec) is None:  # who only looks has not asked for a download
        st.markdown(f"These images come when the run starts, or from the page [Data](data?set={spec.dataset}). {fetched}")
    elif previews.names(spec) and words.kind(spec.dataset) == "image":
        _views(spec)
        _declared(spec)
    else:
        _images(spec)


def _images(spec: RunSpec) -> None:
    """Images of the data as they are."""
    knobs = spec.settings("dataset")
    data = prepared(spec.dataset, knobs)
    if data is not None and "table" in data.facts:
        rows_of(data, ROWS, f"The first {ROWS} rows of {spec.dataset}.")
        return
    if data is not None:
        alt, names = f"{SEEN} images of {spec.dataset}.", bool(OBJECTIVES[spec.objective].facts.get("names"))
        thumbnails(data, "one of each", SEEN, "sees", alt, named=names, columns=12, rows=True)
        return
    _await(
        lambda: prepared(spec.dataset, knobs) is not None,
        lambda: jobs.preparation(spec.dataset, knobs),
        lambda: jobs.prepare_dataset(spec.dataset, knobs),
        words.spoken("These images are being drawn.", spec.dataset),
    )


def _views(spec: RunSpec) -> None:
    """The first images of the run's first batch, and what is made of them."""
    data = _data(spec)
    rows = jobs.preview(spec, data)
    if data is not None and rows is not None:
        show_sheet(samples.rows(rows, _names(spec)), _alt(spec, rows), "preview")
        st.caption(f"The first {rows.shape[1]} images of the run's first batch, as they will be given to the net.")
        return
    empty = np.full((len(_names(spec)), previews.SHOWN, 1, 1, 1), GREY, np.uint8)  # so that nothing moves when the images come
    show_sheet(samples.rows(empty, _names(spec)), "Room for images that are being drawn.", "preview")
    _await(
        lambda: jobs.preview(spec, _data(spec)) is not None,
        lambda: jobs.drawing(spec),
        lambda: jobs.draw_preview(spec),
        "What it will be given is being drawn.",
    )


def _data(spec: RunSpec) -> Dataset | None:
    return prepared(spec.dataset, spec.settings("dataset"))


def _names(spec: RunSpec) -> tuple[str, ...]:
    return (AS_IS, *(name.capitalize() for name in previews.names(spec)))


def _alt(spec: RunSpec, rows: np.ndarray) -> str:
    return f"{rows.shape[1]} images of {spec.dataset}, a row as they are; below them, a row each: {', '.join(previews.names(spec))}."


def _await(there: Callable[[], bool], asked: Callable[[], tuple[str, str | None] | None], ask: Callable[[], None], doing: str) -> None:
    """Ask the engine for something once nothing else waits, look whether it is there, and say how it goes.

    Who moves a slider asks for many things and wants the last: what is not asked for yet waits until the queue is empty.
    """
    state = jobs.engine_state()["state"]
    if state == "off":
        st.markdown("These images are made once, when the run starts.")
        return
    told = asked()
    if told is not None and told[0] == "failed":
        st.markdown(told[1])
        st.button("Try again", key="preview-again", on_click=hand.attempt, args=(ask,))
        return

    @frame.moving(LOOK, key="preview-waiting")
    def waiting() -> None:
        now = asked()
        if there() or (now is not None and now[0] == "failed"):
            st.rerun(scope="app")
        if (now is None or now[0] not in BUSY) and not jobs.waits():
            hand.attempt(ask)
        engine = jobs.engine_state()
        st.caption(doing if engine["state"] == "ready" else f"{doing} {engine['message']}")

    waiting()


def _declared(spec: RunSpec) -> None:
    """What each augmentation keeps, and what is lost on these data."""
    chosen = [AUGMENTATIONS[name] for name in spec.knobs.get("augmentations", ())]
    if chosen:
        st.markdown("\n".join(f"- **{each.title}.** {each.help} *Keeps {each.facts['keeps']}.*" for each in chosen))
    for said in (*_blurred(spec), *_turned(spec)):
        st.warning(said)


def _blurred(spec: RunSpec) -> list[str]:
    """A sentence where the classes are told by what an augmentation does not keep."""
    label = spec.knobs.get("label")
    lost = [name for name in spec.knobs.get("augmentations", ()) if label in AUGMENTATIONS[name].facts.get("blurs", ())]
    if not lost or not OBJECTIVES[spec.objective].facts["labels"]:
        return []
    titles = _listed([AUGMENTATIONS[name].title.lower() for name in lost])
    return [f"The classes are told by their {label}, which a view that is {titles} does not keep: leave that out, or name something else."]


def _turned(spec: RunSpec) -> list[str]:
    """A sentence where classes have no way up that could be found."""
    data = _data(spec)
    if spec.objective != "rotation" or data is None:
        return []
    same = _turnable(data.id, data)
    if not same:
        return []
    if len(same) == len(data.classes):
        return ["Its classes look much the same upside down: there is no way up to be found, so little can be learned from that here."]
    return [
        f"{len(same)} of {len(data.classes)} classes look much the same upside down: {_listed(same)}. Their shape does not tell their way up; "
        "what is told of them all the same comes from elsewhere, such as where they lie in their frame."
    ]


def _listed(names: Sequence[str]) -> str:
    """Names as a sentence has them; many are counted."""
    first, more = list(names[:NAMED]), len(names) - NAMED
    if more > 0:
        return f"{', '.join(first)} and {more} more"
    return " and ".join((", ".join(first[:-1]), first[-1])) if len(first) > 1 else first[0]


@st.cache_resource(max_entries=16, show_spinner=False)
def _turnable(data_id: str, _data: Dataset) -> tuple[str, ...]:
    return turning.turnable(_data)
