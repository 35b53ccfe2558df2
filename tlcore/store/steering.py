"""Steering: what people ask of a run while it goes, what a worker finds and answers, and forks of what has been."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, exists, func, insert, literal, select, update

from tlcore import clock, folder
from tlcore.registry import InputError
from tlcore.spec import Place, RunSpec, course, digest
from tlcore.store import tables
from tlcore.store.curves import is_id
from tlcore.store.faults import told
from tlcore.store.files import ONCE, Files, epoch_of
from tlcore.store.leases import fenced, wished
from tlcore.store.reading import command_of, unanswered
from tlcore.store.records import Command, Lease, Orders, Run
from tlcore.store.writing import add_run

runs, commands, epochs, artifacts = tables.runs, tables.commands, tables.epochs, tables.artifacts

PACES = ("play", "pause", "step", "speed")  # asked of the time, not of the settings: they leave the answer as it is
FASTEST = 1000.0  # epochs a second
NO_RUN = "There is no such run here: it was deleted, or the link is not whole."
ENDED = {
    "finished": "Run {} has finished: fork it at an epoch to go on otherwise.",
    "failed": "Run {} has failed: change its settings and start it anew.",
    "stopped": "Run {} was stopped: resume it first.",
    "interrupted": "Run {} was interrupted: resume it first.",
}


class Steering(Files):
    """Both sides of steering."""

    def command(self, run_id: str, name: str, value: Any = None, key: str = "", hand: str = "") -> Command:
        """Ask something of a run: play, pause, step, speed (epochs a second, 0 is full), or a change of a setting.

        key: asking twice under one key is asking once. hand: who asks. A run that nobody trains yet obeys at once, else its worker
        answers. InputError: there is no such run, it has ended, it cannot be changed, or not to that.
        """
        with self.write() as connection:
            row = _live(connection, run_id)
            asked = f"{run_id}-{key[:40] or secrets.token_hex(8)}"
            if known := connection.execute(select(commands).where(commands.c.key == asked)).first():
                return command_of(known)
            answer = _pace(connection, row, name, value) if name in PACES else _change(connection, row, name, value)
            number = connection.scalar(select(func.coalesce(func.max(commands.c.number), 0) + 1).where(commands.c.run == run_id))
            amount = None if value is None else float(value)
            given = {
                "key": asked,
                "run": run_id,
                "name": name,
                "value": amount,
                "hand": hand[:80],
                "number": number,
                "created": clock.now(),
            }
            connection.execute(insert(commands).values(**given, **answer))
            return command_of(connection.execute(select(commands).where(commands.c.key == asked)).one())

    def orders(self, lease: Lease) -> Orders:
        """What was asked of a run; raises Fenced if it is no longer the worker's."""
        with self.read() as connection:
            stop, goal, speed = wished(connection, lease)
            asked = tuple(command_of(each) for each in connection.execute(unanswered(lease.run)))
        return Orders(stop == "stop", goal, speed, asked)

    def answer(self, lease: Lease, answers: Sequence[Command], spec: RunSpec | None = None) -> bool:
        """Keep when commands took effect, or why not, and what the run is now; durable before it is done.

        False, and nothing kept, if the run may not be changed any more because others have come to need it as it is.
        """
        with self.write() as connection:
            fenced(connection, lease, beat=clock.tick())
            if spec is not None and _needed(connection, lease.run):
                return False
            if spec is not None:
                _become(connection, lease.run, spec)
            for each in answers:
                found = (commands.c.run == lease.run, commands.c.number == each.number)
                connection.execute(update(commands).where(*found).values(epoch=each.epoch, step=each.step, refused=each.refused))
        return True

    def rest(self, lease: Lease, seconds: float) -> None:
        """Take seconds in which a run only waited out of the time that it took."""
        with self.write() as connection:
            fenced(connection, lease, begun=runs.c.begun + seconds)

    def park(self, lease: Lease) -> None:
        """Give the worker's place back: the run waits as it is, and goes on from its last checkpoint when it is let go."""
        with self.write() as connection:
            worked = func.coalesce(runs.c.seconds, 0.0) + clock.tick() - runs.c.begun
            fenced(connection, lease, state="queued", worker=None, seconds=worked)

    def keeps(self, run_id: str) -> bool:
        """Whether a run keeps its checkpoints: somebody asked for it itself, not only for a study that it is part of."""
        with self.read() as connection:
            return bool(connection.scalar(select(runs.c.asked).where(runs.c.id == run_id)))

    def fork(self, run_id: str, epoch: int, visitor: str = "") -> Run:
        """A new run that stands on hold where another one was when an epoch was done, with its curves and the nearest checkpoint.

        A fork of that moment that nobody has touched yet is opened instead. InputError: no such run, or it has not come so far.
        """
        if not is_id(run_id):
            raise InputError(NO_RUN)
        files = self.artifacts(run_id)
        with self.write() as connection:
            row = connection.execute(select(runs).where(runs.c.id == run_id)).first()
            if row is None:
                raise InputError(NO_RUN)
            if isinstance(epoch, bool) or not isinstance(epoch, int) or not 0 <= epoch <= min(row.epoch, row.epochs - 1):
                most = min(row.epoch, row.epochs - 1)
                raise InputError(f"Run {row.number} cannot be forked at epoch {str(epoch)[:20]}: choose one from 0 to {most}.")
            fork = _untouched(connection, run_id, epoch) or self._branch(connection, row, epoch, visitor, files)
        found = self.run(fork)
        assert found is not None
        return found

    def _branch(self, connection: Connection, row: Row[Any], epoch: int, visitor: str, files: dict[str, tuple[Path, str, int]]) -> str:
        spec = course.forked(RunSpec.from_json(row.spec), epoch)
        own = {"key": digest([spec.key, secrets.token_hex(16)]), "parent": row.parent, "asked": True, "goal": 0, "speed": row.speed}
        fork = add_run(connection, spec, visitor, **own, forked=row.id, forked_at=epoch, epoch=epoch)
        columns = [each for each in epochs.c if each.name != "run"]
        past = select(literal(fork).label("run"), *columns).where(epochs.c.run == row.id, epochs.c.epoch <= epoch)
        connection.execute(insert(epochs).from_select(["run", *(each.name for each in columns)], past))
        fits = sorted(name for name in files if name.startswith("checkpoint-") and epoch_of(name) <= epoch)
        seen = [name for name in files if name == ONCE or (name.startswith("glimpse-") and epoch_of(name) <= epoch)]
        for name in (*fits[-1:], *seen):
            self._inherit(connection, fork, name, *files[name])
        return fork

    def _inherit(self, connection: Connection, fork: str, name: str, path: Path, sha: str, size: int) -> None:
        """Give a fork a file of its parent; without its state it trains again from the start, and comes to the same."""
        copy = self.folder_of(fork) / path.name
        if not path.exists():
            return
        with told():
            _share(path, copy)
        file = copy.relative_to(self.home).as_posix()
        connection.execute(insert(artifacts).values(run=fork, name=name, file=file, sha256=sha, bytes=size))

    def needed(self, run_id: str) -> str:
        """Why a run must stay as it is, in a sentence; nothing where it may be changed."""
        with self.read() as connection:
            return _needed(connection, run_id) if is_id(run_id) else ""

    def started(self, run_id: str, visitor: str) -> bool:
        """Whether this visitor was the first to ask for a run."""
        with self.read() as connection:
            first = connection.scalar(select(runs.c.visitor).where(runs.c.id == run_id)) if is_id(run_id) else None
        return bool(visitor) and first == visitor

    def asked_by(self, study_id: str, visitor: str) -> bool:
        """Whether this visitor asked for a study."""
        table = tables.studies
        with self.read() as connection:
            first = connection.scalar(select(table.c.visitor).where(table.c.id == study_id)) if is_id(study_id) else None
        return bool(visitor) and first == visitor

    def holds(self, run_id: str, token: str | None) -> bool:
        """Whether a token is that of the run's private link."""
        with self.read() as connection:
            kept = connection.scalar(select(runs.c.token).where(runs.c.id == run_id)) if is_id(run_id) else None
        return bool(kept) and secrets.compare_digest(str(kept).encode(), (token or "").encode())

    def token(self, run_id: str) -> str | None:
        """What the private link of a run has in it; for whoever started the run."""
        with self.read() as connection:
            return connection.scalar(select(runs.c.token).where(runs.c.id == run_id)) if is_id(run_id) else None


