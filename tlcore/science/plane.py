"""Many dimensions on a plane: the two directions of largest spread at once, or t-SNE, which needs scikit-learn and some seconds.

Neither proves anything: points that are apart in many dimensions can lie on each other in two, and t-SNE draws islands where there
are none. Run as a module it lays out what comes in and writes what comes out, as NumPy files: so a screen that must stay light asks
another process.
"""

from __future__ import annotations

import io
import sys

import numpy as np

NEIGHBOURS = 30.0  # whom t-SNE keeps near; fewer where there are few points


def pca(values: np.ndarray) -> tuple[np.ndarray, tuple[float, float]]:
    """Values (n, d) in their two directions of largest spread, (n, 2), and the share of all spread that each shows (Pearson 1901).

    Each direction points to where its largest part is positive, so that the same values always lie the same way.
    """
    centred = np.asarray(values, "float64") - np.mean(values, axis=0, dtype="float64")
    spread, directions = np.linalg.eigh(centred.T @ centred)  # rising; those of the values' own SVD, for a tenth of the time
    two = np.zeros((2, centred.shape[1]))
    two[: min(2, len(spread))] = directions.T[::-1][:2]
    signs = np.sign(two[np.arange(2), abs(two).argmax(1)])
    sizes = np.append(np.maximum(spread, 0.0)[::-1], [0.0, 0.0])
    shares = sizes[:2] / max(float(sizes.sum()), 1e-300)
    return centred @ (two * np.where(signs, signs, 1.0)[:, None]).T, (float(shares[0]), float(shares[1]))


def tsne(values: np.ndarray) -> np.ndarray:
    """Values (n, d), n at least 4, laid out so that neighbours stay neighbours, (n, 2) (van der Maaten & Hinton 2008).

    Begun at the principal directions, so that the same values give the same picture on the same machine.
    """
    from sklearn.manifold import TSNE

    perplexity = min(NEIGHBOURS, (len(values) - 1) / 3)
    laid: np.ndarray = TSNE(perplexity=perplexity, init="pca", random_state=0).fit_transform(np.asarray(values, "float32"))
    return laid


def _main() -> None:
    values = np.load(io.BytesIO(sys.stdin.buffer.read()), allow_pickle=False)
    np.save(sys.stdout.buffer, tsne(values))


if __name__ == "__main__":
    _main()
