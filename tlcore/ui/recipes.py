"""The three forms of the lab: a source, a fine-tuning, a freezing study. Each returns what to run, or None with the reason shown.

Names in the address: fine-tuning uses the settings' own names, pretraining puts ``source_`` before them and the study
of freezing ``study_``, so that each page keeps its own choices.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, TypeVar

import streamlit as st

from tlcore.registry import InputError, Knob, Registry
from tlcore.spec import BUDGET, CATALOGUES, DEFAULTS, LABELS, RunSpec
from tlcore.strategies import STRATEGIES
from tlcore.studies import STUDIES, Study, arm_spec
from tlcore.ui import forms
from tlcore.ui.sources import default_source, recipe_name, sources

Made = TypeVar("Made")
AMOUNTS = ("1", "2", "3", "5", "10", "20", "50", "100")
FEW = "5"  # where the difference is seen best


def finetune_form() -> RunSpec | None:
    """Source, target, labels, strategy; the rest folded."""
    known = sources(st.query_params.get("source") or st.session_state.get("source"))
    name = forms.choice("Which source?", known.titles, "source", default_source(known), "What the net has already learned.")
    dataset = forms.choice("Which target?", _titles(CATALOGUES["dataset"]), "dataset", "mnist", "The task that has few labels.")
    labels = _labels_field("labels_per_class")
    order = ("lp_ft", "linear_probe", "freeze", "full", "surgical", "scratch")
    labelled = {each: str(STRATEGIES[each].facts["label"]) for each in (*order, *STRATEGIES.names())}
    strategy = forms.choice("Which strategy?", labelled, "strategy", "lp_ft", _help(STRATEGIES, titled=True))
    source = known.specs[name]
    given = _knob_fields(STRATEGIES[strategy].knobs, "", source, shown=True)
    folded = (*STRATEGIES[strategy].knobs, *CATALOGUES["dataset"][dataset].knobs, *BUDGET.values())
    with st.expander("More settings", forms.refused(folded), key="more"):
        given |= _knob_fields(STRATEGIES[strategy].knobs, "", source, shown=False)
        given |= _knob_fields(CATALOGUES["dataset"][dataset].knobs, "", source)
        given |= _budget("finetune", "")
    given |= {"dataset": dataset, "labels_per_class": labels}
    return _refused_in_words(lambda: arm_spec(source, given.pop("seed"), True, strategy, given))


def pretrain_form() -> RunSpec | None:
    """Data, objective, net; the rest folded."""
    dataset = forms.choice(
        "Which data?", _titles(CATALOGUES["dataset"]), "source_dataset", "glyphs", "What the net sees, with plenty of examples."
    )
    tasks, nets = CATALOGUES["objective"], CATALOGUES["backbone"]
    objective = forms.choice("What should it learn?", _titles(tasks), "source_objective", "supervised", _help(tasks))
    backbone = forms.choice("Which net?", _titles(nets), "source_backbone", "cnn-small", _help(nets))
    own = (*CATALOGUES["dataset"][dataset].knobs, *tasks[objective].knobs, *nets[backbone].knobs)
    with st.expander("More settings", forms.refused((*own, *BUDGET.values()), "source_"), key="source_more"):
        given = {each.name: forms.knob(each, f"source_{each.name}") for each in own}
        given |= _budget("pretrain", "source_")
    return _refused_in_words(lambda: RunSpec.make("pretrain", dataset=dataset, objective=objective, backbone=backbone, **given))


def freezing_form() -> Study | None:
    """One row of choices: source, target, labels, seeds; the rest folded."""
    known = sources(st.query_params.get("study_source") or st.session_state.get("study_source"))
    first, second, third, fourth = st.columns([1.5, 1.5, 1.2, 1.2], gap="medium")
    with first:
        name = forms.choice("Which source?", known.titles, "study_source", default_source(known), "What the net has already learned.")
    with second:
        dataset = forms.choice("Which target?", _titles(CATALOGUES["dataset"]), "study_dataset", "mnist", "The task that has few labels.")
    with third:
        labels = _labels_field("study_labels_per_class", "What each net may learn from.")
    with fourth:
        amounts = {each: each for each in ("1", "2", "3", "5", "10")}
        seeds = forms.choice("How many seeds?", amounts, "study_seeds", "3", "How often all is repeated.", "slider")
    with st.expander("More settings", forms.refused(BUDGET.values(), "study_"), key="study_more"):
        fixed = next(each for each in STUDIES["freezing"].knobs if each.name == "fix_source")
        given = {"fix_source": forms.knob(fixed, "study_fix_source", default=True)}
        given |= _budget("finetune", "study_", without=("seed",))
    settings = {"labels_per_class": labels, "seeds": int(seeds), **given}
    plain = {"study": "freezing", "source": json.loads(known.specs[name].to_json()), "dataset": dataset, **settings}
    return _refused_in_words(lambda: _study(json.dumps(plain)))


@lru_cache(maxsize=64)
def _study(plain: str) -> Study:
    """A study from its JSON; the same form at the next rerun makes no new one."""
    return Study.from_plain(json.loads(plain))


def _titles(catalogue: Registry) -> dict[str, str]:
    return {entry.name: entry.title for entry in catalogue}


def _help(catalogue: Registry, titled: bool = False) -> Callable[[str], str]:
    """The help of an entry by its name, with its title in front where the field shows a shorter label."""
    return lambda name: f"{catalogue[name].title}. {catalogue[name].help}" if titled else catalogue[name].help


def _labels_field(key: str, help: str = "") -> int | None:
    text = forms.ladder(LABELS, AMOUNTS, key, FEW, last="all", help=help)
    return None if text == "all" else int(text)


def _knob_fields(knobs: Iterable[Knob], prefix: str, source: RunSpec, shown: bool | None = None) -> dict[str, Any]:
    """Fields of knobs. shown: True for those that say which blocks, False for the others, None for all of them."""
    found = {}
    for each in knobs:
        blockwise = each.kind == "whole" and each.maximum == 32
        if shown is None or shown == blockwise:
            found[each.name] = forms.knob(each, prefix + each.name, maximum=len(source.blocks) if blockwise else None)
    return found


def _budget(kind: str, prefix: str, without: tuple[str, ...] = ()) -> dict[str, Any]:
    defaults: Mapping[str, Any] = DEFAULTS[kind]
    knobs = [each for each in BUDGET.values() if each.name not in without]
    return {each.name: forms.knob(each, prefix + each.name, default=defaults.get(each.name)) for each in knobs}


def _refused_in_words(make: Callable[[], Made]) -> Made | None:
    try:
        return make()
    except InputError as refusal:
        st.error(str(refusal))
        return None


def link(spec: RunSpec, parent: str | None = None) -> dict[str, str]:
    """The address of the form that would ask for this run; ``parent`` is the run of its source, where that is known."""
    prefix = "source_" if spec.kind == "pretrain" else ""
    given: dict[str, Any] = {
        "dataset": spec.dataset,
        "epochs": spec.epochs,
        "batch_size": spec.batch_size,
        "learning_rate": spec.learning_rate,
    }
    given |= {"seed": spec.seed, **spec.settings("dataset")}
    if spec.kind == "pretrain":
        given |= {"objective": spec.objective, "backbone": spec.backbone, **spec.settings("backbone")}
    else:
        amount = "all" if spec.labels_per_class is None else spec.labels_per_class
        given |= {"strategy": spec.strategy, "labels_per_class": amount, **spec.settings("strategy")}
        if spec.source is not None and (name := recipe_name(spec.source, parent)):
            given["source"] = name
    return {prefix + key: _in_address(value) for key, value in given.items()}


def link_page(spec: RunSpec) -> str:
    """The page whose form can ask for this run."""
    return "pages/pretrain.py" if spec.kind == "pretrain" else "pages/finetune.py"


def _in_address(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(value) if isinstance(value, tuple) else str(value)
