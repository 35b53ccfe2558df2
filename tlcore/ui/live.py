"""The live chart: learning curves that move without losing the visitor's zoom or hidden series, with a playhead on them.

One components-v2 component around Plotly's basic bundle, which the app serves itself. ``st.plotly_chart`` would be built
anew at every update.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypedDict

import streamlit as st

from tlcore.charts import colours, curves
from tlcore.charts import timeline as rows
from tlcore.charts.flags import Flag
from tlcore.ui import escape, live_script, playhead

SCRIPT = live_script.LOAD + live_script.DRAW + escape.SCRIPT + playhead.SCRIPT + live_script.SCRIPT
HTML = live_script.HTML
STYLE = live_script.STYLE + playhead.STYLE

_live = st.components.v2.component("tlcore_live", html=HTML, css=STYLE, js=SCRIPT, isolate_styles=False)

Replay = TypedDict("Replay", {"on": bool, "speed": float, "from": float, "name": str})


class Moved(NamedTuple):
    """What the visitor did with the chart since the last rerun.

    playhead: the epoch to which it was moved, by hand or by keys. done: a replay has come to its end.
    """

    playhead: int | None
    done: bool


def live_chart(
    series: Sequence[curves.Series],
    key: str,
    alt: str,
    metric: str = "accuracy",
    epochs: int | None = None,
    height: int = 340,
    same: str = "",
    timeline: Sequence[rows.Segment] = (),
    flags: Sequence[Flag] = (),
    playhead: float | None = None,
    replay: Replay | None = None,
    on_playhead_change: Callable[[], None] | None = None,
    on_done_change: Callable[[], None] | None = None,
) -> Moved:
    """Draw or update learning curves; a chart with the same key keeps its place, zoom and hidden series.

    series, timeline, flags: as for ``tlcore.charts.curves``; no series yet gives an empty chart that says what will appear.
    epochs: where the axis ends, so that nothing moves but the curves. height: of the curves, without what stands above them.
    same: a name for exactly these series, timeline and flags once they cannot change any more.
    playhead: the epoch as of which the run is shown; what came after it lies under a veil. The visitor can move it, and it stays
    there until another epoch is given.
    replay: the playhead goes by itself, ``speed`` epochs a second, from the epoch ``from`` to the last one; once for each ``name``.
    ``on``: False holds it where it is. Taking the playhead by hand ends the replay: then an epoch comes back and no ``done``.
    """
    drawn = (_kept if same else _draw)(same, alt, metric, epochs, height, series, timeline, flags)
    moved = _moved(key)
    now = playhead if moved.playhead is None else moved.playhead  # the caller learns of it only after this call
    asked = json.dumps({"playhead": now, "replay": replay, "metric": metric})
    heard = {"on_playhead_change": on_playhead_change or _nothing, "on_done_change": on_done_change or _nothing}
    _live(data=f"{asked}\n{drawn}", key=key, **heard)
    return moved


def _moved(key: str) -> Moved:
    """What has just come from the browser, which can send anything."""
    came = st.session_state.get(key) or {}
    epoch = came.get("playhead")
    return Moved(int(epoch) if isinstance(epoch, int | float) and 0 <= epoch < 1e9 else None, bool(came.get("done")))


def _draw(
    same: str,
    alt: str,
    metric: str,
    epochs: int | None,
    height: int,
    series: Sequence[curves.Series],
    timeline: Sequence[rows.Segment],
    flags: Sequence[Flag],
) -> str:
    """What the browser draws, as JSON: text is handed on as it is, a dict would be searched for tables at every look."""
    figure = curves.draw(series, "light", metric, epochs, height=height, timeline=timeline, flags=flags)
    said = f"{alt} {rows.words(timeline)}".rstrip()
    return json.dumps({"figure": figure, "dark": colours.dark(one.frozen for one in series), "alt": said})


@st.cache_resource(max_entries=64, show_spinner=False)
def _kept(
    same: str,
    alt: str,
    metric: str,
    epochs: int | None,
    height: int,
    _series: Sequence[curves.Series],
    _timeline: Sequence[rows.Segment],
    _flags: Sequence[Flag],
) -> str:
    return _draw(same, alt, metric, epochs, height, _series, _timeline, _flags)


def _nothing() -> None:
    """A value comes back from the browser only where a callback is named."""
