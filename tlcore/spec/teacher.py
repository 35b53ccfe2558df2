"""The teacher of a distillation: a source that is asked and never copied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tlcore.backbones import BACKBONES
from tlcore.datasets import DATASETS
from tlcore.objectives import OBJECTIVES
from tlcore.registry import InputError

if TYPE_CHECKING:
    from tlcore.spec.run import RunSpec

LARGER = "cnn-medium"  # what teaches a smaller net where nobody says what should


def taught(objective: str) -> bool:
    """Whether an objective has a teacher."""
    return OBJECTIVES[objective].facts.get("needs") == "teacher"


def usual_teacher(dataset: str) -> str:
    """The net that teaches on a data set unless another is named: a larger one; of those for tables there is one."""
    return LARGER if reads(LARGER, dataset) else usual_net(dataset)


def usual_net(dataset: str) -> str:
    """The net for a data set where nobody chooses one: the first that can read it."""
    return next(each.name for each in BACKBONES if reads(each.name, dataset))


def reads(backbone: str, dataset: str) -> bool:
    """Whether a net can read a data set: a convolution looks for neighbours, and the columns of a table have none."""
    return "table" not in DATASETS[dataset].facts or bool(BACKBONES[backbone].facts.get("tables"))


def check_teacher(objective: str, source: RunSpec | None) -> None:
    """A pretraining has no source, but one that learns from a teacher has that."""
    if not taught(objective):
        if source is not None:
            raise InputError("Pretraining starts from nothing: leave out source and strategy, or fine-tune instead.")
        return
    if source is None:
        raise InputError(f"The objective {objective} needs a teacher: give source, a supervised pretraining on the same data.")
    if source.kind != "pretrain" or source.objective != "supervised":
        raise InputError("A teacher is a net that names the classes of the same data: choose a supervised pretraining.")


def check_lesson(spec: RunSpec) -> None:
    """Teacher and student must mean the same by each class."""
    teacher = spec.source
    if spec.kind != "pretrain" or teacher is None:
        return
    mine, its = ({"dataset": each.dataset, **each.settings("dataset")} for each in (spec, teacher))
    for name, value in mine.items():
        if value != its.get(name):
            told = f"{name} {its.get(name)}, not {value}"
            raise InputError(f"The teacher learned from {told}: teach on the same data, or choose another teacher.")


def lesson(source: RunSpec | None, given: dict[str, Any]) -> dict[str, Any]:
    """What a distillation takes from its teacher unless told otherwise: its data set, drawn alike."""
    if source is None or given.get("dataset", source.dataset) != source.dataset:
        return given
    return {"dataset": source.dataset, **source.settings("dataset"), **given}
