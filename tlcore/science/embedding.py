"""What a cloud of features looks like: how many dimensions it fills, and its picture in the plane, turned to fit the one before."""

from __future__ import annotations

import numpy as np

from tlcore.science.plane import pca

TINY = 1e-6  # of the largest singular value: less than that is rounding


def rank(features: np.ndarray) -> float:
    """How many dimensions features (n, d) fill, from 1 to the smaller of both: e to the entropy of their singular values as shares
    (RankMe, Garrido 2023, without its offset). Where all examples are the same it is 1.

    >>> round(rank(np.eye(5)), 6), rank(np.ones((9, 4))), rank(np.zeros((9, 4)))
    (5.0, 1.0, 1.0)
    """
    known = np.asarray(features, "float64")
    values = np.sqrt(np.maximum(np.linalg.eigvalsh(known.T @ known), 0))  # those of the features, for a tenth of the time
    kept = values[values > TINY * values.max(initial=1e-300)]
    shares = kept / kept.sum() if len(kept) else kept
    return float(np.exp(-(shares * np.log(shares)).sum()))


def plane(features: np.ndarray) -> tuple[np.ndarray, float]:
    """Features (n, d) on the two axes along which they spread most, (n, 2), half of them within a distance of 1 from their middle; and
    the share of all spread that lies on these two (Pearson 1901)."""
    points, shares = pca(features)
    middle = float(np.median(np.linalg.norm(points, axis=1)))
    return points / middle if middle > 0 else points, min(1.0, sum(shares))


def turned(points: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Points (n, 2) turned, and mirrored where that is nearer, to lie as near as they can to where they were before (Schoenemann 1966)."""
    left, _, right = np.linalg.svd(points.T @ before)
    return np.asarray(points @ (left @ right))
