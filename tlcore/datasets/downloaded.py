"""The data sets that are downloaded once. Their fact ``download`` says from which host, and how many bytes.

Published parts are put together and cut anew, as those of every other set: fixed, stratified, and each exact copy left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tlcore.datasets import downloads, formats
from tlcore.datasets.catalogue import DATASETS, PARTS, Raw, View
from tlcore.datasets.glyphs import framed
from tlcore.datasets.views import seen
from tlcore.registry import Annotated, one_of, some_of, whole

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image

    from tlcore.datasets.formats import Labelled

ALPHABETS = {  # name -> the folder in which Omniglot has it
    "aramaic": "Early_Aramaic",
    "balinese": "Balinese",
    "greek": "Greek",
    "katakana": "Japanese_(katakana)",
    "korean": "Korean",
    "latin": "Latin",
    "sanskrit": "Sanskrit",
    "tagalog": "Tagalog",
}
WRITERS = {"all": range(1, 21), "first": range(1, 11), "second": range(11, 21)}
SIDE, BOX, PEN = 28, 20, 3  # pixels of an image, of the character in it, and by which a line of the original is widened
CLOTHES = ("T-shirt", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")
THINGS = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


@DATASETS.register(
    shape=(28, 28, 1),
    classes=None,
    examples=None,
    source="Omniglot (Lake, Salakhutdinov, Tenenbaum 2015), its two small background sets",
    licence="MIT",
    licence_url="https://github.com/brendenlake/omniglot/blob/master/LICENSE",
    packages=("pillow",),
    parts={"validation": 0.1, "test": 0.2},
    download=downloads.origin("omniglot"),
)
def omniglot(
    *,
    alphabets: Annotated[tuple[str, ...], some_of("Alphabets whose characters are taken.", *ALPHABETS)] = tuple(ALPHABETS),
    writers: Annotated[str, one_of("All writers of an alphabet, or one of two halves that share nobody.", *WRITERS)] = "all",
    view: View = "plain",
) -> Raw:
    """Handwritten characters (Omniglot). 242 characters of eight alphabets, each drawn by 20 people; framed as MNIST frames its digits."""
    names = {ALPHABETS[name]: name for name in alphabets}
    found: dict[tuple[str, int, int], NDArray[np.uint8]] = {}  # two alphabets stand in both archives
    for path in downloads.fetch("omniglot"):
        for folder, character, writer, image in formats.drawings(path):
            key = (names.get(folder, ""), character, writer)
            if key[0] and writer in WRITERS[writers] and key not in found:
                found[key] = _white_on_black(image)
    kinds = sorted({key[:2] for key in found})
    order = sorted(found)
    labels = np.array([kinds.index(key[:2]) for key in order], np.int64)
    classes = tuple(f"{alphabet[:3].capitalize()} {character}" for alphabet, character in kinds)  # short, as captions must be
    return Raw(seen(np.stack([found[key] for key in order])[..., None], view), labels, classes)


def _white_on_black(image: Image.Image) -> NDArray[np.uint8]:
    """A drawing as MNIST would show it: fitted into a box, its centre of mass in the middle, its brightest pixel white."""
    from PIL import ImageChops, ImageFilter

    ink = ImageChops.invert(image)
    left, top, right, bottom = ink.getbbox() or (0, 0, *ink.size)
    near = ink.crop((max(left - 1, 0), max(top - 1, 0), min(right + 1, ink.width), min(bottom + 1, ink.height)))
    small = np.asarray(framed(near.filter(ImageFilter.MaxFilter(PEN)), BOX, SIDE), np.float64)
    bright: NDArray[np.uint8] = np.rint(small * (255 / max(small.max(), 1.0))).astype(np.uint8)
    return bright


@DATASETS.register(
    shape=(28, 28, 1),
    classes=10,
    examples=None,
    source="Fashion-MNIST (Xiao, Rasul, Vollgraf 2017), photographs of Zalando",
    licence="MIT",
    licence_url="https://github.com/zalandoresearch/fashion-mnist/blob/master/LICENSE",
    packages=(),
    parts=PARTS,
    download=downloads.origin("fashion"),
)
def fashion(
    *,
    per_class: Annotated[int, whole("How many images of each class are taken.", 20, 7000, label="Images per class")] = 1000,
    view: View = "plain",
) -> Raw:
    """Clothes (Fashion-MNIST). Grey photographs of ten kinds of clothing, in the size of MNIST and harder to tell apart."""
    files = [formats.idx(path) for path in downloads.fetch("fashion")]
    images, labels = np.concatenate(files[::2])[..., None], np.concatenate(files[1::2]).astype(np.int64)
    return _some((images, labels), per_class, CLOTHES, view)


@DATASETS.register(
    shape=(28, 28, 1),
    classes=10,
    examples=None,
    source="MNIST (LeCun, Cortes, Burges 1998), all of it, as Keras gives it out",
    licence="Creative Commons Attribution-ShareAlike 3.0",
    licence_url="https://keras.io/api/datasets/mnist/",
    packages=(),
    parts=PARTS,
    download=downloads.origin("mnist_full"),
    holds=("mnist",),
)
def mnist_full(
    *,
    per_class: Annotated[int, whole("At most so many images of each digit are taken.", 20, 7877, label="Images per class")] = 2000,
    view: View = "plain",
) -> Raw:
    """Handwritten digits, the whole of MNIST. Up to 70,000 images; those of the small MNIST are among them, so nothing moves between the two."""
    return _some(formats.npz(downloads.fetch("mnist_full")[0]), per_class, tuple("0123456789"), view)


@DATASETS.register(
    shape=(32, 32, 3),
    classes=10,
    examples=None,
    source="CIFAR-10 (Krizhevsky 2009)",
    licence="none is stated; its authors ask to be cited",
    licence_url="https://www.cs.toronto.edu/~kriz/cifar.html",
    packages=(),
    parts=PARTS,
    download=downloads.origin("cifar10"),
)
def cifar10(
    *,
    per_class: Annotated[int, whole("How many images of each class are taken.", 20, 6000, label="Images per class")] = 500,
    view: View = "plain",
) -> Raw:
    """Small photographs (CIFAR-10). Animals and vehicles in colour, 32 x 32 pixels, as people photographed them."""
    return _some(formats.batches(downloads.fetch("cifar10")[0]), per_class, THINGS, view)


def _some(labelled: Labelled, per_class: int, classes: tuple[str, ...], view: str) -> Raw:
    """So many images of each class, drawn once for all; a larger number holds the smaller one."""
    images, labels = labelled
    order = np.random.default_rng(0).permutation(len(labels))
    taken = np.concatenate([order[labels[order] == label][:per_class] for label in range(len(classes))])
    return Raw(seen(images[taken], view), labels[taken], classes)
