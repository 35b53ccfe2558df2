"""The forms of a single run: a source, a fine-tuning. Each returns what to run, or None with the reason shown.

Names in the address: fine-tuning uses the settings' own names, pretraining puts ``source_`` before them, so that each page keeps
its own choices.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from tlcore.datasets import DATASETS
from tlcore.registry import InputError, Knob, Registry
from tlcore.spec import BUDGET, CATALOGUES, LABELS, RunSpec, defaults
from tlcore.spec.checks import MISSING, lacks, missing
from tlcore.spec.teacher import reads, taught, usual_net, usual_teacher
from tlcore.strategies import STRATEGIES
from tlcore.studies import arm_spec
from tlcore.ui import forms, painting, words
from tlcore.ui.fetching import help_with
from tlcore.ui.sources import default_source, recipe_name, sources, teacher_of, teachers, usual_target

Made = TypeVar("Made")
AMOUNTS = ("1", "2", "3", "5", "10", "20", "50", "100")
OBJECTIVE = "_source_objective"  # in the session: the objective and the data that the fields of the budget were drawn for
NOTHING = "nothing"  # in the address: no target to try the encoder on
PROBED = "A linear probe and the nearest neighbours name images of this target by the finished encoder, which learns nothing more."
SEEN = ("view", "fonts", "augmentations")  # knobs of a pretraining that are not folded: what they do stands in pictures beside them
FEW = "5"  # where the difference is seen best
USES = {  # strategies in the order in which one would try them, each with its group in a word or two
    "lp_ft": "",
    "linear_probe": "",
    "freeze": "",
    "full": "",
    "gradual": "step by step",
    "discriminative": "step by step",
    "timeline": "by hand",
    "surgical": "block by block",
    "l2_sp": "held near the source",
    "distill": "held near the source",
    "bias_only": "few variables",
    "batchnorm_only": "few variables",
    "lora": "few variables",
    "adapter": "few variables",
    "auto_rgn": "by its gradients",
    "random_frozen": "control",
    "scratch": "control",
}


def finetune_form(canvas: DeltaGenerator) -> RunSpec | None:
    """Source, target, labels, strategy; the rest folded. canvas: where there is room to paint, if the strategy is painted."""
    known = sources(st.query_params.get("source") or st.session_state.get("source"))
    name = forms.choice("Which source?", known.titles, "source", default_source(known), known.told.__getitem__)
    dataset = forms.choice(
        "Which target?",
        titles(CATALOGUES["dataset"]),
        "dataset",
        usual_target(known.specs[name]),
        help_with("The task that has few labels."),
    )
    objective = _asked(dataset)
    labels = labels_field("labels_per_class")
    strategy = forms.choice("Which strategy?", _strategies(), "strategy", "lp_ft", _advised)
    if strategy == painting.STRATEGY:
        st.caption(f"[Paint it in the grid](#{painting.ANCHOR})")
    source = known.specs[name]
    given = _knob_fields(STRATEGIES[strategy].knobs, "", source, shown=True)
    folded = (*STRATEGIES[strategy].knobs, *CATALOGUES["dataset"][dataset].knobs, *_chosen_knobs("head", "schedule"), *BUDGET.values())
    with st.expander("More settings", forms.refused(folded), key="more"):
        given |= _knob_fields(STRATEGIES[strategy].knobs, "", source, shown=False)
        given |= _knob_fields(CATALOGUES["dataset"][dataset].knobs, "", source)
        given |= budget_fields("finetune", "")
        given |= _catalogue_field("head", "How does the head start?") | _catalogue_field("schedule", "Which learning-rate schedule?")
    given |= {"dataset": dataset, "labels_per_class": labels, **({"objective": objective} if objective != "supervised" else {})}
    if strategy == painting.STRATEGY:
        with canvas:
            if not painting.painter(source.blocks, given, USES):
                return None
    return refused_in_words(lambda: arm_spec(source, given.pop("seed"), True, strategy, given))


def _asked(dataset: str) -> str:
    """What is asked of the target: its class, or its number where one is known."""
    known = DATASETS[dataset].facts.get("values")
    if known is None:
        return "supervised"
    told = {"supervised": "Which class it is.", "regression": f"Its {known.name}, in {known.unit}."}
    options = {"supervised": "The class", "regression": "The number"}
    return forms.choice("What is asked of it?", options, "objective", "supervised", told.__getitem__, widget="segments")


def _strategies() -> dict[str, str]:
    """Name -> label with its group; a strategy of tomorrow stands last."""
    labelled = {each: (str(STRATEGIES[each].facts["label"]), USES.get(each, "")) for each in (*USES, *STRATEGIES.names())}
    return {each: f"{label} ({use})" if use else label for each, (label, use) in labelled.items()}


def _advised(name: str) -> str:
    """What a strategy does, and when it is worth a try."""
    entry = STRATEGIES[name]
    advice = entry.facts.get("advice")
    return f"{entry.title}. {entry.help}" + (f" *Worth a try: {advice[0].lower()}{advice[1:]}*" if advice else "")


def _catalogue_field(catalogue: str, label: str, prefix: str = "") -> dict[str, Any]:
    """A choice among a catalogue's entries, and the knobs of the chosen one."""
    entries = CATALOGUES[catalogue]
    first = next(iter(entries)).name
    name = forms.choice(label, titles(entries), prefix + catalogue, first, _help(entries))
    return {catalogue: name, **{each.name: forms.knob(each, prefix + each.name) for each in entries[name].knobs}}


