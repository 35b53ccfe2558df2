"""Thumbnails on a page."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tlcore.charts import samples
from tlcore.ui.picture import show_sheet


def sheet(
    images: np.ndarray, key: str, captions: Sequence[str] | None = None, columns: int | None = None, size: int = 44, alt: str = ""
) -> None:
    """Show images, uint8 (n, h, w, 1 or 3), as thumbnails of ``size`` CSS pixels, at most ``columns`` in a row, each with its caption."""
    show_sheet(samples.figure(images, captions, size, columns), alt or f"{len(images)} example images", key)
