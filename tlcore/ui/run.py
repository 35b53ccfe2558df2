"""One run on the screen: what it is, its transport and its desk, where it is, its curves under their timeline, what came of it.

Everything keeps its place from the first glance to the last: while a run waits, trains or is done, only words and
numbers change. What changes by itself lies in one timed fragment; what is clicked lies outside of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from tlcore.charts.flags import Flag
from tlcore.charts.timeline import Segment
from tlcore.objectives import OBJECTIVES
from tlcore.spec import Place, RunSpec, course, trained
from tlcore.store import Command, Run
from tlcore.ui import changes, desk, forms, frame, hand, playback, progress, relatives, steering, transport, watching, words
from tlcore.ui.details import log_view
from tlcore.ui.result import result_view
from tlcore.ui.shelf import prepared
from tlcore.ui.tables import badge

PULSE = 0.8  # seconds between two looks at a live run: what somebody else does is seen within a second
REST = {"stopped": 4.0, "interrupted": 4.0}  # the same where somebody else may let it go on
HEIGHT = 280  # pixels of the curve: what one steers and what it does are seen together
CURVES = {"accuracy": "Accuracy", "loss": "Loss"}
WHICH = "Which curve?"
BACK = (
    "Or move the playhead below the curve, by hand or with its arrow keys. Any epoch can be forked: one whose state is not kept "
    "is trained again from the nearest that is."
)


def run_view(run: Run | None, spec: RunSpec | None = None) -> None:
    """The panel of one run; without one, that of the run which ``spec`` would be: in place, and empty."""
    if run is None:
        assert spec is not None
        _before(spec)
        return
    playback.first(run)
    commands = frame.store().commands(run.id)
    made = changes.made(run.spec, commands)
    _heading(run)
    transport.transport(run)
    hand.problem()
    _desk(run, commands)
    _live(run, made)
    _past(run)
    _watched(run)
    changes.table(run, made, commands)
    steering.steering(run)
    if run.state == "failed":
        log_view(run)
    result_view(run)


def _before(spec: RunSpec) -> None:
    st.subheader(words.title(spec), anchor=False)
    st.markdown("It was measured before: open the result." if frame.store().finished([spec.key]) else "Not started yet.")
    transport.before(spec)
    desk.looked_at(spec, Place(0), "What it begins with. While it trains, a click here freezes a block or melts it.")
    scene = Scene.of(spec, changes.made(spec))
    _chart(spec, "new", scene, None)
    _numbers((*progress.no_numbers(spec), *scene.size))
    _metric(spec)


def _heading(run: Run) -> None:
    st.subheader(f"{words.literal(run.name)}: {run.title}" if run.name else words.title(run.spec), anchor=False)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="run-line"):
        st.markdown(f"{badge(run.state, run.held)} &ensp;Run {run.number}, {words.when(run.created)}", width="content")
        for known, label in (
            (run.parent, f"Its {words.role(run.spec)}: run {{}}"),
            (run.forked, f"Forked at epoch {run.forked_at} of run {{}}"),
        ):
            other = frame.store().run(known) if known else None
            if other is not None:
                st.page_link("pages/runs.py", label=label.format(other.number), query_params={"run": other.id})


def names(spec: RunSpec) -> bool:
    """Whether a run names the classes of its data, so that it has an accuracy."""
    return bool(OBJECTIVES[spec.objective].facts.get("names"))


def _metric(spec: RunSpec) -> None:
    """Which curve is shown; only a run that names classes has the choice. It stands below the curve, outside of what moves."""
    if names(spec):
        forms.choice(WHICH, CURVES, key="curve", default="accuracy", widget="segments")


def _desk(run: Run, commands: Sequence[Command]) -> None:
    """What it is set to: as it is asked for while it is live, what a fork would begin with where the playhead stands, or as it was left."""
    here = playback.at(run)
    if playback.playing(run):
        desk.looked_at(run.spec, _left(run), "It is replayed: the timeline above the curve says what learned when.")
    elif here is not None:
        then = course.forked(run.spec, here)
        desk.looked_at(then, Place(min(here, run.epochs - 1)), f"As of epoch {here}. Fork it to change something from there on.")
    elif run.live:
        desk.steered(run, commands)
    else:
        desk.looked_at(run.spec, _left(run), "As it was left. Fork it to change something.")


def _left(run: Run) -> Place:
    """The last moment in which it trained."""
    return Place(max(run.epoch - 1, 0), 1 << 30)


def _live(run: Run, made: Sequence[changes.Made]) -> None:
    """What moves; the timer is gone once the run has ended, after one last drawing of the whole page."""
    scene, pulse = Scene.of(run.spec, made, frame.store().family(run.id)), frame.pulse(PULSE)

    @frame.moving(pulse if run.live else REST.get(run.state), key="run-live")
    def moving() -> None:
        now = frame.store().run(run.id) if run.live or run.state in REST else run
        if now is None or _steered(now) != _steered(run) or hand.heard(run.id) or frame.pulse(PULSE) != pulse:
            st.rerun(scope="app")
            return
        rows = progress.history(now)
        st.markdown(progress.sentence(now, rows))
        _chart(now.spec, now.id, scene, now)
        _numbers((*progress.numbers(now, rows), *scene.size))

    moving()


def _watched(run: Run) -> None:
    """What one sees of a pretraining, as it moves: with the run while it is live, with the playhead in a replay."""
    if run.kind != "pretrain":
        return
    pulse = frame.pulse(PULSE)

    @frame.moving(pulse if run.live or playback.playing(run) else None, key="run-watched")
    def moving() -> None:
        now = frame.store().run(run.id) if run.live else run
        if now is not None:
            watching.watching(now, playback.shown(now))

    moving()


def _steered(run: Run) -> tuple[object, ...]:
    """What the buttons of a run depend on: when it changes, also by somebody else, the whole page is drawn anew."""
    stretch = course.at(run.spec.course, Place(run.epoch)) if run.live else 0
    return run.state, run.held, run.goal is None, run.speed, run.spec_json, stretch


def _past(run: Run) -> None:
    """Back to an epoch, and from there another way; and which curve."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="run-past"):
        with st.container(width=150):
            _metric(run.spec)
        if run.epoch < 1:
            return
        here, key = playback.at(run), f"at-{run.id}"
        st.session_state[key] = here
        st.number_input(
            "As of epoch", 0, max(run.epoch, here or 0), key=key, placeholder="newest", width=140,
            on_change=_go, args=(run, key), help=BACK,
        )  # fmt: skip
        place = f"at {here}" if here is not None else "here"
        st.button(
            f"Fork {place} · new run", key="run-fork", icon=":material/call_split:", on_click=_fork, args=(run,),
            help="A run that stands where this one was, on hold: change something, then let it go. This one stays as it is.",
        )  # fmt: skip


