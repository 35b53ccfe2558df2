"""Sources that leave the store as files, come in as files, or come with the lab."""

from __future__ import annotations

import platform
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlcore import archive, clock, folder, ready
from tlcore.archive import SUFFIX, Archive
from tlcore.datasets import DATASETS, drawn_with, load
from tlcore.engine.recorder import ARRAYS, WEIGHTS
from tlcore.registry import InputError
from tlcore.spec import versions
from tlcore.spec.checks import shares
from tlcore.store import Run, Store
from tlcore.store.faults import told

if TYPE_CHECKING:
    from tlcore.training import Outcome

CAME = "came with the lab"  # how the note of a ready source begins
BROUGHT = "imported"  # and that of an imported one
STOCKED = "ready"  # in the store: name -> digest of each ready source that was offered to it once
THREADS = 2  # with which ready sources are made: their number can change the last bits


def export(store: Store, run: Run, path: Path) -> None:
    """Write a source as a ``.keras`` file, whole or not at all. Loads Keras. InputError: it is none, or its weights are gone."""
    if run.kind != "pretrain" or run.state != "finished":
        raise InputError(f"Run {run.number} is no finished source: only such a one can be exported.")
    weights = store.load_arrays(run.id, WEIGHTS)
    if weights is None:
        raise InputError(f"The weights of run {run.number} are missing or damaged: delete the run and start it again.")
    result = run.result or {}
    data = load(run.spec.dataset, run.spec.settings("dataset"))
    facts = {
        **_facts(run.key, result, store.history(run.id), data.id, run.spec.dataset),
        "made": run.created.isoformat(timespec="seconds"),
        "command": "python -m tlcore run spec.json",  # which lies beside this
        "note": run.note or "",
        "name": run.name or "",
    }
    _write(path, Archive(run.spec, facts, weights, store.load_arrays(run.id, ARRAYS) or {}))


def bring(store: Store, content: bytes) -> Run:
    """Take in a source from a file that anybody may have made; or open the run that has these weights already. Loads Keras.

    The file's own numbers are not believed: what the weights are worth is measured here. The run gets a key of its own, by its weights,
    even where the versions agree and nobody has trained that recipe here: a key is the promise that this recipe, and nothing else,
    came to these weights, and no file can prove that. So an import is chosen by who wants it, and never answers for anything else.
    """
    given = archive.open_archive(content)
    from tlcore.training import judge

    spec = replace(given.spec, origin=given.digest)
    measured = judge(spec, given.weights, given.spec.probe or _probe(given))
    if measured.error:
        raise InputError(f"This source cannot be taken in: {measured.error}")
    note = f"{BROUGHT}, made with {given.versions} on {given.facts['made'][:10]}; its scores were measured here"
    if _apart(given.result, measured.result):
        note += f", the file said otherwise ({_score(given.result)})"
    if load(spec.dataset, spec.settings("dataset")).id != given.facts["data"]["id"]:
        note += "; it learned from images that other versions had drawn"
    brought = store.bring(spec, measured.result, given.facts["history"], {WEIGHTS: measured.weights, ARRAYS: measured.arrays}, note)
    return brought if brought.name else _called(store, brought, given.facts.get("name"))


def _called(store: Store, run: Run, name: Any) -> Run:
    """Give an import the name that it had where it came from; whoever has it here can give it another."""
    with suppress(InputError):  # it came in all the same
        return store.rename(run.id, name) if isinstance(name, str) else run
    return run


def stock(store: Store, again: bool = False) -> list[Run]:
    """Put the ready sources into a store that has not been offered them yet; what somebody deleted stays away, unless ``again``.

    Only those that the installed versions would come to as well: their keys, and the versions that drew their data. They are files of
    the lab itself, made again by a test, so they have the key of their recipe and are what pages find under it.
    """
    known: dict[str, str] = store.remembered(STOCKED) or {}
    offered, brought = dict(known), []
    for name in ready.RECIPES:
        path = ready.file(name)
        if not path.exists() or (known.get(name) == (digest := folder.sha256(path)) and not again):
            continue
        with suppress(InputError):  # a damaged file of ours is no reason not to start
            given = archive.open_archive(path.read_bytes())
            if fits(given):
                note = f"{CAME}, made with {given.versions} on {given.facts['made'][:10]} by {ready.command(name)}"
                files = {WEIGHTS: given.weights, ARRAYS: given.arrays}
                brought.append(store.bring(given.spec, given.result, given.facts["history"], files, note))
                offered[name] = digest
    if offered != known:
        with suppress(InputError):  # then they are offered again, and found to be there
            store.remember(STOCKED, offered)
    return brought


