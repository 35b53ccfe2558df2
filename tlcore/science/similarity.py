"""How alike two sets of features are: linear CKA (Kornblith 2019)."""

from __future__ import annotations

import numpy as np


def linear_cka(one: np.ndarray, other: np.ndarray, debiased: bool = False) -> float:
    """Linear CKA of features of the same n examples in the same order, (n, p) and (n, q): 1 for rotated, scaled or shifted copies.

    debiased: with the unbiased HSIC (Song 2012), for n under about four times the larger dimension, where the plain one is near
    p / (p + n) for features that have nothing in common. Raises ValueError where the examples differ in number.
    """
    if len(one) != len(other) or len(one) < 4:
        raise ValueError(f"CKA compares the same examples, four at least: there are {len(one)} and {len(other)}.")
    grams = [_gram(each, debiased) for each in (one, other)]
    similar = _hsic if debiased else _inner
    spread = similar(grams[0], grams[0]) * similar(grams[1], grams[1])
    return float(similar(grams[0], grams[1]) / np.sqrt(spread)) if spread > 0 else 0.0


def _gram(features: np.ndarray, debiased: bool) -> np.ndarray:
    centred = np.asarray(features, "float64") - np.mean(features, 0)
    gram: np.ndarray = centred @ centred.T
    if debiased:
        np.fill_diagonal(gram, 0.0)
    return gram


def _inner(one: np.ndarray, other: np.ndarray) -> float:
    return float((one * other).sum())


def _hsic(one: np.ndarray, other: np.ndarray) -> float:
    """The unbiased estimator on Gram matrices without a diagonal."""
    n = len(one)
    first, second = one.sum(0), other.sum(0)
    return float((one * other).sum() + first.sum() * second.sum() / ((n - 1) * (n - 2)) - 2 / (n - 2) * (first @ second)) / (n * (n - 3))
