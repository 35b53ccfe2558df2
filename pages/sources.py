"""Sources: the shelf of nets that have learned something, those that came with the lab and those of its visitors."""

from tlcore.ui import frame
from tlcore.ui.holdings import holdings

with frame.page("Sources", "Nets that have learned something already, ready to be taken to a new task."):
    holdings()
