"""What pages, API and command line read. Every list is short, ordered by number, and found by an index."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Select, exists, func, or_, select

from tlcore import clock, folder
from tlcore.store import owners, tables
from tlcore.store.curves import Curves, is_id
from tlcore.store.records import RUN_COLUMNS, Command, MemberRecord, Run, StudyRecord, state_of

runs, studies, members = tables.runs, tables.studies, tables.members


INTERIM = '"interim": true'  # in the kept answer of a study whose controls are still missing
AT_ONCE = 500  # keys in one question
GENERATIONS = 20  # forks of forks that are followed
RELATIVES = 40  # runs of one family


class Reading(Curves):
    """The reading side of the store. Ids that are unknown or no ids at all are answered with None or nothing."""

    def run(self, run_id: str) -> Run | None:
        """One run."""
        found = self._runs(select(*RUN_COLUMNS).where(runs.c.id == run_id)) if is_id(run_id) else []
        return found[0] if found else None

    def numbered(self, number: int) -> Run | None:
        """The run of that number."""
        found = self._runs(select(*RUN_COLUMNS).where(runs.c.number == number)) if 0 < number < 2**31 else []
        return found[0] if found else None

    def runs(
        self,
        limit: int = 50,
        before: int | None = None,
        state: str | None = None,
        kind: str | None = None,
        dataset: str | None = None,
        parent: str | None = None,
    ) -> list[Run]:
        """Runs, newest first; ``before`` is the number of the last run of the page above."""
        query = select(*RUN_COLUMNS).order_by(runs.c.number.desc()).limit(limit)
        for name, value in {"state": state, "kind": kind, "dataset": dataset, "parent": parent}.items():
            if value is not None:
                query = query.where(runs.c[name] == value)
        return self._runs(query if before is None else query.where(runs.c.number < before))

    def children(self, run_id: str) -> list[Run]:
        """The runs that came from a source, newest first."""
        return self.runs(limit=1000, parent=run_id) if is_id(run_id) else []

    def study(self, study_id: str) -> StudyRecord | None:
        """One study."""
        found = self._studies(select(studies).where(studies.c.id == study_id)) if is_id(study_id) else []
        return found[0] if found else None

    def studies(self, limit: int = 50) -> list[StudyRecord]:
        """Studies, newest first."""
        return self._studies(select(studies).order_by(studies.c.number.desc()).limit(limit))

    def studies_of(self, run_id: str) -> list[StudyRecord]:
        """The studies that a run is a member of, or the source of a member."""
        if not is_id(run_id):
            return []
        used = select(members.c.study).join(runs, runs.c.id == members.c.run).where(or_(runs.c.id == run_id, runs.c.parent == run_id))
        return self._studies(select(studies).where(studies.c.id.in_(used)).order_by(studies.c.number.desc()))

    def members(self, study_id: str) -> list[MemberRecord]:
        """The runs of a study in its order."""
        if not is_id(study_id):
            return []
        query = select(members.c.arm, members.c.frozen, members.c.seed, *RUN_COLUMNS).join(runs, runs.c.id == members.c.run)
        with self.read() as connection:
            rows = connection.execute(query.where(members.c.study == study_id).order_by(members.c.place)).all()
        return [MemberRecord(row[0], row[1], row[2], _run(row[3:])) for row in rows]

    def unanswered(self) -> list[str]:
        """Studies whose runs have all finished and whose answer is not kept yet, or only one for a part of them, oldest first."""
        open_run = exists().where(members.c.study == studies.c.id, members.c.run == runs.c.id, runs.c.state != "finished")
        unsaid = or_(studies.c.summary.is_(None), studies.c.summary.contains(INTERIM, autoescape=True))
        query = select(studies.c.id).where(unsaid, studies.c.key.is_not(None), ~open_run)
        with self.read() as connection:
            return list(connection.scalars(query.order_by(studies.c.number)))

    def finished(self, keys: Iterable[str]) -> frozenset[str]:
        """Those of the keys whose run has finished."""
        wanted, found = list(keys), set()
        with self.read() as connection:
            for start in range(0, len(wanted), AT_ONCE):
                some = runs.c.key.in_(wanted[start : start + AT_ONCE])
                found |= set(connection.scalars(select(runs.c.key).where(some, runs.c.state == "finished")))
        return frozenset(found)

    def answer_of(self, key: str) -> Run | None:
        """The run that waits, trains or has finished under a key."""
        found = self._runs(select(*RUN_COLUMNS).where(runs.c.key == key, tables.IS_ANSWER))
        return found[0] if found else None

    def answered(self, key: str) -> bool:
        """Whether a study of that key has finished."""
        wanted = self._studies(select(studies).where(studies.c.key == key))
        return any(each.state == "finished" for each in wanted)

    def sources(self, study_id: str) -> list[Run]:
        """The pretrainings from which a study's runs come, oldest first."""
        if not is_id(study_id):
            return []
        wanted = select(runs.c.parent).join(members, members.c.run == runs.c.id).where(members.c.study == study_id)
        return self._runs(select(*RUN_COLUMNS).where(runs.c.id.in_(wanted)).order_by(runs.c.number))

    def commands(self, run_id: str) -> list[Command]:
        """Everything that was asked of a run, but for stops, in its order."""
        if not is_id(run_id):
            return []
        with self.read() as connection:
            return [command_of(row) for row in connection.execute(_asked(run_id))]

    def pending_of(self, run_id: str) -> list[Command]:
        """What was asked of a run and nobody has answered yet."""
        if not is_id(run_id):
            return []
        with self.read() as connection:
            return [command_of(row) for row in connection.execute(unanswered(run_id))]

    def family(self, run_id: str) -> list[Run]:
        """A run with all that it is a fork of and all forks of these, the oldest first; itself alone where there are none."""
        found = self.run(run_id)
        root = found
        for _ in range(GENERATIONS):
            above = self.run(root.forked) if root is not None and root.forked else None
            if above is None:
                break
            root = above
        every, level = ([root] if root else []), [root.id] if root else []
        for _ in range(GENERATIONS):
            below = self._runs(select(*RUN_COLUMNS).where(runs.c.forked.in_(level)).order_by(runs.c.number).limit(RELATIVES))
            every, level = every + below, [each.id for each in below]
            if not below or len(every) > RELATIVES:
                break
        mine = {each.id for each in every}
        return sorted((*every, *([found] if found and found.id not in mine else [])), key=lambda run: run.number)

    def artifacts(self, run_id: str) -> dict[str, tuple[Path, str, int]]:
        """Name -> (path, SHA-256, bytes) of what a run keeps."""
        if not is_id(run_id):
            return {}
        table = tables.artifacts
        with self.read() as connection:
            rows = connection.execute(select(table).where(table.c.run == run_id).order_by(table.c.name)).all()
        return {row.name: (self.home / row.file, row.sha256, row.bytes) for row in rows}

    def log(self, run_id: str, lines: int = 20) -> str:
        """The last lines that the worker wrote while it trained the run."""
        path = self.folder_of(run_id) / "log.txt"
        if not path.is_file():
            return ""
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 400 * lines))
            return "\n".join(file.read().decode("utf-8", "replace").splitlines()[-lines:])

    def queue_place(self, run_id: str) -> int | None:
        """1 for the run that is next, None for one that does not wait."""
        if not is_id(run_id):
            return None
        goes = (runs.c.state == "queued", tables.GOES)
        mine = select(runs.c.number).where(runs.c.id == run_id, *goes).scalar_subquery()
        with self.read() as connection:
            place = connection.scalar(select(func.count()).where(*goes, runs.c.number <= mine))
        return place or None

    def engine(self) -> dict[str, Any]:
        """The dispatcher: state absent, warming or ready, message, pid, since, slots."""
        with self.read() as connection:
            row = connection.execute(select(tables.dispatchers)).first()
        if row is None or not owners.alive(row.pid, row.birth, row.boot):
            return {"state": "absent", "message": "", "pid": None, "since": None, "slots": 0}
        return {
            "state": row.state,
            "message": row.message,
            "pid": row.pid,
            "since": row.since,
            "slots": row.slots,
            "quiet": clock.tick() - row.beat,
        }

    def restored(self) -> str | None:
        """One sentence if the store was damaged and a copy was opened in its place."""
        done = self.remembered("restored")
        if done is None:
            return None
        state = (
            f"a copy from {done['from'][:16].replace('T', ' ')} UTC was opened"
            if "from" in done
            else "there was no copy, so an empty one was opened"
        )
        return f"The store was damaged: {state}. The damaged file is kept in {done['aside']}."

    def disk(self) -> int:
        """Bytes in the data folder, as far as the store knows and a short look tells."""
        with self.read() as connection:
            named = connection.scalar(select(func.coalesce(func.sum(tables.artifacts.c.bytes), 0)))
        parts = [self.home / name for name in ("datasets", "downloads", "backups")]
        around = sum(file.stat().st_size for file in self.home.glob("*") if file.is_file())
        return int(named or 0) + around + sum(folder.size(part) for part in parts if part.is_dir())

    def folder_of(self, run_id: str) -> Path:
        """Where the files of a run lie."""
        return self.home / "runs" / (run_id if is_id(run_id) else "none")

    def _runs(self, query: Select[Any]) -> list[Run]:
        with self.read() as connection:
            return [_run(row) for row in connection.execute(query)]

    def _studies(self, query: Select[Any]) -> list[StudyRecord]:
        with self.read() as connection:
            rows = connection.execute(query).all()
            counts = _counts(connection, [row.id for row in rows])
        return [_record(row, counts[row.id]) for row in rows]


