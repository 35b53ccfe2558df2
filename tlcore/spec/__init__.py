"""RunSpec: what to run, checked, with the key under which its result is known."""

from tlcore.spec import course
from tlcore.spec.budget import BUDGET, CATALOGUES, DEFAULTS, LABELS, defaults
from tlcore.spec.count import trained
from tlcore.spec.course import Change, Place, Stretch
from tlcore.spec.key import digest, versions
from tlcore.spec.run import RunSpec

__all__ = [
    "BUDGET",
    "CATALOGUES",
    "DEFAULTS",
    "LABELS",
    "Change",
    "Place",
    "RunSpec",
    "Stretch",
    "course",
    "defaults",
    "digest",
    "trained",
    "versions",
]
