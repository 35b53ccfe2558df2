"""Numbers that stay with their units: a line may end anywhere but between the two."""

from __future__ import annotations

import re

UNITS = re.compile(r"(?<=\d) (?=(?:%|points|s|min|h|[kMG]B)(?!\w))")


def joined(text: str) -> str:
    """The text with a no-break space between each number and its unit.

    >>> joined("79.5 % after 1 min 3 s, 4 seeds").replace("\\xa0", "_")
    '79.5_% after 1_min 3_s, 4 seeds'
    """
    return UNITS.sub("\N{NO-BREAK SPACE}", text)
