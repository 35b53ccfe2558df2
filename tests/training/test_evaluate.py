"""The measures of the test part, on cases that can be counted by hand."""

import numpy as np
import pytest
from sklearn import metrics

from tlcore.training.evaluate import classification

LABELS = np.array([0, 0, 0, 0, 0, 1, 1, 2])
GUESSES = np.array([0, 0, 0, 0, 1, 1, 0, 2])
LOGITS = np.eye(3)[GUESSES] * 7 - 3


def test_a_case_counted_by_hand():
    result = classification(LABELS, LOGITS, ("cat", "dog", "elk"))
    assert result["accuracy"] == 6 / 8
    assert result["balanced_accuracy"] == pytest.approx((4 / 5 + 1 / 2 + 1) / 3)
    assert result["majority"] == 5 / 8
    assert result["confusion"] == [[4, 1, 0], [1, 1, 0], [0, 0, 1]]
    assert result["per_class"][0] == {"name": "cat", "precision": 4 / 5, "recall": 4 / 5, "count": 5}
    assert result["per_class"][2] == {"name": "elk", "precision": 1.0, "recall": 1.0, "count": 1}


def test_measures_are_those_of_scikit_learn():
    rng = np.random.default_rng(0)
    labels, logits = rng.integers(0, 5, 200), rng.normal(size=(200, 5))
    result = classification(labels, logits, tuple("abcde"))
    guesses = logits.argmax(1)
    assert result["balanced_accuracy"] == pytest.approx(metrics.balanced_accuracy_score(labels, guesses))
    assert [each["precision"] for each in result["per_class"]] == pytest.approx(metrics.precision_score(labels, guesses, average=None))
    assert result["confusion"] == metrics.confusion_matrix(labels, guesses).tolist()


@pytest.mark.filterwarnings("error")
def test_a_class_without_examples_has_a_row_and_does_not_count():
    result = classification(LABELS, np.eye(4)[GUESSES], ("cat", "dog", "elk", "fox"))
    assert result["balanced_accuracy"] == pytest.approx((4 / 5 + 1 / 2 + 1) / 3)
    assert result["confusion"][3] == [0, 0, 0, 0]
    assert result["per_class"][3] == {"name": "fox", "precision": 0.0, "recall": 0.0, "count": 0}
