"""Thumbnails on a page."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tlcore.charts import samples
from tlcore.ui.picture import show_sheet


def sheet(
    images: np.ndarray,
    key: str,
    captions: Sequence[str] | None = None,
    columns: int | None = None,
    size: int = 44,
    alt: str = "",
    rows: bool = False,
) -> None:
    """Show images, uint8 (n, h, w, 1 or 3), as thumbnails of ``size`` CSS pixels, each with its caption.

    At most ``columns`` stand in a row; with ``rows`` exactly so many, on any screen.
    """
    show_sheet(samples.figure(images, captions, size, columns, rows), alt or f"{len(images)} example images", key)
