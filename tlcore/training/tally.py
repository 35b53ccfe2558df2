"""What an epoch's sums say: means by name, and what was taken for what."""

from __future__ import annotations

from typing import Any

import numpy as np

from tlcore.training.calls import Calls
from tlcore.training.network import Network


def means(net: Network, calls: Calls, sums: np.ndarray) -> tuple[dict[str, float], dict[str, float]]:
    """Means of the training half and of the validation half of an epoch's sums, by name."""
    learned, seen = np.split(sums[: 2 * len(net.measures)], 2)
    return (
        {name: float(total) / len(calls.labels) for name, total in zip(net.measures, learned, strict=True)},
        {f"val_{name}": float(total) / len(calls.known) for name, total in zip(net.measures, seen, strict=True)},
    )


def confusion(net: Network, sums: np.ndarray) -> dict[str, Any]:
    """Which classes of the validation part were taken for which: (classes, classes), rows true."""
    count = net.confused
    return {"confusion": sums[-(count**2) :].reshape(count, count).astype(int).tolist()} if count else {}
