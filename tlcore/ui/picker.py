"""Picking an image among thumbnails: by mouse, finger or arrow keys, one at a time, as a group of radio buttons."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from tlcore.charts import samples

if TYPE_CHECKING:
    import numpy as np

ACROSS = 8  # thumbnails in a row
SCRIPT = """
const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -8, ArrowDown: 8, Home: -999, End: 999 }

function mark(box, place) {
  box.picked = place
  box.querySelectorAll("button").forEach((one, at) => {
    one.setAttribute("aria-checked", at === place)
    one.tabIndex = at === Math.max(place, 0) ? 0 : -1
  })
}

function fill(box, { picture, names, label, across }) {
  const down = Math.ceil(names.length / across)
  box.setAttribute("aria-label", label)
  box.style.setProperty("--picture", `url(data:image/png;base64,${picture})`)
  box.style.setProperty("--zoom", `${100 * across}% ${100 * down}%`)
  box.replaceChildren(...names.map((name, at) => {
    const one = document.createElement("button")
    const left = (100 * (at % across)) / (across - 1)
    const top = down > 1 ? (100 * Math.floor(at / across)) / (down - 1) : 0
    one.type = "button"
    one.setAttribute("role", "radio")
    one.setAttribute("aria-label", name)
    one.title = name
    one.style.backgroundPosition = `${left}% ${top}%`
    one.onclick = () => { mark(box, at); box.tell("picked", at) }
    return one
  }))
}

export default function ({ data, parentElement, setStateValue }) {
  const box = parentElement.querySelector(".picker")
  if (!box) return
  box.tell = setStateValue
  const told = JSON.parse(data)
  if (box.seen !== told.picture) {
    box.seen = told.picture
    fill(box, told)
  }
  mark(box, told.picked)
  box.onkeydown = (event) => {
    const step = STEPS[event.key]
    if (!step) return
    event.preventDefault()
    const all = [...box.querySelectorAll("button")]
    const at = Math.min(Math.max(all.indexOf(event.target) + step, 0), all.length - 1)
    all[at].focus()
    all[at].click()
  }
}
"""
HTML = "<div class='picker' role='radiogroup'></div>"
STYLE = """
.picker { display: grid; grid-template-columns: repeat(8, minmax(0, 1fr)); gap: 5px; max-width: 360px; padding: 3px; }
button { width: 100%; aspect-ratio: 1; padding: 0; border: 0; border-radius: 14%; cursor: pointer; image-rendering: pixelated;
  background: var(--picture) no-repeat; background-size: var(--zoom); box-shadow: 0 0 0 1px var(--st-border-color); }
button:hover { box-shadow: 0 0 0 2px var(--st-border-color); }
button[aria-checked="true"] { box-shadow: 0 0 0 3px var(--st-primary-color); }
button:focus-visible { outline: 2px solid var(--st-text-color); outline-offset: 3px; }
"""

_picker = st.components.v2.component("tlcore_picker", html=HTML, css=STYLE, js=SCRIPT)


def pick(images: np.ndarray, names: Sequence[str], key: str, label: str, default: int | None = 0) -> int | None:
    """The place of the image that is picked; ``default`` until one is, None for none.

    images: uint8 (n, h, w, 1 or 3); names: what each is called by those who cannot see it.
    """
    came = (st.session_state.get(key) or {}).get("picked")  # from the browser, which can send anything
    place = int(came) if isinstance(came, int | float) and 0 <= came < len(images) else default
    picture = _picture(images.tobytes(), images.shape)
    told = {"picture": picture, "names": list(names), "label": label, "across": ACROSS, "picked": -1 if place is None else place}
    _picker(data=json.dumps(told), key=key, on_picked_change=_nothing)
    return place


@st.cache_resource(max_entries=64, show_spinner=False)
def _picture(pixels: bytes, shape: tuple[int, ...]) -> str:
    import numpy as np

    return base64.b64encode(samples.sheet(np.frombuffer(pixels, "uint8").reshape(shape), ACROSS)).decode()


def _nothing() -> None:
    """A value comes back from the browser only where a callback is named."""
