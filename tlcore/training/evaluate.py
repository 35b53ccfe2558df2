"""Evaluation: the test part is opened here, once, at the end of a run; all measures are scikit-learn's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


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
