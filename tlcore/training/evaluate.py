"""Evaluation: the test part is opened here, once, at the end of a run; all measures are scikit-learn's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

UNNAMED = {"accuracy": None, "balanced_accuracy": None, "confusion": None}  # of a run that names no classes


def numbers(true: np.ndarray, told: np.ndarray, mean: float) -> dict[str, float]:
    """Root mean squared error in the numbers' unit, that of always saying ``mean`` beside it, and R^2. true, told: (n,).

    R^2 is the share of the test part's own variance that is told: 0 for its mean, below 0 for less than that.
    """
    from sklearn import metrics

    errors = {"rmse": told, "baseline_rmse": np.full(len(true), mean)}
    found = {name: float(metrics.root_mean_squared_error(true, said)) for name, said in errors.items()}
    return found | {"r2": float(metrics.r2_score(true, told))}


def classification(labels: np.ndarray, logits: np.ndarray, classes: Sequence[str]) -> dict[str, Any]:
    """Accuracy, balanced accuracy, majority share, confusion matrix (rows true), precision and recall of each class.

    labels: (n,) int. logits: (n, classes) float; their softmax is not needed for any of these measures.
    """
    from sklearn import metrics

    guesses, every = logits.argmax(1), np.arange(len(classes))
    precision, recall, _, count = metrics.precision_recall_fscore_support(labels, guesses, labels=every, zero_division=0)
    confusion = metrics.confusion_matrix(labels, guesses, labels=every)
    return {
        "accuracy": float(metrics.accuracy_score(labels, guesses)),
        "balanced_accuracy": float(recall[count > 0].mean()),
        "majority": float(count.max() / count.sum()),
        "confusion": confusion.tolist(),
        "per_class": [
            {"name": name, "precision": float(precision[place]), "recall": float(recall[place]), "count": int(count[place])}
            for place, name in enumerate(classes)
        ],
    }
