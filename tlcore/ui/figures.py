"""The figures of a study: one for each question, and the difference around zero that every verdict rests on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from tlcore.store import StudyRecord
from tlcore.ui import frame, racing, words
from tlcore.ui.chart import Figure, chart, kept, theme
from tlcore.ui.standing import Standing, against, measured

CHEAPEST = (
    "Best: the highest mean on the validation part. Cheapest: the most frozen blocks whose mean there is within one standard error of it; "
    "the points are test accuracies, so another depth may stand higher."
)
BANDS = "Small points are seeds, large ones their mean; bands are 95 % intervals, from five seeds on"


def main(record: StudyRecord, runs: Sequence[Standing]) -> None:
    """The picture that answers the question."""
    surgical = record.question == "freezing" and record.settings.get("mode") == "surgical"
    drawn = {"freezing": _freezing, "label_budget": _budget, "forgetting": _forgetting, "race": racing.race_view}
    draw = _surgical if surgical else drawn.get(record.question)
    (draw or difference)(record, runs)


def difference(record: StudyRecord, runs: Sequence[Standing]) -> None:
    """Each seed's difference between the two arms of the verdict."""
    from tlcore.charts import verdict

    found = (record.summary or {}).get("difference") or {}
    mine, base = (found.get("arm", "lp_ft"), found.get("frozen")), (found.get("against", "scratch"), found.get("against_frozen"))
    interval = (found["low"], found["high"]) if found.get("low") is not None else None

    def draw(theme: str) -> Figure:
        rows = [row for row in measured(runs) if (row["arm"], row["frozen"]) in (mine, base)]
        return verdict.figure(verdict.table(rows, mine[0], base[0], interval), theme, found.get("label"))

    said = against(record.question, {"arm": "lp_ft", "against": "scratch", **found})
    st.markdown(f"**{said}**")
    chart(_drawn(record, "difference", draw), key="study-difference", alt=f"{said}: difference in accuracy, one point a seed.")


def _freezing(record: StudyRecord, runs: Sequence[Standing]) -> None:
    """Accuracy against frozen blocks, and below it on the same axis what they cost."""
    from tlcore.charts import cost, freezing

    summary, blocks = record.summary or {}, runs[0].run.spec.blocks
    best = (summary.get("best") or {}).get("frozen")

    def draw(theme: str) -> Figure:
        table = freezing.table(measured(runs), summary)
        return freezing.figure(table, theme, blocks, majority(runs), best, summary.get("cheapest"))

    alt = "Test accuracy against the number of frozen blocks, one point a seed, with training from scratch and the controls beside it."
    figure = _drawn(record, "freezing", draw)
    _legend(figure)
    chart(figure, key="study-freezing", alt=alt)
    own = " From the target itself: the source is a net that learned the target's own labels first." if _controlled(runs) else ""
    chance = majority(runs)
    guess = f" Always naming the commonest class gets {words.percent(chance)}." if chance is not None else ""
    st.markdown(
        f":small[{BANDS}; below that the grey band is the range from scratch.{guess}{own}{f' {CHEAPEST}' if best is not None else ''}]"
    )

    def draw_cost(theme: str) -> Figure:
        return cost.figure(cost.table(summary.get("costs") or costs(runs)), theme, blocks)

    alt = "Trained parameters, and seconds an epoch, against the number of frozen blocks."
    chart(_drawn(record, "cost", draw_cost), key="study-cost", alt=alt)


def _surgical(record: StudyRecord, runs: Sequence[Standing]) -> None:
    """Accuracy of every run of tuned blocks."""
    from tlcore.charts import surgical

    summary, rows = record.summary or {}, measured(runs)
    scratch = [row["accuracy"] for row in rows if row["arm"] == "scratch"]

    def draw(theme: str) -> Figure:
        best, mean = (summary.get("best") or {}).get("arm"), sum(scratch) / len(scratch) if scratch else None
        return surgical.figure(surgical.table(rows, summary), theme, runs[0].run.spec.blocks, mean, best)

    st.markdown("**Which blocks in a row should be tuned, while all others stay frozen?**")
    alt = "Mean test accuracy for every run of tuned blocks: the first block down, the last one across."
    chart(_drawn(record, "surgical", draw), key="study-surgical", alt=alt)
    st.markdown(
        ":small[The stronger the colour, the better; ice where most blocks stay frozen, ember where most are tuned. The frame: best on validation.]"
    )


