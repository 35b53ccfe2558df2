"""Forgetting: the source task is scored with its own head while its blocks learn something else."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from tlcore.datasets import load
from tlcore.spec import RunSpec
from tlcore.training.features import features, outputs
from tlcore.training.network import Network, network
from tlcore.training.start import HEAD

MOST = 1000  # images of the source's validation part


class Watch:
    """The source task as its validation part, with the head that belongs to it."""

    def __init__(self, spec: RunSpec, source: Mapping[str, np.ndarray], alive: Callable[[], object]) -> None:
        assert spec.source is not None
        self.data, self.alive = load(spec.source.dataset, spec.source.settings("dataset"), alive), alive
        self.net = network(spec.source, len(self.data.classes), "watch")  # a twin: the run's own net may have as many classes
        self.head = {path: source[path] for path in HEAD}
        part = self.data.validation
        every = np.linspace(0, len(part.labels) - 1, min(MOST, len(part.labels))).astype(int)
        self.images, self.labels = np.asarray(part.images)[every], np.asarray(part.labels)[every]

    def score(self, net: Network) -> float:
        """Accuracy of the source task with the blocks as they are now, branches merged in."""
        blocks = net.plain()
        self.net.load({**{path: blocks[path] for path in self.net.variables if path in blocks}, **self.head})
        prepared = features(self.net, self.images, f"{self.data.id}/watched", 0, self.alive)
        return float((np.asarray(outputs(self.net, prepared, 0, self.alive)).argmax(1) == self.labels).mean())
