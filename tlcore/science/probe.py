"""Probes of features: logistic regression and least squares, each solved to its one minimum, and the nearest neighbours."""

from __future__ import annotations

import numpy as np

EXACT = 1e-8  # largest gradient at which it is solved


def probe(
    features: np.ndarray, labels: np.ndarray, classes: int, penalty: float, standardise: bool = True, exact: float = EXACT
) -> tuple[np.ndarray, np.ndarray]:
    """Kernel (d, classes) and bias (classes,) that minimise mean cross-entropy + penalty / 2 * |kernel|^2 (Alain & Bengio 2016).

    features: (n, d) float, standardised on themselves first unless told otherwise; that is folded back, so that the answer takes raw ones.
    labels: (n,) int below ``classes``; a class without an example gets no weight and the smallest bias there is. exact: largest
    gradient that may be left.
    """
    from sklearn.linear_model import LogisticRegression

    centre, scale = _standard(features) if standardise else (np.zeros(features.shape[1]), np.ones(features.shape[1]))
    there = np.unique(labels)
    kernel, bias = np.zeros((features.shape[1], classes)), np.zeros(classes)
    if len(there) > 1:
        two = len(there) == 2  # then scikit-learn gives one row, the second against the first: two of half its size, half its square
        solver = LogisticRegression(C=(2 if two else 1) / (penalty * len(labels)), tol=exact, max_iter=10_000)
        solver.fit((features - centre) / scale, labels)
        found, shift = solver.coef_.T, solver.intercept_
        if two:
            found, shift = np.hstack([-found / 2, found / 2]), np.concatenate([-shift / 2, shift / 2])
        kernel[:, there] = found / scale[:, None]
        bias[there] = shift - centre @ (found / scale[:, None])
    bias[np.setdiff1d(np.arange(classes), there)] = bias[there].min()
    return kernel, bias


def ridge(features: np.ndarray, values: np.ndarray, penalty: float) -> tuple[np.ndarray, np.ndarray]:
    """Kernel (d, k) and bias (k,) that minimise mean squared error / 2 + penalty / 2 * |kernel|^2 (Hoerl & Kennard 1970).

    features: (n, d) float, standardised on themselves first; that is folded back, so that the answer takes raw ones. values: (n, k).
    """
    centre, scale = _standard(features)
    scaled, mean = (features - centre) / scale, values.mean(0)
    square = scaled.T @ scaled / len(scaled) + penalty * np.eye(scaled.shape[1])
    kernel = np.linalg.solve(square, scaled.T @ (values - mean) / len(scaled)) / scale[:, None]
    return kernel, mean - centre @ kernel


def nearest(features: np.ndarray, labels: np.ndarray, seen: np.ndarray, neighbours: int = 5) -> np.ndarray:
    """The commonest class among the nearest training examples by cosine, (m,) for ``seen`` (m, d) (Wu 2018 without its weights).

    features: (n, d), labels: (n,) int. Of equally common classes the first wins.
    """
    from sklearn.neighbors import KNeighborsClassifier

    found = KNeighborsClassifier(min(neighbours, len(labels)), metric="cosine").fit(_directed(features), labels).predict(_directed(seen))
    chosen: np.ndarray = np.asarray(found)
    return chosen


def _directed(features: np.ndarray) -> np.ndarray:
    """Features of which none is without a direction: a dead example points everywhere alike."""
    return np.where(np.abs(features).sum(1, keepdims=True) > 0, features, 1.0)


def _standard(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    spread = features.std(0)
    return features.mean(0), np.where(spread > 1e-12, spread, 1.0)
