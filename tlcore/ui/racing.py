"""The race on the screen: its form, the cells of objective and labels, the standings in words, and what each objective cost."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from tlcore.objectives import OBJECTIVES
from tlcore.science.sentence import p_value
from tlcore.spec import BUDGET, CATALOGUES
from tlcore.spec.checks import lacks
from tlcore.store import StudyRecord
from tlcore.studies import Study, label, racing
from tlcore.ui import expect, forms, words
from tlcore.ui.chart import Figure, chart, kept, theme
from tlcore.ui.fetching import help_with
from tlcore.ui.questions import study_of
from tlcore.ui.recipes import budget_fields, refused_in_words, titles
from tlcore.ui.standing import Standing

PREFIX = "race_"
SEEDS = ("1", "2", "3", "5", "10")
EQUAL = {"steps": "Equal steps", "time": "Equal time"}
LEFT_OUT = ("seed", "watch_source", "patience")
MOVED = {"linear_probe": "Frozen, under a probe", "lp_ft": "Probe, then tune"}


def form() -> Study | None:
    """Data, target, who races, how much each may learn; the rest folded."""
    first, second, third, fourth = st.columns([1.4, 1.4, 1, 1.4], gap="medium")
    sets = titles(CATALOGUES["dataset"])
    with first:
        seen = help_with("Every objective sees the same images.")
        data = forms.choice("Pretrain on which data?", sets, f"{PREFIX}data", "glyphs", seen)
    with second:
        asked = help_with("What each finished encoder is measured on.")
        target = forms.choice("Which target?", sets, f"{PREFIX}dataset", "mnist", asked)
    with third:
        seeds = forms.ladder(racing.knob("seeds"), SEEDS, f"{PREFIX}seeds", "5", help="How often all is repeated; a verdict needs five.")
    with fourth:
        equal = forms.choice("What is equal for all?", EQUAL, f"{PREFIX}equal", "steps", _fair, "segments")
    names = {each.name: label(each.name) for each in OBJECTIVES if not lacks(each.name, data) and each.facts.get("needs") != "teacher"}
    chosen = forms.choices("Who races?", names, f"{PREFIX}objectives", racing.fitting(data))
    if not chosen:
        st.error("Nobody races: choose at least one objective.")
        return None
    given: dict[str, Any] = {"seeds": int(seeds), "objectives": chosen, "dataset": target}
    with st.expander("More settings", forms.refused(_folded(data, target), PREFIX), key=f"{PREFIX}more"):
        source, settings = _settings(data, target)
    return refused_in_words(lambda: _study(source, {**given, **settings}, equal))


def _fair(name: str) -> str:
    """What is the same for all racers."""
    if name == "steps":
        return "Each makes as many steps in batches of one size."
    return "Each trains as long as naming classes does, by what an image costs; so one that sees two views makes fewer steps."


def _folded(data: str, target: str) -> tuple[Any, ...]:
    return (
        *CATALOGUES["dataset"][data].knobs,
        *CATALOGUES["dataset"][target].knobs,
        *BUDGET.values(),
        racing.knob("amounts"),
        racing.knob("moved"),
    )


def _settings(data: str, target: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What all sources have in common, and what all runs on the target have."""
    left, right = st.columns(2, gap="large")
    usual = {"epochs": 6, "batch_size": 128}
    with left:
        st.markdown("**Pretraining**")
        source = {each.name: forms.knob(each, f"{PREFIX}source_{each.name}") for each in CATALOGUES["dataset"][data].knobs}
        for name in ("epochs", "batch_size", "learning_rate"):
            source[name] = forms.knob(BUDGET[name], f"{PREFIX}source_{name}", default=usual.get(name, 2e-3))
    with right:
        st.markdown("**On the target**")
        moved = forms.choice("How is the encoder moved?", MOVED, f"{PREFIX}moved", "linear_probe", racing.knob("moved").help, "segments")
        settings = {"amounts": forms.knob(racing.knob("amounts"), f"{PREFIX}amounts"), "moved": moved}
        settings |= {each.name: forms.knob(each, PREFIX + each.name) for each in CATALOGUES["dataset"][target].knobs}
        settings |= budget_fields("finetune", PREFIX, LEFT_OUT)
    return {"dataset": data, **source}, settings


