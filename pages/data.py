"""Data: what the nets learn from, and what they are asked about."""

from tlcore.ui import frame
from tlcore.ui.dataset import dataset_view
from tlcore.ui.gallery import gallery

with frame.page(
    "Data",
    lead="What does a net learn from, and what is it asked? Every set lies on this machine, or is fetched once you ask; nothing is sent.",
):
    dataset_view(gallery())
