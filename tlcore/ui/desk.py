"""What can be changed while a run goes: each block by a click in the strip, the learning rate, the batch size, the strategy's own knobs.

Every control says when it takes effect. What is shown is what was asked for last, also by somebody else; of a run that does not
train, what held at the epoch as of which it is shown. So everything keeps its place.
"""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from tlcore.registry import Knob
from tlcore.spec import Place, RunSpec, course
from tlcore.store import Command, Run
from tlcore.ui import forms, frame, hand

SLOW = 0.1
ICONS = {"frozen": ":material/ac_unit:", "slow": ":material/mode_heat:", "full": ":material/local_fire_department:"}
NEXT = {"frozen": (SLOW, "melt it slowly"), "slow": (1.0, "let it learn at the full rate"), "full": (0.0, "freeze it")}
COLOURS = {"frozen": "ice", "slow": "ember", "full": "ember"}
STRENGTH = {"frozen": 20, "slow": 16, "full": 38}  # per cent of the colour behind the words
ROUND = {"frozen": 4, "slow": 14, "full": 14}  # pixels at the corners: the second cue, with the icon
BATCHES = ("1", "2", "4", "8", "16", "32", "64", "128", "256")
HOW = "Click a block to melt or freeze it: frozen, slow (×0.1), full. It counts now."
TURN = 0.25  # the step of a slider
WILD = 1.0  # learning rate above which nothing comes back; a new run may try
WORDS = {course.NOW: "now", course.NEXT: "next epoch"}


def wanted(run: Run, commands: Sequence[Command]) -> dict[str, float]:
    """What everything is set to once all that was asked for is done."""
    last = run.spec.changes[-1].place if run.spec.changes else Place(0)
    now = course.current(run.spec, max(Place(run.epoch), last))
    pending = {each.name: each.value for each in commands if each.epoch is None and not each.refused and each.value is not None}
    return {name: pending.get(name, value) for name, value in now.items()}


def steered(run: Run, commands: Sequence[Command]) -> None:
    """The desk of a run that is live. One that others need as it is, or that is somebody else's, can only be looked at."""
    why = frame.store().needed(run.id) or ("" if hand.may_steer(run.id) else "It is as its holder wants it: fork it to change something.")
    _draw(run.spec, run.id, wanted(run, commands), bool(why), why or HOW)


def looked_at(spec: RunSpec, place: Place, why: str) -> None:
    """The same of a run that nobody can change, as it is at a moment."""
    _draw(spec, "none", course.current(spec, place), True, why)


def _draw(spec: RunSpec, run_id: str, values: dict[str, float], off: bool, said: str) -> None:
    when = course.live(spec)
    _blocks(spec, run_id, values, off)
    st.caption(said)
    turned = course.dials(spec)
    names = [name for name in values if not course.is_part(name) and name not in turned]
    with st.container(key="desk"):
        for column, name in zip(st.columns(max(3, len(names)), gap="small", vertical_alignment="bottom"), names, strict=False):
            with column:
                _knob(spec, run_id, name, values[name], WORDS[when[name]], off)

    if turned:
        _dials(spec, run_id, {name: values[name] for name in turned}, off)


def _dials(spec: RunSpec, run_id: str, values: dict[str, float], off: bool) -> None:
    """What the objective lets one turn, a slider each. One that somebody drags is left alone until it was let go."""
    with st.container(key="dials"):
        st.caption(f"How much each question counts, {WORDS[course.NOW]}. The loss is their weighted sum: its curve jumps when they change.")
        for column, (name, value) in zip(st.columns(len(values), gap="small"), values.items(), strict=True):
            knob, key = course.knob(spec, name), f"live-{name}-{run_id}"
            st.session_state[key] = value
            with column:
                st.slider(
                    knob.label, knob.minimum, knob.maximum, step=TURN, key=key, disabled=off, on_change=_dialled, args=(run_id, name, key)
                )


def _dialled(run_id: str, name: str, key: str) -> None:
    hand.ask(run_id, name, float(st.session_state[key]))


def _blocks(spec: RunSpec, run_id: str, values: dict[str, float], off: bool) -> None:
    """The strip as buttons: a click leads from frozen to slow to full and back to frozen."""
    titles = [*(f"{place}: {name}" for place, (name, _) in enumerate(spec.blocks, start=1)), "head"]
    named = list(zip(course.parts(len(spec.blocks)), titles, strict=True))
    st.html(f"<style>{''.join(_look(name, values[name]) for name, _ in named)}</style>")
    with st.container(horizontal=True, gap="xxsmall", key="blocks"):
        for name, label in named:
            state = state_of(values[name])
            factor, does = NEXT[state]
            rate = f" ×{values[name]:g}" if state == "slow" else ""
            st.button(
                f"{label}{rate}", key=f"live-{name}", icon=ICONS[state], disabled=off, width="stretch", wrap=True,
                help=f"{course.said(name).capitalize()} is {course.state(values[name])}." + ("" if off else f" Click to {does}, now."),
                on_click=_turn, args=(run_id, name, factor),
            )  # fmt: skip


def state_of(factor: float) -> str:
    """A factor as one of the three states of a click.

    >>> state_of(0), state_of(0.04), state_of(1)
    ('frozen', 'slow', 'full')
    """
    return "frozen" if not factor else "slow" if factor < SLOW**0.5 else "full"


def _look(name: str, factor: float) -> str:
    state = state_of(factor)
    colour = f"var(--tl-{COLOURS[state]})"
    ground = f"color-mix(in srgb, {colour} {STRENGTH[state]}%, var(--tl-paper))"
    return (
        f".stMain .st-key-live-{name} button {{ background: {ground}; border-color: color-mix(in srgb, {colour} 45%, transparent); "
        f"border-radius: {ROUND[state]}px; color: var(--tl-ink); }} .st-key-live-{name} button span[data-testid] {{ color: {colour}; }}"
    )


def _turn(run_id: str, name: str, factor: float) -> None:
    hand.ask(run_id, name, factor)


def _knob(spec: RunSpec, run_id: str, name: str, value: float, when: str, off: bool) -> None:
    """A ladder of good values, and any other that is typed."""
    knob, key, now = course.knob(spec, name), f"live-{name}-{run_id}", forms.plain(value)
    st.session_state[key] = now
    st.selectbox(
        f"{knob.label} · {when}", _ladder(knob, now), key=key, accept_new_options=True, disabled=off,
        on_change=_set, args=(run_id, name, key), placeholder="Type any value",
    )  # fmt: skip


def _ladder(knob: Knob, now: str) -> list[str]:
    """The value as it is, then the others: an emptied field takes the first."""
    steps = BATCHES if knob.kind == "whole" else forms.STEPS if knob.log else forms.WIDE_STEPS
    return [now, *sorted({forms.plain(float(each)) for each in steps} - {now}, key=float)]


def _set(run_id: str, name: str, key: str) -> None:
    typed = str(st.session_state[key])
    try:
        value: object = float(typed)
    except ValueError:
        value = typed
    if name == "learning_rate" and isinstance(value, float) and value > WILD:
        hand.tell(f"A learning rate of {value:g} ends what a run has learned within a step: choose at most {WILD:g} while it trains.")
        return
    hand.ask(run_id, name, value)
