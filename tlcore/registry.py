"""Catalogues: a name leads to a function, its title, its help and its knobs.

One decorated function is one entry. Its name is the key, the first line of its docstring the title, the rest of the
first paragraph the help, and its keyword-only parameters are the knobs from which forms, links, the command line and
the documentation are made.

>>> shapes = Registry("shape")
>>> @shapes.register(corners=4)
... def square(*, side: Annotated[float, number("Length of a side.", 0.0, 10.0)] = 1.0):
...     "A square.  With right angles."
...     return side * side
>>> shapes["square"].knobs[0].help
'Length of a side.'
>>> shapes.settings("square", {"side": 3})
{'side': 3.0}
>>> shapes.settings("square", {"side": -1})
Traceback (most recent call last):
tlcore.registry.InputError: Side is -1: choose a number from 0 to 10.
"""

from __future__ import annotations

import difflib
import inspect
import math
import re
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Protocol, TypeVar, overload

__all__ = ["Annotated", "Entry", "InputError", "Knob", "Registry", "number", "one_of", "some_of", "switch", "text", "whole"]

Function = TypeVar("Function", bound=Callable[..., Any])


class Decorator(Protocol):
    """What gives a function back as it was."""

    def __call__(self, function: Function, /) -> Function: ...


class InputError(ValueError):
    """What was asked for cannot be done. The message is one sentence that says what to do instead."""


@dataclass(frozen=True)
class Knob:
    """One setting of an entry: what it is called, what it does, and which values it takes."""

    kind: str  # whole, number, switch, one_of, some_of, text
    help: str
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    log: bool = False
    label: str = ""
    name: str = ""
    default: Any = None
    told: tuple[str, ...] = ()  # what each of the choices does, where that is said one by one

    def check(self, value: Any) -> Any:
        """Return the value in its own type, or raise InputError with the values that are possible."""
        return getattr(self, f"_check_{self.kind}")(value)

    def _check_whole(self, value: Any) -> int:
        exact = _as_float(value)
        if exact is None or exact != int(exact) or not self._inside(exact):
            raise InputError(f"{self.label} is {_short(value)}: choose a whole number from {self._range()}.")
        return int(exact)

    def _check_number(self, value: Any) -> float:
        exact = _as_float(value)
        if exact is None or not self._inside(exact):
            raise InputError(f"{self.label} is {_short(value)}: choose a number from {self._range()}.")
        return exact

    def _check_switch(self, value: Any) -> bool:
        if not isinstance(value, bool):
            raise InputError(f"{self.label} is {_short(value)}: choose true or false.")
        return value

    def _check_one_of(self, value: Any) -> str:
        if value not in self.choices:
            raise InputError(f"{self.label} is {_short(value)}: choose one of {', '.join(self.choices)}.")
        return str(value)

    def _check_some_of(self, value: Any) -> tuple[str, ...]:
        chosen = (value,) if isinstance(value, str) else tuple(value) if isinstance(value, (list, tuple, set)) else ()
        if not chosen or any(choice not in self.choices for choice in chosen):
            raise InputError(f"{self.label} is {_short(value)}: choose at least one of {', '.join(self.choices)}.")
        return tuple(choice for choice in self.choices if choice in chosen)

    def _check_text(self, value: Any) -> str:
        if not isinstance(value, str) or len(value) > (self.maximum or 0) or not re.fullmatch(r"[\w-]*", value, re.ASCII):
            raise InputError(f"{self.label} is {_short(value)}: choose up to {self.maximum:g} letters, digits and hyphens.")
        return value

    def _inside(self, value: float) -> bool:
        low = -math.inf if self.minimum is None else self.minimum
        high = math.inf if self.maximum is None else self.maximum
        return low <= value <= high

    def _range(self) -> str:
        return f"{self.minimum:g} to {self.maximum:g}"


def whole(help: str, minimum: int, maximum: int, label: str = "") -> Knob:
    """A knob that takes a whole number."""
    return Knob("whole", help, minimum, maximum, label=label)


def number(help: str, minimum: float, maximum: float, log: bool = False, label: str = "") -> Knob:
    """A knob that takes a real number; ``log`` spreads the choices of a form over powers of ten."""
    return Knob("number", help, minimum, maximum, log=log, label=label)


def switch(help: str, label: str = "") -> Knob:
    """A knob that is on or off."""
    return Knob("switch", help, label=label)


def one_of(help: str, *choices: str, label: str = "", told: tuple[str, ...] = ()) -> Knob:
    """A knob that takes one name of a list. told: what each of them does, in their order."""
    return Knob("one_of", help, choices=choices, label=label, told=told)


