"""What a run measured epoch by epoch."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import select

from tlcore.store import tables
from tlcore.store.database import Database

TEXTS = ("gradients", "confusion", "extras")  # kept as JSON


class Curves(Database):
    """The epochs of runs. Ids that are unknown or no ids at all are answered with nothing."""

    def epochs(self, run_id: str, after: int = -1) -> list[dict[str, Any]]:
        """What was measured after each epoch; epoch 0 is before the first step."""
        return self.epochs_of([run_id], after).get(run_id, [])

    def epochs_of(self, run_ids: Iterable[str], after: int = -1) -> dict[str, list[dict[str, Any]]]:
        """The same for several runs in one question."""
        wanted = [each for each in run_ids if is_id(each)]
        table = tables.epochs
        columns = [table.c[name] for name in ("run", "epoch", *tables.MEASURES)]
        query = select(*columns).where(table.c.run.in_(wanted), table.c.epoch > after).order_by(table.c.run, table.c.epoch)
        found: dict[str, list[dict[str, Any]]] = {each: [] for each in wanted}
        with self.read() as connection:
            for row in connection.execute(query).mappings():
                found[row["run"]].append({name: row[name] for name in ("epoch", *tables.MEASURES)})
        return found

    def gradients(self, run_id: str) -> list[list[float | None]]:
        """Gradient norm of each part (blocks, then head) in each epoch from the first on; 0 of a frozen part."""
        table = tables.epochs
        query = select(table.c.gradients).where(table.c.run == run_id, table.c.gradients.is_not(None)).order_by(table.c.epoch)
        with self.read() as connection:
            return [json.loads(text) for text in connection.scalars(query)] if is_id(run_id) else []

    def extras(self, run_id: str, after: int = -1) -> list[dict[str, float | None]]:
        """What else was measured after some of the epochs: a row each, ``epoch`` and a number by name."""
        table = tables.epochs
        query = select(table.c.epoch, table.c.extras).where(table.c.run == run_id, table.c.epoch > after, table.c.extras.is_not(None))
        query = query.order_by(table.c.epoch)
        with self.read() as connection:
            found = connection.execute(query).all() if is_id(run_id) else []
        return [{"epoch": row.epoch, **json.loads(row.extras)} for row in found]

    def history(self, run_id: str) -> list[dict[str, Any]]:
        """All that is known of each epoch, as ``record_epochs`` takes it; what was not measured is left out."""
        table = tables.epochs
        with self.read() as connection:
            rows = (
                connection.execute(select(table).where(table.c.run == run_id).order_by(table.c.epoch)).mappings().all()
                if is_id(run_id)
                else []
            )
        return [{name: _told(name, value) for name, value in row.items() if name != "run" and value is not None} for row in rows]

    def confusion(self, run_id: str, epoch: int) -> list[list[int]] | None:
        """What was taken for what on the validation part after an epoch, rows true; None where it was not kept."""
        table = tables.epochs
        query = select(table.c.confusion).where(table.c.run == run_id, table.c.epoch == epoch)
        with self.read() as connection:
            text = connection.scalar(query) if is_id(run_id) else None
        return None if text is None else json.loads(text)


def _told(name: str, value: Any) -> Any:
    return json.loads(value) if name in TEXTS else value


def is_id(text: object) -> bool:
    """Whether a text can be the id of a run or a study."""
    return isinstance(text, str) and len(text) == 32 and all(letter in "0123456789abcdef" for letter in text)
