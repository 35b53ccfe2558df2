"""Transfer learning, measured: pretrain a source, fine-tune it on few labels, freeze more or less, see what it was worth.

>>> import tlcore
>>> run = tlcore.finetune(dataset="digits", labels_per_class=2, strategy="scratch", epochs=2)
>>> run.history.columns.tolist()
['epoch', 'loss', 'accuracy', 'val_loss', 'val_accuracy', 'seconds']
>>> run.result.confusion.shape
(10, 10)

Importing this package is light: Keras comes with the first run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tlcore.api import Result, Run, Study, Verdict, finetune, forgetting_study, freezing_study, label_budget, pretrain, transfer_study
    from tlcore.api.racing import race
    from tlcore.registry import InputError

__all__ = [
    "InputError",
    "Result",
    "Run",
    "Study",
    "Verdict",
    "finetune",
    "forgetting_study",
    "freezing_study",
    "label_budget",
    "pretrain",
    "race",
    "transfer_study",
]


def __getattr__(name: str) -> Any:
    """The public API, imported when it is first used, so that the parts of the package stay light."""
    if name not in __all__:
        raise AttributeError(f"module 'tlcore' has no attribute {name!r}")
    from tlcore import api, registry
    from tlcore.api import racing

    return getattr(registry if name == "InputError" else racing if name == "race" else api, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
