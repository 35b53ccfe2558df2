"""The frame around every page: title, sidebar, engine line, data folder, and the style that all pages share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn, TypeVar

import streamlit as st

from tlcore import folder, jobs
from tlcore.registry import InputError
from tlcore.store import Store
from tlcore.ui import words
from tlcore.ui.chart import theme
from tlcore.ui.style import style, wordmark

Answer = TypeVar("Answer")
NAME = "Transfer Learning Lab"


@dataclass(frozen=True)
class Place:
    """One page: what the sidebar calls it, its file, its icon and the section it stands in."""

    label: str
    file: str
    icon: str
    section: str = ""


PLACES = (
    Place("Start", "app.py", ":material/home:"),
    Place("Data", "pages/data.py", ":material/image:", "Prepare"),
    Place("Pretrain", "pages/pretrain.py", ":material/school:", "Prepare"),
    Place("Fine-tune", "pages/finetune.py", ":material/tune:", "Ask"),
    Place("Effect of freezing", "pages/freezing.py", ":material/ac_unit:", "Ask"),
    Place("Runs", "pages/runs.py", ":material/list:", "Look back"),
    Place("Compare", "pages/compare.py", ":material/compare_arrows:", "Look back"),
)


def page(label: str, lead: str = "", heading: str | None = None) -> None:
    """Draw the frame: call it in the first line of a page, with the page's label in ``PLACES``.

    ``lead`` is the sentence below the heading; the heading is the label unless one is given.
    """
    st.set_page_config(f"{label} · {NAME}", page_icon="❄️", layout="wide")
    st.html(style(theme()))
    with st.sidebar:
        _menu()
        _below_menu()
    st.title(heading or label, anchor=False)
    if lead:
        st.markdown(lead)
    if said := store().restored():
        st.warning(said)


def store() -> Store:
    """The store, or one sentence in its place when it cannot be opened."""
    return guarded(jobs.store)


def _menu() -> None:
    st.html(wordmark(theme()))
    section = ""
    for place in PLACES:
        if place.section != section:
            section = place.section
            st.html(f'<div class="tl-section">{section}</div>')
        st.page_link(place.file, label=place.label, icon=place.icon, width="stretch")


def _below_menu() -> None:
    if "_woken" not in st.session_state:
        st.session_state["_woken"] = True
        guarded(jobs.wake)
    waiting = guarded(jobs.engine_state)["state"] in ("starting", "warming")
    st.fragment(_engine_line, run_every=1.0 if waiting else None, key="engine-line")(waiting)
    st.html(f'<div class="tl-section" title="{words.plain(folder.home())}">{words.size(_disk())} in the data folder</div>')


def _engine_line(waiting: bool) -> None:
    """How the trainer is; asks every second while it gets ready, and then stops asking."""
    state = jobs.engine_state()
    name = state["state"] if state["state"] in ("ready", "failed", "off") else "warming"
    st.html(f'<div class="tl-engine tl-{name}" role="status"><i></i><span>{words.plain(state["message"])}</span></div>')
    if name == "failed" and st.button("Try again", key="engine-again"):
        jobs.wake()
        st.rerun()
    if waiting and name != "warming":
        st.rerun()


@st.cache_data(ttl=20, max_entries=4, show_spinner=False)
def _disk() -> int:
    return jobs.store().disk()


def guarded(work: Callable[[], Answer]) -> Answer:
    """Do it, or say in one sentence why not and end the page there."""
    try:
        return work()
    except InputError as refusal:
        _end(str(refusal))


def _end(sentence: str) -> NoReturn:
    """End the page with a sentence."""
    st.error(sentence)
    st.stop()
    raise AssertionError("the page has ended")
