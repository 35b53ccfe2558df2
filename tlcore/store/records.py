"""What the store hands out: frozen records, with the long texts read only when somebody looks."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any

from sqlalchemy import Label

from tlcore.spec import RunSpec
from tlcore.store import tables


@lru_cache(maxsize=2048)
def _spec(text: str) -> RunSpec:
    return RunSpec.from_json(text)


@dataclass(frozen=True)
class Run:
    """One run as it stands. Hours are in UTC, ``seconds`` is work without pauses, ``epoch`` the last recorded one.

    goal: epochs after which it is to hold, None for its end. speed: epochs a second at most. forked, forked_at: the run and the epoch
    that it is a fork of. name: what somebody calls it. study: the study that asked for it first, None if a visitor did; asked: whether one
    asked for it by itself.
    """

    id: str
    number: int
    key: str
    kind: str
    state: str
    dataset: str
    backbone: str
    objective: str
    strategy: str
    parent: str | None
    epoch: int
    epochs: int
    goal: int | None
    speed: float | None
    forked: str | None
    forked_at: int | None
    name: str | None
    study: str | None
    asked: bool
    accuracy: float | None
    loss: float | None
    error: str | None
    note: str | None
    attempt: int
    worker: str | None
    created: datetime
    started: datetime | None
    finished: datetime | None
    seconds: float | None
    spec_json: str = field(repr=False)
    result_json: str | None = field(repr=False)

    @cached_property
    def spec(self) -> RunSpec:
        """The spec, parsed at the first look."""
        return _spec(self.spec_json)

    @cached_property
    def result(self) -> dict[str, Any] | None:
        """What was measured at the end, parsed at the first look."""
        return None if self.result_json is None else json.loads(self.result_json)

    @property
    def live(self) -> bool:
        """Whether it waits or trains."""
        return self.state in tables.LIVE

    @property
    def held(self) -> bool:
        """Whether it is on hold: it waits for somebody to let it go on."""
        return self.live and self.goal is not None and self.goal <= self.epoch < self.epochs

    @property
    def title(self) -> str:
        """The spec in words."""
        return self.spec.title


@dataclass(frozen=True)
class Command:
    """Something that was asked of a run: pause, play, step, speed, or a change of a setting to a value.

    hand: who asked. epoch, step: when it took effect, None as long as nobody has answered. refused: why it could not.
    """

    number: int
    name: str
    value: float | None
    hand: str
    created: datetime
    epoch: int | None = None
    step: int | None = None
    refused: str | None = None


@dataclass(frozen=True)
class Orders:
    """What a worker finds when it looks: whether to stop, until when and how fast to train, and what was asked for and not answered."""

    stop: bool
    goal: int | None
    speed: float | None
    asked: tuple[Command, ...] = ()


@dataclass(frozen=True)
class StudyRecord:
    """One study; ``state`` follows from its runs: ``done`` of ``total`` have finished."""

    id: str
    number: int
    key: str | None
    question: str
    title: str
    settings: dict[str, Any]
    state: str
    summary: dict[str, Any] | None
    created: datetime
    total: int
    done: int

    @property
    def live(self) -> bool:
        """Whether any of its runs waits or trains."""
        return self.state in tables.LIVE

    @property
    def answered(self) -> bool:
        """Whether the answer that is kept is that of all its runs."""
        return self.summary is not None and not self.summary.get("interim")

    @property
    def awaited(self) -> bool:
        """Whether it is measured, and its answer is still being made."""
        return self.state == "finished" and self.key is not None and not self.answered


@dataclass(frozen=True)
class MemberRecord:
    """One place of a study: the arm, the frozen blocks where they vary, the seed, and the run that fills it."""

    arm: str
    frozen: int | None
    seed: int
    run: Run


@dataclass(frozen=True)
class Lease:
    """The right to train one run: every write names it, and is refused once a later attempt has begun."""

    run: str
    attempt: int
    worker: str


@dataclass(frozen=True)
class Job:
    """What one worker process gets: a run it holds, and the group whose next run it may ask for."""

    id: str
    lease: Lease
    visitor: str
    study: str | None
    shard: int | None
    runs: tuple[str, ...]  # the group's queued runs in order, the held one first


RUN_COLUMNS: tuple[Label[Any], ...] = tuple(
    tables.runs.c[{"spec_json": "spec", "result_json": "result"}.get(each.name, each.name)].label(each.name) for each in fields(Run)
)


def state_of(counts: dict[str, int]) -> str:
    """The state of a study from the number of its runs in each state.

    >>> state_of({"finished": 2, "queued": 1})
    'running'
    """
    ended = sum(counts.get(state, 0) for state in tables.ENDED)
    if counts.get("running") or (counts.get("queued") and ended):
        return "running"
    if counts.get("queued"):
        return "queued"
    return next((state for state in ("failed", "interrupted", "stopped") if counts.get(state)), "finished")
