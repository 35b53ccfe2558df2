"""Tables as images of one row: each column in 256 steps of a range that is declared, so that every net and every page can read them.

A range is declared and not measured: what a step means does not depend on which rows there are, so nothing of the test part leaks into
what is learned from. What lies beyond it is set to its end.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Columns = Mapping[str, tuple[float, float]]  # name, with its unit -> lowest and highest value

STEPS = 255  # from the lowest to the highest value of a column
BUDGET = {"epochs": 40}  # of a pretraining: a few hundred rows are ten steps an epoch
THIRDS = (100.0, 184.0)  # of disease progression: below each of them lies a third more of the rows

# What is seen in adults, sex as the file codes it.
DIABETES: Columns = {
    "age, years": (18, 80),
    "sex": (1, 2),
    "body mass index, kg/m²": (15, 45),
    "blood pressure, mmHg": (60, 140),
    "total cholesterol, mg/dl": (80, 320),
    "LDL, mg/dl": (30, 260),
    "HDL, mg/dl": (20, 110),
    "total cholesterol / HDL": (1, 10),
    "ln triglycerides": (3, 6.5),
    "blood sugar, mg/dl": (50, 130),
}

# Lowest and highest values as scikit-learn's documentation of the data lists them.
BREAST_CANCER: Columns = {
    "radius, mean": (6.981, 28.11),
    "texture, mean": (9.71, 39.28),
    "perimeter, mean": (43.79, 188.5),
    "area, mean": (143.5, 2501.0),
    "smoothness, mean": (0.053, 0.163),
    "compactness, mean": (0.019, 0.345),
    "concavity, mean": (0.0, 0.427),
    "concave points, mean": (0.0, 0.201),
    "symmetry, mean": (0.106, 0.304),
    "fractal dimension, mean": (0.05, 0.097),
    "radius, error": (0.112, 2.873),
    "texture, error": (0.36, 4.885),
    "perimeter, error": (0.757, 21.98),
    "area, error": (6.802, 542.2),
    "smoothness, error": (0.002, 0.031),
    "compactness, error": (0.002, 0.135),
    "concavity, error": (0.0, 0.396),
    "concave points, error": (0.0, 0.053),
    "symmetry, error": (0.008, 0.079),
    "fractal dimension, error": (0.001, 0.03),
    "radius, worst": (7.93, 36.04),
    "texture, worst": (12.02, 49.54),
    "perimeter, worst": (50.41, 251.2),
    "area, worst": (185.2, 4254.0),
    "smoothness, worst": (0.071, 0.223),
    "compactness, worst": (0.027, 1.058),
    "concavity, worst": (0.0, 1.252),
    "concave points, worst": (0.0, 0.291),
    "symmetry, worst": (0.156, 0.664),
    "fractal dimension, worst": (0.055, 0.208),
}
WINE: Columns = {
    "alcohol, %": (11.0, 14.8),
    "malic acid": (0.74, 5.80),
    "ash": (1.36, 3.23),
    "alcalinity of ash": (10.6, 30.0),
    "magnesium": (70.0, 162.0),
    "phenols": (0.98, 3.88),
    "flavanoids": (0.34, 5.08),
    "nonflavanoid phenols": (0.13, 0.66),
    "proanthocyanins": (0.41, 3.58),
    "colour intensity": (1.3, 13.0),
    "hue": (0.48, 1.71),
    "OD280/OD315": (1.27, 4.00),
    "proline": (278, 1680),
}


def stepped(rows: NDArray[np.float64], columns: Columns) -> NDArray[np.uint8]:
    """Rows (n, k) of values as images uint8 (n, 1, k, 1), each column from 0 at its lowest to 255 at its highest.

    >>> stepped(np.array([[0.0, 30.0], [5.0, 99.0]]), {"a": (0, 10), "b": (20, 40)}).reshape(2, 2).tolist()
    [[0, 128], [128, 255]]
    """
    low, high = np.array(list(columns.values()), float).T
    shares = np.clip((rows - low) / (high - low), 0.0, 1.0)
    images: NDArray[np.uint8] = np.rint(shares * STEPS).astype(np.uint8)[:, None, :, None]
    return images


def values(images: NDArray[np.uint8], columns: Columns) -> NDArray[np.float64]:
    """The way back, to half a step: (n, k) values in the columns' own units."""
    low, high = np.array(list(columns.values()), float).T
    found: NDArray[np.float64] = low + np.asarray(images, float).reshape(len(images), -1) / STEPS * (high - low)
    return found


def thirds(progression: NDArray[np.float64]) -> NDArray[np.int64]:
    """Low, middle or high, as 0, 1, 2."""
    return np.digitize(progression, THIRDS).astype(np.int64)
