"""What the browser does for the live chart: it loads Plotly once, draws in the visitor's theme and keeps zoom and hidden series."""

from __future__ import annotations

LOAD = """
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
"""
DRAW = """
const NARROW = 480

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
    layout.margin = { ...layout.margin, l: layout.yaxis2 ? 54 : 36, r: 8 } // names of rows stand left of a timeline, titles above them
    layout.dragmode = false
    if (named > 1) {
      layout.showlegend = true
      layout.legend = { yref: "container", y: 1, yanchor: "top", x: 0, xanchor: "left", tracegroupgap: 0 }
      layout.margin.t += room
      layout.height += room
    }
  }
  if (layout.yaxis2) rows(box, drawn)
  return drawn
}

// The timeline: short names where there is no room for long ones, and no word in a segment that it does not fit into.
function rows(box, { data, layout }) {
  const narrow = box.clientWidth < NARROW
  const epoch = (box.clientWidth - layout.margin.l - layout.margin.r) / layout.xaxis.range[1]
  const words = data.find((one) => one.meta === "timeline-words")
  words.text = words.text.map((word, place) => (words.customdata[place] * epoch > 7 * (word.length + 1) ? word : ""))
  if (!narrow) return
  layout.yaxis2.ticktext = layout.meta.rows
  for (const one of layout.annotations) if (one.xref === "paper" && one.x === 0) one.xshift = -50
}

"""
SCRIPT = """
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
  follow(box)
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

// The first line of the data is the playhead, the second the figure: when only the first is new, nothing is drawn again.
function take(box, data) {
  const [playhead, drawn] = data.split("\\n")
  box.asked = JSON.parse(playhead)
  const shade = dark(box)
  if (drawn === box.drawn && shade === box.shade) return steer(box)
  Object.assign(box, { drawn, shade, given: JSON.parse(drawn) })
  box.style.minHeight = box.given.figure.layout.height + "px"
  box.setAttribute("aria-label", box.given.alt)
  box.again()
}

// A field beside the chart that was set gives the keys back to the buttons: else space and arrows would stay with it.
function listen() {
  if (window.tlcoreListens) return
  window.tlcoreListens = true
  const away = () => setTimeout(() => {
    const at = document.activeElement
    if (at?.closest(".st-key-transport, .st-key-desk")) at.blur()
  }, 250)
  window.addEventListener("pointerup", (event) => {
    if (event.target.closest?.(".st-key-transport [role=radiogroup], [role=option]")) away()
  }, true)
  window.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.closest?.(".st-key-desk")) away()
  }, true)
}

// Another run stands in the place of the one before, a fork for instance: what one does with it comes into view.
function arrive() {
  const bar = document.querySelector(".st-key-transport")
  if (window.tlcorePath === location.pathname && bar?.getBoundingClientRect().top < 0) bar.scrollIntoView({ behavior: "smooth" })
  window.tlcorePath = location.pathname
}

export default function ({ data, parentElement, setTriggerValue }) {
  const box = parentElement.querySelector(".tlcore-live")
  if (!box) return
  box.fire = setTriggerValue
  if (!box.observer) {
    listen()
    arrive()
    prepare(box)
    playhead(box, parentElement.querySelector(".tlcore-grip"))
  }
  take(box, data)
  return () => {
    halt(box)
    box.observer.disconnect()
    window.removeEventListener("pointerup", box.release)
    window.removeEventListener("pointercancel", box.release)
    window.tlcorePlotly?.then((plotly) => plotly.purge(box))
  }
}
"""
HTML = "<div class='tlcore-sheet'><div class='tlcore-live' role='img'></div><div class='tlcore-grip' role='slider' hidden></div></div>"
STYLE = """
.tlcore-sheet { position: relative; }
.tlcore-live { width: 100%; min-height: 320px; color: var(--st-text-color); font-family: var(--st-font);
  overflow: hidden; }
"""
