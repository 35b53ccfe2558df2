"""The net of a run opened for all visitors: its weights, what it makes of some validation images, and which of them are offered.

Nothing here needs TensorFlow; everything is computed once for a run and kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from tlcore.datasets import Dataset
from tlcore.engine.recorder import ADAPTERS, WEIGHTS
from tlcore.registry import InputError
from tlcore.store import Run
from tlcore.ui import frame
from tlcore.ui.shelf import prepared

if TYPE_CHECKING:
    import numpy as np

    from tlcore.training.opened import Opened

MOST = 500  # validation images that are looked at
OFFERED = 24  # of them to pick from
GONE = "The weights of this run are not kept any more: train it again with another seed to look inside."
NO_DATA = "The data set of this run is not prepared on this machine: prepare it on the page Data, then look inside."


@dataclass(frozen=True)
class Look:
    """A net, and images that it was not taught. name: of exactly these weights, under which things are kept."""

    run: Run
    name: str
    net: Opened
    data: Dataset

    @property
    def images(self) -> np.ndarray:
        """Validation images, uint8 (n, h, w, c), n at most 500."""
        return self.data.validation.images[:MOST]

    @property
    def labels(self) -> np.ndarray:
        """Their classes, (n,)."""
        return self.data.validation.labels[:MOST]

    @property
    def factors(self) -> np.ndarray:
        """What else is known of them, (n, k); (n, 0) where nothing is."""
        known = self.data.validation.factors
        return self.labels[:, None][:, :0] if known is None else known[:MOST]

    @property
    def embeddings(self) -> np.ndarray:
        """What transfers of them, (n, 64)."""
        return _embeddings(self.name, self)

    @property
    def codes(self) -> np.ndarray:
        """What each is told by: the middle of its cloud where there is one, else its embedding."""
        return self.clouds[0] if self.net.is_cloud else self.embeddings

    @property
    def clouds(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean and ln of the variance of each cloud, (n, latent) each."""
        return self.net.cloud(self.embeddings)

    def offered(self, start: int = 0) -> list[int]:
        """Places of images to pick from, of as many classes as there are; start: how many offers came before."""
        return _offered(self.name, start, self)

    def names(self, places: Sequence[int]) -> list[str]:
        """The classes of some images."""
        return [self.data.classes[int(self.labels[place])] for place in places]


def look(run: Run) -> Look:
    """What there is to look at; InputError says why there is nothing."""
    if run.state not in ("finished", "stopped"):
        later = "This appears when the run has finished."
        raise InputError(later if run.live else "This run did not come to an end, so its net is not kept. Resume it, then look inside.")
    name = f"{run.id}-{run.state}-{run.epoch}"
    net = _net(name, run)
    data = prepared(run.spec.dataset, run.spec.settings("dataset"))
    if data is None:
        raise InputError(NO_DATA)
    return Look(run, name, net, data)


def drawn(name: str, draw: Callable[[], str]) -> str:
    """HTML that cannot change any more, drawn once for all visitors. name: of what, the net included."""
    return _drawn(name, draw)


@st.cache_resource(max_entries=96, show_spinner=False)
def _drawn(name: str, _draw: Callable[[], str]) -> str:
    return _draw()


@st.cache_resource(max_entries=12, show_spinner=False)
def _net(name: str, _run: Run) -> Opened:
    from tlcore.training.opened import Opened

    layers = (_run.result or {}).get("layers")
    return Opened(_run.spec, layers, weights(_run) if layers else {})


def weights(run: Run) -> dict[str, Any]:
    """The weights of a finished run, what stands beside its blocks merged into them; of a stopped run those of its last checkpoint."""
    from tlcore.training import branches

    store = frame.store()
    if run.state == "finished":
        found = store.load_arrays(run.id, WEIGHTS)
        extra = store.load_arrays(run.id, ADAPTERS) or {}
    else:
        kept = store.load_checkpoint(run.id)
        found, extra = kept[1] if kept else None, {}
    if not found:
        raise InputError(GONE)
    nets = (run.result or {}).get("layers", {})  # a checkpoint holds the optimizer's memory too
    own = {path: values for path, values in {**extra, **found}.items() if path.partition("/")[0] in nets}
    return branches.merge(own, branches.scale(run.spec))


@st.cache_resource(max_entries=12, show_spinner="Looking at validation images …")
def _embeddings(name: str, _look: Look) -> Any:
    return _look.net.embed(_look.images)


@st.cache_resource(max_entries=48, show_spinner=False)
def _offered(name: str, start: int, _look: Look) -> list[int]:
    import numpy as np

    labels = np.asarray(_look.labels)
    turn = np.array([(labels[:place] == label).sum() for place, label in enumerate(labels)])  # how many of its class came before it
    order = np.lexsort((np.arange(len(labels)), turn))
    begin = start * OFFERED % max(len(order), 1)
    chosen = np.roll(order, -begin)[:OFFERED]
    return sorted((int(place) for place in chosen), key=lambda place: (labels[place], place))
