"""What a run says of itself at its end: what moved, how large it was, and its scores on the test part."""

from __future__ import annotations

import os
from collections.abc import Mapping, Set
from typing import Any

import numpy as np
import tensorflow as tf

from tlcore.datasets import Part
from tlcore.spec import RunSpec, versions
from tlcore.training import audit, evaluate, pretext, start
from tlcore.training.calls import Calls
from tlcore.training.features import features, outputs
from tlcore.training.network import Network
from tlcore.training.opened import described


def audited(spec: RunSpec, net: Network, calls: Calls, begun: Mapping[str, np.ndarray], broken: Set[str] = frozenset()) -> dict[str, Any]:
    """What moved since ``begun``, and whether all that was promised to stay has stayed, to the last bit.

    broken: what moved in a stretch of the run that leaves it alone.
    """
    ended = net.weights()
    promised = audit.frozen(net, (stretch.phase for stretch in spec.course))
    changed = audit.moved(begun, ended)
    *blocks, head = net.parameters()
    penalty = start.penalty(spec.course[-1].phase, net, begun)
    return {
        "moved": changed,
        "seal": not broken and not any(changed[path] for path in promised),
        "promised": sorted(promised),
        "blocks": audit.blocks(net, begun, ended, promised | broken),
        "parameters": {"blocks": blocks, "head": head, "trainable": _trainable(net, promised)},
        **({} if penalty is None else {"penalty": penalty}),
        "layers": described([*net.parts, *net.task.beside.values()]),
        "classes": list(calls.data.classes),
        "train_size": len(calls.labels),
        "validation_size": len(calls.known),
        "threads": tf.config.threading.get_intra_op_parallelism_threads() or os.cpu_count(),
        "versions": versions(),
    }


def _trainable(net: Network, promised: set[str]) -> int:
    return sum(int(np.prod(each.shape)) for path, each in net.variables.items() if each.trainable and path not in promised)


def scores(spec: RunSpec, net: Network, calls: Calls) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Open the test part and measure it."""
    if net.task.whole:
        return pretext.scores(net, calls)
    test, prefix = calls.data.open_test(), min(stretch.phase.prefix for stretch in spec.course)
    seen = features(net, test.images, f"{calls.data.id}/test", prefix, calls.alive)
    said, known = outputs(net, seen, prefix, calls.alive), net.answers(calls.answers(test))
    measured = {name: _mean(measure(said, None, known)) for name, measure in net.measures.items() if name != "accuracy"}
    found, arrays = _named(calls, test, said) if "accuracy" in net.measures else _told(calls, test, said)
    return {**measured, "test_size": len(test), **found}, arrays


def _mean(values: Any) -> float:
    return float(np.asarray(values, "float64").mean())


def _named(calls: Calls, test: Part, said: Any) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """How well the classes are named."""
    logits = np.asarray(said)
    found = evaluate.classification(np.asarray(test.labels), logits, calls.data.classes)
    return found, {"predictions": logits.argmax(1).astype("int32")}


def _told(calls: Calls, test: Part, said: Any) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """How well the numbers are told, in their own unit, beside always saying the mean of the training examples."""
    back = calls.answers.back
    true, told, learned = np.asarray(test.values, "float64"), back(said), np.asarray(calls.labels)
    found = evaluate.numbers(true, told, float(back(learned).mean()))
    always = {"baseline_loss": _mean((calls.answers(test) - learned.mean(0)) ** 2)}
    return {**evaluate.UNNAMED, **found, **always}, {"predictions": told.astype("float32"), "true": true.astype("float32")}
