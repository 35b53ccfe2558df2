"""Pictures made of HTML, the strip, sample sheets and image grids: one small component that shows them in the visitor's theme."""

from __future__ import annotations

import streamlit as st

from tlcore.charts import grid, samples, strip

SCRIPT = """
export default function ({ data, parentElement }) {
  const box = parentElement.querySelector(".picture")
  if (!box || box.seen === data.html) return
  box.seen = data.html
  box.innerHTML = data.html
  box.setAttribute("aria-label", data.alt)
}
"""
HTML = "<div class='picture' role='img'></div>"

_strip = st.components.v2.component("tlcore_strip", html=HTML, css=strip.STYLE, js=SCRIPT)
_sheet = st.components.v2.component("tlcore_sheet", html=HTML, css=samples.STYLE, js=SCRIPT)
_grid = st.components.v2.component("tlcore_grid", html=HTML, css=grid.STYLE, js=SCRIPT)


def show_strip(html: str, alt: str, key: str) -> None:
    """Show what ``tlcore.charts.strip.figure`` drew. html must come from there: it is put into the page as it is."""
    _strip(data={"html": html, "alt": alt}, key=key)


def show_sheet(html: str, alt: str, key: str) -> None:
    """Show what ``tlcore.charts.samples.figure`` drew. html must come from there: it is put into the page as it is."""
    _sheet(data={"html": html, "alt": alt}, key=key)


def show_grid(html: str, alt: str, key: str) -> None:
    """Show what ``tlcore.charts.grid.figure`` drew. html must come from there: it is put into the page as it is."""
    _grid(data={"html": html, "alt": alt}, key=key)
