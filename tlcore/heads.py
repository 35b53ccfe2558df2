"""Heads: what a new head starts from. Each turns features of the training examples into the head's first weights.

An entry takes features (n, d) float, labels (n,) int and the number of classes, or numbers (n, k) float and their count k; it returns
kernel (d, classes) and bias (classes,), or None for the layer's own initializer. Facts of an entry: fits, whether it makes weights from
the features; keeps, whether it takes the source's; names, whether it is made for classes alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlcore.registry import Annotated, Registry, number

if TYPE_CHECKING:
    import numpy as np

HEADS = Registry("head")


@HEADS.register
def glorot(features: np.ndarray, labels: np.ndarray, classes: int) -> None:
    """At random. Uniform, scaled by the layer's size (Glorot & Bengio 2010)."""


@HEADS.register(keeps=True)
def source(features: np.ndarray, labels: np.ndarray, classes: int) -> None:
    """As the source's. Where source and target name the same classes, the old head goes on (Lee 2023)."""


@HEADS.register(fits=True)
def zero(features: np.ndarray, labels: np.ndarray, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """At zero. Every class is as likely as any other, and the first step does not reach the blocks."""
    import numpy as np

    return np.zeros((features.shape[1], classes)), np.zeros(classes)


@HEADS.register(fits=True, names=True)
def centroid(features: np.ndarray, labels: np.ndarray, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """At the class means. The class whose mean features are nearest wins; a class without an example starts at zero."""
    import numpy as np

    kernel, bias = np.zeros((features.shape[1], classes)), np.zeros(classes)
    for name in np.unique(labels):
        kernel[:, name] = features[labels == name].mean(0)
        bias[name] = -0.5 * (kernel[:, name] ** 2).sum()
    return kernel, bias


@HEADS.register(fits=True)
def probe(
    features: np.ndarray,
    labels: np.ndarray,
    classes: int,
    *,
    penalty: Annotated[float, number("L2 penalty of the probe.", 1e-5, 1.0, log=True, label="Probe penalty")] = 0.01,
) -> tuple[np.ndarray, np.ndarray]:
    """At a probe. Logistic regression on the frozen features, least squares where numbers are told, solved to the end (Kumar 2022)."""
    from tlcore.science.probe import probe as named
    from tlcore.science.probe import ridge

    return ridge(features, labels, penalty) if labels.dtype.kind == "f" else named(features, labels, classes, penalty)
