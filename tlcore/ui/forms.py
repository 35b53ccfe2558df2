"""Form fields that live in the address: one for a named choice, one for each kind of knob.

Streamlit's own binding writes a choice's label into the address; ours writes its name, so that a link stays short and
survives a new wording. Numbers and switches use Streamlit's binding. A value in the address that cannot be used is
answered in one sentence beside the field, and the default is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from tlcore import clock
from tlcore.registry import InputError, Knob

BIND = "query-params"
PAGE = "_page"  # in the session: the label of the page that is drawn
ARRIVED = "_arrived"  # in the session: whether the visitor comes from another page
PLACES = "_places"  # in the session: on which page each field was drawn last
PATIENCE = 2.0  # seconds in which a change of the address can still be on its way
WIDE_STEPS = (
    "0",
    "0.001",
    "0.003",
    "0.01",
    "0.03",
    "0.1",
    "0.3",
    "1",
    "1.5",
    "2",
    "3",
    "4",
    "6",
    "8",
    "12",
    "16",
    "32",
    "100",
    "300",
    "1000",
)
STEPS = (*tuple(f"{digit}e{power}" for power in range(-5, 0) for digit in (1, 3)), "1")


def choice(
    label: str,
    options: Mapping[str, str],
    key: str,
    default: str,
    help: str | Callable[[str], str] = "",
    widget: str = "select",
    told: bool = False,
) -> str:
    """One name of ``options`` (name -> title). help: a line, or what gives the line for the name that is chosen.

    widget: select, segments or slider. told: a bad address was answered already.
    """
    _arrive(key, options, default, label, told=told)
    given: dict[str, Any] = {"format_func": options.get, "key": key, "persist_state": "session"}
    given |= {"on_change": _depart, "args": (key,)}
    if widget == "select":
        picked = st.selectbox(label, list(options), **given)
    elif widget == "slider":
        picked = st.select_slider(label, list(options), **given)
    else:
        picked = st.segmented_control(label, list(options), required=True, **given)
    _drawn(key)
    name = picked if picked in options else default
    _said(help(name) if callable(help) else help)
    return name


def chosen(key: str, options: Mapping[str, str], default: str, label: str) -> str:
    """What a choice will be that is drawn further down, below ``label``."""
    _arrive(key, options, default, label)
    return str(st.session_state[key])


def choices(label: str, options: Mapping[str, str], key: str, default: Sequence[str], help: str = "") -> list[str]:
    """Some names of ``options``; in the address they are joined by commas."""
    _arrive(key, options, default, label, many=True)
    given: dict[str, Any] = {"format_func": options.get, "key": key, "persist_state": "session"}
    given |= {"on_change": _depart, "args": (key,)}
    chosen = st.pills(label, list(options), selection_mode="multi", **given)
    _drawn(key)
    _said(help)
    return [str(name) for name in chosen]


def knob(knob: Knob, key: str = "", default: Any = None, maximum: int | None = None) -> Any:
    """The field of one knob; ``key`` is its name in the address, ``maximum`` a tighter bound that is known only here."""
    key, default = key or knob.name, knob.default if default is None else default
    if knob.kind == "one_of":
        names = {name: name for name in knob.choices}
        return choice(knob.label, names, key, default, _help_by_choice(knob), "segments" if len(names) <= 4 else "select")
    if knob.kind == "some_of":
        return choices(knob.label, {name: name.capitalize() for name in knob.choices}, key, default or knob.choices, knob.help)
    if knob.kind == "number" and (knob.log or _wide(knob)):
        return float(ladder(knob, STEPS if knob.log else WIDE_STEPS, key, plain(default)))
    if knob.kind != "text":  # a text stands in its field as it is: whoever reads it says what is wrong with it
        _complain(knob, key, maximum)
    value = _bound(knob, key, default, maximum)
    _drawn(key)
    _said(knob.help)
    return value


def _help_by_choice(knob: Knob) -> Callable[[str], str]:
    """What a knob does, and what the chosen one of its names does."""
    told = dict(zip(knob.choices, knob.told, strict=False))
    return lambda name: f"{knob.help} {told[name]}" if told.get(name) else knob.help


def ladder(knob: Knob, steps: Sequence[str], key: str, default: str, last: str = "", help: str = "") -> str:
    """A knob as a slider over a few good values, and ``last`` as a word behind them; the value of an address is one more step."""
    _complain(knob, key, allowed=last)
    raw = st.query_params.get(key)
    if _fits(knob, raw) and plain(_number(raw)) != raw:  # 1.0 and 1e0 are the step that is written as 1
        st.query_params[key] = plain(_number(raw))
    texts = (*steps, default, st.query_params.get(key), st.session_state.get(key))
    values = {plain(_number(text)) for text in texts if text != last and _fits(knob, text)}
    options = {value: value for value in sorted(values, key=float)} | ({last: last.capitalize()} if last else {})
    return choice(knob.label, options, key, default, help or knob.help, "slider", told=True)


def _said(help: str) -> None:
    """The line below a field that says what it does: a caption, which the style moves up to its field."""
    if help:
        st.caption(help)


def _bound(knob: Knob, key: str, default: Any, maximum: int | None) -> Any:
    """Whole numbers, plain numbers and switches: Streamlit keeps them in the address."""
    if knob.kind == "switch":
        if not isinstance(st.session_state.get(key, default), bool):  # another strategy has a choice of this name
            del st.session_state[key]
        return st.toggle(knob.label, default, key=key, bind=BIND)
    if knob.kind == "text":
        return st.text_input(knob.label, default, key=key, bind=BIND, persist_state="session", max_chars=int(knob.maximum or 0))
    if knob.minimum is None or knob.maximum is None:
        raise ValueError(f"The knob {knob.name} needs a range to become a field.")
    if knob.kind == "number":
        return st.slider(knob.label, knob.minimum, knob.maximum, float(default), 0.05, key=key, bind=BIND)
    low, high = int(knob.minimum), int(knob.maximum if maximum is None else maximum)
    if high - low <= 12:
        return st.slider(knob.label, low, high, min(int(default), high), 1, key=key, bind=BIND)
    return st.number_input(knob.label, low, high, int(default), 1, key=key, bind=BIND)


def refused(knobs: Iterable[Knob], prefix: str = "") -> bool:
    """Whether the address has a value that one of the knobs refuses: then its fields should not be folded away."""
    return any(_refusal(knob, prefix + knob.name) for knob in knobs)


def _complain(knob: Knob, key: str, maximum: int | None = None, allowed: str = "") -> None:
    """Say so when the address has a value that the knob refuses; the field then shows its default."""
    if said := _refusal(knob, key, maximum, allowed):
        st.warning(f"{said} The address asked for it; the default is taken.")


def _refusal(knob: Knob, key: str, maximum: int | None = None, allowed: str = "") -> str:
    """What the knob says against the value of the address, or nothing."""
    raw = st.query_params.get(key)
    if raw is None or raw == allowed:
        return ""
    try:
        tight = knob if maximum is None else replace(knob, maximum=maximum)
        tight.check(_read(knob, raw))
    except InputError as refusal:
        return str(refusal)
    return ""


def _read(knob: Knob, raw: str) -> Any:
    """A value of the address in the type that the knob checks."""
    if knob.kind == "switch":
        return {"true": True, "false": False}.get(raw, raw)
    if knob.kind in ("one_of", "some_of", "text"):
        return raw.split(",") if knob.kind == "some_of" else raw
    return _number(raw)


def plain(value: float) -> str:
    """A number as the address and the steps of a ladder write it.

    >>> plain(16.0), plain(1e-05), plain(0.3)
    ('16', '0.00001', '0.3')
    """
    return str(int(value)) if value == int(value) else f"{value:.10f}".rstrip("0")


def _number(text: str) -> Any:
    try:
        return float(text) if "." in text or "e" in text.lower() else int(text)
    except ValueError:
        return text[:40]


def _wide(knob: Knob) -> bool:
    """Whether a number has a range of several sizes, over which even steps would miss the small values."""
    return knob.minimum is not None and knob.maximum is not None and knob.maximum - knob.minimum > 1


def _fits(knob: Knob, text: Any) -> bool:
    try:
        knob.check(_number(text) if isinstance(text, str) else None)
    except InputError:
        return False
    return True


def _arrive(key: str, options: Mapping[str, str], default: Sequence[str], label: str, many: bool = False, told: bool = False) -> None:
    """Before a field is drawn: take a new value from the address, or put the value of before back into it."""
    state, raw = st.session_state, st.query_params.get(key)
    if raw is not None and _is_news(key, raw):
        wanted = raw.split(",") if many else [raw]
        good = [name for name in wanted if name in options]
        state[key] = (good or list(default)) if many else (good or [default])[0]
        if len(good) < len(wanted):
            _depart(key)
            if not told:
                strange = ",".join(name for name in wanted if name not in options)
                then = "is left out" if good else "is not there; the default is taken"
                st.warning(f"{label.rstrip('?')}: the address asks for {strange[:40]!r}, which {then}.")
    now = state.get(key)
    if now is None or any(name not in options for name in (now if many else [now])):
        state[key] = list(default) if many else default
    elif raw is None and now != (list(default) if many else default):
        if _is_taken_back(key):
            state[key] = list(default) if many else default
        else:
            _depart(key)
    # Streamlit keeps a field's value by page: what another page's field of this name holds is lost unless it is said again.
    if state.setdefault(PLACES, {}).get(key) != state.get(PAGE):
        state[key] = state[key]


def _drawn(key: str) -> None:
    st.session_state.setdefault(PLACES, {})[key] = st.session_state.get(PAGE)


def _is_news(key: str, raw: str) -> bool:
    """Whether the address was changed by somebody else: not by us, and not because our change is still on its way."""
    known = st.session_state.setdefault("_address", {})
    before, written, at = known.get(key, (None, None, 0.0))
    known[key] = (raw, written, at)
    if raw == written:
        known[key] = (raw, raw, at)
        return False
    return raw != before or (written is not None and clock.tick() - at > PATIENCE)


def _is_taken_back(key: str) -> bool:
    """Whether the visitor went back to an address without the choice; coming from another page, the choice is kept instead."""
    before, written, at = st.session_state.get("_address", {}).get(key, (None, None, 0.0))
    gone = not st.session_state.get(ARRIVED) and (before or written) is not None and clock.tick() - at > PATIENCE
    if gone:
        st.session_state["_address"][key] = (None, None, 0.0)
    return gone


def _depart(key: str) -> None:
    """After a choice: write it into the address."""
    value = st.session_state.get(key)
    text = ",".join(value) if isinstance(value, list) else str(value)
    before = st.query_params.get(key)
    st.query_params[key] = text
    st.session_state.setdefault("_address", {})[key] = (before, text, clock.tick())
