"""Data sets: named, split once, prepared once, then read as arrays by trainer and screen alike.

An entry is a function that returns a ``Raw``: all images and labels. ``prepare`` shuffles and splits them and writes them
into the data folder; ``load`` gives the ``Dataset`` on top of those files. Neither needs Keras. An entry with the fact
``download`` is fetched when it is prepared, and nobody prepares it unasked.
"""

from tlcore.datasets import downloaded as downloaded  # its entries stand behind those that are at hand
from tlcore.datasets.catalogue import DATASETS, Known, Raw
from tlcore.datasets.shelf import drawn_with, find, load, prepare
from tlcore.datasets.split import Dataset, Part, reshape

__all__ = ["DATASETS", "Dataset", "Known", "Part", "Raw", "drawn_with", "find", "load", "prepare", "reshape"]