def _live(connection: Connection, run_id: str) -> Row[Any]:
    row = connection.execute(select(runs).where(runs.c.id == run_id)).first() if is_id(run_id) else None
    if row is None:
        raise InputError(NO_RUN)
    if row.state not in tables.LIVE:
        raise InputError(ENDED[row.state].format(row.number))
    return row


def _pace(connection: Connection, row: Row[Any], name: str, value: Any) -> dict[str, Any]:
    """Set when the run holds, or how fast it goes; its answer, where nobody trains it."""
    if name == "speed":
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= FASTEST:
            raise InputError(f"The speed is {str(value)[:20]}: choose up to {FASTEST:g} epochs a second, or 0 for as fast as it can.")
        changed: dict[str, Any] = {"speed": float(value) or None}
    else:
        changed = {"goal": {"play": None, "pause": 0, "step": max(row.goal or 0, row.epoch) + 1}[name]}
    connection.execute(update(runs).where(runs.c.id == row.id).values(**changed))
    return {"epoch": row.epoch, "step": 0} if row.state == "queued" else {}


def _change(connection: Connection, row: Row[Any], name: str, value: Any) -> dict[str, Any]:
    """Change a run that nobody trains; look whether another's can be changed so, and leave it to its worker."""
    spec = RunSpec.from_json(row.spec)
    course.knob(spec, name)
    if said := _needed(connection, row.id):
        raise InputError(said)
    last = spec.changes[-1].place if spec.changes else Place(0)
    changed = course.changed(spec, max(Place(row.epoch), last), name, value)
    if row.state == "running":
        return {}
    if changed is not spec:
        _become(connection, row.id, changed)
    return {"epoch": row.epoch, "step": 0}


