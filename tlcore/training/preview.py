"""What a run would give its net, drawn by the code that trains: the first images of its first batch."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from tlcore.datasets import Dataset
from tlcore.spec import RunSpec
from tlcore.training.loop import cuts, order
from tlcore.training.network import network


def first(spec: RunSpec, data: Dataset, count: int) -> np.ndarray:
    """Images, and below them each view that is made of them: uint8 (1 + views, count or fewer, h, w, c).

    The whole batch is made, with the run's own seed, as in its first step: nothing is drawn for show. What noise
    makes darker than black or brighter than white is shown as that.
    """
    net = network(spec, len(data.classes), "preview")
    chosen = data.draw(spec.labels_per_class, spec.seed)
    batch = chosen[order(len(chosen), spec.seed, range(1))[0, : cuts(len(chosen), spec.batch_size)[1]]]
    known = data.train.factors if net.task.columns else data.train.labels
    images = net.prepare(data.train.images[batch])
    made = net.task.batch(images, tf.constant(np.asarray(known)[batch], tf.int32), tf.constant([spec.seed, 0], tf.int32))
    views = np.split(np.asarray(made.inputs), len(made.inputs) // len(batch))
    rows = np.stack([np.asarray(images), *views])[:, :count]
    return np.clip(rows * 255, 0, 255).round().astype("uint8")
