"""The start button below a form, and the panel beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import streamlit as st

from tlcore import jobs
from tlcore.spec import RunSpec
from tlcore.store import Run, StudyRecord
from tlcore.studies import Study
from tlcore.ui import frame, hand, pace, transport
from tlcore.ui.forms import ARRIVED, PAGE
from tlcore.ui.run import run_view
from tlcore.ui.settings import settings

Shown = TypeVar("Shown", Run, StudyRecord)
GIVEN = {"queued": "It is waiting", "running": "It is running", "finished": "This is its result"}  # in place of a start
HALTED = ("stopped", "interrupted", "failed")  # then the button that goes on is the first one on the page
LAST = "_last"  # in the session: the run or study that each page showed last
SAID = 3  # settings that are named where a result is that of others


def start(spec: RunSpec | None, label: str, key: str = "run") -> Run | None:
    """Draw the button that starts ``spec``; return the run that the address names, if it is there."""
    shown = _named(key, "run", frame.store().run)
    if spec is None:
        _button(label, key, disabled=True)
    elif shown is not None and shown.key == spec.key and shown.state in ("queued", "running", "finished"):
        _button(GIVEN[shown.state], key, disabled=True)
    elif _button("Open the result" if frame.store().finished([spec.key]) else f"{label}, {pace.of_run(spec)}", key, second=_halted(shown)):
        made = hand.attempt(jobs.submit, spec, hand.starter())
        if made is not None:
            hand.own(made)
            transport.begun(made)
        _open(key, made)
    return shown


def start_study(study: Study | None, label: str, key: str = "study") -> StudyRecord | None:
    """The same for a study."""
    shown = named_study(key)
    if study is None:
        _button(label, key, disabled=True)
    elif shown is not None and shown.key == study.key and shown.state in ("queued", "running", "finished"):
        _button(GIVEN[shown.state], key, disabled=True)
    elif _button(
        "Open the answer" if frame.store().answered(study.key) else f"{label}, {pace.of_study(study)}", key, second=_halted(shown)
    ):
        _open(key, hand.attempt(jobs.submit_study, study, hand.starter()))
    if study is not None and shown is not None and shown.key != study.key:
        st.markdown(f"Below is the answer to other settings. {label} to get the one to these.")
    return shown


def panel(shown: Run | None, spec: RunSpec | None) -> None:
    """The run of the address, or the frame of the run that the form would start."""
    if shown is not None:
        if spec is not None and replace(shown.spec, changes=()).key != spec.key:
            st.markdown(others(shown, spec))
        run_view(shown)
    elif spec is None:
        st.markdown("The run is drawn here as soon as its settings go together.")
    else:
        hand.problem()
        run_view(None, spec=spec)


def others(shown: Run, wanted: RunSpec) -> str:
    """That what is shown has other settings than the form, and which."""
    mine, form = settings(shown.spec), settings(wanted)
    apart = [f"{name.lower()} {value}" if value else f"no {name.lower()}" for name, value in mine.items() if form.get(name) != value]
    named = ", ".join(apart[:SAID]) + (" and more" if len(apart) > SAID else "")
    what = "These are the results of other settings" if shown.state == "finished" else "This run has other settings"
    return f"{what}{f' ({named})' if named else ''}. Start to measure the new ones."


def named_study(key: str) -> StudyRecord | None:
    """The study that the address names, or None with a sentence if there is none of that name."""
    return _named(key, "study", frame.store().study)


def _named(key: str, noun: str, find: Callable[[str], Shown | None]) -> Shown | None:
    """What the address names; coming back to a page, what it showed before."""
    kept: dict[str, str | None] = st.session_state.setdefault(LAST, {})
    page, wanted = str(st.session_state[PAGE]), st.query_params.get(key)
    back = kept.get(page) if wanted is None and st.session_state[ARRIVED] else None
    name = wanted or back
    found = find(name) if name else None
    if wanted and found is None:
        st.warning(f"There is no {noun} at this address: it was deleted, or the link is not whole.")
    if back and found is not None:
        st.query_params[key] = back
    kept[page] = None if found is None else name
    return found


def _halted(shown: Run | StudyRecord | None) -> bool:
    return shown is not None and shown.state in HALTED


def _button(label: str, key: str, disabled: bool = False, second: bool = False) -> bool:
    width = "content" if key == "study" else "stretch"
    return st.button(label, type="secondary" if second else "primary", key=f"start-{key}", disabled=disabled, width=width)


def _open(key: str, made: Run | StudyRecord | None) -> None:
    """Put what was started into the address and draw the page anew; a refusal is shown there too."""
    if made is not None:
        st.query_params[key] = made.id
    st.rerun()