def fits(given: Archive) -> bool:
    """Whether this installation would come to the same: the key, which holds versions and recipe, and what draws the data."""
    return bool(given.spec.key == given.facts["key"] and given.facts["data"]["versions"] == drawn_with(given.spec.dataset))


def content(path: Path) -> bytes:
    """A file whole, unless it is larger than a source can be. InputError: it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(archive.LARGEST + 1)
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}): give the path of a {SUFFIX} file.") from None


def made_again(name: str, into: Path | None) -> str:
    """Make a ready source again, keep its file where one is wanted, and say how alike it is to the one that came with the lab."""
    kept = archive.open_archive(content(ready.file(name))) if ready.file(name).exists() else None
    with tempfile.TemporaryDirectory(prefix="tlcore-ready-") as place:
        path = (into or Path(place)) / ready.file(name).name
        made = make(name, path)
        size = path.stat().st_size / 1e6
    score = "" if made.result["accuracy"] is None else f"{100 * made.result['accuracy']:.1f} % on its own test part, "
    told = f"{made.spec.title}: {score}{100 * made.result['probe']['linear']:.1f} % on {ready.PROBE} by a linear probe; {size:.2f} MB. "
    if kept is None:
        return told + "None of that name came with the lab."
    away = apart(made, kept)
    alike = "are the same to the last bit" if not away else f"differ by {away:.2g} of their size"
    return f"{told}Its weights and those that came with the lab {alike}."


def make(name: str, path: Path) -> Archive:
    """Train a ready source in this process and write its file. Nothing of it enters the store."""
    spec = ready.recipe(name)
    from tlcore.engine import preload

    with suppress(RuntimeError):  # something was computed in this process already
        preload.warm(THREADS)
    from tlcore.training import Silent, judge, train

    recorder = Silent()
    outcome: Outcome = train(spec, recorder)
    if outcome.error:
        raise InputError(outcome.error)
    result = {**outcome.result, "probe": judge(spec, outcome.weights, ready.PROBE).result["probe"]}
    data = load(spec.dataset, spec.settings("dataset"))
    facts = _facts(spec.key, result, recorder.rows, data.id, spec.dataset)
    facts |= {"made": clock.now().isoformat(timespec="seconds"), "command": ready.command(name), "machine": machine()}
    made = Archive(spec, facts, outcome.weights, outcome.arrays)
    _write(path, made)
    return made


def apart(made: Archive, kept: Archive) -> float:
    """How far the weights of one training lie from those of another, as a share of these: 0 where all are the same to the last bit."""
    import numpy as np

    away = sum(float(((made.weights[path].astype("float64") - values) ** 2).sum()) for path, values in kept.weights.items())
    whole = sum(float((values.astype("float64") ** 2).sum()) for values in kept.weights.values())
    return float(np.sqrt(away / whole))


def machine() -> str:
    """The kind of processor: on another one the last bits of a training differ, and after some epochs the first ones too."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "") or platform.machine() or "unknown"


def _facts(key: str, result: Mapping[str, Any], history: Any, data: str, dataset: str) -> dict[str, Any]:
    return {
        "key": key,
        "versions": dict(result.get("versions") or versions()),
        "data": {"id": data, "versions": drawn_with(dataset)},
        "result": dict(result),
        "history": list(history),
    }


def _write(path: Path, source: Archive) -> None:
    from tlcore.training.export import keras_bytes

    with told():
        content = archive.pack(source, keras_bytes(source.spec, len(source.result["classes"]), source.weights))
        if len(content) > archive.LARGEST:
            raise InputError(f"This source takes {len(content) / 2**20:.0f} MB: at most {archive.LARGEST >> 20} MB can be exported.")
        folder.write(path, lambda file: file.write(content))


def _probe(given: Archive) -> str:
    """The data set on which the file says that the encoder was tried, if it may be asked about that one."""
    found = given.result.get("probe")
    name = found.get("dataset") if isinstance(found, dict) else None
    known = isinstance(name, str) and name in DATASETS and not shares(given.spec.dataset, name)
    return str(name) if known else ""


def _score(result: Mapping[str, Any]) -> str:
    said = result.get("accuracy")
    return f"{100 * said:.1f} %" if isinstance(said, int | float) and 0 <= said <= 1 else "no score"


def _apart(said: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    """Whether the file tells another score than was measured; the last bits differ between machines."""
    one, other = said.get("accuracy"), found.get("accuracy")
    if isinstance(one, int | float) and isinstance(other, int | float):
        return abs(one - other) > 0.005
    return (one is None) != (other is None)
