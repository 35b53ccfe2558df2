"""The frame around every page: title, sidebar, engine line, data folder, and one sentence where something cannot be done."""

from __future__ import annotations

import gc
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, wraps

import streamlit as st
from streamlit import config

from tlcore import jobs
from tlcore.registry import InputError
from tlcore.store import Store
from tlcore.ui import address, storage, words
from tlcore.ui.chart import theme
from tlcore.ui.forms import ARRIVED, PAGE
from tlcore.ui.style import style, wordmark

NAME = "Transfer Learning Lab"
CROWD, MOST = 6, 30  # viewers for whom each looks as often as one alone would, and the most that are counted
FAULT = "_fault"  # in the session: the last fault that nobody foresaw
LINKED = "_linked"  # in the session: whether it began with a link to a run


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
    Place("Sources", "pages/sources.py", ":material/inventory_2:", "Prepare"),
    Place("Fine-tune", "pages/finetune.py", ":material/tune:", "Ask"),
    Place("Effect of freezing", "pages/freezing.py", ":material/ac_unit:", "Ask"),
    Place("How many labels?", "pages/labels.py", ":material/label:", "Ask"),
    Place("Race of objectives", "pages/race.py", ":material/flag:", "Ask"),
    Place("What is forgotten?", "pages/forgetting.py", ":material/psychology_alt:", "Ask"),
    Place("Runs", "pages/runs.py", ":material/list:", "Look back"),
    Place("Compare", "pages/compare.py", ":material/compare_arrows:", "Look back"),
)


@contextmanager
def page(label: str, lead: str = "", heading: str | None = None) -> Iterator[None]:
    """Draw the frame around a page whose label is one of ``PLACES``; a fault of the store becomes a sentence on it.

    ``lead`` is the sentence below the heading; the heading is the label unless one is given.
    """
    if PAGE not in st.session_state:
        st.session_state[LINKED] = "run" in st.query_params
    st.session_state[ARRIVED] = st.session_state.get(PAGE) != label
    st.session_state[PAGE] = label
    address.cleared()
    st.set_page_config(f"{label} · {NAME}", page_icon="❄️", layout="wide")
    st.html(style(theme()))
    with st.sidebar:
        _menu()
    st.title(heading or label, anchor=False)
    if lead:
        st.markdown(lead)
    with told():
        with st.sidebar:
            _below_menu()
        _restored()
        with address.understood():
            yield
    _settle(len(sys.modules))


@cache
def _settle(modules: int) -> None:
    """Once for each set of imported modules: what lives now is not looked through for garbage again, which held a page up for 0.1 s."""
    gc.collect()
    gc.freeze()


@contextmanager
def told() -> Iterator[None]:
    """Say in one sentence what cannot be done, and end there; a fault that nobody foresaw takes only its own part of the page."""
    try:
        yield
    except InputError as refusal:
        st.error(str(refusal))
        st.stop()
    except OSError as error:
        why = error.strerror or type(error).__name__
        st.error(f"{error.filename or 'The data folder'} cannot be used ({why}): make room or rights there, then reload the page.")
        st.stop()
    except Exception as fault:
        if developing():
            raise
        if st.session_state.get(FAULT) != repr(fault):  # a timed part would write it every second
            logging.getLogger("tlcore").exception("A part of the page could not be drawn.")
        st.session_state[FAULT] = repr(fault)
        st.error(
            f"Something went wrong in this part of the page ({type(fault).__name__}). Reload the page. If it comes again, the window in "
            "which the lab was started says why; nothing that was measured is lost."
        )


def developing() -> bool:
    """Whether faults are to be seen whole: in tests, and where Streamlit was told so."""
    return config.get_option("global.appTest") or config.get_option("client.showErrorDetails") == "full"


def moving(every: float | None, key: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Decorate a part of the page that draws itself again every so many seconds, until the whole page is drawn with None."""

    def fragment(part: Callable[[], None]) -> Callable[[], None]:
        @wraps(part)
        def guarded() -> None:
            with told():
                part()

        return st.fragment(guarded, run_every=every, key=key)

    return fragment


def pulse(seconds: float) -> float:
    """How often a part that draws itself again should do so: more slowly the more look on, so that the training beside is not disturbed."""
    from streamlit.runtime import Runtime, exists

    sessions = getattr(Runtime.instance(), "_session_mgr", None) if exists() else None  # nothing public counts them; tests have none
    viewers = 1 if sessions is None else sessions.num_active_sessions()
    return seconds * max(1, round(min(viewers, MOST) / CROWD))


def store() -> Store:
    """The store; InputError where it cannot be opened."""
    return jobs.store()


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
        jobs.stock()
        jobs.wake()
        st.session_state["_woken"] = True
    first = [jobs.engine_state()]  # the first drawing needs no second look
    waiting = first[0]["state"] in ("starting", "warming")

    @moving(1.0 if waiting else None, key="engine-line")
    def line() -> None:
        _engine_line(first.pop() if first else jobs.engine_state(), waiting)

    line()
    storage.corner()


def _engine_line(state: dict[str, str], waiting: bool) -> None:
    """How the trainer is; asks every second while it gets ready, and then stops asking."""
    name = state["state"] if state["state"] in ("ready", "failed", "off") else "warming"
    st.html(f'<div class="tl-engine tl-{name}" role="status"><i></i><span>{words.plain(state["message"])}</span></div>')
    if name == "failed" and st.button("Try again", key="engine-again"):
        jobs.wake()
        st.rerun()
    if waiting and name != "warming":
        st.rerun()


def _restored() -> None:
    """That a damaged store was replaced by a copy, until somebody has seen it; asked once a visit."""
    if "_restored" not in st.session_state:
        st.session_state["_restored"] = store().restored()
    if said := st.session_state["_restored"]:
        st.warning(said)
        st.button("I have seen it", key="restored-seen", on_click=_seen)


def _seen() -> None:
    store().remember("restored", None)
    st.session_state["_restored"] = None
