"""Side by side with what a user would do instead, ratios in one run: ``python -m benchmarks``."""

import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"  # before anything imports TensorFlow
os.environ["TLCORE_READY"] = "off"  # what came with the lab would not be trained