def _chosen_knobs(*catalogues: str) -> list[Knob]:
    """The knobs of entries that are chosen further down, as far as the address or the session knows them."""
    names = {each: st.query_params.get(each) or st.session_state.get(each) for each in catalogues}
    return [knob for each, name in names.items() if name in CATALOGUES[each] for knob in CATALOGUES[each][str(name)].knobs]


def pretrain_form() -> RunSpec | None:
    """Data, objective, net; the rest folded."""
    sets = titles(CATALOGUES["dataset"])
    dataset = forms.choice("Which data?", sets, "source_dataset", "glyphs", help_with("What the net sees, with plenty of examples."))
    tasks, nets = CATALOGUES["objective"], CATALOGUES["backbone"]
    fit = {name: words.spoken(title, dataset) for name, title in titles(tasks).items() if not lacks(name, dataset)}
    objective = forms.choice(
        "What should it learn?", fit, "source_objective", "supervised", lambda name: words.spoken(tasks[name].help, dataset)
    )
    _not_offered(dataset)
    _adopt(objective, dataset)
    readers = {name: title for name, title in titles(nets).items() if reads(name, dataset)}
    backbone = forms.choice("Which net?", readers, "source_backbone", usual_net(dataset), _help(nets))
    teacher = _teacher(dataset) if taught(objective) else None
    own = (*CATALOGUES["dataset"][dataset].knobs, *tasks[objective].knobs, *nets[backbone].knobs)
    given = {each.name: forms.knob(each, f"source_{each.name}") for each in own if each.name in SEEN}
    own = tuple(each for each in own if each.name not in SEEN)
    with st.expander("More settings", forms.refused((*own, *BUDGET.values()), "source_"), key="source_more"):
        given |= {each.name: forms.knob(each, f"source_{each.name}") for each in own}
        given |= budget_fields("pretrain", "source_", without=("watch_source",), objective=objective, dataset=dataset)
        given |= _catalogue_field("schedule", "Which learning-rate schedule?", "source_")
    targets = {NOTHING: "On nothing", **sets}
    chosen = forms.choice("Try it at the end on what?", targets, "source_probe", NOTHING, help_with(words.spoken(PROBED, dataset)))
    given["probe"] = "" if chosen == NOTHING else chosen
    drawn = {each.name: given[each.name] for each in CATALOGUES["dataset"][dataset].knobs}

    def make() -> RunSpec:
        source = teachers(dataset, drawn, teacher).specs[teacher] if teacher else None
        return RunSpec.make("pretrain", source=source, dataset=dataset, objective=objective, backbone=backbone, **given)

    return refused_in_words(make)


def _not_offered(dataset: str) -> None:
    """Which objectives a data set cannot meet, and why."""
    named = DATASETS[dataset].facts.get("label", DATASETS[dataset].title)
    for why, said in MISSING.items():
        left_out = [each.title for each in CATALOGUES["objective"] if missing(each.name, dataset) == why]
        if left_out:
            they = "It needs" if len(left_out) == 1 else "They need"
            st.caption(f"Not offered here: {'; '.join(left_out)}. {they} {words.spoken(said, dataset).format(named)}.")


