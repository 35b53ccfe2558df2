"""The public API: the functions of the screen, called from Python, on the same store and by the same training code.

Asking the same question twice trains once: a run whose answer is in the store is read from there.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tlcore import jobs
from tlcore.engine.recorder import ADAPTERS, ARRAYS, WEIGHTS
from tlcore.registry import InputError
from tlcore.spec import RunSpec
from tlcore.studies import Study as Question

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from tlcore import store

COLUMNS = ["epoch", "loss", "accuracy", "val_loss", "val_accuracy", "seconds"]


@dataclass(frozen=True)
class Result:
    """What was measured on the test part, opened once, after training.

    loss: mean loss of an example (cross-entropy; squared error of a pixel for an autoencoder, of a number scaled to its range for regression).
    accuracy, balanced_accuracy, majority: shares from 0 to 1; majority is that of always naming the commonest class.
    confusion: (classes, classes) int, rows true, columns predicted. per_class: DataFrame, a row a class: name, precision, recall, count.
    predictions: (n,) int, of a regression numbers in their own unit, in the order of the test part.
    moved: variable path -> whether it differs from its start by a single bit.
    sealed: whether everything that was to stay frozen did. blocks: DataFrame, a row a block and the head: name, state (frozen, moved,
    statistics: only BatchNorm's, broken), drift and drift of the statistics, as shares of what was there.
    best_epoch: with patience, the epoch whose weights were kept. suggested_rate: of a run with ``schedule="finder"``.
    probe: if it was asked for: dataset, part, images, labels_per_class, shares named rightly by a linear probe (linear) and neighbours (knn).
    rmse, baseline_rmse, r2: of a regression its error and that of always saying the mean, in the number's unit, and R^2. agreement: of
    a distillation the share of which its teacher says the same. What an objective does not measure is None.
    """

    loss: float
    accuracy: float | None
    balanced_accuracy: float | None
    majority: float | None
    confusion: np.ndarray | None
    per_class: pd.DataFrame | None
    predictions: np.ndarray | None
    classes: tuple[str, ...]
    moved: dict[str, bool]
    sealed: bool
    blocks: pd.DataFrame
    best_epoch: int | None = None
    suggested_rate: float | None = None
    probe: dict[str, Any] | None = None
    rmse: float | None = None
    baseline_rmse: float | None = None
    r2: float | None = None
    agreement: float | None = None


class Run:
    """A finished run: ``spec`` is what was asked, ``id`` its name in the store and in the addresses of the screen."""

    def __init__(self, record: store.Run) -> None:
        self._record = record
        self.id, self.spec, self.note, self.seconds = record.id, record.spec, record.note, record.seconds

    def __repr__(self) -> str:
        told = f", accuracy {self._record.accuracy:.3f}" if self._record.accuracy is not None else ""
        return f"<Run {self._record.number}: {self.spec.title}{told}>"

    @cached_property
    def history(self) -> pd.DataFrame:
        """A row an epoch: epoch, loss, accuracy, val_loss, val_accuracy, seconds; epoch 0 is before the first step."""
        import pandas as pd

        return pd.DataFrame(jobs.store().epochs(self.id), columns=COLUMNS)

    @cached_property
    def result(self) -> Result:
        """What was measured at the end."""
        import numpy as np
        import pandas as pd

        kept = self._record.result or {}
        arrays = jobs.store().load_arrays(self.id, ARRAYS) or {}
        known: dict[str, Any] = {each.name: kept.get(each.name) for each in fields(Result)}
        if known["confusion"] is not None:
            known["confusion"] = np.array(known["confusion"])
        known["per_class"] = None if known["per_class"] is None else pd.DataFrame(known["per_class"])
        more = {"predictions": arrays.get("predictions"), "classes": tuple(kept["classes"]), "sealed": kept["seal"]}
        return Result(**{**known, **more, "blocks": pd.DataFrame(kept.get("blocks", []))})

    @property
    def weights(self) -> dict[str, np.ndarray]:
        """Variable path -> array, as they were at the end. InputError if the file is missing or damaged."""
        arrays = jobs.store().load_arrays(self.id, WEIGHTS)
        if arrays is None:
            raise InputError(f"The weights of run {self._record.number} are missing or damaged: delete the run and start it again.")
        return arrays

    def fork(self, epoch: int, **changes: float) -> Run:
        """Let it go another way once ``epoch`` epochs are done, and finish the fork; what is measured stays.

        changes: learning_rate, batch_size, block1 and so on, head (factors; 0 is frozen), live knobs of the strategy.
        """
        from tlcore.engine import inline

        fork = jobs.fork(self.id, epoch)
        for name, value in changes.items():
            jobs.command(fork.id, name, value, hand="Python")
        return Run(inline.complete(jobs.store(), fork.id))

    @property
    def adapters(self) -> dict[str, np.ndarray]:
        """Of LoRA and residual adapters what was learned beside the blocks, by variable path, with the new head; else empty.

        ``base`` is the SHA-256 of the blocks they belong to.
        """
        return jobs.store().load_arrays(self.id, ADAPTERS) or {}

    @property
    def merged(self) -> dict[str, np.ndarray]:
        """The weights of a plain net that does the same: adapters folded into the kernels beside them."""
        from tlcore.training.branches import merge, scale

        return merge({**self.weights, **self.adapters}, scale(self.spec))


@dataclass(frozen=True)
class Verdict:
    """What a study's first comparison allows to say.

    label: helps, harms, equivalent (within a point) or inconclusive, which every answer from fewer than five seeds is.
    mean: difference in accuracy, as a share. interval: its 95 % t interval, None from fewer than five seeds.
    p: of the paired t test, adjusted for all comparisons of the card (Holm); None from one seed. seeds: how many both arms share.
    more_seeds: about how many more would tell; 0 where it is told, None where more than 200 would be needed.
    """

    label: str
    sentence: str
    mean: float
    interval: tuple[float, float] | None
    p: float | None
    seeds: int
    more_seeds: int | None


class Study:
    """A finished study: ``table`` has all its runs, ``sentence`` says what was measured, ``verdict`` what that allows to say."""

    def __init__(self, record: store.StudyRecord) -> None:
        self.id, self.title, self._record = record.id, record.title, record

    def __repr__(self) -> str:
        return f"<Study {self._record.number}: {self.title}>"

    @property
    def sentence(self) -> str:
        """What was measured, in one sentence."""
        return str((self._record.summary or {}).get("sentence", ""))

    @property
    def verdict(self) -> Verdict | None:
        """The judged comparison; None if there is nothing to compare with."""
        found = (self._record.summary or {}).get("verdict")
        if found is None:
            return None
        return Verdict(**{**found, "interval": tuple(found["interval"]) if found["interval"] else None})

    @cached_property
    def contrasts(self) -> pd.DataFrame:
        """All comparisons of the card: the arms, mean, low, high (shares), t, p (Holm), p_alone, sign_flip, dz, gz, equivalence, label."""
        import pandas as pd

        return pd.DataFrame((self._record.summary or {}).get("contrasts", []))

    def extend(self, **more: Any) -> Study:
        """Let it grow, ``seeds=10`` or ``controls=True``, and finish it; what is measured stays. InputError if it would lose something."""
        from tlcore.engine import inline

        return Study(inline.complete_study(jobs.store(), jobs.extend_study(self.id, **more).id))

    @cached_property
    def runs(self) -> list[Run]:
        """Its runs, in the order of the table."""
        return [Run(member.run) for member in jobs.store().members(self.id)]

    @cached_property
    def table(self) -> pd.DataFrame:
        """A row a run: arm, frozen (blocks, missing where they do not vary), labels (a class, missing for all), seed, learning_rate,
        accuracy (share of the test part)."""
        import pandas as pd

        columns = ["arm", "frozen", "labels", "seed", "learning_rate", "accuracy"]
        found = [(each, each.run, each.run.spec) for each in jobs.store().members(self.id)]
        rows = [(m.arm, m.frozen, spec.labels_per_class, m.seed, spec.learning_rate, run.accuracy) for m, run, spec in found]
        return pd.DataFrame(rows, columns=columns).astype({"frozen": "Int64", "labels": "Int64"})


Source = Run | RunSpec | None


def pretrain(dataset: str | None = None, objective: str = "supervised", backbone: str | None = None, seed: int = 0, **settings: Any) -> Run:
    """Train a source model from nothing: on glyphs and with the smallest net that reads the data, unless others are named.

    settings: epochs, batch_size, learning_rate, image (height, width, channels), labels_per_class, the knobs of data set, objective and
    backbone; source, the teacher of a distillation; probe, a data set to try the encoder on (``result.probe``). InputError: what does not fit.
    """
    named = {name: value for name, value in {"dataset": dataset, "backbone": backbone}.items() if value is not None}
    teacher = _recipe(settings.pop("source", None))
    return _run(RunSpec.make("pretrain", source=teacher, objective=objective, seed=seed, **named, **settings))


def finetune(
    source: Source = None,
    dataset: str = "mnist",
    labels_per_class: int | None = None,
    strategy: str | None = None,
    seed: int = 0,
    **settings: Any,
) -> Run:
    """Train on the target task: from a source by a strategy (probe-then-tune unless another is named), or from scratch without one.

    labels_per_class: training labels of each class; None takes all of the pool. settings: as for ``pretrain``, and the knobs of
    the strategy (``frozen=2``). InputError says what does not fit.
    """
    named = {} if strategy is None else {"strategy": strategy}
    given = {"dataset": dataset, "labels_per_class": labels_per_class, "seed": seed, **named, **settings}
    return _run(RunSpec.make("finetune", source=_recipe(source), **given))


def freezing_study(
    source: Run | RunSpec,
    dataset: str = "mnist",
    labels_per_class: int | None = None,
    seeds: int = 5,
    controls: bool = True,
    **settings: Any,
) -> Study:
    """How much should be frozen? Accuracy for every number of frozen blocks, with scratch and controls beside it (Yosinski 2014).

    A seed changes everything at once: labels, start weights, order and source; ``fix_source=True`` keeps the one source.
    controls: from scratch for longer, blocks frozen at random, and a source trained on the target itself. ``mode="surgical"`` tunes
    every run of blocks in a row instead, ``rest="fresh"`` lets the blocks above the frozen ones start anew, ``grid=True`` tunes the
    learning rate of every arm on validation.
    """
    given = {"dataset": dataset, "labels_per_class": labels_per_class, "seeds": seeds, "controls": controls, **settings}
    return _study("freezing", source, **given)


def transfer_study(
    source: Run | RunSpec, dataset: str = "mnist", labels_per_class: int | None = None, seeds: int = 3, **settings: Any
) -> Study:
    """Did transfer help? From scratch, frozen, everything tuned at once, and probe-then-tune, on the same labels, over seeds."""
    return _study("arms", source, dataset=dataset, labels_per_class=labels_per_class, seeds=seeds, **settings)


def label_budget(source: Run | RunSpec, dataset: str = "mnist", most: int = 50, seeds: int = 5, **settings: Any) -> Study:
    """How many labels does transfer save? Scratch, frozen and probe-then-tune from one label a class to ``most``, over seeds."""
    return _study("label_budget", source, dataset=dataset, most=most, seeds=seeds, **settings)


def forgetting_study(
    source: Run | RunSpec, dataset: str = "mnist", labels_per_class: int | None = None, seeds: int = 5, **settings: Any
) -> Study:
    """What is forgotten? Each strategy's gain on the target against its loss on the source task with the source's own head, over seeds."""
    return _study("forgetting", source, dataset=dataset, labels_per_class=labels_per_class, seeds=seeds, **settings)


def _recipe(source: Source) -> RunSpec | None:
    if isinstance(source, Run):
        return source.spec
    if source is None or isinstance(source, RunSpec):
        return source
    raise InputError(f"The source is {type(source).__name__}: give what tlcore.pretrain returned, or None.")


def _run(spec: RunSpec) -> Run:
    from tlcore.engine import inline

    store = jobs.store()
    return Run(inline.complete(store, store.submit(spec).id))


def _study(question: str, source: Run | RunSpec, **given: Any) -> Study:
    from tlcore.engine import inline

    recipe = _recipe(source)
    if recipe is None:
        raise InputError("A study needs a source: give what tlcore.pretrain returned.")
    store = jobs.store()
    record = store.submit_study(Question.make(question, source=recipe, **given))
    return Study(inline.complete_study(store, record.id))
