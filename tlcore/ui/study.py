"""One study on the screen: the answer first, then the curves, then what lies behind them; live until it is done.

Only the progress and the curves lie in the timed fragment. When a run of the study ends, the page is drawn anew once, so
that tables and static charts follow without a timer of their own.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import streamlit as st

from tlcore import jobs
from tlcore.objectives import OBJECTIVES
from tlcore.store import MemberRecord, Run, StudyRecord
from tlcore.studies import Study, span
from tlcore.ui import answer, behind, frame, hand, launch, pace, progress, words
from tlcore.ui.standing import CONTROLS, Standing, by_labels, named, standing
from tlcore.ui.tables import badge
from tlcore.ui.units import joined

if TYPE_CHECKING:
    from tlcore.charts import curves

PULSE = 1.0  # seconds between two looks at a live study
HEIGHT = 320


def panel(asked: Study | None) -> None:
    """The button that measures what the form asks, then the study of the address, or the frame of the one that would be started."""
    record = launch.start_study(asked, label="Measure")
    if record:
        study_view(record)
    else:
        before(asked)


def study_view(record: StudyRecord) -> None:
    """The panel of one study, in every state."""
    sources, members = frame.store().sources(record.id), frame.store().members(record.id)
    _heading(record, _state(record, sources))
    hand.problem()
    answer.card(record, members)
    _live(record, sources, members)
    behind.tabs(record, members)


def _news(record: StudyRecord, sources: list[Run]) -> tuple[object, ...]:
    """What the whole page is drawn anew for."""
    return _state(record, sources), record.done, record.summary is None, record.answered


def _state(record: StudyRecord, sources: list[Run]) -> str:
    """A study whose source trains runs, though none of its own runs does yet."""
    return "running" if any(run.state == "running" for run in sources) else record.state


def before(study: Study | None) -> None:
    """What will be here, while nothing was started."""
    if study is None:
        return
    from tlcore.ui.strip import arms

    amount = f"{words.count(len(study.members), 'run')}{_sources(study)}"
    with st.container(border=True, key="study-before"):
        st.markdown(f"**{words.study(study.settings)}**")
        st.markdown(f"{amount}. The accuracy of every run appears here as it ends; what was measured before is taken from the store.")
        controls = dict.fromkeys(words.lower(words.arm(member.arm)) for member in study.members if member.tier)
        if controls:
            st.markdown(f"Then its controls, which transfer must beat: {'; '.join(controls)}.")
        rows = {words.arm(member.arm, member.frozen): member.spec for member in study.members if not member.tier}
        arms(study.members[0].spec.blocks, [(name, spec.phases[-1]) for name, spec in rows.items()], key="study-arms-strip")


def _sources(study: Study) -> str:
    """How many sources are trained for it, and on what."""
    made = {member.spec.source.key: member.spec.source.dataset for member in study.members if member.spec.source}
    parts = [f"{words.count(count, 'source')} of {dataset}" for dataset, count in Counter(made.values()).items()]
    return f", from {' and '.join(parts)}" if parts else ""


def _heading(record: StudyRecord, state: str) -> None:
    """What it asks, how it stands, and what can be done with it."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="study-line"):
        st.markdown(f"**{words.study(record.settings)}** &ensp;{badge(state)}", width="content")
        if record.live:
            st.button(
                "Stop all",
                icon=":material/stop:",
                key="study-stop",
                on_click=hand.attempt,
                args=(jobs.stop_study, record.id, hand.starter()),
            )
        elif record.state in ("stopped", "interrupted"):
            st.button(
                "Go on",
                icon=":material/play_arrow:",
                key="study-resume",
                on_click=hand.attempt,
                args=(jobs.resume_study, record.id, hand.starter()),
            )
        elif record.state == "failed":
            st.button("Try again", icon=":material/replay:", key="study-again", on_click=_again, args=(record,))


def _again(record: StudyRecord) -> None:
    plain = {"study": record.question, **record.settings}
    fresh = hand.attempt(lambda: jobs.submit_study(Study.from_plain(plain), hand.starter()))
    if fresh is not None:
        st.query_params["study"] = fresh.id


def _live(record: StudyRecord, sources: list[Run], members: list[MemberRecord]) -> None:
    """Progress and curves; the timer ends with the study."""

    moves = record.live or record.awaited

    @frame.moving(PULSE if moves else None, key="study-live")
    def moving() -> None:
        if not moves:
            _progress(record, sources, members)
            _curves(record, sources, members)
            return
        store = frame.store()
        now, trained = store.study(record.id), store.sources(record.id)
        if now is None or _news(now, trained) != _news(record, sources):
            st.rerun(scope="app")
            return
        learning = store.members(record.id)
        _progress(now, trained, learning)
        _curves(now, trained, learning)

    moving()


def _progress(record: StudyRecord, sources: list[Run], members: list[MemberRecord]) -> None:
    runs = [*sources, *(member.run for member in members)]
    total, done = sum(run.epochs for run in runs), sum(run.epochs if run.state == "finished" else run.epoch for run in runs)
    said = sentence(record, sources, members)
    if record.live:
        st.progress(min(done / max(total, 1), 1.0), text=said)
    else:
        st.markdown(said)