def _teacher(dataset: str) -> str:
    """The name of a teacher: a net that is trained first, or a run that lies ready."""
    known = teachers(dataset, {}, st.query_params.get("source_teacher") or st.session_state.get("source_teacher"))
    return forms.choice("Which teacher?", known.titles, "source_teacher", usual_teacher(dataset), known.told.__getitem__)


def titles(catalogue: Registry) -> dict[str, str]:
    """Name -> title of every entry."""
    return {entry.name: entry.title for entry in catalogue}


def _help(catalogue: Registry) -> Callable[[str], str]:
    """The help of an entry by its name."""
    return lambda name: catalogue[name].help


def labels_field(key: str, help: str = "") -> int | None:
    """How many labels a class; None for all."""
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


def _adopt(objective: str, dataset: str) -> None:
    """Other data or another objective was chosen: what stood as it was before becomes what is needed now.

    It is said anew, not forgotten: a field that keeps its name keeps what the browser last knew of it.
    """
    before = st.session_state.get(OBJECTIVE, (objective, dataset))
    st.session_state[OBJECTIVE] = (objective, dataset)
    if before == (objective, dataset):
        return
    was, needed = (defaults("pretrain", *each) | {"backbone": usual_net(each[1])} for each in (before, (objective, dataset)))
    for name, usual in was.items():
        key = f"source_{name}"
        now = st.session_state.get(key)
        if key not in st.query_params and now is not None and str(now) in (str(usual), _written(usual)):
            st.session_state[key] = _written(needed[name]) if isinstance(now, str) else needed[name]


def _written(value: Any) -> str:
    """A setting as a choice among words keeps it."""
    return value if isinstance(value, str) else forms.plain(value)


def budget_fields(
    kind: str, prefix: str, without: tuple[str, ...] = (), objective: str = "supervised", dataset: str = ""
) -> dict[str, Any]:
    """The settings that every run has."""
    usual = defaults(kind, objective, dataset)
    knobs = [each for each in BUDGET.values() if each.name not in without]
    return {each.name: forms.knob(each, prefix + each.name, default=usual[each.name]) for each in knobs}


def refused_in_words(make: Callable[[], Made]) -> Made | None:
    """What was made, or None with the reason shown."""
    try:
        return make()
    except InputError as refusal:
        st.error(str(refusal))
        return None


def link(spec: RunSpec, parent: str | None = None) -> dict[str, str]:
    """The address of the form that would ask for this run; ``parent`` is the run of its source, where that is known."""
    prefix = "source_" if spec.kind == "pretrain" else ""
    unasked = ("watch_source",) if spec.kind == "pretrain" else ()
    given: dict[str, Any] = {"dataset": spec.dataset, **{name: getattr(spec, name) for name in BUDGET if name not in unasked}}
    given |= {"schedule": spec.schedule, **spec.settings("dataset"), **spec.settings("schedule")}
    if spec.kind == "pretrain":
        given |= {"objective": spec.objective, "backbone": spec.backbone, **spec.settings("backbone"), **spec.settings("objective")}
        given |= {"probe": spec.probe} if spec.probe else {}
        given |= {"teacher": _teaches(spec, parent)} if spec.source else {}
    else:
        amount = "all" if spec.labels_per_class is None else spec.labels_per_class
        given |= {"strategy": spec.strategy, "labels_per_class": amount, **spec.settings("strategy")}
        given |= {"head": spec.head, **spec.settings("head")}
        given |= {"objective": spec.objective} if spec.objective != "supervised" else {}
        if spec.source is not None and (name := recipe_name(spec.source, parent)):
            given["source"] = name
    return {prefix + key: _in_address(value) for key, value in given.items()}


def _teaches(spec: RunSpec, run: str | None) -> str:
    """What the address calls a teacher: the net of its recipe, or the run that trained it."""
    assert spec.source is not None
    recipe = teacher_of(spec.dataset, spec.source.backbone, spec.settings("dataset"))
    return spec.source.backbone if recipe.key == spec.source.key or run is None else run


def link_page(spec: RunSpec) -> str:
    """The page whose form can ask for this run."""
    return "pages/pretrain.py" if spec.kind == "pretrain" else "pages/finetune.py"


def _in_address(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return forms.plain(value)
    return ",".join(value) if isinstance(value, tuple) else str(value)
