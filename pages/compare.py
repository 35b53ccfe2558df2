"""Compare: a few runs beside each other, and only what sets them apart."""

from tlcore.ui import frame
from tlcore.ui.comparison import chosen, comparison

with frame.page("Compare", lead="Which choice made the difference? Choose a few runs and see only what sets them apart."):
    comparison(chosen())
