"""Painting by hand what learns when: a grid of blocks and epochs, its brush, its presets and its one way back.

The painting is the text of the strategy's field ``paint``, which lives in the address; the grid is only another way to write it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from tlcore.charts.strip import GLYPHS
from tlcore.registry import InputError
from tlcore.strategies import STRATEGIES
from tlcore.strategies.timeline import Columns, columns_of, painted
from tlcore.ui.presets import preset

STRATEGY = "timeline"
PAINT, STATISTICS = "paint", "statistics"  # the strategy's fields, in the address
CANVAS, BRUSH, START = "painting", "brush", "painting-start"  # fields of the canvas, not in the address
HEARD = "_heard"  # in the session: the last stroke that was taken
PAST = "_past"  # in the session: what was painted before, the last being what is painted now
BEGUN = "_begun"  # in the session: what the preset that is named has painted
REFUSED = "_refused"  # in the session: why the last stroke was not taken
BRUSHES = {"0": ":material/ac_unit: Frozen", "s": ":material/mode_heat: Slow", "1": ":material/local_fire_department: Full"}
MEANING = "Frozen keeps what the source learned; slow is a tenth of the learning rate, full is all of it."
STEPS_BACK = 100
ANCHOR = "painting"  # a form that stands above the canvas leads to it

HERE = Path(__file__).parent
HTML = (
    "<div class='painting'><div class='sheet' role='grid'></div>"
    "<p class='line'></p><span class='live' role='status' aria-live='polite'></span></div>"
)
_canvas = st.components.v2.component(
    "tlcore_painting",
    html=HTML,
    css=HERE.joinpath("painting.css").read_text("utf-8"),
    js=HERE.joinpath("painting.js").read_text("utf-8"),
)


def painter(blocks: Sequence[tuple[str, int]], given: Mapping[str, Any], strategies: Iterable[str]) -> bool:
    """Draw the canvas of a run; whether what is painted can be run. given: its settings. strategies: those that one can start from."""
    count, epochs, paint = len(blocks), given["epochs"], given[PAINT]
    _remember((paint, given[STATISTICS]))
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.subheader("What learns when?", anchor=ANCHOR, width="content")
        st.button("Undo", key="painting-undo", icon=":material/undo:", disabled=len(st.session_state[PAST]) < 2, on_click=_undo)
    columns, refusal = _read(paint, count, epochs)
    if refusal:
        st.error(refusal)
        _ways_out(paint, count, epochs)
    _tools(count, epochs, paint, [each for each in strategies if each != STRATEGY])
    if reason := st.session_state.pop(REFUSED, ""):
        st.warning(f"{reason} The last stroke was taken back.")
    _draw(blocks, columns)
    return not refusal


def _read(paint: str, blocks: int, epochs: int) -> tuple[Columns, str]:
    """What the canvas shows, and why it cannot be run: too long a painting is cut on the screen, any other is not shown."""
    try:
        return _fitting(paint, blocks, epochs), ""
    except InputError as refusal:
        whole = _too_long(paint, blocks, epochs)
        return whole[:epochs] or columns_of("", blocks, epochs), str(refusal)


def _fitting(paint: str, blocks: int, epochs: int) -> Columns:
    """The columns of a text; InputError where the strategy would not take it."""
    knob = next(each for each in STRATEGIES[STRATEGY].knobs if each.name == PAINT)
    return columns_of(knob.check(paint), blocks, epochs)


def _too_long(paint: str, blocks: int, epochs: int) -> Columns:
    """All columns of a painting that has more than the run has epochs; none of another."""
    length = sum(int(number) for number in re.findall(r"(\d{1,4})x", paint))
    try:
        return _fitting(paint, blocks, length) if length > epochs else ()
    except InputError:
        return ()


def _ways_out(paint: str, blocks: int, epochs: int) -> None:
    """Buttons below a refusal; nothing that was painted is lost without one of them, and Undo brings it back."""
    whole = _too_long(paint, blocks, epochs)
    with st.container(horizontal=True, gap="small"):
        if whole:
            cut, squeezed = painted(whole[:epochs]), painted(whole[place * len(whole) // epochs] for place in range(epochs))
            st.button(f"Cut it to {epochs} epochs", key="painting-cut", on_click=_set, args=(cut,))
            st.button(f"Squeeze it into {epochs} epochs", key="painting-squeeze", on_click=_set, args=(squeezed,))
        else:
            st.button("Start anew", key="painting-anew", on_click=_set, args=("",))


def _tools(blocks: int, epochs: int, paint: str, strategies: Sequence[str]) -> None:
    """What to start from, and the brush."""
    state = st.session_state
    if state.get(BEGUN) != (state.get(START), paint, blocks, epochs):
        state[START] = None  # it is not the preset any more
    state.setdefault(BRUSH, "1")
    labels = {each: str(STRATEGIES[each].facts["label"]) for each in strategies}
    with st.container(horizontal=True, gap="medium", key="painting-tools"):
        st.selectbox(
            "Start from",
            list(labels),
            index=None,
            format_func=labels.get,
            placeholder="Choose a strategy",
            key=START,
            on_change=_begin,
            args=(blocks, epochs),
            width=210,
        )
        st.segmented_control("Brush", list(BRUSHES), format_func=BRUSHES.get, key=BRUSH, required=True, width="content")
    st.caption(preset(state[START], blocks, epochs).told if state[START] else MEANING)


def _draw(blocks: Sequence[tuple[str, int]], columns: Columns) -> None:
    data = {
        "text": painted(columns),
        "blocks": [*([f"Block {place}", name] for place, (name, _) in enumerate(blocks, start=1)), ["Head", "new"]],
        "brush": st.session_state[BRUSH],
        "heard": st.session_state.get(HEARD, 0),
        "ice": GLYPHS["ice"],
        "ember": GLYPHS["ember"],
    }
    size = (len(blocks), len(columns))
    _canvas(data=json.dumps(data), key=CANVAS, on_stroke_change=lambda: _take(*size))


# --- before the page is drawn: the fields are written, and with them the address ---


def _take(blocks: int, epochs: int) -> None:
    """A stroke that the browser reports: the whole painting, or that the last one is to be undone."""
    stroke = st.session_state[CANVAS].get("stroke")
    if not isinstance(stroke, dict):
        return
    st.session_state[HEARD] = stroke.get("serial", 0)
    if str(stroke.get("brush")) in BRUSHES:
        st.session_state[BRUSH] = stroke["brush"]
    if stroke.get("undo"):
        _undo()
        return
    try:
        _set(painted(_fitting(stroke.get("text", ""), blocks, epochs)))
    except InputError as refusal:
        st.session_state[REFUSED] = str(refusal)


def _begin(blocks: int, epochs: int) -> None:
    """Paint the strategy that was chosen."""
    if name := st.session_state[START]:
        begun = preset(name, blocks, epochs)
        _set(begun.text, begun.statistics)
        st.session_state[BEGUN] = (name, begun.text, blocks, epochs)


def _set(paint: str, statistics: bool | None = None) -> None:
    st.session_state[PAINT] = paint
    if statistics is not None:
        st.session_state[STATISTICS] = statistics


def _remember(now: tuple[str, bool]) -> None:
    """Whichever way the painting was changed, it is one step of the way back."""
    past = st.session_state.setdefault(PAST, [])
    if not past or past[-1] != now:
        past.append(now)
        del past[:-STEPS_BACK]


def _undo() -> None:
    past = st.session_state.get(PAST, [])
    if len(past) > 1:
        past.pop()
        _set(*past[-1])
