"""All figures as one table: ``python -m benchmarks``. On a quiet machine."""

from __future__ import annotations

import os
import tempfile

from benchmarks import finetuning, screen, start, study
from benchmarks.table import markdown

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="tlcore-bench-", ignore_cleanup_errors=True) as home:
        os.environ["TLCORE_HOME"] = home
        found = [*finetuning.figures(), *screen.figures(), *start.figures(), *study.figures()]
    print(markdown(found))


if __name__ == "__main__":
    main()
