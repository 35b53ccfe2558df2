"""What the browser does for the map: it draws the points with Plotly, and shows the image of the one that is pointed at."""

from __future__ import annotations

from tlcore.ui import live_script

SCRIPT = (
    live_script.LOAD
    + """
// The points from left to right, as the arrow keys go through them.
function listed({ data }) {
  const all = data.flatMap((one) => one.x.map((x, at) => ({ x, y: one.y[at], place: one.customdata?.[at], name: one.text?.[at] })))
  return all.filter((one) => one.place !== undefined).sort((one, other) => one.x - other.x)
}

function show(box, point) {
  const { thumb, given } = box
  thumb.hidden = !point
  if (!point) return
  const { xaxis, yaxis, width } = box._fullLayout
  const left = xaxis._offset + xaxis.l2p(point.x)
  const top = yaxis._offset + yaxis.l2p(point.y)
  const column = point.place % given.across
  const row = Math.floor(point.place / given.across)
  const image = thumb.querySelector("i")
  const down = given.down > 1 ? (100 * row) / (given.down - 1) : 0
  image.style.backgroundPosition = `${(100 * column) / (given.across - 1)}% ${down}%`
  const name = new DOMParser().parseFromString(point.name, "text/html").body.textContent
  thumb.querySelector("figcaption").textContent = name
  const half = 48
  thumb.style.left = Math.min(Math.max(left, half), width - half) + "px"
  thumb.style.top = (top > 140 ? top - 10 : top + 14) + "px"
  thumb.classList.toggle("below", top <= 140)
}

function listen(box) {
  box.on("plotly_hover", ({ points }) => {
    const [{ x, y, customdata, text }] = points
    box.at = box.points.findIndex((one) => one.place === customdata)
    show(box, { x, y, place: customdata, name: text })
  })
  box.on("plotly_unhover", () => show(box, null))
}

async function paint(box) {
  const plotly = await load()
  if (!box.isConnected || !box.clientWidth) return
  const layout = { ...box.given.figure.layout, width: (box.width = box.clientWidth) }
  await plotly.react(box, box.given.figure.data, layout, { displayModeBar: false, doubleClick: false, showTips: false })
  if (!box.listens) {
    box.listens = true
    listen(box)
  }
  box.points = listed(box.given.figure)
  box.parentElement.append(box.thumb)
}

function keys(box) {
  box.onkeydown = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 10, ArrowUp: -10 }[event.key]
    if (!step || !box.points?.length) return
    event.preventDefault()
    box.at = Math.min(Math.max((box.at ?? -1) + step, 0), box.points.length - 1)
    show(box, box.points[box.at])
  }
  box.onblur = () => show(box, null)
}

export default function ({ data, parentElement }) {
  const box = parentElement.querySelector(".tlcore-map")
  if (!box) return
  box.thumb = parentElement.querySelector(".tlcore-thumb")
  if (!box.observer) {
    box.again = () => { box.waiting = (box.waiting ?? Promise.resolve()).then(() => paint(box)).catch(() => setTimeout(box.again, 2000)) }
    box.observer = new ResizeObserver(() => { if (box.clientWidth !== box.width) box.again() })
    box.observer.observe(box)
    keys(box)
  }
  if (box.drawn !== data) {
    box.drawn = data
    box.given = JSON.parse(data)
    const { alt, figure, picture, across, down } = box.given
    box.setAttribute("aria-label", alt)
    box.style.minHeight = figure.layout.height + "px"
    const kind = picture.startsWith("iVBOR") ? "png" : "webp"
    box.thumb.style.setProperty("--picture", `url(data:image/${kind};base64,${picture})`)
    box.thumb.style.setProperty("--zoom", `${100 * across}% ${100 * down}%`)
    show(box, null)
    box.again()
  }
  return () => {
    box.observer.disconnect()
    window.tlcorePlotly?.then((plotly) => plotly.purge(box))
  }
}
"""
)
HTML = (
    "<div class='tlcore-around'><div class='tlcore-map' role='application' tabindex='0'></div>"
    "<figure class='tlcore-thumb' role='status' hidden><i></i><figcaption></figcaption></figure></div>"
)
STYLE = """
.tlcore-around { position: relative; }
.tlcore-map { width: 100%; min-height: 380px; color: var(--st-text-color); font-family: var(--st-font); overflow: hidden; }
.tlcore-map:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; border-radius: 6px; }
.tlcore-thumb { position: absolute; z-index: 3; margin: 0; padding: 5px; border-radius: 9px; pointer-events: none; text-align: center;
  transform: translate(-50%, -100%); background: var(--st-background-color); box-shadow: 0 1px 8px #0004, 0 0 0 1px var(--st-border-color);
  color: var(--st-text-color); font: .8125rem/1.25 var(--st-font); }
.tlcore-thumb.below { transform: translate(-50%, 0); }
.tlcore-thumb[hidden] { display: none; }
.tlcore-thumb i { display: block; width: 84px; aspect-ratio: 1; border-radius: 6px; image-rendering: pixelated;
  background: var(--picture) no-repeat; background-size: var(--zoom); }
.tlcore-thumb figcaption { padding-top: 3px; max-width: 84px; overflow-wrap: anywhere; }
"""
