"""The tables: what the store keeps, and what it must find fast."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Boolean, Case, Column, DateTime, Float, Index, Integer, MetaData, String, Table, Text, case, literal, or_, text
from sqlalchemy.types import TypeDecorator

from tlcore import clock

SCHEMA = 4  # raised with every change of a table; migrations.py says how to get there

LIVE = ("queued", "running")
ENDED = ("finished", "stopped", "failed", "interrupted")
ANSWERED = (*LIVE, "finished")  # a run in one of these states is the answer to its key; the others do not block it


class Moment(TypeDecorator[datetime]):
    """An hour in UTC, stored without a zone so that both databases order it alike."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


metadata = MetaData()

meta = Table("meta", metadata, Column("name", String(40), primary_key=True), Column("value", Text, nullable=False))

runs = Table(
    "runs",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),  # the order of runs; hours can go backwards
    Column("id", String(32), nullable=False, unique=True),
    Column("key", String(64), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("state", String(12), nullable=False),
    Column("spec", Text, nullable=False),
    Column("dataset", String(80), nullable=False),
    Column("backbone", String(80), nullable=False),
    Column("objective", String(80), nullable=False),
    Column("strategy", String(80), nullable=False),
    Column("parent", String(32)),
    Column("study", String(32)),  # the study that asked first: its queued runs make one job
    Column("shard", Integer),  # the seed within that study
    Column("asked", Boolean, nullable=False, default=False),  # asked for by itself, not only as a part of a study
    Column("visitor", String(64), nullable=False, default=""),
    Column("epoch", Integer, nullable=False, default=0),
    Column("epochs", Integer, nullable=False),
    # steering: train until so many epochs are done, then hold (none: to the end); epochs a second at most; what it is a fork of
    Column("goal", Integer),
    Column("speed", Float),
    Column("forked", String(32)),
    Column("forked_at", Integer),
    Column("name", String(80)),  # what somebody calls it
    Column("token", String(32)),  # who knows it may steer, where the lab is hosted
    Column("accuracy", Float),
    Column("loss", Float),
    Column("result", Text),
    Column("error", Text),
    Column("note", Text),
    # the lease: who trains it, since when by the machine's tick, and the attempt that fences every older one
    Column("attempt", Integer, nullable=False, default=0),
    Column("deaths", Integer, nullable=False, default=0),
    Column("worker", String(64)),
    Column("pid", Integer),
    Column("birth", String(40)),
    Column("boot", String(64)),
    Column("begun", Float),
    Column("beat", Float),
    Column("created", Moment, nullable=False),
    Column("started", Moment),
    Column("finished", Moment),
    Column("seconds", Float),
    Index("runs_state", "state", "number"),
    Index("runs_kind", "kind", "number"),
    Index("runs_dataset", "dataset", "number"),
    Index("runs_parent", "parent", "number"),
    Index("runs_study", "study", "number"),
    Index("runs_forked", "forked", "number"),
    sqlite_autoincrement=True,
)
IS_ANSWER = text(f"state IN {ANSWERED}")  # written out, for only then does a query find by the index of just these
Index("runs_answer", runs.c.key, unique=True, sqlite_where=IS_ANSWER, postgresql_where=IS_ANSWER)

studies = Table(
    "studies",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", String(32), nullable=False, unique=True),
    Column("key", String(64)),  # none once a member was deleted: the study no longer answers its question
    Column("question", String(80), nullable=False),
    Column("title", Text, nullable=False),
    Column("settings", Text, nullable=False),
    Column("summary", Text),
    Column("visitor", String(64), nullable=False, default=""),
    Column("stopped", Boolean, nullable=False, default=False),  # it no longer wants the runs that others share with it
    Column("created", Moment, nullable=False),
    Index("studies_key", "key"),
    sqlite_autoincrement=True,
)

members = Table(
    "members",
    metadata,
    Column("study", String(32), primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("arm", String(80), nullable=False),
    Column("frozen", Integer),
    Column("seed", Integer, nullable=False),
    Column("run", String(32), nullable=False),
    Index("members_run", "run"),
)

MEASURES = ("loss", "accuracy", "val_loss", "val_accuracy", "seconds", "rate", "source_accuracy")

epochs = Table(
    "epochs",
    metadata,
    Column("run", String(32), primary_key=True),
    Column("epoch", Integer, primary_key=True),
    *(Column(name, Float) for name in MEASURES),
    Column("gradients", Text),  # gradient norm of each part, a JSON list; read only where it is drawn
    Column("confusion", Text),  # what was taken for what on the validation part, rows true, a JSON list of lists
    Column("extras", Text),  # what else was measured, a JSON object: name -> number; read only where it is drawn
    sqlite_with_rowid=False,
)

commands = Table(
    "commands",
    metadata,
    Column("key", String(80), primary_key=True),  # of a stop: run, attempt and name, else run and a name given by who asked: twice is once
    Column("run", String(32), nullable=False),
    Column("name", String(20), nullable=False),
    Column("created", Moment, nullable=False),
    Column("number", Integer),  # the order of a run's commands
    Column("value", Float),
    Column("hand", String(80)),  # who asked
    # the answer: when it took effect, as epochs and batches of the next one that were done, or why it could not
    Column("epoch", Integer),
    Column("step", Integer),
    Column("refused", Text),
    Index("commands_run", "run"),
)

artifacts = Table(
    "artifacts",
    metadata,
    Column("run", String(32), primary_key=True),
    Column("name", String(80), primary_key=True),
    Column("file", Text, nullable=False),  # below the data folder
    Column("sha256", String(64), nullable=False),
    Column("bytes", Integer, nullable=False),
)

dispatchers = Table(
    "dispatchers",
    metadata,
    Column("name", String(20), primary_key=True),
    Column("state", String(12), nullable=False),
    Column("message", Text, nullable=False, default=""),
    Column("pid", Integer, nullable=False),
    Column("birth", String(40)),
    Column("boot", String(64), nullable=False),
    Column("beat", Float, nullable=False),
    Column("since", Moment, nullable=False),
    Column("slots", Integer, nullable=False),
)

requests = Table(
    "requests",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("key", String(64), nullable=False, unique=True),  # what and its knobs: asked twice, prepared once
    Column("dataset", String(80), nullable=False),  # or "preview", of the run that stands as its knobs
    Column("knobs", Text, nullable=False),
    Column("state", String(12), nullable=False),  # queued, running, done, failed
    Column("error", Text),
)

GOES = or_(runs.c.goal.is_(None), runs.c.goal > runs.c.epoch)  # nobody holds the run


def hour() -> Case[datetime]:
    """The hour for a run that ends now: never before what is noted of it already, for clocks can be set back."""
    now = literal(clock.now(), Moment)
    return case((runs.c.started > now, runs.c.started), (runs.c.created > now, runs.c.created), else_=now)
