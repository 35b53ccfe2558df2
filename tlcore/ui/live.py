"""The live chart: learning curves that move without losing the visitor's zoom or hidden series.

One components-v2 component around Plotly's basic bundle, which the app serves itself. ``st.plotly_chart`` would be built
anew at every update.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import streamlit as st

from tlcore.charts import colours, curves

SCRIPT = """
const NARROW = 480
const script = document.querySelector('script[src*="/static/js/"]')
const root = script ? script.src.split("/static/js/")[0] + "/" : document.baseURI
const SOURCE = new URL("app/static/plotly-basic.min.js", root).href

function load() {
  window.tlcorePlotly ??= new Promise((done, fail) => {
    const tag = document.createElement("script")
    const before = window.Plotly
    tag.src = SOURCE
    tag.onload = () => { const ours = window.Plotly; if (before) window.Plotly = before; done(ours) }
    tag.onerror = () => { window.tlcorePlotly = undefined; fail() }
    document.head.append(tag)
  })
  return window.tlcorePlotly
}

function dark(box) {
  const [r, g, b] = getComputedStyle(box).color.match(/[\\d.]+/g).map(Number)
  return r + g + b > 384
}

function figure(box, data) {
  const pairs = dark(box) ? data.dark : {}
  const drawn = JSON.parse(JSON.stringify(data.figure).replace(/#[0-9A-F]{6}/g, (one) => pairs[one] ?? one))
  const layout = drawn.layout
  if (box.clientWidth < NARROW) {
    const named = drawn.data.filter((one) => one.showlegend).length
    const room = 20 * named + 8
    layout.annotations = layout.annotations.filter((one) => one.name !== "end")
    layout.margin = { ...layout.margin, l: 36, r: 8 }
    layout.dragmode = false
    if (named > 1) {
      layout.showlegend = true
      layout.legend = { yref: "container", y: 1, yanchor: "top", x: 0, xanchor: "left", tracegroupgap: 0 }
      layout.margin.t += room
      layout.height += room
    }
  }
  return drawn
}

function tell(box, text) {
  box.querySelector(".tlcore-told")?.remove()
  if (!text) return
  const line = document.createElement("p")
  line.className = "tlcore-told"
  line.textContent = text
  box.prepend(line)
}

async function paint(box) {
  const plotly = await load()
  if (!box.isConnected || !box.clientWidth || box.held) return
  const { data, layout } = figure(box, box.given)
  layout.width = box.width = box.clientWidth
  await plotly.react(box, data, layout, { displayModeBar: false, doubleClick: "reset", showTips: false })
}

function prepare(box) {
  const again = () => paint(box).then(() => tell(box, ""), () => {
    tell(box, "The chart could not be drawn yet; it is tried again.")
    setTimeout(box.again, 2000)
  })
  box.again = () => { box.waiting = (box.waiting ?? Promise.resolve()).then(again) }
  box.observer = new ResizeObserver(() => { if (box.clientWidth !== box.width) box.again() })
  box.observer.observe(box)
  box.onpointerdown = () => { box.held = true }
  box.release = () => { if (box.held) { box.held = false; setTimeout(box.again, 350) } }
  window.addEventListener("pointerup", box.release)
  window.addEventListener("pointercancel", box.release)
}

export default function ({ data, parentElement }) {
  const box = parentElement.querySelector(".tlcore-live")
  if (!box) return
  box.given = JSON.parse(data)
  box.style.minHeight = box.given.figure.layout.height + "px"
  box.setAttribute("aria-label", box.given.alt)
  if (!box.observer) prepare(box)
  box.again()
  return () => {
    box.observer.disconnect()
    window.removeEventListener("pointerup", box.release)
    window.removeEventListener("pointercancel", box.release)
    window.tlcorePlotly?.then((plotly) => plotly.purge(box))
  }
}
"""
HTML = "<div class='tlcore-live' role='img'></div>"
STYLE = """
.tlcore-live { width: 100%; min-height: 320px; color: var(--st-text-color); font-family: var(--st-font);
  overflow: hidden; }
"""

_live = st.components.v2.component("tlcore_live", html=HTML, css=STYLE, js=SCRIPT, isolate_styles=False)


def live_chart(
    series: Sequence[curves.Series],
    key: str,
    alt: str,
    metric: str = "accuracy",
    epochs: int | None = None,
    height: int = 340,
    same: str = "",
) -> None:
    """Draw or update learning curves; a chart with the same key keeps its place, zoom and hidden series.

    series: as for ``tlcore.charts.curves``; none yet gives an empty chart that says what will appear. epochs: where the axis
    ends, so that nothing moves but the curves. same: a name for exactly these series once they cannot change any more.
    """
    drawn = _kept(same, alt, metric, epochs, height, series) if same else _draw(alt, metric, epochs, height, series)
    _live(data=drawn, key=key)


def _draw(alt: str, metric: str, epochs: int | None, height: int, series: Sequence[curves.Series]) -> str:
    """What the browser draws, as JSON: text is handed on as it is, a dict would be searched for tables at every look."""
    figure = curves.draw(series, "light", metric, epochs, height=height)
    return json.dumps({"figure": figure, "dark": colours.dark(one.frozen for one in series), "alt": alt})


@st.cache_resource(max_entries=64, show_spinner=False)
def _kept(same: str, alt: str, metric: str, epochs: int | None, height: int, _series: Sequence[curves.Series]) -> str:
    return _draw(alt, metric, epochs, height, _series)
