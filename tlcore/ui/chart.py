"""Static figures on a page."""

from __future__ import annotations

from typing import Any

import streamlit as st

CONFIG = {"displayModeBar": False, "displaylogo": False, "responsive": True}


def theme() -> str:
    """The visitor's theme, ``light`` or ``dark``: give it to the figures of ``tlcore.charts``."""
    return "dark" if st.context.theme.type == "dark" else "light"


def chart(figure: dict[str, Any], key: str, alt: str) -> None:
    """Draw the figure of a chart. alt: one sentence that says what is seen, for those who hear it."""
    st.plotly_chart(figure, key=key, theme=None, width="stretch", config=CONFIG, alt=alt)
