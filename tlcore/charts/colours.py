"""The lab's colours and their second cues, in one place: charts, components and the theme file share them.

Ice is frozen, ember is trainable, grey is from scratch, violet is the source. Never colour alone: each role has its own
marker or dash too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields

FONT = '"Source Sans", "Segoe UI", system-ui, sans-serif'


@dataclass(frozen=True)
class Palette:
    """Every colour of one theme, as ``#RRGGBB``."""

    ice: str  # frozen
    ember: str  # trainable, fine-tuned
    glow: str  # probe-then-tune: ember's neighbour, told apart by its lightness
    pale_ice: str  # the ground of what is frozen
    pale_ember: str  # the ground of what is trained slowly
    grey: str  # from scratch
    violet: str  # source data, pretraining
    chance: str  # chance, majority class
    helps: str
    harms: str
    inconclusive: str
    paper: str  # the page
    panel: str  # sidebar, cards
    ink: str  # text
    soft: str  # text of axes and small print
    line: str  # borders, zero lines
    grid: str  # the faintest line
    accent: str  # buttons, links
    thaw: tuple[str, ...]  # five steps from ember to ice; straight on, the middle would be violet, which is the source
    mistakes: tuple[str, ...]  # ten steps from none to all, for confusion
    classes: tuple[str, ...]  # ten that are told apart by people of any sight, each with a marker of its own
    signed: tuple[str, ...]  # nine steps from below zero to above: brown and teal, which mean nothing else here


PALETTES = {
    "light": Palette(
        ice="#1F6FA8",
        ember="#B8481A",
        glow="#7A2E0E",
        pale_ice="#CFE1EE",
        pale_ember="#EFC6B3",
        grey="#646A73",
        violet="#7A4FA3",
        chance="#8A9099",
        helps="#1B7A4B",
        harms="#A93226",
        inconclusive="#7D6314",
        paper="#FFFFFF",
        panel="#F6F8FA",
        ink="#1B222C",
        soft="#56606D",
        line="#DCE2E9",
        grid="#ECEFF3",
        accent="#33508F",
        thaw=("#B8481A", "#99681F", "#6F7A45", "#44797F", "#1F6FA8"),
        mistakes=("#FFFFFF", "#FBEAE7", "#F6D2CC", "#F0B8AF", "#E79B90", "#DB7C6F", "#C15347", "#B94436", "#9C2E22", "#7A2118"),
        classes=("#1F77B4", "#B5471B", "#117733", "#882255", "#80761A", "#332288", "#0A8A84", "#CC3C74", "#8A5A2B", "#4A4F57"),
        signed=("#6B3D06", "#9C661C", "#C79B52", "#E9D3A6", "#F5F5F5", "#B5DFD9", "#5FB0A6", "#23827A", "#01564E"),
    ),
    "dark": Palette(
        ice="#7CC4F0",
        ember="#FF9B5E",
        glow="#FFDDBF",
        pale_ice="#27435A",
        pale_ember="#7A4E35",
        grey="#A6ABB3",
        violet="#C3A1E6",
        chance="#7C828B",
        helps="#63C995",
        harms="#F1948A",
        inconclusive="#E0C25E",
        paper="#0E1117",
        panel="#161B23",
        ink="#E6E9EE",
        soft="#A3ABB7",
        line="#2C343F",
        grid="#1F262F",
        accent="#6A8AD6",
        thaw=("#FF9B5E", "#E3C078", "#BDCE9C", "#98CDCB", "#7CC4F0"),
        mistakes=("#0E1117", "#251A1E", "#3D2226", "#56292C", "#713233", "#8E3E3C", "#AC4E49", "#D06E65", "#E17C72", "#F1948A"),
        classes=("#6CB6F0", "#F2915F", "#63C37B", "#E27FB5", "#D8CC5A", "#A79BF5", "#4FD0C6", "#FF8FA3", "#D2A679", "#C3C8D0"),
        signed=("#F3C77B", "#CC9440", "#94661F", "#553A14", "#1F262F", "#144A45", "#1D7A71", "#3FB3A6", "#8FE5DA"),
    ),
}


@dataclass(frozen=True)
class Role:
    """What a series stands for, and how it is told apart without colour."""

    label: str
    colour: str  # a field of Palette
    marker: str  # a Plotly symbol
    dash: str  # a Plotly dash


