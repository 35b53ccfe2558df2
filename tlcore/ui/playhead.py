"""The playhead of a live chart: a line at an epoch, what comes after it under a veil; moved by hand, by keys, or by itself.

It lies in Plotly's own picture, under the labels of what one points at, and moves by a transform: while a run is replayed
nothing is drawn again, and nothing is asked of the server until it is over.
"""

from __future__ import annotations

SCRIPT = """
const SVG = "http://www.w3.org/2000/svg"
const KEYS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -5, PageUp: 5, Home: -Infinity, End: Infinity }
const HEARD = 1500 // milliseconds in which the server should have heard
const TIMES = 3
const CALM = 200 // milliseconds without a key, then the server is told
const GASP = 250 // milliseconds that one frame counts at most: a tab that slept goes on where it was
const played = (window.tlcorePlayed ??= new Set())

function shape(parent, tag) {
  const node = document.createElementNS(SVG, tag)
  parent.append(node)
  return node
}

// Veil, line and dot, above everything that is drawn and below what hovering shows; Plotly keeps its layers from one drawing to the next.
function curtain(box) {
  const { head } = box
  if (head.group?.isConnected) return
  const above = box.querySelector(".main-svg > .zoomlayer")
  head.group = document.createElementNS(SVG, "g")
  head.group.setAttribute("class", "tlcore-curtain")
  head.veils = [shape(head.group, "rect"), shape(head.group, "rect")]
  head.line = shape(head.group, "line")
  head.dot = shape(head.group, "circle")
  above.parentNode.insertBefore(head.group, above)
}

// The curve that the playhead reads: the first strong one on validation images.
function track(box) {
  const found = box.given.figure.data.find((one) => one.meta === "validation")
  return { x: found?.x ?? [], y: found?.y ?? [] }
}

// After a drawing or a zoom: where everything stands, so that a frame only has to move it.
function measure(box) {
  const { head } = box
  const { xaxis, yaxis, yaxis2, width, meta } = box._fullLayout
  const lane = meta?.lane ?? 0
  const panels = [yaxis2, yaxis].filter(Boolean)
  head.veils.forEach((veil, place) => {
    const axis = panels[place]
    const top = axis ? axis._offset - (place ? 10 : (lane ? lane + 6 : 2)) : 0
    veil.setAttribute("y", top)
    veil.setAttribute("width", width)
    veil.setAttribute("height", axis ? axis._offset + axis._length - top + (place || !yaxis2 ? 0 : 2) : 0)
  })
  head.line.setAttribute("y1", panels[0]._offset)
  head.line.setAttribute("y2", yaxis._offset + yaxis._length)
  head.dot.setAttribute("r", 4.5)
  head.grip.style.top = yaxis._offset + yaxis._length + 2 + "px"
  Object.assign(head, { xaxis, yaxis, width })
}

function end(box) {
  const { x } = box.head.track
  return x.length ? x[x.length - 1] : Math.floor(box._fullLayout.xaxis.range[1])
}

// The number of the last measured point at or before an epoch, -1 before the first.
function before(x, epoch) {
  let low = -1
  let high = x.length
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (x[middle] <= epoch + 1e-6) low = middle
    else high = middle
  }
  return low
}

// The value of the curve between two points, as its line goes.
function level({ x, y }, epoch) {
  const place = before(x, epoch)
  if (place < 0 || y[place] === null) return null
  const next = place + 1
  if (next >= x.length || y[next] === null) return y[place]
  return y[place] + ((y[next] - y[place]) * (epoch - x[place])) / (x[next] - x[place])
}

function label(box) {
  const { place, track } = box.head
  const point = before(track.x, place)
  const epoch = point < 0 ? Math.floor(place) : track.x[point]
  const value = point < 0 ? null : track.y[point]
  const told = value === null ? "" : box.asked.metric === "loss" ? ` · ${Number(value.toPrecision(3))}` : ` · ${value.toFixed(1)} %`
  return { epoch, text: `epoch ${epoch}${told}` }
}

// One frame: everything is where the playhead is.
function show(box) {
  const { head } = box
  const { grip, group, xaxis, yaxis, place } = head
  const away = place === null || place === undefined
  group.classList.toggle("gone", away)
  grip.hidden = away
  if (away) return
  const along = xaxis.l2p(place)
  const at = xaxis._offset + Math.min(Math.max(along, 0), xaxis._length)
  const inside = along > -1 && along < xaxis._length + 1
  const value = inside ? level(head.track, place) : null
  const up = value === null ? -1 : yaxis.l2p(value)
  group.style.transform = `translateX(${at}px)`
  group.classList.toggle("over", place >= end(box))
  head.line.style.display = inside ? "" : "none"
  head.dot.style.display = up >= -1 && up <= yaxis._length + 1 ? "" : "none"
  head.dot.setAttribute("cy", yaxis._offset + up)
  const { epoch, text } = label(box)
  if (text !== head.text) {
    head.text = text
    grip.textContent = text
    grip.setAttribute("aria-valuenow", epoch)
    grip.setAttribute("aria-valuetext", text)
    head.half = grip.offsetWidth / 2
  }
  const middle = Math.min(Math.max(at, head.half), head.width - head.half)
  grip.style.transform = `translateX(${middle - head.half}px)`
}

// The chart was drawn: the playhead is put on it again.
function follow(box) {
  const { head } = box
  curtain(box)
  head.track = track(box)
  head.text = null
  if (!head.listens) {
    head.listens = true
    for (const event of ["plotly_relayout", "plotly_relayouting"]) box.on(event, () => { measure(box); show(box) })
  }
  measure(box)
  steer(box)
}

// What the server asks for. It is heard where it is new; while the server has not heard what the visitor did, nothing is.
function steer(box) {
  const { head } = box
  if (!head.group) return
  const { playhead, replay } = box.asked
  const echo = head.sent.findIndex((one) => one.epoch === playhead)
  if (echo >= 0) head.sent.splice(0, echo + 1)
  const fresh = !head.sent.length && (playhead !== head.given || echo >= 0)
  head.given = playhead
  const name = replay && !played.has(replay.name) ? replay.name : null
  if (name !== head.name) {
    head.name = name
    if (name !== null) head.place = replay.from ?? 0
    else head.place = playhead
  } else if (fresh && name === null && !head.calm && head.offset === undefined) head.place = playhead
  head.grip.setAttribute("aria-valuemax", end(box))
  show(box)
  if (name !== null && replay.on) run(box)
  else halt(box)
}

function run(box) {
  const { head } = box
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return finish(box)
  if (head.frame) return
  let last = null
  const step = (now) => {
    const passed = last === null ? 0 : Math.min(now - last, GASP) / 1000
    last = now
    head.place = Math.min(head.place + passed * box.asked.replay.speed, end(box))
    show(box)
    if (head.place < end(box)) head.frame = requestAnimationFrame(step)
    else finish(box)
  }
  head.frame = requestAnimationFrame(step)
}

function halt(box) {
  cancelAnimationFrame(box.head.frame)
  box.head.frame = 0
}

// Once for each name, whatever is drawn or mounted anew.
function finish(box) {
  const { head } = box
  forget(box)
  head.place = head.given === null ? null : end(box)
  show(box)
  box.fire("done", true)
}

function forget(box) {
  const { head } = box
  halt(box)
  if (head.name === null) return
  played.add(head.name)
  head.name = null
}

// How far apart the points of the curve are: a long one is drawn with fewer than it has epochs.
function stride(box) {
  const { x } = box.head.track
  return x.length > 1 ? Math.max(1, Math.round((end(box) - x[0]) / (x.length - 1))) : 1
}

function put(box, epoch) {
  const wide = stride(box)
  box.head.place = Math.min(wide * Math.round(Math.min(Math.max(epoch, 0), end(box)) / wide), end(box))
  show(box)
}

// An answer of the server can cross what the visitor does, and then it is lost: so it is said again until the server has heard it.
function send(box, epoch, times = TIMES) {
  const { sent } = box.head
  const one = { epoch }
  sent.push(one)
  box.fire("playhead", epoch)
  setTimeout(() => {
    if (!sent.includes(one)) return
    sent.splice(sent.indexOf(one), 1)
    if (times > 1 && !sent.length) send(box, epoch, times - 1)
  }, HEARD)
}

function playhead(box, grip) {
  const head = (box.head = { grip, name: null, given: undefined, place: null, frame: 0, sent: [] })
  const report = () => {
    head.calm = 0
    send(box, head.place)
  }
  grip.tabIndex = 0
  grip.setAttribute("aria-label", "Show the run as of epoch")
  grip.setAttribute("aria-valuemin", 0)
  grip.onpointerdown = (event) => {
    if (event.button) return
    event.preventDefault()
    forget(box)
    grip.focus({ preventScroll: true })
    grip.setPointerCapture(event.pointerId)
    head.offset = head.xaxis.l2p(head.place) - event.clientX
  }
  grip.onpointermove = (event) => {
    if (head.offset !== undefined) put(box, head.xaxis.p2l(event.clientX + head.offset))
  }
  grip.onpointerup = grip.onpointercancel = () => {
    if (head.offset === undefined) return
    head.offset = undefined
    put(box, head.place)
    report()
  }
  grip.onkeydown = (event) => {
    const step = KEYS[event.key]
    if (step === undefined || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    forget(box)
    put(box, head.place + step * stride(box))
    clearTimeout(head.calm)
    head.calm = setTimeout(report, CALM)
  }
}
"""
STYLE = """
.tlcore-curtain { pointer-events: none; color: var(--st-text-color); transition: opacity .4s; }
.tlcore-curtain.gone { opacity: 0; }
.tlcore-curtain rect { fill: var(--st-background-color); opacity: .82; transition: opacity .4s; }
.tlcore-curtain.over rect { opacity: 0; }
.tlcore-curtain line { stroke: currentColor; stroke-width: 1.5; }
.tlcore-curtain circle { fill: var(--st-background-color); stroke: currentColor; stroke-width: 2; }
.tlcore-grip { position: absolute; left: 0; top: 0; height: 24px; line-height: 22px; padding: 0 .6em; box-sizing: border-box; border-radius: 12px;
  border: 1px solid var(--st-text-color); background: var(--st-text-color); color: var(--st-background-color); font-family: var(--st-font);
  font-size: .8125rem; font-variant-numeric: tabular-nums; white-space: nowrap; cursor: ew-resize; touch-action: none; user-select: none; }
.tlcore-grip[hidden] { display: none; }
.tlcore-grip::before { content: ''; position: absolute; inset: -10px -6px; }
.tlcore-grip:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
@media (prefers-reduced-motion: reduce) { .tlcore-curtain, .tlcore-curtain rect { transition: none; } }
"""
