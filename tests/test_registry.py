"""Catalogues, and a contract that every entry of every catalogue keeps."""

from __future__ import annotations

import math
from dataclasses import fields
from itertools import combinations

import pytest

from tlcore.registry import Annotated, InputError, Knob, Registry, number, one_of, some_of, switch, whole
from tlcore.spec import BUDGET, CATALOGUES, LABELS, RunSpec
from tlcore.studies import STUDIES

EVERY = {**CATALOGUES, "study": STUDIES}
ENTRIES = [pytest.param(registry, entry, id=f"{registry.noun} {entry.name}") for registry in EVERY.values() for entry in registry]
KNOBS = [
    *(pytest.param(knob, id=f"{entry.name} {knob.name}") for registry in EVERY.values() for entry in registry for knob in entry.knobs),
    *(pytest.param(knob, id=name) for name, knob in BUDGET.items()),
]
STRANGE = [None, "", "nonsense", [], {}, [1], {"a": 1}, object(), math.nan, math.inf, 10**400, "x" * 10_000, b"1"]


# --- the contract ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("registry", "entry"), ENTRIES)
def test_every_entry_can_be_shown(registry, entry):
    """A title for a list, a sentence of help for under it, and a name that fits a link."""
    assert registry[entry.name] is entry and entry.name in registry and entry.name in registry.names()
    assert entry.title and len(entry.title) <= 40 and not entry.title.endswith(".")
    assert entry.help.endswith((".", ")"))
    assert entry.name.replace("-", "").replace("_", "").isalnum() and entry.name == entry.name.lower()


@pytest.mark.parametrize(("registry", "entry"), ENTRIES)
def test_the_defaults_of_every_entry_are_settings(registry, entry):
    defaults = registry.settings(entry.name, {})
    assert list(defaults) == [knob.name for knob in entry.knobs]
    assert registry.settings(entry.name, defaults) == defaults


@pytest.mark.parametrize(("registry", "entry"), ENTRIES)
def test_a_knob_that_an_entry_has_not_is_refused_with_those_it_has(registry, entry):
    with pytest.raises(InputError, match=rf"^The {registry.noun} {entry.name} has no knob 'wheels': it has \w.+\.$"):
        registry.settings(entry.name, {"wheels": 4})


@pytest.mark.parametrize("knob", KNOBS)
def test_every_knob_says_what_it_does_in_a_line(knob):
    assert knob.name.isidentifier()
    assert knob.label[0].isupper() and "_" not in knob.label
    assert knob.help.endswith(".") and len(knob.help) <= 120
    assert all(choice and choice == choice.strip() for choice in knob.choices)


@pytest.mark.parametrize("knob", [*KNOBS, pytest.param(LABELS, id="labels_per_class")])
def test_every_knob_takes_its_range_and_nothing_outside(knob):
    assert knob.default is None or knob.check(knob.default) == knob.default
    inside, outside = edges(knob)
    for value in inside:
        assert knob.check(value) == value
    strange = [each for each in STRANGE if knob.kind != "text" or not isinstance(each, str)]
    for value in (*outside, *strange):
        with pytest.raises(InputError) as refused:
            knob.check(value)
        assert str(refused.value).startswith(f"{knob.label} is ") and ": choose " in str(refused.value)
        assert len(str(refused.value)) < 300


def edges(knob: Knob):
    """Values at the edges of a knob, and beyond them."""
    if knob.kind == "whole":
        return [knob.minimum, knob.maximum], [knob.minimum - 1, knob.maximum + 1, knob.minimum + 0.5, True, str(knob.minimum)]
    if knob.kind == "number":
        return [knob.minimum, knob.maximum], [knob.minimum - 1e-9, knob.maximum * 1.01, True, str(knob.minimum)]
    if knob.kind == "switch":
        return [True, False], [0, 1, "true"]
    if knob.kind == "one_of":
        return knob.choices, [knob.choices[:1], 0, True]
    if knob.kind == "text":
        return ["", "2x001-1xss1", "x" * int(knob.maximum)], ["x" * (int(knob.maximum) + 1), "a b", "<b>", "é", 0, True]
    return [knob.choices, knob.choices[:1], knob.choices[-1:]], [(), (*knob.choices, "nonsense"), 0, True]


