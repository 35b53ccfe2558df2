"""Static figures on a page."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import streamlit as st

CONFIG = {"displayModeBar": False, "displaylogo": False, "responsive": True}
Figure = dict[str, Any]


def theme() -> str:
    """The visitor's theme, ``light`` or ``dark``: give it to the figures of ``tlcore.charts``."""
    return "dark" if st.context.theme.type == "dark" else "light"


def chart(figure: Figure, key: str, alt: str) -> None:
    """Draw the figure of a chart. alt: one sentence that says what is seen, for those who hear it."""
    st.plotly_chart(_checked()(figure), key=key, theme=None, width="stretch", config=CONFIG, alt=alt)


def kept(name: str, draw: Callable[[str], Figure]) -> Figure:
    """A figure that cannot change any more, drawn once for all visitors of a theme. name: of what; draw: from the theme."""
    return _kept(name, theme(), draw)


@st.cache_resource(max_entries=200, show_spinner=False)
def _kept(name: str, theme: str, _draw: Callable[[str], Figure]) -> Figure:
    return _draw(theme)


@cache
def _checked() -> type:
    """A Plotly figure around a dict that needs no checking: each chart's tests do that, a rerun would spend 15 ms on it."""
    from plotly.basedatatypes import BaseFigure

    class Checked(BaseFigure):  # type: ignore[misc]
        def __init__(self, figure: Figure) -> None:
            self._figure = figure

        def to_dict(self) -> Figure:
            return self._figure

    return Checked
