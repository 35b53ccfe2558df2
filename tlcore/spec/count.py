"""How many numbers a run trains, told without Keras, so that a page says it before the start."""

from __future__ import annotations

from tlcore.backbones import BACKBONES, EMBEDDING, Weighs
from tlcore.spec.run import RunSpec
from tlcore.strategies import ONLY, Branch, Only, Phase, Relative


def trained(spec: RunSpec, classes: int) -> tuple[int, int]:
    """(trained, all) numbers of a net that names ``classes``; all counts BatchNorm's statistics too, which follow and are not trained.

    >>> trained(RunSpec.make("finetune", dataset="mnist", strategy="scratch"), classes=10)
    (93546, 93994)
    """
    kind, wanted = spec.settings("backbone")["normalization"], spec.modifier(Branch)
    head, phases = EMBEDDING * classes + classes, [stretch.phase for stretch in spec.course]
    some, whole = 0, head
    for place, layer in enumerate(BACKBONES[spec.backbone].facts["weighs"](spec.image)):
        sizes = _sizes(layer, kind, wanted)
        whole += sum(sizes.values())
        moving = set().union(*(_moving(phase, place) for phase in phases))
        some += sum(size for name, size in sizes.items() if name in moving)
    return some + (head if any(phase.head for phase in phases) else 0), whole


def _sizes(layer: Weighs, normalization: str, wanted: Branch | None) -> dict[str, int]:
    """How many numbers a block's variables have, by kind."""
    kernel, units = layer.area * layer.inputs * layer.units, layer.units
    sizes = {"kernel": kernel, **({"bias": units} if normalization == "none" else {"gamma": units, "beta": units})}
    sizes |= {"statistics": 2 * units} if normalization == "batch" else {}
    if wanted is not None and wanted.kind == "lora":
        sizes["branch"] = wanted.rank * (layer.area * layer.inputs + units)
    elif wanted is not None and layer.area > 1:
        sizes["branch"] = layer.inputs * units
    return sizes


def _moving(phase: Phase, place: int) -> set[str]:
    """The kinds of variables that a phase trains in a block."""
    if not phase.factors[place]:
        return set()
    if phase.find(Branch):
        return {"branch"}
    only = phase.find(Only)
    if only is not None:
        return set(ONLY[only.what])
    return {"kernel", "bias"} if phase.find(Relative) else {"kernel", "bias", "gamma", "beta"}
