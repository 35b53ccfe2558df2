"""Files of runs: written whole, named in the store with their SHA-256, checked when they are read."""

from __future__ import annotations

import hashlib
import io
import secrets
import shutil
from collections.abc import Iterable, Mapping, Set
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from tlcore import folder
from tlcore.store import tables
from tlcore.store.faults import told
from tlcore.store.leases import Leases, fenced
from tlcore.store.records import Lease

CHECKPOINTS = 2  # kept of each run, at least
GLIMPSES, SIGHT = 60, 8 * 2**20  # kept of each run, and bytes of them
ONCE = "glimpses.npz"  # what is the same in all of them
BALLAST = 16 * 2**20  # bytes held back, so that a full disk can still be reported


class Files(Leases):
    """Artifacts: a folder a run, each file under a name of its own, so that nothing the store names is ever written over."""

    def save_arrays(self, lease: Lease, name: str, arrays: Mapping[str, Any]) -> None:
        """Write arrays as ``<name>`` (numpy's npz), then name the file in the store."""
        row = self._written(lease, name, arrays)
        with self.write() as connection:
            fenced(connection, lease, attempt=lease.attempt)
            old = _named(connection, row)
        self._unlink(old)

    def load_arrays(self, run_id: str, name: str) -> dict[str, Any] | None:
        """The arrays of an artifact; None if it is missing or not what was written."""
        path, digest, _ = self.artifacts(run_id).get(name, (None, "", 0))
        try:
            content = b"" if path is None else path.read_bytes()
        except OSError:
            return None
        if hashlib.sha256(content).hexdigest() != digest:
            return None
        import numpy as np

        with np.load(io.BytesIO(content), allow_pickle=False) as stored:
            names = [str(each) for each in stored["0000"]]
            return {each: stored[f"{place:04d}"] for place, each in enumerate(names, start=1)}

    def save_checkpoint(self, lease: Lease, epoch: int, arrays: Mapping[str, Any], budget: int = 0) -> None:
        """Keep the state after an epoch. Of the earlier ones the last stays, and what fits into the budget (bytes): where it is too
        small, every second one goes, once this one is durable.

        Later ones go too: an earlier attempt left them, and they were damaged, or this one had gone on from them.
        """
        name = f"checkpoint-{epoch:06d}.npz"
        row, table = self._written(lease, name, arrays), tables.artifacts
        kept = select(table.c.name, table.c.bytes).where(table.c.run == lease.run, table.c.name.like("checkpoint-%"))
        with self.write() as connection:
            fenced(connection, lease, attempt=lease.attempt)
            gone = _named(connection, row)
            sizes = {each.name: each.bytes for each in connection.execute(kept)}
            gone += _unnamed(connection, lease.run, sizes.keys() - _thinned(sizes, name, budget))
        self._unlink(gone)

    def load_checkpoint(self, run_id: str, until: int | None = None) -> tuple[int, dict[str, Any]] | None:
        """(epoch, arrays) of the newest checkpoint that is whole, and not of a later epoch than ``until``."""
        for name in sorted(self.artifacts(run_id), reverse=True):
            fits = name.startswith("checkpoint-") and (until is None or epoch_of(name) <= until)
            arrays = self.load_arrays(run_id, name) if fits else None
            if arrays is not None:
                return epoch_of(name), arrays
        return None

    def save_glimpse(self, lease: Lease, epoch: int, arrays: Mapping[str, Any], once: Mapping[str, Any]) -> None:
        """Keep what was seen after an epoch, and once what is the same in all. Of too many every second one goes; the first and the last stay."""
        known, table = self.artifacts(lease.run), tables.artifacts
        rows = [self._written(lease, f"glimpse-{epoch:06d}.npz", arrays)]
        rows += [self._written(lease, ONCE, once)] if once and ONCE not in known else []
        kept = select(table.c.name, table.c.bytes).where(table.c.run == lease.run, table.c.name.like("glimpse-%"))
        with self.write() as connection:
            fenced(connection, lease, attempt=lease.attempt)
            gone = [file for row in rows for file in _named(connection, row)]
            sizes = {each.name: each.bytes for each in connection.execute(kept)}
            gone += _unnamed(connection, lease.run, sizes.keys() - _seldom(sizes))
        self._unlink(gone)

    def glimpses(self, run_id: str) -> list[int]:
        """The epochs after which something was seen of a run, in their order."""
        return sorted(epoch_of(name) for name in self.artifacts(run_id) if name.startswith("glimpse-"))

    def load_glimpse(self, run_id: str, epoch: int) -> dict[str, Any] | None:
        """What was seen after an epoch, with what is the same in all; None where it is not there any more."""
        arrays = self.load_arrays(run_id, f"glimpse-{epoch:06d}.npz")
        return None if arrays is None else {**(self.load_arrays(run_id, ONCE) or {}), **arrays}

    def thin_checkpoints(self, budget: int) -> int:
        """Remove the checkpoints of ended runs, those of the oldest run first, until all take no more than so many bytes; how many went."""
        table = tables.artifacts
        query = select(table.c.run, table.c.name, table.c.file, table.c.bytes).join(tables.runs, tables.runs.c.id == table.c.run)
        query = query.where(table.c.name.like("checkpoint-%"), tables.runs.c.state == "finished").order_by(tables.runs.c.number.desc())
        with self.write() as connection:
            gone, total = [], 0
            for row in connection.execute(query):
                total += row.bytes
                if total > budget:
                    gone.append(row)
                    connection.execute(delete(table).where(table.c.run == row.run, table.c.name == row.name))
        for row in gone:
            (self.home / row.file).unlink(missing_ok=True)
        return len(gone)

    def drop_checkpoints(self, lease: Lease) -> None:
        """Remove the checkpoints of a run that is about to finish."""
        names = {name for name in self.artifacts(lease.run) if name.startswith("checkpoint-")}
        if names:
            with self.write() as connection:
                fenced(connection, lease, attempt=lease.attempt)
                gone = _unnamed(connection, lease.run, names)
            self._unlink(gone)

    def free(self) -> int:
        """Bytes left on the disk of the data folder."""
        return shutil.disk_usage(self.home).free

    def hold_ballast(self) -> None:
        """Hold some space back while there is plenty."""
        path = self.home / "ballast"
        if not path.exists() and self.free() > 20 * BALLAST:
            with told():
                folder.write(path, lambda file: file.write(b"\0" * BALLAST))

    def drop_ballast(self) -> None:
        """Give the held space back, so that the store can write that the disk is full."""
        (self.home / "ballast").unlink(missing_ok=True)

    def _written(self, lease: Lease, name: str, arrays: Mapping[str, Any]) -> dict[str, Any]:
        """The row of an artifact whose file is on the disk."""
        import numpy as np

        path = self.folder_of(lease.run) / f"{secrets.token_hex(4)}-{name}"
        with told():
            digest = folder.write(path, lambda file: np.savez(file, **{f"{place:04d}": value for place, value in enumerate(_pack(arrays))}))
        file = path.relative_to(self.home).as_posix()
        return {"run": lease.run, "name": name, "file": file, "sha256": digest, "bytes": path.stat().st_size}

    def _unlink(self, files: Iterable[str]) -> None:
        for file in files:
            (self.home / file).unlink(missing_ok=True)


