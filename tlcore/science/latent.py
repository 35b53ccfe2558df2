"""Latent space: what each axis says, and ways through it."""

from __future__ import annotations

import numpy as np

SILENT = 0.05  # nats an image below which an axis says next to nothing


def divergences(mean: np.ndarray, logvar: np.ndarray) -> np.ndarray:
    """How much each axis of a variational code says, in nats an image: KL from the prior, averaged over images (Kingma & Welling 2014).

    mean, logvar: (n, latent). An axis whose clouds all are the prior says nothing.

    >>> divergences(np.array([[2.0, 0.0]]), np.zeros((1, 2))).tolist()
    [2.0, 0.0]
    """
    mean, logvar = np.asarray(mean, "float64"), np.asarray(logvar, "float64")
    each: np.ndarray = (0.5 * (mean**2 + np.exp(logvar) - 1.0 - logvar)).mean(0)
    return each


def between(one: np.ndarray, other: np.ndarray, steps: int) -> np.ndarray:
    """So many codes on the straight way from one (d,) to another, both included.

    >>> between(np.array([0.0, 2.0]), np.array([1.0, 0.0]), 3).tolist()
    [[0.0, 2.0], [0.5, 1.0], [1.0, 0.0]]
    """
    gone = np.linspace(0, 1, steps)[:, None]
    codes: np.ndarray = one * (1 - gone) + other * gone
    return codes


def along(code: np.ndarray, axis: int, values: np.ndarray) -> np.ndarray:
    """A code (d,) with one axis set to each of some values, (k, d).

    >>> along(np.zeros(2), 1, np.array([-1.0, 1.0])).tolist()
    [[0.0, -1.0], [0.0, 1.0]]
    """
    codes = np.repeat(np.asarray(code, "float32")[None], len(values), axis=0)
    codes[:, axis] = values
    return codes
