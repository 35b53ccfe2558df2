"""The course of a run: what is trained when, by the plan of its strategy and by what was changed by hand while it went.

A change is data: where it took effect, what, and to which value. So a steered run can be repeated to the last bit, and a
fork is the same run with other changes from some epoch on.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from tlcore.objectives import OBJECTIVES
from tlcore.registry import InputError, Knob
from tlcore.spec.budget import BUDGET
from tlcore.strategies import STRATEGIES, Keep, Phase, plan, spread

if TYPE_CHECKING:
    from tlcore.spec.run import RunSpec

NOW, NEXT = "now", "next epoch"  # when a change takes effect
OWN = {"learning_rate": NOW, "batch_size": NEXT}  # settings that every run can change while it goes
FACTOR = Knob("number", "Share of the learning rate; 0 is frozen.", 0.0, 1.0)
MOST = 1000  # changes of one run
SILENT = "No question would count any more: leave the weight of one above 0."
NO_CHANGES = "These are not changes: give a list of objects with epoch, step, name and value."


class Place(NamedTuple):
    """A moment of a run: how many epochs are done, and how many batches of the next one."""

    epoch: int
    step: int = 0


@dataclass(frozen=True)
class Change:
    """Something that was changed by hand.

    name: learning_rate, batch_size, block1 and so on, head, or a live knob of the strategy or the objective.
    """

    epoch: int
    step: int
    name: str
    value: float

    @property
    def place(self) -> Place:
        """When it took effect."""
        return Place(self.epoch, self.step)


@dataclass(frozen=True)
class Stretch:
    """A part of a run in which nothing changes but the weights.

    begin: its first moment. planned: the place of its phase in the strategy's plan. phase: that phase, with what was changed by hand.
    dials: what the live knobs of the objective are set to, by name.
    """

    begin: Place
    planned: int
    phase: Phase
    learning_rate: float
    batch_size: int
    dials: Mapping[str, float] = field(default_factory=dict)


def parts(blocks: int) -> list[str]:
    """What the blocks and the head are called where their factors are changed.

    >>> parts(2)
    ['block1', 'block2', 'head']
    """
    return [*(f"block{place}" for place in range(1, blocks + 1)), "head"]


def is_part(name: str) -> bool:
    """Whether something that can be changed is the factor of a block or of the head."""
    return name == "head" or name.startswith("block")


def live(spec: RunSpec) -> dict[str, str]:
    """What can be changed while a run goes -> when it takes effect."""
    own = (*parts(len(spec.blocks)), *_live_of_strategy(spec), *dials(spec))
    return {**OWN, **dict.fromkeys(own, NOW)}


def _live_of_strategy(spec: RunSpec) -> tuple[str, ...]:
    return tuple(STRATEGIES[spec.strategy].facts.get("live", ()))


def dials(spec: RunSpec) -> tuple[str, ...]:
    """The knobs of the objective that can be turned while a run goes."""
    possible: Mapping[str, tuple[str, Any]] = OBJECTIVES[spec.objective].facts.get("live", {})
    return tuple(name for name, (other, value) in possible.items() if spec.knobs[other] == value)


def knob(spec: RunSpec, name: str) -> Knob:
    """The knob of something that can be changed; InputError names them all."""
    possible = live(spec)
    if name not in possible:
        raise InputError(f"{str(name)[:40]!r} cannot be changed while this run goes: choose among {', '.join(possible)}.")
    if name in BUDGET:
        return BUDGET[name]
    own = {each.name: each for each in (*STRATEGIES[spec.strategy].knobs, *OBJECTIVES[spec.objective].knobs)}
    return own.get(name) or replace(FACTOR, name=name, label=name.capitalize().replace("Block", "Block "))


def course(spec: RunSpec) -> tuple[Stretch, ...]:
    """All stretches of a run in their order, as far as its changes are known."""
    phases = _begins(spec)
    begins = sorted({begin for begin, _ in phases} | {change.place for change in spec.changes})
    now: dict[str, float] = {}
    coming, found = deque(spec.changes), []
    for begin in begins:
        while coming and coming[0].place <= begin:
            change = coming.popleft()
            now[change.name] = change.value
        found.append(_stretch(spec, begin, _planned(phases, begin), now))
    return tuple(found)


def befores(spec: RunSpec) -> list[float]:
    """What each change replaced."""
    phases, now, found = _begins(spec), dict[str, float](), []
    for change in spec.changes:
        phase = spec.phases[_planned(phases, change.place)]
        planned = dict(zip(parts(len(phase.factors)), (*phase.factors, phase.head), strict=True))
        given = {"learning_rate": spec.learning_rate, "batch_size": spec.batch_size, **spec.knobs, **planned}
        found.append(float(now.get(change.name, given[change.name])))
        now[change.name] = change.value
    return found


def _begins(spec: RunSpec) -> list[tuple[Place, int]]:
    """When each phase of the plan begins, with its place in the plan."""
    return [(Place(first), place) for place, (_, first, last) in enumerate(spread(spec.phases, spec.epochs)) if last > first]


def _planned(phases: Sequence[tuple[Place, int]], moment: Place) -> int:
    """The place of the phase that a moment lies in."""
    return [place for first, place in phases if first <= moment][-1]


def _stretch(spec: RunSpec, begin: Place, planned: int, now: Mapping[str, float]) -> Stretch:
    knobs = {name: value for name, value in now.items() if name in spec.settings("strategy")}
    phases = plan(spec.strategy, len(spec.blocks), spec.settings("strategy") | knobs, spec.epochs) if knobs else spec.phases
    phase = by_hand(phases[planned], now)
    turned = {name: float(now.get(name, spec.knobs[name])) for name in dials(spec)}
    return Stretch(begin, planned, phase, now.get("learning_rate", spec.learning_rate), int(now.get("batch_size", spec.batch_size)), turned)


def by_hand(phase: Phase, now: Mapping[str, float]) -> Phase:
    """A phase with the factors that were set by hand, which its title then says."""
    names = parts(len(phase.factors))
    given = (*phase.factors, phase.head)
    factors = tuple(now.get(name, factor) for name, factor in zip(names, given, strict=True))
    if factors == given:
        return phase
    said = [f"{name.replace('block', 'block ')} {state(to)}" for name, was, to in zip(names, given, factors, strict=True) if was != to]
    return replace(phase, title=f"{phase.title}; by hand: {', '.join(said)}", factors=factors[:-1], head=factors[-1])


def state(factor: float) -> str:
    """A factor in words.

    >>> state(0), state(0.1), state(1)
    ('frozen', '×0.1', 'full')
    """
    return "frozen" if not factor else "full" if factor == 1 else f"×{factor:g}"


def told(name: str, value: float) -> str:
    """What something that can be changed is set to, in words.

    >>> told("block3", 0), told("learning_rate", 0.002)
    ('frozen', '0.002')
    """
    return state(value) if is_part(name) else f"{value:g}"


def at(stretches: Sequence[Stretch], place: Place) -> int:
    """The number of the stretch that a moment lies in."""
    return max((number for number, each in enumerate(stretches) if each.begin <= place), default=0)


def changed(spec: RunSpec, place: Place, name: str, value: Any) -> RunSpec:
    """The run with one more change at a moment, which is not before its last one; unchanged where that is so already.

    InputError if it cannot be: no such setting, a value out of range, nothing left that learns, or the run is at its end.
    """
    wanted = knob(spec, name).check(value)
    if live(spec)[name] == NEXT and place.step:
        place = Place(place.epoch + 1)
    if place.epoch >= spec.epochs:
        raise InputError("The run is in its last step: fork it at an epoch to go on otherwise.")
    if current(spec, place)[name] == wanted:
        return spec
    return checked(replace(spec, changes=(*spec.changes, Change(*place, name, float(wanted)))))


def current(spec: RunSpec, place: Place) -> dict[str, float]:
    """What everything that can be changed is set to at a moment."""
    stretches = course(spec)
    now = stretches[at(stretches, place)]
    factors = dict(zip(parts(len(now.phase.factors)), (*now.phase.factors, now.phase.head), strict=True))
    set_by_hand = {change.name: change.value for change in spec.changes if change.place <= place}
    knobs = {name: set_by_hand.get(name, spec.knobs[name]) for name in (*_live_of_strategy(spec), *dials(spec))}
    return {"learning_rate": now.learning_rate, "batch_size": now.batch_size, **factors, **knobs}


def checked(spec: RunSpec) -> RunSpec:
    """The run, if its changes are in order and can be; InputError says what cannot."""
    if len(spec.changes) > MOST:
        raise InputError(f"A run can be changed {MOST} times: fork it to go on.")
    before = Place(0)
    for each in spec.changes:
        knob(spec, each.name).check(each.value)
        if not before <= each.place < Place(spec.epochs) or each.step < 0:
            raise InputError(f"A change at epoch {each.epoch}, step {each.step} is out of place: give them in order, within the run.")
        before = each.place
    for stretch in course(spec):
        if not any((*stretch.phase.factors, stretch.phase.head)):
            raise InputError(f"Nothing would be trained after epoch {stretch.begin.epoch}: leave the head or a block on.")
        if stretch.dials and not any(stretch.dials.values()):
            raise InputError(SILENT)
        if spec.modifier(Keep) and not stretch.phase.find(Keep):
            raise InputError("Weight cannot become 0 while the run goes: choose a small one, or start a new run.")
    if any(each.name == "weight" for each in spec.changes) and not spec.modifier(Keep):
        raise InputError("Weight was 0 at the start, so nothing was remembered of the source: start a new run.")
    return spec


def forked(spec: RunSpec, epoch: int) -> RunSpec:
    """The run as it stood when an epoch was done: without what was changed from there on. That of an import is trained here."""
    return replace(spec, changes=tuple(change for change in spec.changes if change.epoch < epoch), origin="")


def read(plain: Any) -> tuple[Change, ...]:
    """Changes from JSON values."""
    if not isinstance(plain, list | tuple) or not all(isinstance(each, Mapping) for each in plain):
        raise InputError(NO_CHANGES)
    return tuple(_change(each) for each in plain)


def _change(plain: Mapping[str, Any]) -> Change:
    epoch, step = plain.get("epoch"), plain.get("step", 0)
    name, value = plain.get("name"), plain.get("value")
    fits = set(plain) <= {"epoch", "step", "name", "value"} and isinstance(name, str)
    if not fits or type(epoch) is not int or type(step) is not int or isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError(NO_CHANGES)
    return Change(epoch, step, str(name), float(value))


def identity(changes: Iterable[Change]) -> list[list[Any]]:
    """What a key has of changes."""
    return [[each.epoch, each.step, each.name, each.value] for each in changes]


def said(name: str) -> str:
    """Something that can be changed, in words.

    >>> said("block3"), said("learning_rate")
    ('block 3', 'learning rate')
    """
    return re.sub(r"^block", "block ", name).replace("_", " ")
