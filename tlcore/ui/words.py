"""Numbers, times and names in words: the same everywhere, never more digits than the spread allows."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tlcore import clock
from tlcore.datasets import DATASETS
from tlcore.spec import RunSpec
from tlcore.studies import STUDIES
from tlcore.studies import label as label_of


def percent(value: float | None) -> str:
    """A share from 0 to 1 as per cent with one decimal.

    >>> percent(0.8834), percent(None)
    ('88.3 %', '–')
    """
    return "–" if value is None else f"{100 * value:.1f} %"


def three(value: float) -> str:
    """A number to three figures; without an exponent, however large.

    >>> three(12.34), three(1940.2), three(0.5)
    ('12.3', '1,940', '0.5')
    """
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def points(value: float | None) -> str:
    """A difference of two shares, with its sign.

    >>> points(0.234), points(-0.0104)
    ('+23.4 points', '−1.0 points')
    """
    return "–" if value is None else f"{100 * value:+.1f} points".replace("-", "−")


def seconds(value: float | None) -> str:
    """A time as a person says it.

    >>> [seconds(value) for value in (0.42, 9.6, 75, 7322, None)]
    ['0.4 s', '10 s', '1 min 15 s', '2 h 2 min', '–']
    """
    if value is None:
        return "–"
    if value < 1:
        return f"{max(value, 0.1):.1f} s"
    whole = round(value)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"


def about(value: float) -> str:
    """A time that is only expected: rounded to what one would promise.

    >>> [about(value) for value in (0.3, 7, 23, 64, 200)]
    ['about 1 s', 'about 7 s', 'about 25 s', 'about 1 min', 'about 3 min']
    """
    if value < 10:
        return f"about {max(1, round(value))} s"
    if value < 55:
        return f"about {5 * round(value / 5)} s"
    return f"about {max(1, round(value / 60))} min"


def when(moment: datetime | None) -> str:
    """When something was: minutes and hours as a distance, older things by their day."""
    if moment is None:
        return "–"
    passed = (clock.now() - moment).total_seconds()
    if passed < 60:
        return "just now"
    if passed < 3600:
        return f"{int(passed // 60)} min ago"
    if passed < 86400:
        return f"{int(passed // 3600)} h ago"
    return f"{moment.day} {moment:%b}" if moment.year == clock.now().year else f"{moment.day} {moment:%b %Y}"


def size(count: int) -> str:
    """Bytes in a unit that fits.

    >>> [size(value) for value in (900, 1_500_000, 3_200_000_000)]
    ['1 kB', '1.5 MB', '3.2 GB']
    """
    for unit, worth in (("GB", 1e9), ("MB", 1e6)):
        if count >= worth:
            return f"{count / worth:.1f} {unit}"
    return f"{-(-count // 1000)} kB"


def count(number: int, noun: str) -> str:
    """A number with its noun.

    >>> count(1, "seed"), count(1500, "image")
    ('1 seed', '1,500 images')
    """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def labels(per_class: int | None) -> str:
    """How many labels a run may learn from."""
    return "all labels" if per_class is None else f"{count(per_class, 'label')} a class"


def arm(name: str, frozen: int | None = None) -> str:
    """The name of an arm of a study, as legends and tables give it.

    >>> arm("lp_ft"), arm("freeze", 3), arm("freeze", 0), arm("random_frozen", 2)
    ('Probe, then tune', '3 frozen', 'None frozen', '2 frozen at random')
    """
    if frozen is None or (name == "self_tuned" and not frozen):
        return label_of(name)
    if name in ("tuned", "self_tuned"):
        return f"{frozen} copied{' from the target itself' if name == 'self_tuned' else ''} and tuned"
    said = f"{frozen} frozen" if frozen else "None frozen"
    return said + {"random_frozen": " at random", "self": ", from the target itself"}.get(name, "")


def lower(name: str) -> str:
    """A name within a sentence: its first letter small, if the word is not one of capitals.

    >>> lower("From scratch"), lower("LoRA"), lower("L2-SP")
    ('from scratch', 'LoRA', 'L2-SP')
    """
    first = name.split(" ")[0].split(",")[0]
    return name[:1].lower() + name[1:] if first[1:].islower() else name


def title(spec: RunSpec) -> str:
    """A run in words, as its page's header gives it."""
    return spec.title


