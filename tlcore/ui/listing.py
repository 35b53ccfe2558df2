"""The list of runs: a table of links with a box to tick on each row.

An own component, because a page of fifty runs has to be one element (fast), real links (a new tab, a reader of the
screen) and one column that disappears after the other on a small screen. All text is set as text, never as HTML.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from urllib.parse import urlencode

import streamlit as st

HTML = """
<div class="frame"><table><caption></caption><thead><tr></tr></thead><tbody></tbody></table></div>
"""

CSS = """
:host { display: block; }
.frame { container-type: inline-size; overflow-x: auto; font-family: var(--st-font); color: var(--st-text-color); }
table { width: 100%; border-collapse: collapse; font-size: .925rem; }
caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
th { text-align: left; font-weight: 500; font-size: .825rem; padding: .35rem .75rem .5rem 0; opacity: .75; white-space: nowrap; }
td { padding: .7rem .75rem .7rem 0; border-top: 1px solid var(--st-border-color); vertical-align: top; line-height: 1.35; }
tbody tr:hover td { background: var(--st-secondary-background-color); }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.pick { width: 2rem; padding-left: .5rem; }
.pick input { width: 1.05rem; height: 1.05rem; margin: .1rem 0 0; accent-color: var(--st-primary-color); cursor: pointer; }
.state { width: 7.5rem; }
.no-target .target, .no-accuracy .accuracy, .no-took .took { display: none; }
a { color: inherit; text-decoration: none; }
a:hover, a:focus-visible { text-decoration: underline; text-underline-offset: .2em; }
a:focus-visible, input:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; border-radius: 3px; }
.small { font-size: .825rem; opacity: .75; margin-top: .15rem; }
.badge { display: inline-block; padding: .1rem .55rem; border-radius: 999px; font-size: .8rem; white-space: nowrap; }
.green { background: var(--st-green-background-color); color: var(--st-green-text-color); }
.blue { background: var(--st-blue-background-color); color: var(--st-blue-text-color); }
.gray { background: var(--st-gray-background-color); color: var(--st-text-color); }
.yellow { background: var(--st-yellow-background-color); color: var(--st-yellow-text-color); }
.red { background: var(--st-red-background-color); color: var(--st-red-text-color); }
.bar { height: 3px; width: 6rem; margin-top: .45rem; border-radius: 2px; background: var(--st-border-color); overflow: hidden; }
.bar i { display: block; height: 100%; background: var(--st-primary-color); transition: width .6s; }
@media (prefers-reduced-motion: reduce) { .bar i { transition: none; } }
@container (max-width: 46rem) { .took, .target { display: none; } }
@container (max-width: 34rem) { .when { display: none; } .state { width: 6rem; } td, th { padding-right: .5rem; } }
"""

JS = """
const COLUMNS = [["state", "State"], ["what", "What"], ["target", "Data"], ["accuracy", "Accuracy"], ["when", "When"], ["took", "Took"]]

function put(parent, tag, className, text) {
  const node = document.createElement(tag)
  if (className) node.className = className
  if (text) node.textContent = text
  parent.append(node)
  return node
}

function stateCell(cell, row) {
  put(cell, "span", "badge " + row.colour, row.word)
  if (row.progress === null) return
  const bar = put(cell, "div", "bar")
  bar.title = row.note
  put(bar, "i").style.width = Math.round(100 * row.progress) + "%"
}

function whatCell(cell, row, open) {
  const link = put(cell, "a", "", row.what)
  link.href = row.href
  link.onclick = event => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return
    event.preventDefault()
    open(row.id)
  }
  put(cell, "div", "small", row.note)
}

function makeRow(row, chosen, pick, open) {
  const line = document.createElement("tr")
  const box = put(put(line, "td", "pick"), "input")
  box.type = "checkbox"
  box.checked = chosen.includes(row.id)
  box.setAttribute("aria-label", "Choose " + row.what)
  box.onchange = () => pick(row.id, box.checked)
  for (const [name] of COLUMNS) {
    const cell = put(line, "td", name === "accuracy" || name === "took" ? name + " number" : name)
    if (name === "state") stateCell(cell, row)
    else if (name === "what") whatCell(cell, row, open)
    else cell.textContent = row[name]
  }
  return line
}

const drawn = new WeakMap()

export default function (component) {
  const { data, parentElement, setStateValue, setTriggerValue } = component
  const chosen = [...data.chosen]
  const pick = (id, on) => {
    const rest = chosen.filter(other => other !== id)
    chosen.splice(0, chosen.length, ...rest, ...(on ? [id] : []))
    setStateValue("chosen", [...chosen])
  }
  const open = id => setTriggerValue("open", id)
  parentElement.querySelector("caption").textContent = data.label
  const empty = COLUMNS.map(([name]) => name).filter(name => name !== "state" && data.rows.every(row => row[name] === ""))
  parentElement.querySelector("table").className = empty.map(name => "no-" + name).join(" ")
  const head = parentElement.querySelector("thead tr")
  if (!head.childElementCount) {
    put(head, "th", "pick").setAttribute("aria-label", "Chosen")
    for (const [name, title] of COLUMNS)
      put(head, "th", name === "accuracy" || name === "took" ? name + " number" : name, title).scope = "col"
  }
  // A row that did not change keeps its node, so that focus and selected text survive an update.
  const body = parentElement.querySelector("tbody")
  const before = drawn.get(body) || new Map()
  const after = new Map()
  data.rows.forEach((row, place) => {
    const text = JSON.stringify(row)
    const old = before.get(row.id)
    const node = old && old.text === text ? old.node : makeRow(row, chosen, pick, open)
    if (node === old?.node) {
      const box = node.querySelector("input")
      box.checked = chosen.includes(row.id)
      box.onchange = () => pick(row.id, box.checked)
    }
    after.set(row.id, { text, node })
    if (body.children[place] !== node) body.insertBefore(node, body.children[place] || null)
  })
  while (body.childElementCount > data.rows.length) body.lastElementChild.remove()
  drawn.set(body, after)
}
"""

_component = st.components.v2.component("run_listing", html=HTML, css=CSS, js=JS)


@dataclass(frozen=True)
class Row:
    """One line of the list, in words. place: page and parameters; progress: share that is done, None when nothing moves."""

    id: str
    place: tuple[str, dict[str, str]]
    live: bool
    word: str
    colour: str  # green, blue, gray, yellow, red
    what: str
    note: str
    target: str
    accuracy: str
    when: str
    took: str
    progress: float | None = None

    @property
    def href(self) -> str:
        """The same place as an address beside this page's own."""
        page, params = self.place
        return f"{'.' if page == 'app.py' else PurePosixPath(page).stem}?{urlencode(params)}"


@dataclass(frozen=True)
class Picked:
    """What the visitor did in the list: the row just opened, if one was."""

    opened: str | None


def listing(rows: Sequence[Row], key: str, label: str) -> Picked:
    """Show the rows; ``label`` is read to those who cannot see the table. Which rows are ticked says ``ticked``."""
    shown = [{name: value for name, value in asdict(row).items() if name != "place"} | {"href": row.href} for row in rows]
    data = {"rows": shown, "chosen": list(ticked(key)), "label": label}
    result = _component(key=key, data=data, on_chosen_change=_nothing, on_open_change=_nothing)
    return Picked(result.open if any(row.id == result.open for row in rows) else None)


def ticked(key: str) -> tuple[str, ...]:
    """The ids that are ticked in the list of that key."""
    return tuple((st.session_state.get(key) or {}).get("chosen") or ())


def _nothing() -> None:
    """A value comes back from the browser only where a callback is named."""
