"""One study on the screen: the answer first, then the curves, then what lies behind them; live until it is done.

Only the progress and the curves lie in the timed fragment. When a run of the study ends, the page is drawn anew once, so
that tables and static charts follow without a timer of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from tlcore import jobs
from tlcore.store import MemberRecord, Run, StudyRecord
from tlcore.studies import Study
from tlcore.ui import answer, frame, progress, steering, words
from tlcore.ui.tables import badge

if TYPE_CHECKING:
    from tlcore.charts import curves

PULSE = 1.0  # seconds between two looks at a live study
HEIGHT = 320


def study_view(record: StudyRecord) -> None:
    """The panel of one study, in every state."""
    sources, members = frame.store().sources(record.id), frame.store().members(record.id)
    _heading(record, "running" if any(run.state == "running" for run in sources) else record.state)
    steering.problem()
    answer.card(record, members)
    _live(record, sources, members)
    answer.tabs(record, members)


def before(study: Study | None) -> None:
    """What will be here, while nothing was started."""
    if study is None:
        return
    from tlcore.ui.strip import arms

    sources = {member.spec.source.key for member in study.members if member.spec.source}
    amount = f"{words.count(len(study.members), 'run')} and {words.count(len(sources), 'source')}"
    with st.container(border=True, key="study-before"):
        st.markdown(f"**{words.study(study.settings)}**")
        st.markdown(f"{amount}. The accuracy of every run appears here as it ends; what was measured before is taken from the store.")
        rows = {words.arm(member.arm, member.frozen): member.spec for member in study.members}
        arms(study.members[0].spec.blocks, [(name, spec.phases[-1]) for name, spec in rows.items()], key="study-arms-strip")


def _heading(record: StudyRecord, state: str) -> None:
    """What it asks, how it stands, and what can be done with it."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="study-line"):
        st.markdown(f"**{words.study(record.settings)}** &ensp;{badge(state)}", width="content")
        if record.live:
            st.button("Stop all", icon=":material/stop:", key="study-stop", on_click=steering.attempt, args=(jobs.stop_study, record.id))
        elif record.state in ("stopped", "interrupted"):
            st.button(
                "Go on", icon=":material/play_arrow:", key="study-resume", on_click=steering.attempt, args=(jobs.resume_study, record.id)
            )
        elif record.state == "failed":
            st.button("Try again", icon=":material/replay:", key="study-again", on_click=_again, args=(record,))


def _again(record: StudyRecord) -> None:
    plain = {"study": record.question, **record.settings}
    fresh = steering.attempt(lambda: jobs.submit_study(Study.from_plain(plain)))
    if fresh is not None:
        st.query_params["study"] = fresh.id


def _live(record: StudyRecord, sources: list[Run], members: list[MemberRecord]) -> None:
    """Progress and curves; the timer ends with the study."""

    @frame.moving(PULSE if record.live else None, key="study-live")
    def moving() -> None:
        if not record.live:
            _progress(record, sources, members)
            _curves(record, sources, members)
            return
        store = frame.store()
        now = store.study(record.id)
        if now is None or (now.state, now.done) != (record.state, record.done):
            st.rerun(scope="app")
            return
        trained, learning = store.sources(record.id), store.members(record.id)
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
        return _now(record, sources, members)
    kept = f"{record.done} of {record.total} runs are measured and kept."
    if record.state == "finished":
        took = sum(run.seconds or 0 for run in runs)
        measured = f"All {words.count(record.total, 'run')} and {words.count(len(sources), 'source')} are measured"
        return f"{measured}; together they took {words.seconds(took)}."
    if record.state == "stopped":
        return f"Stopped. {kept} Go on trains the rest."
    broken = next((run for run in runs if run.state == record.state and run.error), None)
    why = f"[Run {broken.number}](runs?run={broken.id}): {broken.error}" if broken else "A run was cut short."
    return f"{why} {kept}"


def _now(record: StudyRecord, sources: list[Run], members: list[MemberRecord]) -> str:
    source = next((run for run in sources if run.state == "running"), None)
    if source is not None:
        place = f", number {sources.index(source) + 1} of {len(sources)}" if len(sources) > 1 else ""
        return f"Training the source{place}: epoch {source.epoch} of {source.epochs}."
    member = next((each for each in members if each.run.state == "running"), None)
    if member is not None:
        arm = words.arm(member.arm, member.frozen)
        return f"{arm}, seed {member.seed}: epoch {member.run.epoch} of {member.run.epochs}. {record.done} of {record.total} runs are done."
    engine = jobs.engine_state()
    if engine["state"] != "ready":
        return str(engine["message"])
    return "Next in line." if not record.done else f"{record.done} of {record.total} runs are done."


def _curves(record: StudyRecord, sources: list[Run], members: list[MemberRecord]) -> None:
    """Left the sources, right the arms: each a faint line a seed and the mean."""
    from tlcore.charts import colours, curves
    from tlcore.ui.live import live_chart

    rows = _histories([*sources, *(member.run for member in members)])
    same = f"{record.id}-{record.done}" if record.state == "finished" else ""
    left, right = st.columns([1, 1.6], gap="medium")
    with left:
        st.markdown("**Learning the source**")
        read = [curves.Series(colours.ROLES["source"].label, rows[run.id], "source", run.spec.seed) for run in sources if rows[run.id]]
        metric = "accuracy" if all(run.objective == "supervised" for run in sources) else "loss"
        epochs, alt = max((run.epochs for run in sources), default=1), f"{metric.capitalize()} of the sources after each epoch."
        live_chart(read, "study-sources", alt, metric, epochs, HEIGHT, same and f"{same}-sources")
    with right:
        st.markdown("**Learning the target**")
        arms = [_series(member, rows[member.run.id]) for member in members if rows[member.run.id]]
        epochs, alt = max((member.run.epochs for member in members), default=1), "Validation accuracy of each arm after each epoch."
        live_chart(arms, "study-arms", alt, "accuracy", epochs, HEIGHT, same)


def _series(member: MemberRecord, rows: progress.Rows) -> curves.Series:
    from tlcore.charts import colours, curves

    share = None if member.frozen is None else member.frozen / len(member.run.spec.blocks)
    return curves.Series(words.arm(member.arm, member.frozen), rows, colours.role(member.run.strategy), member.seed, share)


def _histories(runs: list[Run]) -> dict[str, progress.Rows]:
    """Epochs of all runs; those of finished runs are read once a session."""
    kept: dict[str, progress.Rows] = st.session_state.setdefault("_study_epochs", {})
    missing = [run.id for run in runs if run.id not in kept]
    fresh = jobs.store().epochs_of(missing) if missing else {}
    found = {run.id: kept.get(run.id, fresh.get(run.id, [])) for run in runs}
    st.session_state["_study_epochs"] = {run.id: found[run.id] for run in runs if run.state == "finished"}
    return found