def _go(run: Run, key: str) -> None:
    chosen = st.session_state[key]
    playback.put(run, None if chosen is None else int(chosen))


def _fork(run: Run) -> None:
    """From the epoch that is shown, else from the newest that another run can still differ in."""
    now = frame.store().run(run.id)
    here = playback.at(run)
    latest = min(now.epoch, now.epochs - 1) if now is not None else 0
    relatives.fork(run.id, latest if here is None else here)


def _size(spec: RunSpec) -> tuple[tuple[str, str], ...]:
    """How much of the net is trained, as soon as the number of classes is known."""
    data = prepared(spec.dataset, spec.settings("dataset"))
    tells = spec.objective == "regression"
    if data is None or not (names(spec) or tells):
        return ()
    some, whole = trained(spec, 1 if tells else len(data.classes))
    return (("Trained parameters", f"{some:,} of {whole:,}"),)


def _numbers(each: tuple[tuple[str, str], ...]) -> None:
    pairs = "".join(f"<div><span>{words.plain(label)}</span><b>{words.plain(value)}</b></div>" for label, value in each)
    st.html(f'<div class="tl-numbers">{pairs}</div>')


@dataclass(frozen=True)
class Scene:
    """What stands around the curves, and only changes when the whole page is drawn anew."""

    timeline: list[Segment]
    flags: list[Flag]
    size: tuple[tuple[str, str], ...]
    family: Sequence[Run] = ()

    @classmethod
    def of(cls, spec: RunSpec, made: Sequence[changes.Made] = (), family: Sequence[Run] = ()) -> Scene:
        """That of a run."""
        from tlcore.charts import timeline

        count = changes.batches(spec)
        return cls(timeline.of(spec, count), changes.flags(made, count), _size(spec), family)


def _chart(spec: RunSpec, name: str, scene: Scene, run: Run | None) -> None:
    """The curves under the timeline of what learns when, with flags, relatives and the playhead."""
    from tlcore.ui.live import live_chart

    metric = forms.chosen("curve", CURVES, "accuracy", WHICH) if names(spec) else "loss"
    alt = f"{CURVES[metric]} after each epoch, on training and validation images."
    if run is None:
        live_chart([], f"run-curves-{name}", alt, metric, spec.epochs, HEIGHT, timeline=scene.timeline)
        return
    series, same = relatives.series(run, scene.family, metric)
    if len(series) > 1:
        alt += " Beside it the accuracy of the source task, or runs that parted from this one."
    here = playback.at(run)
    head = None if run.epoch < 1 else here if here is not None else run.epoch
    moved = live_chart(
        series, f"run-curves-{name}", alt, metric, spec.epochs, HEIGHT, same=same, timeline=scene.timeline, flags=scene.flags,
        playhead=head, replay=playback.replay(run),
    )  # fmt: skip
    playback.heard(run, moved, lambda: st.rerun(scope="app"))
