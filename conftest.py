"""Tests never touch the user's data folder, and no engine starts unless a test starts one; stores begin empty."""

import os
import tempfile

os.environ["TLCORE_HOME"] = tempfile.mkdtemp(prefix="tlcore-test-")
os.environ["TLCORE_ENGINE"] = "off"
os.environ["TLCORE_WARM"] = "off"
os.environ["TLCORE_READY"] = "off"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.pop("TLCORE_STORE", None)
