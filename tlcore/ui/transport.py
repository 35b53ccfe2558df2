"""The transport of a run: reset, play or pause, step, stop and speed, always in the same place and with keys.

While a run is live it steers the run; a finished one is replayed by it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from tlcore import jobs
from tlcore.spec import RunSpec
from tlcore.store import Run
from tlcore.ui import forms, hand, playback

NEW = "new"  # in the place of a run that is not there yet
SPEEDS = {"1": "1/s", "3": "3/s", "10": "10/s", "0": "Full"}  # epochs a second
HELP = {
    "reset": "Back to epoch 0, on hold. A run that trains stops and is kept; the settings from before any change by hand start anew.",
    "pause": "Hold. After a minute, or when another run waits, its worker goes; Play takes a new one and goes on where it was.",
    "play": "Go on to the end.",
    "step": "Hold, then train one epoch.",
    "stop": "End it here; what was measured is kept, and it can be resumed.",
}
REPLAYED = {
    "reset": "Back to the start.",
    "pause": "Hold the replay.",
    "play": "See again how it went; nothing is trained.",
    "step": "One epoch further.",
    "stop": "To the end.",
}


@dataclass(frozen=True)
class Key:
    """A button: what it is called, its sign, what it says, the key that presses it, and what it does."""

    name: str
    icon: str
    label: str
    help: str
    shortcut: str | None = None
    act: Callable[..., None] | None = None
    args: tuple[Any, ...] = ()
    primary: bool = False
    off: bool = False

    def draw(self) -> None:
        """Put it on the page."""
        st.button(
            self.label, key=f"run-{self.name}", icon=f":material/{self.icon}:", shortcut=self.shortcut, disabled=self.off, help=self.help,
            type="primary" if self.primary else "secondary", on_click=self.act, args=self.args,
        )  # fmt: skip


def transport(run: Run) -> None:
    """The buttons of a run, and its speed."""
    mine = hand.may_steer(run.id)
    keys = _steering(run) if run.live else _replaying(run) if run.state == "finished" else _halted(run)
    free = run.state == "finished"
    _bar([each if mine or free else replace(each, off=True) for each in keys], run, mine or not run.live)
    if not mine and run.live:
        st.caption(jobs.FOREIGN)


def before(spec: RunSpec) -> None:
    """The same in the place of a run that would be: Play starts it, Step starts it and holds after its first epoch."""
    _bar(
        [
            Key("reset", "replay", "Reset", HELP["reset"], off=True),
            Key("play", "play_arrow", "Play", "Start it.", "Space", _begin, (spec, False), primary=True),
            Key("step", "skip_next", "Step", "Start it, and hold after one epoch.", "Right", _begin, (spec, True)),
            Key("stop", "stop", "Stop", HELP["stop"], "Esc", off=True),
        ],
        None,
        True,
    )


def _bar(keys: Sequence[Key], run: Run | None, mine: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="transport"):
        for each in keys:
            each.draw()
        _speed(run, mine)


def _steering(run: Run) -> list[Key]:
    go = Key("play", "play_arrow", "Play", HELP["play"], "Space", hand.ask, (run.id, "play"), primary=True)
    hold = Key("pause", "pause", "Pause", HELP["pause"], "Space", hand.ask, (run.id, "pause"), primary=True)
    return [
        Key("reset", "replay", "Reset", HELP["reset"], None, _reset, (run,)),
        go if run.held else hold,
        Key("step", "skip_next", "Step", HELP["step"], "Right", hand.ask, (run.id, "step")),
        Key("stop", "stop", "Stop", HELP["stop"], "Esc", _stop, (run,)),
    ]


def _replaying(run: Run) -> list[Key]:
    goes, here = playback.playing(run) is not None, playback.at(run)
    last = here is None and not goes
    go = Key("play", "play_arrow", "Replay", REPLAYED["play"], "Space", _replay, (run,), primary=True, off=run.epoch < 1)
    hold = Key("pause", "pause", "Pause", REPLAYED["pause"], "Space", playback.pause, (run,), primary=True)
    return [
        Key("reset", "replay", "Reset", REPLAYED["reset"], None, playback.put, (run, 0), off=here == 0 and not goes),
        hold if goes else go,
        Key("step", "skip_next", "Step", REPLAYED["step"], "Right", playback.step, (run,), off=last),
        Key("stop", "stop", "Stop", REPLAYED["stop"], "Esc", playback.put, (run, None), off=last),
    ]


def _halted(run: Run) -> list[Key]:
    """A run that ended on the way goes on by the button that stands where Play would."""
    resume = Key("resume", "play_arrow", "Resume", "Go on from its last checkpoint.", "Space", _resume, (run,), primary=True)
    again = Key("again", "play_arrow", "Try again", "The same settings, started anew.", "Space", _again, (run,), primary=True)
    return [
        Key("reset", "replay", "Reset", HELP["reset"], None, _reset, (run,)),
        resume if run.state in ("stopped", "interrupted") else again,
        Key("step", "skip_next", "Step", HELP["step"], "Right", off=True),
        Key("stop", "stop", "Stop", HELP["stop"], "Esc", off=True),
    ]


def _speed(run: Run | None, mine: bool) -> None:
    """Epochs a second: of the training while it is live or not begun, else of the replay."""
    name = run.id if run else NEW
    key = f"speed-{name}"
    now = forms.plain(run.speed or 0) if run and run.state != "finished" else str(st.session_state.get(f"replay-{name}", "0"))
    options = {**SPEEDS, **({now: f"{now}/s"} if now not in SPEEDS else {})}
    st.session_state[key] = now
    st.segmented_control(
        "Epochs a second", list(options), format_func=options.__getitem__, key=key, required=True, disabled=not mine, label_visibility="collapsed",
        on_change=_set_speed, args=(run, key),
    )  # fmt: skip


def _set_speed(run: Run | None, key: str) -> None:
    chosen = str(st.session_state[key])
    if run is not None and run.live:
        hand.ask(run.id, "speed", float(chosen))
        return
    st.session_state[f"replay-{run.id if run else NEW}"] = chosen
    if run is not None and playback.playing(run):
        playback.pause(run)
        playback.play(run, float(chosen))


def _replay(run: Run) -> None:
    playback.play(run, float(st.session_state.get(f"replay-{run.id}", "0")))


def _begin(spec: RunSpec, hold: bool) -> None:
    made = hand.attempt(jobs.submit, spec, hand.starter(), True)
    if made is not None and made.held and made.attempt == 0:
        hand.own(made)
        begun(made)
        hand.ask(made.id, "step" if hold else "play")
    _open(made)


def begun(run: Run) -> None:
    """A run that was just asked for goes at the speed that was chosen before it was there."""
    chosen = float(st.session_state.get(f"replay-{NEW}", "0"))
    if chosen and run.live:
        hand.ask(run.id, "speed", chosen)


def _resume(run: Run) -> None:
    hand.attempt(jobs.resume, run.id, hand.token(run.id))


def _stop(run: Run) -> None:
    hand.attempt(jobs.stop, run.id, hand.token(run.id))


def _reset(run: Run) -> None:
    _open(hand.attempt(jobs.reset, run.id, hand.token(run.id), hand.starter()))


def _again(run: Run) -> None:
    _open(hand.attempt(jobs.submit, run.spec, hand.starter()))


def _open(fresh: Run | None) -> None:
    """Show another run in the place of this one."""
    if fresh is not None:
        hand.own(fresh)
        st.query_params["run"] = fresh.id