def short(spec: RunSpec) -> str:
    """What a run does, in a few words, as lists and legends give it.

    >>> letters = RunSpec.make("pretrain", dataset="glyphs", objective="autoencoder")
    >>> short(letters), short(RunSpec.make("finetune", source=letters, strategy="freeze", frozen=3))
    ('Source: glyphs, autoencoder', '3 of 4 frozen, from glyphs, autoencoder')
    """
    if spec.kind == "pretrain":
        return f"Source: {made(spec)}"
    return does(spec) if spec.source is None else f"{does(spec)}, from {made(spec.source)}"


def does(spec: RunSpec) -> str:
    """A run's strategy in words, with its blocks where those vary."""
    if spec.strategy in ("freeze", "random_frozen"):
        random = " at random" if spec.strategy == "random_frozen" else ""
        frozen = spec.knobs["frozen"]
        return f"{frozen} of {len(spec.blocks)} frozen{random}" if frozen else "None frozen"
    if spec.strategy == "surgical":
        first = spec.knobs["block"]
        return arm(f"surgical {first}-{first + spec.knobs['width'] - 1}")
    return arm(spec.strategy)


def target(spec: RunSpec) -> str:
    """What a run learns, and from how much."""
    if spec.kind == "pretrain":
        return spec.dataset
    told = f"{spec.dataset}, {'all labels' if spec.labels_per_class is None else f'{spec.labels_per_class} a class'}"
    return told if spec.objective == "supervised" else f"{told}, {spec.objective}"


def question(name: str) -> str:
    """The question that a study asks.

    >>> question("freezing")
    'How much should I freeze?'
    """
    return STUDIES[name].title if name in STUDIES else name


def study(settings: Mapping[str, Any]) -> str:
    """From what to what a study goes, and with how much."""
    seeds = count(int(settings.get("seeds", 1)), "seed")
    return f"From {settings['source']['dataset']} to {settings['dataset']}, {amount(settings)}, {seeds}"


def amount(settings: Mapping[str, Any]) -> str:
    """How many labels each net of a study may learn from."""
    most = settings.get("most")
    if "amounts" in settings:
        return f"{settings['amounts'].replace('-', ', ')} labels a class"
    return labels(settings.get("labels_per_class")) if most is None else f"1 to {labels(most)}"


def source(spec: RunSpec) -> str:
    """A source recipe in a few words: what it was trained on, and how."""
    return f"{made(spec)}, {spec.backbone}"


def role(spec: RunSpec) -> str:
    """What its source is to a run: what it starts from, or who teaches it."""
    return "teacher" if spec.kind == "pretrain" else "source"


def made(spec: RunSpec) -> str:
    """What a source was trained on, for what if not for naming classes, and whether elsewhere."""
    made_for = "" if spec.objective == "supervised" else f", {spec.objective}"
    return f"{spec.dataset}{made_for}{', imported' if spec.origin else ''}"


def literal(text: str) -> str:
    """Any text made safe for Markdown: it reads as it was written.

    >>> literal("my *best* :red[one]")
    'my \\\\*best\\\\* \\\\:red\\\\[one\\\\]'
    """
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", text)


def examples(number: int, dataset: str, which: str = "") -> str:
    """So many examples of a data set, or of a part of it.

    >>> examples(540, "digits", "test"), examples(53, "wine")
    ('540 test images', '53 rows')
    """
    return count(number, f"{which} {kind(dataset)}".strip())


def one(dataset: str) -> str:
    """One example of a data set, with its article.

    >>> one("mnist"), one("wine")
    ('an image', 'a row')
    """
    return f"{'a' if kind(dataset) == 'row' else 'an'} {kind(dataset)}"


def spoken(text: str, dataset: str) -> str:
    """What is said of images, said of what a data set has.

    >>> spoken("An image is one of many images: the mean image is not an image.", "wine"), spoken("an image", "mnist")
    ('A row is one of many rows: the mean row is not a row.', 'an image')
    """
    if kind(dataset) == "image":
        return text
    return re.sub(r"\b([Aa])n image", r"\1 row", text).replace("image", "row").replace("pixel", "column")


def kind(dataset: str) -> str:
    """What one example of a data set is."""
    return "row" if "table" in DATASETS[dataset].facts else "image"


def plain(text: object) -> str:
    """Any text made safe for the few places that are written as HTML.

    >>> plain("<b>")
    '&lt;b&gt;'
    """
    return html.escape(str(text))
