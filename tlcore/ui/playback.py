"""As of when a run is shown, and its replay: the browser moves the playhead, from the store alone, with no worker."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from tlcore import clock
from tlcore.store import Run
from tlcore.ui import frame
from tlcore.ui.live import Moved, Replay

AT = "_at"  # in the session: run -> the epoch as of which it is shown
PLAYS = "_plays"  # in the session: the replay that goes
SEEN = "_seen"  # in the session: whether the first replay of a link was played
WHOLE = 5.0  # seconds in which a replay at full speed shows a whole run


@dataclass(frozen=True)
class Playing:
    """A replay that goes. since: the tick at which it began, at epoch ``begin``."""

    run: str
    name: str
    speed: float
    begin: float
    since: float


def at(run: Run) -> int | None:
    """The epoch as of which a run is shown; None for its newest."""
    found = st.session_state.setdefault(AT, {}).get(run.id)
    return found if found is not None and found < run.epoch else None


def shown(run: Run) -> int:
    """The epoch as of which a run is shown: its newest, where the playhead stands, or where a replay has come to."""
    if (now := playing(run)) is not None:
        return min(run.epoch, int(now.begin + now.speed * (clock.tick() - now.since)))
    here = at(run)
    return run.epoch if here is None else here


def put(run: Run, epoch: int | None) -> None:
    """Show a run as of an epoch, or as it is; a replay of it is over."""
    st.session_state.setdefault(AT, {})[run.id] = epoch
    st.session_state.pop(PLAYS, None)


def playing(run: Run) -> Playing | None:
    """The replay of this run, while it goes."""
    found = st.session_state.get(PLAYS)
    return found if isinstance(found, Playing) and found.run == run.id else None


def play(run: Run, speed: float) -> None:
    """Let the playhead go by itself, from where it stands; from the start where it stands at the end. speed: epochs a second, 0 is full."""
    begin = float(at(run) or 0)
    st.session_state[PLAYS] = Playing(run.id, secrets.token_hex(4), speed or max(1.0, run.epoch / WHOLE), begin, clock.tick())


def pause(run: Run) -> None:
    """Hold the playhead where it has come to."""
    if (now := playing(run)) is not None:
        put(run, min(run.epoch, round(now.begin + now.speed * (clock.tick() - now.since))))


def step(run: Run) -> None:
    """One epoch further."""
    pause(run)
    here = at(run)
    put(run, None if here is None else here + 1)


def heard(run: Run, moved: Moved, again: Callable[[], None]) -> None:
    """What came from the chart: the playhead was moved, or a replay is over; then the page is drawn anew."""
    if moved.playhead is not None:
        put(run, moved.playhead)
    elif moved.done and playing(run):
        put(run, None)
    else:
        return
    again()


def replay(run: Run) -> Replay | None:
    """What the chart is told of the replay."""
    now = playing(run)
    return None if now is None else {"on": True, "speed": now.speed, "from": now.begin, "name": now.name}


def first(run: Run) -> None:
    """Who comes by a link sees how it went, once; what came of it stands beside."""
    if st.session_state.get(frame.LINKED) and not st.session_state.get(SEEN) and run.state == "finished" and run.epoch > 1:
        play(run, 0)
    st.session_state[SEEN] = True
