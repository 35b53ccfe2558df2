"""What a worker has imported when it is born. The server that workers are forked from imports this too, and runs no operation."""

from __future__ import annotations

import gc

import scipy.stats  # noqa: F401
import sklearn.metrics  # noqa: F401
import tensorflow as tf

import tlcore.store
import tlcore.training.run  # noqa: F401

gc.freeze()  # what is imported stays: workers neither copy its memory nor look it through for garbage, 0.2 s each time


def warm(threads: int) -> None:
    """Set the threads, which must come before the first operation, and run that one."""
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.function(lambda value: tf.matmul(value, value))(tf.ones((2, 2)))