def _study(source: Mapping[str, Any], given: Mapping[str, Any], equal: str) -> Study:
    recipe = racing.recipe(**source)
    paces = racing.written(_paces(recipe, given["objectives"])) if equal == "time" else ""
    plain = {"study": "race", "source": json.loads(recipe.to_json()), "paces": paces, **given}
    return study_of(json.dumps(plain))


def _paces(recipe: Any, objectives: Sequence[str]) -> dict[str, int]:
    """Epochs for each objective so that it takes about as long as the same epochs of naming classes would.

    From what an image costs by objective; ``tlcore.race(minutes=...)`` measures it first.
    """
    whole = expect.seconds(racing.racer(recipe, "supervised"))
    times = {name: expect.seconds(racing.racer(recipe, name)) for name in objectives}
    return {name: max(1, round(recipe.epochs * whole / seconds)) for name, seconds in times.items()}


def race_view(record: StudyRecord, runs: Sequence[Standing]) -> None:
    """The cells, target by target, then what it cost."""
    from tlcore.charts import race

    summary, rows = record.summary or {}, [each.row for each in runs]
    targets = list(dict.fromkeys(each.run.dataset for each in runs))
    for target in targets:
        if len(targets) > 1:
            st.markdown(f"**{target}**")

        def draw(theme: str, target: str = target) -> Figure:
            return race.figure(race.table(rows, summary, target if len(targets) > 1 else ""), theme)

        final = record.state == "finished" and record.answered
        figure = kept(f"{record.id}-{record.done}-{target}", draw) if final else draw(theme())
        alt = f"Mean accuracy on {target} by objective and labels a class, with its interval; controls are the last two rows."
        chart(figure, key=f"race-{target}", alt=alt)
    st.markdown(
        ":small[The stronger the violet, the further above blocks frozen at random with a probe; a dotted cell is no better than those, as far "
        "as can be told (one-sided paired t test, from five seeds on). Grey rows are what must be beaten.]"
    )


def standings(record: StudyRecord) -> None:
    """Each racer where it is judged, and what it cost."""
    summary = record.summary or {}
    costs = {each["arm"]: each for each in summary.get("costs") or ()}
    found = summary.get("standings") or ()
    if not found:
        return
    st.markdown("**What was it worth, and what did it cost?**")
    head = ("", "Accuracy", "Over random blocks", "p", "Over scratch", "Pretraining", "Images seen", "Energy")
    lines = [
        head,
        (":--", *("--:",) * 7),
        *(_line(each, costs.get(each["arm"], {}), _several(found)) for each in found),
    ]
    st.markdown("\n".join("| " + " | ".join(line) + " |" for line in lines))
    at = words.labels(found[0]["labels"])
    st.markdown(
        f":small[Judged with {at}, chosen before anything was measured. p: one-sided, that the gain over random blocks is not above zero, for all "
        "racers together (Holm). Pretraining: seconds of one source on this machine, busy or not; images count every view. Energy: seconds x "
        "cores x 10 W, an assumption, / 3600, in Wh.]"
    )


def _several(found: Sequence[Mapping[str, Any]]) -> bool:
    return len({each["target"] for each in found}) > 1


def _line(each: Mapping[str, Any], cost: Mapping[str, Any], several: bool) -> tuple[str, ...]:
    spread = f" ± {50 * (each['high'] - each['low']):.1f}" if each.get("high") is not None else ""
    spent = (words.seconds(cost.get("seconds")), f"{cost['images']:,.0f}", f"{cost['energy']:.2f} Wh") if cost else ("–", "–", "–")
    name = f"{label(each['arm'])}{', ' + each['target'] if several else ''}{': **no measurable benefit here**' if each['beats'] is False else ''}"
    return (
        name,
        words.percent(each["mean"]),
        f"{words.points(each['gain'])}{spread}",
        p_value(each["p"]),
        words.points(each["over_scratch"]),
        *spent,
    )
