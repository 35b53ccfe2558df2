"""Files of runs: written whole, named in the store with their SHA-256, checked when they are read."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import delete, insert, select

from tlcore import folder
from tlcore.store import tables
from tlcore.store.faults import FULL, StoreFull
from tlcore.store.leases import Leases, fenced
from tlcore.store.records import Lease

CHECKPOINTS = 2  # kept of each run
BALLAST = 16 * 2**20  # bytes held back, so that a full disk can still be reported


class Files(Leases):
    """Artifacts: a folder a run, in it one an attempt, so that a stale worker never writes over what the store names."""

    def save_arrays(self, lease: Lease, name: str, arrays: Mapping[str, Any]) -> None:
        """Write arrays as ``<name>`` (numpy's npz), then name the file in the store."""
        import numpy as np

        path = self.folder_of(lease.run) / str(lease.attempt) / name
        try:
            digest = folder.write(path, lambda file: np.savez(file, **{f"{place:04d}": value for place, value in enumerate(_pack(arrays))}))
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise StoreFull(FULL) from error
            raise
        self._record(lease, name, path, digest)

    def load_arrays(self, run_id: str, name: str) -> dict[str, Any] | None:
        """The arrays of an artifact; None if it is missing or not what was written."""
        found = self.artifacts(run_id).get(name)
        if found is None or not found[0].is_file() or folder.sha256(found[0]) != found[1]:
            return None
        import numpy as np

        with np.load(found[0], allow_pickle=False) as stored:
            names = [str(each) for each in stored["0000"]]
            return {each: stored[f"{place:04d}"] for place, each in enumerate(names, start=1)}

    def save_checkpoint(self, lease: Lease, epoch: int, arrays: Mapping[str, Any]) -> None:
        """Keep the state after an epoch; the one before the last goes once this one is durable."""
        self.save_arrays(lease, f"checkpoint-{epoch:06d}.npz", arrays)
        old = sorted(name for name in self.artifacts(lease.run) if name.startswith("checkpoint-"))[:-CHECKPOINTS]
        self._forget(lease, old)

    def load_checkpoint(self, run_id: str) -> tuple[int, dict[str, Any]] | None:
        """(epoch, arrays) of the newest checkpoint that is whole."""
        for name in sorted(self.artifacts(run_id), reverse=True):
            arrays = self.load_arrays(run_id, name) if name.startswith("checkpoint-") else None
            if arrays is not None:
                return int(name[11:17]), arrays
        return None

    def drop_checkpoints(self, lease: Lease) -> None:
        """Remove the checkpoints of a run that is about to finish."""
        self._forget(lease, [name for name in self.artifacts(lease.run) if name.startswith("checkpoint-")])

    def free(self) -> int:
        """Bytes left on the disk of the data folder."""
        return shutil.disk_usage(self.home).free

    def hold_ballast(self) -> None:
        """Hold some space back while there is plenty."""
        path = self.home / "ballast"
        if not path.exists() and self.free() > 20 * BALLAST:
            with path.open("wb") as file:
                file.write(b"\0" * BALLAST)

    def drop_ballast(self) -> None:
        """Give the held space back, so that the store can write that the disk is full."""
        (self.home / "ballast").unlink(missing_ok=True)

    def _record(self, lease: Lease, name: str, path: Path, digest: str) -> None:
        table = tables.artifacts
        row = {"file": path.relative_to(self.home).as_posix(), "sha256": digest, "bytes": path.stat().st_size}
        with self.write() as connection:
            fenced(connection, lease, attempt=lease.attempt)
            old = connection.scalar(select(table.c.file).where(table.c.run == lease.run, table.c.name == name))
            connection.execute(delete(table).where(table.c.run == lease.run, table.c.name == name))
            connection.execute(insert(table).values(run=lease.run, name=name, **row))
        if old is not None and old != row["file"]:
            (self.home / old).unlink(missing_ok=True)

    def _forget(self, lease: Lease, names: list[str]) -> None:
        if not names:
            return
        paths = [path for name, (path, _, _) in self.artifacts(lease.run).items() if name in names]
        table = tables.artifacts
        with self.write() as connection:
            fenced(connection, lease, attempt=lease.attempt)
            connection.execute(delete(table).where(table.c.run == lease.run, table.c.name.in_(names)))
        for path in paths:
            path.unlink(missing_ok=True)


def _pack(arrays: Mapping[str, Any]) -> list[Any]:
    """The names first, then the values: variable paths hold slashes that a zip member should not."""
    import numpy as np

    return [np.array(list(arrays), dtype=str), *(np.asarray(value) for value in arrays.values())]