def _needed(connection: Connection, run_id: str) -> str:
    """Why a run must stay as it is: a study or other runs need it so."""
    if connection.scalar(select(exists().where(tables.members.c.run == run_id))):
        return "This run belongs to a study, which needs it as it is: fork it, and change the fork."
    if connection.scalar(select(exists().where(runs.c.parent == run_id))):
        return "Other runs start from this source, and need it as it is: fork it, and change the fork."
    return ""


def _become(connection: Connection, run_id: str, spec: RunSpec) -> None:
    """A changed run is an answer of its own; if another run is that answer already, it is known by itself alone."""
    other = connection.scalar(select(runs.c.id).where(runs.c.key == spec.key, tables.IS_ANSWER, runs.c.id != run_id))
    key = digest([spec.key, run_id]) if other else spec.key
    connection.execute(update(runs).where(runs.c.id == run_id).values(spec=spec.to_json(), key=key, asked=True))


def _untouched(connection: Connection, run_id: str, epoch: int) -> str | None:
    """A fork of that moment which has not moved since it was made."""
    waiting = (runs.c.state == "queued", runs.c.attempt == 0, runs.c.goal == 0, runs.c.epoch == epoch)
    asked = exists().where(commands.c.run == runs.c.id)
    return connection.scalar(select(runs.c.id).where(runs.c.forked == run_id, runs.c.forked_at == epoch, *waiting, ~asked))


def _share(path: Path, copy: Path) -> None:
    """A second name for a file that is never written again; a copy where the disk knows no second names."""
    folder.make(copy.parent)
    try:
        os.link(path, copy)
    except OSError:
        shutil.copyfile(path, copy)