def _named(connection: Connection, row: Mapping[str, Any]) -> list[str]:
    """Name a file in the store; the files that had its name before."""
    gone = _unnamed(connection, row["run"], {row["name"]})
    connection.execute(insert(tables.artifacts).values(**row))
    return gone


def _unnamed(connection: Connection, run_id: str, names: Set[str]) -> list[str]:
    """Forget artifacts; their files, which go when that is durable."""
    table = tables.artifacts
    which = (table.c.run == run_id, table.c.name.in_(names))
    files = list(connection.scalars(select(table.c.file).where(*which))) if names else []
    if files:
        connection.execute(delete(table).where(*which))
    return files


def _thinned(sizes: Mapping[str, int], name: str, budget: int) -> set[str]:
    """The checkpoints that stay beside the one just made."""
    earlier = sorted(each for each in sizes if each <= name)
    old, last = earlier[:-CHECKPOINTS], earlier[-CHECKPOINTS:]
    while old and sum(sizes[each] for each in (*old, *last)) > budget:
        old = old[1::2]
    return {*old, *last}


def _seldom(sizes: Mapping[str, int]) -> set[str]:
    """The glimpses that stay."""
    names = sorted(sizes)
    while len(names) > GLIMPSES or (len(names) > CHECKPOINTS and sum(sizes[name] for name in names) > SIGHT):
        names = [names[0], *names[2:-1:2], names[-1]]
    return set(names)


def epoch_of(name: str) -> int:
    """The epoch of a checkpoint or a glimpse, by its name.

    >>> epoch_of("checkpoint-000012.npz"), epoch_of("glimpse-000003.npz")
    (12, 3)
    """
    return int(name[-10:-4])


def _pack(arrays: Mapping[str, Any]) -> list[Any]:
    """The names first, then the values: variable paths hold slashes that a zip member should not."""
    import numpy as np

    return [np.array(list(arrays), dtype=str), *(np.asarray(value) for value in arrays.values())]