def _budget(record: StudyRecord, runs: Sequence[Standing]) -> None:
    """Accuracy against labels a class, and where scratch catches up."""
    from tlcore.charts import budget

    def catch(theme: str) -> dict[str, Any]:
        table = budget.table(measured(runs), record.summary)
        return {arm: budget.catching_up(table, arm) for arm in ("lp_ft", "linear_probe")}

    caught = _drawn(record, "caught", catch) if record.state == "finished" else {}

    def draw(theme: str) -> Figure:
        table = budget.table(measured(runs), record.summary)
        return budget.figure(table, theme, (caught.get("lp_ft") or {}).get("at"), majority(runs))

    alt = "Test accuracy against labels a class on a log axis: from scratch, frozen, and probe-then-tune, one point a seed."
    figure = _drawn(record, "budget", draw)
    _legend(figure)
    chart(figure, key="study-budget", alt=alt)
    st.markdown(f":small[{BANDS}.]")
    for arm, found in caught.items():
        if found is not None:
            st.markdown(f"{words.arm(arm)}: {caught_up(found)}")


def caught_up(found: dict[str, Any]) -> str:
    """Where scratch catches up, in one sentence.

    >>> caught_up({"at": 31.4, "low": None, "high": None, "least": 1, "most": 50, "seeds": 3})
    'from scratch catches up at about 31 labels a class, measured with 3 seeds.'
    """
    if found["at"] is None:
        return f"from scratch does not catch up with up to {words.labels(found['most'])}."
    if found["at"] <= found["least"]:
        return f"from scratch is as good from {words.labels(found['least'])} on."
    sure = f"measured with {words.count(found['seeds'], 'seed')}"
    if found["low"] is not None:
        high = f"{found['high']:.0f}" if found["high"] is not None else f"beyond {found['most']}"
        sure = f"95 % of resampled seeds lie from {found['low']:.0f} to {high}"
    return f"from scratch catches up at about {found['at']:.0f} labels a class, {sure}."


def _forgetting(record: StudyRecord, runs: Sequence[Standing]) -> None:
    """What each strategy gained, against what it forgot."""
    from tlcore.charts import forgetting

    def draw(theme: str) -> Figure:
        names = {each.arm: words.arm(each.arm) for each in runs}
        return forgetting.figure(forgetting.table(watched(runs), names, record.summary), theme)

    st.markdown("**Who learns the new task and keeps the old one?** Further up is better, further right is kept better.")
    alt = "Each strategy's gain on the target over training from scratch, against the change of accuracy on its source task."
    chart(_drawn(record, "forgetting", draw), key="study-forgetting", alt=alt)
    st.markdown(":small[The dotted line joins those that no other strategy beats in both.]")


def watched(runs: Sequence[Standing]) -> list[dict[str, Any]]:
    """The measured runs with ``kept``: how the accuracy of the source task changed from the first epoch to the last."""
    curves = frame.store().epochs_of([each.run.id for each in runs if each.run.accuracy is not None and each.run.spec.watch_source])
    rows = []
    for each in runs:
        seen = [row["source_accuracy"] for row in curves.get(each.run.id, ()) if row.get("source_accuracy") is not None]
        rows.append({**each.row, "kept": seen[-1] - seen[0] if len(seen) > 1 else None})
    return rows


def _controlled(runs: Sequence[Standing]) -> bool:
    return any(each.arm in ("self", "self_tuned") and each.run.accuracy is not None for each in runs)


def majority(runs: Sequence[Standing]) -> float | None:
    """The accuracy of always naming the commonest class."""
    return next((each.run.result.get("majority") for each in runs if each.run.result), None)


def costs(runs: Sequence[Standing]) -> list[dict[str, Any]]:
    """What each place costs as far as it is measured, for a study without an answer."""
    found: dict[tuple[str, int | None], list[Standing]] = {}
    for each in runs:
        if each.run.result and each.run.seconds is not None:
            found.setdefault((each.arm, each.place), []).append(each)
    return [
        {
            "arm": arm,
            "frozen": place,
            "trainable": (group[0].run.result or {}).get("parameters", {}).get("trainable"),
            "seconds": None,  # only the engine takes them from the epochs themselves
        }
        for (arm, place), group in found.items()
    ]


def _legend(figure: Figure) -> None:
    from tlcore.charts import legend

    if html := legend.figure(figure):
        st.html(html)


def _drawn(record: StudyRecord, name: str, draw: Callable[[str], Figure]) -> Figure:
    """The figure of a study, or what is said below it; kept once the study has its answer."""
    final = record.state == "finished" and record.answered
    return kept(f"{record.id}-{record.done}-{name}", draw) if final else draw(theme())
