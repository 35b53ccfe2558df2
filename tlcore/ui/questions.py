"""The forms of the studies: one row of choices, the rest folded. Each returns what to run, or None with the reason shown.

Names in the address begin with a prefix of their question, so that each page keeps its own choices.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import streamlit as st

from tlcore.objectives import OBJECTIVES
from tlcore.registry import InputError, Knob
from tlcore.spec import BUDGET, CATALOGUES, RunSpec
from tlcore.studies import STUDIES, Study
from tlcore.ui import forms, pace, words
from tlcore.ui.fetching import help_with
from tlcore.ui.recipes import budget_fields, labels_field, refused_in_words, titles
from tlcore.ui.sources import Sources, default_source, sources

PREFIXES = {"freezing": "study_", "label_budget": "labels_", "forgetting": "forget_", "race": "race_"}
SEEDS = ("1", "2", "3", "5", "10", "20")
ENOUGH = "5"  # the fewest from which a verdict is drawn
MOST = ("10", "20", "50", "100", "200")
CALLED = {"depth": "From the input on", "surgical": "All but some in a row", "transferred": "Transferred too", "fresh": "Start anew"}
LEFT_OUT = ("seed", "watch_source", "patience")  # a study repeats seeds itself, knows what it watches, and compares curves of one length


def freezing_form() -> Study | None:
    """How much to freeze; depth or any blocks in a row, controls and the rest folded."""
    return _form("freezing", _labels)


def labels_form() -> Study | None:
    """How many labels transfer saves, up to the most labels that are chosen."""
    return _form("label_budget", _most)


def forgetting_form() -> Study | None:
    """What is forgotten; only sources that name classes have something to forget."""
    return _form("forgetting", _labels, naming=True)


def _form(question: str, amount: Callable[[str], dict[str, Any]], naming: bool = False) -> Study | None:
    """One row: source, target, how many labels, how many seeds."""
    prefix = PREFIXES[question]
    known = _known(prefix, naming)
    first, second, third, fourth = st.columns([1.5, 1.5, 1.2, 1.2], gap="medium")
    with first:
        start = default_source(known)
        name = forms.choice("Which source?", known.titles, f"{prefix}source", start, known.told.__getitem__)
    with second:
        sets = titles(CATALOGUES["dataset"])
        dataset = forms.choice("Which target?", sets, f"{prefix}dataset", "mnist", help_with("The task that has few labels."))
    with third:
        given = amount(prefix)
    with fourth:
        help = "How often all is repeated; a verdict needs five."
        seeds = forms.ladder(_own(question, "seeds"), SEEDS, f"{prefix}seeds", ENOUGH, help=help)
    return _asked(question, prefix, known.specs[name], dataset, {"seeds": int(seeds), **given})


def _known(prefix: str, naming: bool) -> Sources:
    """The sources to choose from. naming: only those that name classes."""
    key = f"{prefix}source"
    known = sources(st.query_params.get(key) or st.session_state.get(key))
    good = [name for name, spec in known.specs.items() if OBJECTIVES[spec.objective].facts.get("names") or not naming]
    return Sources({name: known.titles[name] for name in good}, {name: known.specs[name] for name in good}, known.told)


def _labels(prefix: str) -> dict[str, Any]:
    return {"labels_per_class": labels_field(f"{prefix}labels_per_class", "What each net may learn from.")}


def _most(prefix: str) -> dict[str, Any]:
    return {"most": int(forms.ladder(_own("label_budget", "most"), MOST, f"{prefix}most", "50"))}


def _own(question: str, name: str) -> Knob:
    """A knob of a question."""
    return next(each for each in STUDIES[question].knobs if each.name == name)


def _asked(question: str, prefix: str, source: RunSpec, dataset: str, given: dict[str, Any]) -> Study | None:
    """Draw what is folded, and make the study."""
    budget = [each for each in BUDGET.values() if each.name not in LEFT_OUT]
    own = [each for each in STUDIES[question].knobs if each.name not in ("seeds", "most")]
    with st.expander("More settings", forms.refused((*own, *budget), prefix), key=f"{prefix}more", on_change="rerun") as box:
        left, right = st.columns(2, gap="large")
        with left:
            settings = {each.name: _own_field(each, prefix) for each in own}
        with right:
            settings |= budget_fields("finetune", prefix, LEFT_OUT)
    plain = {"study": question, "source": json.loads(source.to_json()), "dataset": dataset, **given, **settings}
    study = refused_in_words(lambda: study_of(json.dumps(plain)))
    if study is not None and box.open:
        box.markdown(f":small[{costs(json.dumps(plain))}]")
    return study


def _own_field(knob: Knob, prefix: str) -> Any:
    """One of a study's own knobs; a screen's visitor waits, so one source model for all is taken where nothing else is said."""
    if knob.kind == "one_of":
        names = {name: CALLED.get(name, name.capitalize()) for name in knob.choices}
        return forms.choice(knob.label, names, prefix + knob.name, knob.default, knob.help, "segments")
    return forms.knob(knob, prefix + knob.name, default=True if knob.name == "fix_source" else None)


@lru_cache(maxsize=64)
def study_of(plain: str) -> Study:
    """A study from its JSON; the same form at the next rerun makes no new one."""
    return Study.from_plain(json.loads(plain))


def costs(plain: str) -> str:
    """What the switches of a study cost, in one line: how long it would take with each the other way."""
    asked = json.loads(plain)
    other = {
        "controls": ("With controls", "Without controls"),
        "grid": ("With the learning rate tuned", "Without tuning the learning rate"),
        "fix_source": ("With one source model", "With a source of its own for each seed"),
    }
    told = []
    for name, (on, off) in other.items():
        if name in asked:
            try:
                takes = pace.of_study(study_of(json.dumps(asked | {name: not asked[name]})))
            except InputError:
                continue
            told.append(f"{off if asked[name] else on}: {takes}")
    now = study_of(plain)
    return ". ".join([f"{words.count(len(now.members), 'run')} as chosen, {pace.of_study(now)}", *told]) + "."
