"""The rehearsal: a worker that stands by does what the next run will probably begin with, so that its first point comes at once.

Building a net and tracing its graph take seconds, in every process anew; what was built is kept by the process and used by
a run of the same structure. People change one number and start again, so the newest run is the best guess.
"""

from __future__ import annotations

import traceback
from multiprocessing.connection import Connection

from tlcore.datasets import find
from tlcore.engine.recorder import WEIGHTS
from tlcore.spec import RunSpec
from tlcore.store import Store, StoreError
from tlcore.studies import first
from tlcore.training import Silent, train


class Rehearsing(Silent):
    """Ends the run after its first row, or as soon as somebody gives the word."""

    def __init__(self, connection: Connection) -> None:
        super().__init__()
        self.connection = connection

    def wish(self) -> str | None:
        """Stop once something was measured."""
        return "stop" if self.rows or self.connection.poll() else None


def rehearse(store: Store, connection: Connection) -> bool:
    """Begin the likeliest run and forget it; returns whether there was anything to do it with. Nothing is written."""
    try:
        newest = next(iter(store.runs(limit=1)), None)
        spec = newest.spec if newest else _source(first().members[-1].spec)
        weights = store.load_arrays(newest.parent, WEIGHTS) if newest and newest.parent else None
        while spec.source is not None and weights is None:
            spec = spec.source
        if find(spec.dataset, spec.settings("dataset")) is None:
            return False
        train(spec, Rehearsing(connection), weights)
    except StoreError:
        return False
    except Exception:  # noqa: BLE001 - a rehearsal that fails only costs time; the run itself will say what is wrong
        traceback.print_exc()
    return True


def _source(spec: RunSpec) -> RunSpec:
    return spec.source or spec
