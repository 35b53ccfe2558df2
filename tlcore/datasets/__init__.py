"""Data sets: named, split once, prepared once, then read as arrays by trainer and screen alike.

An entry is a function that returns a ``Raw``: all images and labels. ``prepare`` shuffles and splits them and writes them
into the data folder; ``load`` gives the ``Dataset`` on top of those files. Neither needs Keras.
"""

from tlcore.datasets.catalogue import DATASETS, Known, Raw
from tlcore.datasets.shelf import find, load, prepare
from tlcore.datasets.split import Dataset, Part, reshape

__all__ = ["DATASETS", "Dataset", "Known", "Part", "Raw", "find", "load", "prepare", "reshape"]
