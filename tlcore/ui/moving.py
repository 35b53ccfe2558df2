"""A figure that moves: with new numbers its lines and dots go where they belong, and nothing is built anew."""

from __future__ import annotations

import json

import streamlit as st

from tlcore.charts import colours, paper
from tlcore.ui import live_script

SCRIPT = (
    live_script.LOAD
    + live_script.DRAW
    + """
async function paint(box) {
  const plotly = await load()
  if (!box.isConnected || !box.clientWidth || !box.given) return
  const { data, layout } = figure(box, box.given)
  layout.width = box.width = box.clientWidth
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) delete layout.transition
  await plotly.react(box, data, layout, { displayModeBar: false, showTips: false })
}

export default function ({ data, parentElement }) {
  const box = parentElement.querySelector(".tlcore-moving")
  if (!box) return
  const again = () => { box.waiting = (box.waiting ?? Promise.resolve()).then(() => paint(box)).catch(() => setTimeout(again, 2000)) }
  if (!box.observer) {
    box.observer = new ResizeObserver(() => { if (box.clientWidth !== box.width) again() })
    box.observer.observe(box)
  }
  const shade = dark(box)
  if (data !== box.drawn || shade !== box.shade) {
    Object.assign(box, { drawn: data, shade, given: JSON.parse(data) })
    box.style.minHeight = box.given.figure.layout.height + "px"
    box.setAttribute("aria-label", box.given.alt)
    again()
  }
  return () => {
    box.observer.disconnect()
    window.tlcorePlotly?.then((plotly) => plotly.purge(box))
  }
}
"""
)
HTML = "<div class='tlcore-moving' role='img'></div>"
STYLE = ".tlcore-moving { width: 100%; color: var(--st-text-color); font-family: var(--st-font); overflow: hidden; }"

_moving = st.components.v2.component("tlcore_moving", html=HTML, css=STYLE, js=SCRIPT, isolate_styles=False)


def told(figure: paper.Figure, alt: str) -> str:
    """A figure of the light theme as the browser takes it, which has the visitor's own."""
    return json.dumps({"figure": figure, "dark": colours.dark(), "alt": alt})


def moving(drawn: str, key: str) -> None:
    """Draw what ``told`` made, or move what was drawn under that key."""
    _moving(data=drawn, key=key)