ROLES = {  # the order of series on every chart
    "scratch": Role("From scratch", "grey", "x", "dash"),
    "frozen": Role("Frozen", "ice", "square", "solid"),
    "tuned": Role("All tuned", "ember", "circle", "solid"),
    "probe_then_tune": Role("Probe, then tune", "glow", "star", "solid"),
    "source": Role("Source", "violet", "diamond", "solid"),
}
CONTROLS = {  # what transfer is held against: the colour says frozen, trained or from scratch, an open marker that it is a control
    "tuned": Role("Copied and tuned", "ember", "circle-open", "dash"),
    "self": Role("From the target itself, frozen", "ice", "diamond-open", "dashdot"),
    "self_tuned": Role("From the target itself, tuned", "ember", "diamond-open", "dashdot"),
    "random_frozen": Role("Frozen at random", "ice", "square-open", "dot"),
    "scratch_long": Role("From scratch, longer", "grey", "x-open", "longdash"),
}
STRATEGY_ROLES = {
    "scratch": "scratch",
    "scratch_long": "scratch",
    "linear_probe": "frozen",
    "freeze": "frozen",
    "random_frozen": "frozen",
    "full": "tuned",
    "surgical": "tuned",
    "lp_ft": "probe_then_tune",
    "pretrain": "source",
}


def palette(theme: str) -> Palette:
    """The colours of ``light`` or ``dark``; anything else is light."""
    return PALETTES.get(theme, PALETTES["light"])


def role(strategy: str) -> str:
    """The role of a strategy, or of the word ``pretrain``; a new strategy counts as tuned until it has a role of its own."""
    return strategy if strategy in ROLES else STRATEGY_ROLES.get(strategy, "tuned")


def order(name: str) -> int:
    """The place of a role in every legend and list."""
    return list(ROLES).index(name) if name in ROLES else len(ROLES)


def of(name: str, theme: str = "light") -> str:
    """The colour of a role, or of a field of the palette."""
    return str(getattr(palette(theme), ROLES[name].colour if name in ROLES else name))


def frost(share: float, theme: str = "light") -> str:
    """From ember (nothing frozen, 0) to ice (everything, 1)."""
    steps = palette(theme).thaw
    place = min(1.0, max(0.0, share)) * (len(steps) - 1)
    step = min(int(place), len(steps) - 2)
    return mix(steps[step], steps[step + 1], place - step)


def mistake(share: float, theme: str = "light") -> str:
    """The colour of a share (0 to 1) of a class that was taken for another."""
    steps = palette(theme).mistakes
    return steps[min(len(steps) - 1, max(0, round(share * (len(steps) - 1))))]


def dark(frozen: Iterable[float | None] = ()) -> dict[str, str]:
    """For each colour of the light theme the one that takes its place in the dark theme.

    frozen: shares of frozen blocks, as given to ``frost``, whose colours are wanted too.
    """
    light, other = PALETTES["light"], PALETTES["dark"]
    names = [one.name for one in fields(Palette) if isinstance(getattr(light, one.name), str)]
    pairs = {getattr(light, name): getattr(other, name) for name in names} | dict(zip(light.classes, other.classes, strict=True))
    return pairs | {frost(share): frost(share, "dark") for share in set(frozen) if share is not None}


def fade(colour: str, opacity: float) -> str:
    """The colour with an opacity, as CSS and Plotly write it."""
    red, green, blue = channels(colour)
    return f"rgba({red},{green},{blue},{opacity:g})"


def readable(background: str) -> str:
    """Black or white ink, whichever is read better on a background."""
    inks = (PALETTES["light"].ink, PALETTES["light"].paper)
    return max(inks, key=lambda ink: contrast(ink, background))


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours as WCAG defines it, 1 to 21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def mix(start: str, end: str, share: float) -> str:
    """A colour on the way between two, mixed as light is (the middle stays clear, not muddy)."""
    pairs = zip(channels(start), channels(end), strict=True)
    mixed = [round((a**2.2 * (1 - share) + b**2.2 * share) ** (1 / 2.2)) for a, b in pairs]
    return "#{:02X}{:02X}{:02X}".format(*mixed)


def channels(colour: str) -> tuple[int, int, int]:
    """Red, green and blue of a colour, 0 to 255."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    shares = [channel / 255 for channel in channels(colour)]
    linear = [share / 12.92 if share <= 0.03928 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