def some_of(help: str, *choices: str, label: str = "") -> Knob:
    """A knob that takes one or more names of a list, kept in the order of the list."""
    return Knob("some_of", help, choices=choices, label=label)


def text(help: str, most: int, label: str = "") -> Knob:
    """A knob that takes up to ``most`` letters, digits and hyphens; what they mean is the entry's affair."""
    return Knob("text", help, maximum=most, label=label)


@dataclass(frozen=True)
class Entry:
    """One member of a catalogue."""

    name: str
    title: str
    help: str
    function: Callable[..., Any]
    knobs: tuple[Knob, ...]
    facts: Mapping[str, Any] = field(default_factory=dict)

    def __call__(self, *args: Any, **knobs: Any) -> Any:
        return self.function(*args, **knobs)


class Registry:
    """A catalogue of one kind of thing, called by its ``noun`` in messages."""

    def __init__(self, noun: str) -> None:
        self.noun = noun
        self._entries: dict[str, Entry] = {}

    @overload
    def register(self, function: Function, /) -> Function: ...

    @overload
    def register(self, /, *, name: str = "", **facts: Any) -> Decorator: ...

    def register(self, function: Callable[..., Any] | None = None, /, *, name: str = "", **facts: Any) -> Any:
        """Decorate a function to make it an entry; ``facts`` are what can be known without calling it."""
        if function is None:
            return lambda decorated: self._add(decorated, name, facts)
        return self._add(function, name, facts)

    def _add(self, function: Function, name: str, facts: Mapping[str, Any]) -> Function:
        key = name or function.__name__
        if key in self._entries:
            raise ValueError(f"There are two {self.noun} entries named {key!r}.")
        title, help = _words(function)
        self._entries[key] = Entry(key, title, help, function, _knobs(function), facts)
        return function

    def __getitem__(self, name: str) -> Entry:
        if isinstance(name, str) and name in self._entries:
            return self._entries[name]
        near = difflib.get_close_matches(str(name), self._entries, n=1)
        hint = f"did you mean {near[0]}? There are" if near else "choose one of"
        raise InputError(f"There is no {self.noun} {str(name)[:40]!r}: {hint} {', '.join(self._entries)}.")

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries.values())

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def names(self) -> tuple[str, ...]:
        """The names of all entries, in the order in which they were registered."""
        return tuple(self._entries)

    def settings(self, name: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """All knobs of an entry: the given values, checked, and the defaults for the rest."""
        entry = self[name]
        known = {knob.name: knob for knob in entry.knobs}
        for extra in values:
            if extra not in known:
                has = ", ".join(known) or "no knobs"
                raise InputError(f"The {self.noun} {name} has no knob {_short(extra)}: it has {has}.")
        return {key: knob.check(values.get(key, knob.default)) for key, knob in known.items()}


def _short(value: Any) -> str:
    """A value as it was written, cut where it comes from somebody who wants to fill the screen."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}..."


def _as_float(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        exact = float(value)
    except OverflowError:
        return None
    return exact if math.isfinite(exact) else None


def _words(function: Callable[..., Any]) -> tuple[str, str]:
    """Title and help from a docstring: its first sentence, then the rest of its first paragraph."""
    paragraph = " ".join((inspect.getdoc(function) or "").split("\n\n")[0].split())
    if not paragraph:
        raise ValueError(f"{function.__name__} needs a docstring: its first line is the title on the screen.")
    title, *help = re.split(r"(?<=[.?!]) ", paragraph, maxsplit=1)
    return title.rstrip("."), "".join(help)


def _knobs(function: Callable[..., Any]) -> tuple[Knob, ...]:
    parameters = [each for each in inspect.signature(function).parameters.values() if each.kind is inspect.Parameter.KEYWORD_ONLY]
    # Only the knobs' annotations are evaluated: the others may name types of Keras, which is not imported here.
    holder = type("Knobs", (), {"__annotations__": {each.name: each.annotation for each in parameters}})
    hints = typing.get_type_hints(holder, globalns=getattr(function, "__globals__", {}), include_extras=True)
    found = []
    for parameter in parameters:
        marks = [mark for mark in getattr(hints[parameter.name], "__metadata__", ()) if isinstance(mark, Knob)]
        if not marks:
            raise ValueError(f"{function.__name__}: say what {parameter.name} is, with Annotated and a knob.")
        label = marks[0].label or parameter.name.replace("_", " ").capitalize()
        found.append(replace(marks[0], name=parameter.name, default=parameter.default, label=label))
    return tuple(found)
