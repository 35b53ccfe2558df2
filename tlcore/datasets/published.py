"""What is published where: the files of each data set that is downloaded, with their sizes and digests.

The digests are those that publishers and Keras give: of Omniglot the files at a commit of its own repository, of Fashion-MNIST too
(their MD5 stand in its README), of MNIST and CIFAR-10 those in ``keras.datasets``.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class File:
    """A published file. size: bytes; keras: where Keras keeps it, below its folder of data sets."""

    name: str
    url: str
    size: int
    sha256: str
    keras: tuple[str, ...] = ()


OMNIGLOT = "https://raw.githubusercontent.com/brendenlake/omniglot/057f034baf2ecb8530bc5710e5a23584d2a519cc/python/"
FASHION = "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/b2617bb6d3ffa2e429640350f613e3291e10b141/data/fashion/"
KERAS = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"


def _fashion(name: str, size: int, sha256: str) -> File:
    return File(name, FASHION + name, size, sha256, (f"fashion-mnist/{name}",))


FILES: dict[str, tuple[File, ...]] = {
    "omniglot": (
        File(
            "images_background_small1.zip",
            f"{OMNIGLOT}images_background_small1.zip",
            1_319_022,
            "f38eb80f801274ac2b4dff5b24289016bfaba4a7d5bb50deebf27104ad6cb8a4",
        ),
        File(
            "images_background_small2.zip",
            f"{OMNIGLOT}images_background_small2.zip",
            1_580_917,
            "3ccaa407515a8778e5d0861875af38b17e418f301ad5bb3b5a6b65d901a41c7f",
        ),
    ),
    "fashion": (
        _fashion("train-images-idx3-ubyte.gz", 26_421_880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
        _fashion("train-labels-idx1-ubyte.gz", 29_515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
        _fashion("t10k-images-idx3-ubyte.gz", 4_422_102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
        _fashion("t10k-labels-idx1-ubyte.gz", 5_148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"),
    ),
    "mnist_full": (
        File(
            "mnist.npz",
            f"{KERAS}mnist.npz",
            11_490_434,
            "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1",
            ("mnist.npz",),
        ),
    ),
    "cifar10": (
        File(
            "cifar-10-python.tar.gz",
            "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
            170_498_071,
            "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
            ("cifar-10-batches-py-target_archive", "cifar-10-batches-py.tar.gz", "cifar-10-python.tar.gz"),
        ),
    ),
}
