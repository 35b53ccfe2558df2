"""Asking a net that learned images and captions together: words find images, an image finds captions, and pairs are held side by side."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import streamlit as st

from tlcore.datasets.shapes import FACTORS, caption
from tlcore.ui import words as said
from tlcore.ui.chart import chart, kept
from tlcore.ui.inside.opened import Look
from tlcore.ui.picker import pick
from tlcore.ui.picture import show_sheet

if TYPE_CHECKING:
    import numpy as np

NEAREST = 12
PAIRS = 8
APART = 3  # of the images that are offered every third, so that the pairs differ
TOLD = 5  # captions that are told of an image
ANY = "any"
ORDER = ("size", "colour", "texture", "shape", "place")  # in which the words of a caption are said
FIRST = {"shape": "star", "colour": "red"}  # what is asked for at first


def words(look: Look) -> None:
    """A prompt box over the validation images, the same the other way round, and a grid of pairs."""
    st.markdown("It never saw a class: only images and captions, and which belong together. So it can be asked in words.")
    _prompt(look)
    _reverse(look)
    _pairs(look)


def _prompt(look: Look) -> None:
    """The images nearest to some words."""
    from tlcore.charts import samples

    st.markdown("**Which images fit these words?** Leave out what does not matter.")
    asked = _asked()
    if not asked:
        st.markdown("Choose at least one word.")
        return
    cosines = look.net.compare(look.embeddings, _hot([asked]))[:, 0]
    fits = fitting(look.factors, asked)
    nearest = cosines.argsort()[::-1][:NEAREST].tolist()
    marks = [f"{cosines[place]:.2f} {'✓' if fits[place] else '✗'}" for place in nearest]
    phrase, right = spoken(asked), int(fits[nearest].sum())
    st.markdown(found(phrase, right, int(fits.sum()), len(nearest), len(fits)))
    html = samples.figure(look.images[nearest], marks, size=64, columns=NEAREST, rows=False)
    show_sheet(html, f"The {len(nearest)} images nearest to {phrase}, with their cosines; {right} of them fit.", key="inside-found")


def found(phrase: str, right: int, all_: int, nearest: int, images: int) -> str:
    """How many of the nearest images fit, beside what chance would give, in one sentence.

    >>> found("red star", 3, 4, 12, 500)
    '**3 of the 4 images** that fit “red star” are among the nearest 12; drawn at random from all 500 validation images it would be 0.1.'
    """
    chance = f"drawn at random from all {images} validation images it would be {nearest * all_ / images:.1f}"
    if not all_:
        return f"None of {images} validation images fits “{phrase}”: here is what comes nearest."
    if all_ < nearest:
        return f"**{right} of the {said.count(all_, 'image')}** that fit “{phrase}” are among the nearest {nearest}; {chance}."
    return f"**{right} of the nearest {nearest}** images fit “{phrase}”; {chance}."


def spoken(asked: dict[str, int]) -> str:
    """The words that were chosen, in the order in which one says them.

    >>> spoken({"shape": 4, "colour": 0, "texture": 2})
    'red dotted star'
    """
    return " ".join(FACTORS[name][asked[name]] for name in ORDER if name in asked)


def _asked() -> dict[str, int]:
    """The words that are chosen: factor -> value."""
    chosen = {}
    for column, (name, values) in zip(st.columns(len(FACTORS)), FACTORS.items(), strict=True):
        options = [ANY, *values]
        start = options.index(FIRST[name]) if FIRST.get(name) in options else 0
        with column:
            word = st.selectbox(name.capitalize(), options, start, key=f"inside-word-{name}")
        if word in values:
            chosen[name] = values.index(word)
    return chosen


def _hot(captions: list[dict[str, int]]) -> np.ndarray:
    """Captions as which words they have, (n, all) of 0 and 1: a word that is left out is in none of its places."""
    import numpy as np

    sizes = [len(values) for values in FACTORS.values()]
    begins = dict(zip(FACTORS, np.cumsum([0, *sizes[:-1]]).tolist(), strict=True))
    hot = np.zeros((len(captions), sum(sizes)), "float32")
    for row, each in enumerate(captions):
        for name, value in each.items():
            hot[row, begins[name] + value] = 1
    return hot


def fitting(factors: Any, asked: dict[str, int]) -> np.ndarray:
    """Whether each row of factors (n, k) is what was asked for.

    >>> fitting([[0, 1, 0, 0, 0], [2, 1, 0, 0, 0]], {"shape": 2, "colour": 1}).tolist()
    [False, True]
    """
    import numpy as np

    names = list(FACTORS)
    right = [np.asarray(factors)[:, names.index(name)] == value for name, value in asked.items()]
    every: np.ndarray = np.logical_and.reduce(right)
    return every


@cache
def _every() -> tuple[np.ndarray, list[dict[str, int]]]:
    """All captions there are, as factors (n, k) and as words."""
    from tlcore.datasets.shapes import combinations

    rows = combinations("all")
    return rows, [dict(zip(FACTORS, row.tolist(), strict=True)) for row in rows]


@st.cache_resource(max_entries=8, show_spinner=False)
def _cosines(name: str, _look: Look) -> Any:
    """Each validation image against every caption there is, (n, captions)."""
    return _look.net.compare(_look.embeddings, _hot(_every()[1]))


def _reverse(look: Look) -> None:
    """The captions nearest to an image."""
    st.markdown("**Which captions fit this image?**")
    left, right = st.columns([1, 1.6], gap="large")
    places = look.offered()
    with left:
        place = places[pick(look.images[places], look.names(places), f"inside-told-{look.run.id}", "Which image?") or 0]
    rows, cosines = _every()[0], _cosines(look.name, look)[place]
    own = look.factors[place]
    order = cosines.argsort()[::-1]
    true = int((rows == own).all(1).argmax())
    rank = int((order == true).argmax()) + 1
    lines = [f"| {caption(rows[each])} | {cosines[each]:.2f} | {int((rows[each] == own).sum())} of {len(own)} |" for each in order[:TOLD]]
    with right:
        st.markdown("\n".join(["| Nearest captions | Cosine | Words that are true |", "|:--|--:|--:|", *lines]))
        st.markdown(f"Its own caption, “{caption(own)}”, comes {_nth(rank)} of {len(rows):,}.")


def _nth(rank: int) -> str:
    """A rank in words.

    >>> _nth(1), _nth(2), _nth(13), _nth(22)
    ('first', '2nd', '13th', '22nd')
    """
    if rank == 1:
        return "first"
    ending = "th" if rank % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(rank % 10, "th")
    return f"{rank:,}{ending}"


def _pairs(look: Look) -> None:
    """Some images against their own captions and each other's."""
    from tlcore.charts import cosines, samples

    places = look.offered()[::APART][:PAIRS]
    factors = look.factors[places]
    captions = [caption(row) for row in factors]
    asked = [dict(zip(FACTORS, row.tolist(), strict=True)) for row in factors]
    values = look.net.compare(look.embeddings[places], _hot(asked))
    right = int((values.argmax(1) == range(len(places))).sum())
    st.markdown(
        f"**Which caption belongs to which image?** {right} of {len(places)} images are nearest to their own; by chance one would be."
    )
    named = [f"{place}: {each}" for place, each in enumerate(captions, start=1)]
    show_sheet(samples.figure(look.images[places], named, size=106), f"The images: {', '.join(named)}.", key="inside-pairs")
    figure = kept(f"{look.name}-pairs", lambda theme: cosines.figure(cosines.table(values, captions), theme))
    chart(figure, key="inside-pairs-chart", alt=f"Cosines of {len(places)} images and their captions; {right} are nearest to their own.")
