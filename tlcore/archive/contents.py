"""What an archive says: a spec, what was measured and with what, and the weights under their SHA-256."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from tlcore.archive.numbers import packed, unpacked
from tlcore.archive.zipped import DAMAGED, Zipped, zipped
from tlcore.registry import InputError
from tlcore.spec import RunSpec

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Arrays = Mapping[str, NDArray[Any]]

SUFFIX = ".keras"
LAYOUT = 1  # raised whenever an older lab could misread what a newer one writes
SPEC, ABOUT, WEIGHTS, ARRAYS = (f"tlcore/{name}" for name in ("spec.json", "about.json", "weights.npz", "arrays.npz"))
MOST = {SPEC: 64 * 2**10, ABOUT: 4 * 2**20, WEIGHTS: 24 * 2**20, ARRAYS: 24 * 2**20}  # bytes of each, unpacked
SPELT = {"keras": "Keras", "tensorflow": "TensorFlow"}
NAMED = 1000  # arrays, and characters of a text
DEEPEST = 12  # of lists within lists
EPOCHS = 2001
LARGEST = 1e300  # of numbers; what is no number is not below it either
FOREIGN = (
    "This .keras file was not exported from a shelf of sources, so it is not opened: a model of somebody else can bring code with it. "
    "Choose a file that this lab has exported, or pretrain the source here."
)


@dataclass(frozen=True)
class Archive:
    """A source away from its store.

    facts: key, made (an hour, ISO), versions, data (id and versions of the data set), result, history, command; note or machine.
    weights, arrays: by name, as the store keeps them of a run. digest: SHA-256 of the packed weights; set by who packs or opens.
    """

    spec: RunSpec
    facts: dict[str, Any]
    weights: Arrays
    arrays: Arrays = field(default_factory=dict)
    digest: str = ""

    @property
    def result(self) -> dict[str, Any]:
        """What was measured at the end."""
        return dict(self.facts["result"])

    @property
    def versions(self) -> str:
        """What it was made with, in words."""
        return ", ".join(f"{SPELT.get(name, name)} {version}" for name, version in self.facts["versions"].items())


def pack(archive: Archive, keras: bytes) -> bytes:
    """The file: what Keras wrote, with our folder added. An origin stays outside, for it is the digest of what is inside."""
    weights, arrays = packed(archive.weights), packed(archive.arrays)
    sums = {"weights": _named(archive.weights, weights), "arrays": _named(archive.arrays, arrays)}
    about = {"layout": LAYOUT, **archive.facts, **sums}
    members = {SPEC: replace(archive.spec, origin="").to_json().encode(), ABOUT: _json(about), WEIGHTS: weights, ARRAYS: arrays}
    return zipped(members, keras)


def open_archive(content: bytes) -> Archive:
    """Read a file that anybody may have made. InputError says in a sentence why it is not taken; Keras never sees it."""
    inside = Zipped(content)
    if SPEC not in inside or ABOUT not in inside:
        raise InputError(FOREIGN)
    about = _read(inside, ABOUT)
    if about.get("layout") != LAYOUT:
        raise InputError("This file was exported by another version of the lab than this one: update the lab, then import it again.")
    spec = RunSpec.from_plain(_read(inside, SPEC))
    if spec.kind != "pretrain" or spec.origin:
        raise InputError("This file holds no source: only a pretraining can be imported.")
    weights, digest = _arrays(inside, WEIGHTS, about.pop("weights", None))
    arrays, _ = _arrays(inside, ARRAYS, about.pop("arrays", None))
    if not weights or not _understood(about, spec):
        raise InputError(DAMAGED)
    return Archive(spec, about, weights, arrays, digest)


def _named(arrays: Arrays, content: bytes) -> dict[str, Any]:
    return {"sha256": hashlib.sha256(content).hexdigest(), "names": list(arrays)}


def _json(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def _read(inside: Zipped, name: str) -> dict[str, Any]:
    """A JSON object of a bounded size and depth, without what is no number."""
    content = inside.read(name, MOST[name])
    try:
        plain = json.loads(content.decode(), parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise InputError(DAMAGED) from None
    if not isinstance(plain, dict) or not _shallow(plain, DEEPEST):
        raise InputError(DAMAGED)
    return plain


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number.")


def _shallow(value: Any, left: int) -> bool:
    if isinstance(value, dict | list):
        return left > 0 and all(_shallow(each, left - 1) for each in (value.values() if isinstance(value, dict) else value))
    return True


def _arrays(inside: Zipped, name: str, told: Any) -> tuple[Arrays, str]:
    """Arrays that are what their sum says, and the sum."""
    names = told.get("names") if isinstance(told, dict) else None
    if not isinstance(names, list) or len(names) > NAMED or not all(_text(each) for each in names) or len(set(names)) < len(names):
        raise InputError(DAMAGED)
    content = inside.read(name, MOST[name])
    digest = hashlib.sha256(content).hexdigest()
    if told.get("sha256") != digest:
        raise InputError("The weights in this file are not the ones that were exported: export the source again.")
    return unpacked(content, names), digest


def _understood(about: Mapping[str, Any], spec: RunSpec) -> bool:
    """Whether everything that is told is of the kind that it must be."""
    versions, data, result, history = (about.get(name) for name in ("versions", "data", "result", "history"))
    texts = all(_text(about.get(name)) for name in ("key", "made", "command"))
    known = isinstance(data, dict) and isinstance(data.get("versions"), dict) and _text(data.get("id"))
    made = isinstance(versions, dict) and len(versions) < 10 and all(_text(name) and _text(each) for name, each in versions.items())
    classes = result.get("classes") if isinstance(result, dict) else None
    named = isinstance(classes, list) and 0 < len(classes) <= 10 * NAMED and all(_text(each) for each in classes)
    rows = isinstance(history, list) and 0 < len(history) <= min(EPOCHS, spec.epochs + 1)
    return texts and known and made and named and rows and all(_row(row, place) for place, row in enumerate(history or ()))


def _row(row: Any, place: int) -> bool:
    """Whether this is what was measured after an epoch."""
    return isinstance(row, dict) and len(row) < 20 and row.get("epoch") == place and all(_measured(each) for each in row.values())


def _measured(value: Any) -> bool:
    """A number, nothing, or a list or an object of such."""
    if isinstance(value, dict | list):
        return len(value) < NAMED and all(_measured(each) for each in (value.values() if isinstance(value, dict) else value))
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < LARGEST)


def _text(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= NAMED
