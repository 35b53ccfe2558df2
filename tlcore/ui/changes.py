"""What was changed by hand: as flags on the curves, and as a table for those who read."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from tlcore.charts.flags import Flag
from tlcore.spec import Change, Place, RunSpec, course
from tlcore.store import Command, Run
from tlcore.ui import hand
from tlcore.ui.shelf import prepared

PACES = {"pause": "paused", "play": "let go", "step": "one epoch", "speed": "speed"}


@dataclass(frozen=True)
class Made:
    """A change with what it was before, and who made it when, where that is known."""

    change: Change
    before: float
    who: str = ""
    when: str = ""

    @property
    def said(self) -> str:
        """The change in words."""
        name, melted = self.change.name, self.change.value and not self.before
        more = "; its moments start afresh, its rate rises over 10 steps" if melted and course.is_part(name) else ""
        return f"{course.said(name)} {course.told(name, self.before)} → {course.told(name, self.change.value)}{more}"


def made(spec: RunSpec, commands: Sequence[Command] = ()) -> list[Made]:
    """The changes of a run in their order; ``commands`` tell who made them."""
    asked = {(each.epoch, each.step, each.name): each for each in commands if each.epoch is not None and not each.refused}
    found = []
    for change, before in zip(spec.changes, course.befores(spec), strict=True):
        command = asked.get((change.epoch, change.step, change.name))
        who, when = ("", "") if command is None else (_who(command), f"{command.created:%H:%M:%S} UTC")
        found.append(Made(change, before, who, when))
    return found


def _who(command: Command) -> str:
    return "you" if command.hand == hand.name() else command.hand or "somebody"


def batches(spec: RunSpec) -> int | None:
    """How many batches an epoch has, where that can be known before anything is trained."""
    if spec.labels_per_class is None:
        return None
    data = prepared(spec.dataset, spec.settings("dataset"))
    return None if data is None else math.ceil(spec.labels_per_class * len(data.classes) / spec.batch_size)


def flags(changes: Sequence[Made], count: int | None) -> list[Flag]:
    """A flag for each change. count: batches of an epoch."""
    return [Flag(each.change.epoch + _within(each.change.place, count), _told(each)) for each in changes]


def _within(place: Place, count: int | None) -> float:
    return 0.0 if not place.step else 0.5 if not count else min(place.step / count, 0.99)


def _told(each: Made) -> str:
    head = ", ".join(text for text in (each.when, each.who) if text)
    return f"{head}: {each.said}" if head else each.said


def table(run: Run, changes: Sequence[Made], commands: Sequence[Command]) -> None:
    """Everything that was asked of a run, with the moment at which it took effect, or why it could not."""
    known: dict[tuple[int | None, int | None, str], list[Made]] = {}
    for each in changes:
        known.setdefault((each.change.epoch, each.change.step, each.change.name), []).append(each)
    rows = [_plain(each) for each in changes if not each.who]
    rows += [_row(each, run.live, _taken(known, each)) for each in commands]
    if not rows:
        return
    with st.expander("What was asked of it", key="run-changes", on_change="rerun") as box:  # one label, so that it stays open
        if box.open:
            st.table(rows, border="horizontal", alt="Everything that was asked of the run, and when it took effect.")


def _taken(known: dict[tuple[int | None, int | None, str], list[Made]], command: Command) -> Made | None:
    """The change that a command made, at most one, which is then no other command's: both stand in the order in which they took effect."""
    made = known.get((command.epoch, command.step, command.name), [])
    fits = bool(made) and not command.refused and made[0].change.value == command.value
    return made.pop(0) if fits else None


def _row(each: Command, live: bool, change: Made | None) -> dict[str, str]:
    what = change.said if change else _asked(each)
    effect = each.refused or (
        ("not yet" if live else "the run had ended") if each.epoch is None else _moment(Place(each.epoch, each.step or 0))
    )
    return {"When": f"{each.created:%H:%M:%S} UTC", "Who": _who(each), "What": what, "In effect": effect}


def _plain(each: Made) -> dict[str, str]:
    return {"When": "–", "Who": "from its settings", "What": each.said, "In effect": _moment(each.change.place)}


def _asked(each: Command) -> str:
    if each.name == "speed":
        return f"speed {each.value:g} epochs a second" if each.value else "full speed"
    return PACES.get(each.name) or f"{course.said(each.name)} → {course.told(each.name, each.value or 0.0)}"


def _moment(place: Place) -> str:
    return f"after epoch {place.epoch}" + (f", {place.step} batch{'es' if place.step != 1 else ''} of the next" if place.step else "")
