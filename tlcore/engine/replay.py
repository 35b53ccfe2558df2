"""Repeat a run from its record, in this process, and hold its weights against those that were kept."""

from __future__ import annotations

from dataclasses import dataclass

from tlcore.engine.recorder import ADAPTERS, WEIGHTS
from tlcore.engine.worker import source_of
from tlcore.registry import InputError
from tlcore.spec import versions
from tlcore.store import Run, Store


@dataclass(frozen=True)
class Repeated:
    """What came of it. differ: paths of the variables that are not the same to the last bit, of ``total``.

    apart: the largest difference of a single weight. unlike: versions or threads that were others then, each as a clause.
    """

    total: int
    differ: tuple[str, ...]
    apart: float
    unlike: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether every variable is the same to the last bit."""
        return not self.differ


def repeat(store: Store, run: Run) -> Repeated:
    """Train a finished run again with everything that was changed by hand, as long as it takes; nothing is written.

    It takes as many threads as the run did, if this process has not begun to compute yet. InputError where nothing was kept.
    """
    kept = store.load_arrays(run.id, WEIGHTS) if run.state == "finished" else None
    if kept is None:
        raise InputError(f"Run {run.number} has no weights to compare with: only a finished run whose files are there can be repeated.")
    result = run.result or {}
    unlike = _prepare(int(result.get("threads", 0)))
    unlike += [f"{name} was {was}" for name, was in result.get("versions", {}).items() if versions().get(name) != was]
    from tlcore.training import Silent, train

    outcome = train(run.spec, Silent(), source_of(store, run))
    if outcome.error:
        raise InputError(outcome.error)
    kept = {**kept, **(store.load_arrays(run.id, ADAPTERS) or {})}
    made = {**outcome.weights, **outcome.adapters}
    differ = tuple(path for path, values in kept.items() if path not in made or made[path].tobytes() != values.tobytes())
    apart = max((float(abs(made[path].astype("float64") - kept[path]).max()) for path in differ if path in made), default=0.0)
    return Repeated(len(kept), differ, apart, tuple(unlike))


def _prepare(threads: int) -> list[str]:
    """Compute with as many threads as the run did; what cannot be had is said."""
    from tlcore.engine import preload

    try:
        preload.warm(threads)
    except RuntimeError:  # something was computed in this process already
        import tensorflow as tf

        now = tf.config.threading.get_intra_op_parallelism_threads()
        return [] if now in (0, threads) else [f"it had {threads} threads, and this process has {now}"]
    return []
