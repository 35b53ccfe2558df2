"""How well an objective is met that does not name the classes of the data: its measures on unseen images, and what it draws."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from tlcore.training import evaluate
from tlcore.training.calls import Calls
from tlcore.training.features import CHUNK, features
from tlcore.training.loop import piece_of, settled, steps
from tlcore.training.network import Network

TURNED = "pretext_accuracy"
Looked = tuple[slice, dict[str, np.ndarray]]  # a piece of the images, and the measures of each of it
PICTURES = 12  # images shown with their reconstructions


def scores(net: Network, calls: Calls) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """How well an objective is met that needs no names of classes; pictures of what was seen and redrawn, where it draws."""
    test = calls.data.open_test()
    images = features(net, test.images, f"{calls.data.id}/test", 0, calls.alive)
    labels = net.answers(calls.answers(test))
    found = looked_at(net, images, labels, calls.alive)
    told: dict[str, Any] = {**means(found, len(images)), **evaluate.UNNAMED, "test_size": len(images)}
    if TURNED in net.measures:
        told["turned_by_class"] = by_class(found, np.asarray(test.labels), len(calls.data.classes))
    if net.task.drawing is None or net.task.redrawn is None:
        return told, {}
    mean = np.asarray(calls.learned(0)).mean(0)
    told["baseline_loss"] = always(net, images, labels, mean)
    return told, {"pictures": pictures(net, images[:PICTURES], labels[:PICTURES])}


def looked_at(net: Network, images: tf.Tensor, labels: tf.Tensor, alive: Callable[[], object]) -> list[Looked]:
    """Each measure of prepared images (n, h, w, c), in pieces as in the validation of an epoch; the same is drawn each time."""
    found = []
    for piece in range(steps(0, len(images), net)):
        alive()
        part = piece_of(piece, len(images), net)
        _, values = net.judged(images[part], labels[part], settled(piece), range(len(net.parts) - 1))
        found.append((part, {name: np.asarray(each, "float64") for name, each in zip(net.measures, values, strict=True)}))
    return found


def means(found: list[Looked], count: int) -> dict[str, float]:
    """Mean of each measure over ``count`` images."""
    sizes = [len(range(count)[part]) for part, _ in found]
    return {
        name: float(sum(values[name].mean() * size for (_, values), size in zip(found, sizes, strict=True)) / count) for name in found[0][1]
    }


def by_class(found: list[Looked], labels: np.ndarray, classes: int) -> list[float | None]:
    """Share of turns told rightly for each class, None where it has no image: what looks the same when turned cannot be told (Gidaris 2018)."""
    right = np.zeros(len(labels))
    for part, values in found:
        right[part] = values[TURNED].reshape(-1, len(labels[part])).mean(0)  # all images turned one way, then all the next
    counts, sums = np.bincount(labels, minlength=classes), np.bincount(labels, right, minlength=classes)
    return [float(total / count) if count else None for total, count in zip(sums, counts, strict=True)]


def always(net: Network, images: tf.Tensor, labels: tf.Tensor, mean: np.ndarray) -> float:
    """The loss of always drawing one image (h, w, c), whatever is seen: what an objective that draws must beat."""
    assert net.task.drawing is not None
    total = 0.0
    for piece, begin in enumerate(range(0, len(images), CHUNK)):
        part = slice(begin, begin + CHUNK)
        batch = net.task.batch(images[part], labels[part], settled(piece))
        drawn = net.task.drawing(tf.broadcast_to(mean, tf.shape(images[part])))
        total += float(tf.reduce_sum(net.measures["loss"](drawn, batch.images, batch.labels)))
    return total / len(images)


def pictures(net: Network, images: tf.Tensor, labels: tf.Tensor) -> np.ndarray:
    """Images, what was shown of them where that is something else, and what was redrawn: uint8 (2 or 3, n, h, w, c)."""
    assert net.task.redrawn is not None
    batch = net.task.batch(images, labels, settled(0))
    given = net.finish(net.forward(batch.inputs, range(len(net.parts) - 1)), batch.labels, None)
    rows = [images, *([batch.inputs] if net.task.make else []), net.task.redrawn(given)]
    return bytes_of(np.stack([np.asarray(each) for each in rows]))


def bytes_of(images: Any) -> np.ndarray:
    """Images in [0, 1] as uint8."""
    return np.clip(np.asarray(images) * 255, 0, 255).round().astype("uint8")
