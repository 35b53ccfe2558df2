"""All figures as one table: ``python -m benchmarks``. On a quiet machine."""

from __future__ import annotations

import os
import tempfile

from benchmarks import finetuning, pretraining, screen, start, steering, study, watching
from benchmarks.table import HEAD, row


def main() -> None:
    """Measure, and print each row as soon as it is known: the whole takes from 15 to 40 minutes."""
    print(HEAD, flush=True)
    with tempfile.TemporaryDirectory(prefix="tlcore-bench-", ignore_cleanup_errors=True) as home:
        os.environ["TLCORE_HOME"] = home
        for part in (finetuning, pretraining, screen, start, study, steering, watching):
            for each in part.figures():
                print(row(each), flush=True)


if __name__ == "__main__":
    main()