def sentence(record: StudyRecord, sources: list[Run], members: list[MemberRecord]) -> str:
    """Where a study is, in one or two sentences."""
    runs = [*sources, *(member.run for member in members)]
    if record.live:
        return joined(_now(record, sources, members))
    kept = f"{record.done} of {record.total} runs are measured and kept."
    if record.state == "finished":
        measured = f"All {words.count(record.total, 'run')} and {words.count(len(sources), 'source')} are measured"
        return joined(f"{measured}{_took(record, runs)}.")
    if record.state == "stopped":
        return f"Stopped. {kept} Go on trains the rest."
    broken = next((run for run in runs if run.state == record.state and run.error), None)
    why = f"[Run {broken.number}](runs?run={broken.id}): {broken.error}" if broken else "A run was cut short."
    return f"{why} {kept}"


def _took(record: StudyRecord, runs: list[Run]) -> str:
    """How long it took, without what an earlier study or a run of its own had measured already."""
    fresh = [run for run in runs if run.created >= record.created]
    if not fresh:
        return ""
    took = words.seconds(sum(run.seconds or 0 for run in fresh))
    return f"; together they took {took}" if len(fresh) == len(runs) else f"; the {len(fresh)} of them that were new took {took}"


def _now(record: StudyRecord, sources: list[Run], members: list[MemberRecord]) -> str:
    runs = [*sources, *(each.run for each in members)]
    done = f"{record.done} of {record.total} runs are done, {pace.left({run.id: run for run in runs}.values())} left."
    source = next((run for run in sources if run.state == "running"), None)
    if source is not None:
        place = f", number {sources.index(source) + 1} of {len(sources)}" if len(sources) > 1 else ""
        return f"Training the source{place}: epoch {source.epoch} of {source.epochs}. {done}"
    member = next((each for each in members if each.run.state == "running"), None)
    if member is not None:
        arm = words.arm(member.arm, member.frozen)
        arm += f", {words.labels(member.run.spec.labels_per_class)}" if by_labels(record.question) else ""
        return f"{arm}, seed {member.seed}: epoch {member.run.epoch} of {member.run.epochs}. {done}"
    engine = jobs.engine_state()
    if engine["state"] != "ready":
        return str(engine["message"])
    waiting = next((run for run in runs if run.state == "queued"), None)
    before = (frame.store().queue_place(waiting.id) or 1) - 1 if waiting else 0
    return f"Waiting: {words.count(before, 'run')} before this." if before else done if record.done else "Next in line."


def _curves(record: StudyRecord, sources: list[Run], members: list[MemberRecord]) -> None:
    """Left the sources, right the arms: each a faint line a seed and the mean."""
    from tlcore.charts import colours, curves
    from tlcore.ui.live import live_chart

    if record.question == "race":  # its curves are of losses that do not compare
        return
    shown, sources = _shown(record, members), _theirs(sources, members)
    rows = _histories([*sources, *(each.run for each in shown)])
    same = f"{record.id}-{record.done}" if record.state == "finished" else ""
    left, right = st.columns([1, 1.6], gap="medium")
    with left:
        st.markdown("**Learning the source**")
        read = [curves.Series(colours.ROLES["source"].label, rows[run.id], "source", run.spec.seed) for run in sources if rows[run.id]]
        metric = "accuracy" if all(OBJECTIVES[run.objective].facts.get("names") for run in sources) else "loss"
        epochs, alt = max((run.epochs for run in sources), default=1), f"{metric.capitalize()} of the sources after each epoch."
        live_chart(read, "study-sources", alt, metric, epochs, HEIGHT, same and f"{same}-sources")
    with right:
        most = record.settings.get("most")
        st.markdown("**Learning the target**" + (f", with {words.labels(most)}" if most else ""))
        arms = [_series(record, each, rows[each.run.id]) for each in shown if rows[each.run.id]]
        epochs, alt = max((each.run.epochs for each in shown), default=1), "Validation accuracy of each arm after each epoch."
        live_chart(arms, "study-arms", alt, "accuracy", epochs, HEIGHT, same)


def _theirs(sources: list[Run], members: list[MemberRecord]) -> list[Run]:
    """The sources that transfer is measured from, without those of the controls."""
    asked = {member.run.parent for member in members if member.arm not in CONTROLS}
    return [run for run in sources if run.id in asked]


def _shown(record: StudyRecord, members: list[MemberRecord]) -> list[Standing]:
    """The runs whose curves are drawn: no controls beside a depth, and of all budgets the largest."""
    runs, most = standing(record, members), record.settings.get("most")
    if most is not None:
        return [each for each in runs if each.place == most]
    return [each for each in runs if each.arm not in (CONTROLS if record.question == "freezing" else ("scratch_long",))]


def _series(record: StudyRecord, each: Standing, rows: progress.Rows) -> curves.Series:
    from tlcore.charts import colours, curves

    if record.question != "freezing" or each.place is None:
        return curves.Series(words.arm(each.arm), rows, colours.role(each.run.strategy), each.seed, _tuned(each))
    share = each.place / len(each.run.spec.blocks)
    return curves.Series(named(record.question, each.arm, each.place), rows, colours.role(each.run.strategy), each.seed, share)


def _tuned(each: Standing) -> float | None:
    """The share of frozen blocks where a run of blocks is tuned: it gives the colour."""
    return None if span(each.arm) is None else 1 - each.run.spec.knobs["width"] / len(each.run.spec.blocks)


def _histories(runs: list[Run]) -> dict[str, progress.Rows]:
    """Epochs of all runs; those of finished runs are read once a session."""
    kept: dict[str, progress.Rows] = st.session_state.setdefault("_study_epochs", {})
    missing = [run.id for run in runs if run.id not in kept]
    fresh = jobs.store().epochs_of(missing) if missing else {}
    found = {run.id: kept.get(run.id, fresh.get(run.id, [])) for run in runs}
    st.session_state["_study_epochs"] = {run.id: found[run.id] for run in runs if run.state == "finished"}
    return found