@pytest.mark.parametrize("catalogues", combinations(EVERY, 2))
def test_knobs_of_two_catalogues_are_never_mistaken_for_each_other(catalogues):
    """A run's settings are one flat list of names."""
    first, second = ({knob.name for entry in EVERY[name] for knob in entry.knobs} for name in catalogues)
    own = {each.name for each in fields(RunSpec)}
    assert not first & second and not (first | second) & own


@pytest.mark.parametrize("registry", EVERY.values(), ids=list(EVERY))
@pytest.mark.parametrize("name", ["nonsense", "", None, 3, [], {"a": 1}, "x" * 10_000])
def test_an_unknown_name_is_refused_with_those_there_are(registry, name):
    with pytest.raises(InputError, match=rf"^There is no {registry.noun} ") as refused:
        registry[name]
    assert all(known in str(refused.value) for known in registry.names()) and len(str(refused.value)) < 400


@pytest.mark.parametrize(("registry", "entry"), ENTRIES)
def test_a_slip_of_the_pen_is_recognized(registry, entry):
    with pytest.raises(InputError, match=rf"did you mean {entry.name}\?"):
        registry[entry.name[:-1] + entry.name[-1] * 2]


# --- a catalogue of its own -----------------------------------------------------------------------------------------


@pytest.fixture
def cakes():
    """A small catalogue."""
    registry = Registry("cake")

    @registry.register(sweet=True)
    def sponge(
        eggs: int,
        *,
        layers: Annotated[int, whole("How many layers.", 1, 5)] = 2,
        heat: Annotated[float, number("Degrees of the oven.", 100, 250, log=True, label="Oven")] = 180.0,
        cream: Annotated[bool, switch("With cream.")] = False,
        glaze: Annotated[str, one_of("What is on top.", "none", "sugar")] = "none",
        fruit: Annotated[tuple, some_of("What is inside.", "apple", "pear", "plum")] = ("pear",),
    ):
        """Sponge cake. Light,
        and quickly made.

        The rest is for who bakes it.
        """
        return eggs, layers, heat, cream, glaze, fruit

    return registry


def test_an_entry_is_made_from_its_function(cakes):
    (entry,) = cakes
    assert (entry.name, entry.title, entry.help) == ("sponge", "Sponge cake", "Light, and quickly made.")
    assert entry.facts == {"sweet": True}
    assert [(knob.name, knob.label, knob.kind, knob.default) for knob in entry.knobs] == [
        ("layers", "Layers", "whole", 2),
        ("heat", "Oven", "number", 180.0),
        ("cream", "Cream", "switch", False),
        ("glaze", "Glaze", "one_of", "none"),
        ("fruit", "Fruit", "some_of", ("pear",)),
    ]
    assert entry(3, layers=1) == (3, 1, 180.0, False, "none", ("pear",))


def test_settings_come_in_their_own_types(cakes):
    assert cakes.settings("sponge", {"layers": 3.0, "heat": 200, "fruit": ["plum", "apple"]}) == {
        "layers": 3, "heat": 200.0, "cream": False, "glaze": "none", "fruit": ("apple", "plum"),
    }  # fmt: skip
    assert cakes.settings("sponge", {"fruit": "plum"})["fruit"] == ("plum",)
    assert type(cakes.settings("sponge", {"layers": 3.0})["layers"]) is int


def test_a_decorated_function_stays_what_it_is(cakes):
    @cakes.register
    def plain():
        """Plain cake. Nothing to choose."""
        return "plain"

    assert plain() == "plain" and cakes["plain"]() == "plain"
    with pytest.raises(InputError, match="it has no knobs"):
        cakes.settings("plain", {"layers": 1})


def test_two_entries_of_one_name_are_a_mistake(cakes):
    with pytest.raises(ValueError, match="two cake entries named 'sponge'"):

        @cakes.register(name="sponge")
        def other():
            """Another. With the same name."""


def test_an_entry_without_words_is_a_mistake(cakes):
    with pytest.raises(ValueError, match="needs a docstring"):

        @cakes.register
        def silent():
            pass


def test_a_knob_without_words_is_a_mistake(cakes):
    with pytest.raises(ValueError, match="say what layers is"):

        @cakes.register
        def strange(*, layers: int = 1):
            """Strange cake. Nobody says what its layers are."""