def _asked(run_id: str) -> Select[Any]:
    table = tables.commands
    return select(table).where(table.c.run == run_id, table.c.number.is_not(None)).order_by(table.c.number)


def unanswered(run_id: str) -> Select[Any]:
    """What was asked of a run and nobody has answered."""
    return _asked(run_id).where(tables.commands.c.epoch.is_(None), tables.commands.c.refused.is_(None))


def command_of(row: Any) -> Command:
    """A row as a record."""
    return Command(row.number, row.name, row.value, row.hand or "", row.created, row.epoch, row.step, row.refused)


def _run(row: Sequence[Any]) -> Run:
    return Run(*row)


def _counts(connection: Connection, study_ids: list[str]) -> dict[str, dict[str, int]]:
    query = select(members.c.study, runs.c.state, func.count().label("runs")).join(runs, runs.c.id == members.c.run)
    query = query.where(members.c.study.in_(study_ids)).group_by(members.c.study, runs.c.state)
    found: dict[str, dict[str, int]] = {each: {} for each in study_ids}
    for row in connection.execute(query):
        found[row.study][row.state] = row.runs
    return found


def _record(row: Any, counts: dict[str, int]) -> StudyRecord:
    return StudyRecord(
        id=row.id,
        number=row.number,
        key=row.key,
        question=row.question,
        title=row.title,
        settings=json.loads(row.settings),
        state=state_of(counts),
        summary=None if row.summary is None else json.loads(row.summary),
        created=row.created,
        total=sum(counts.values()),
        done=counts.get("finished", 0),
    )
