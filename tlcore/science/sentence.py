"""The generated sentences of an answer: they name what was measured with what, and no more than the seeds allow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tlcore.science.statistics import FEWEST
from tlcore.science.verdict import MARGIN, Contrast

if TYPE_CHECKING:
    from tlcore.science.answer import Place, Setting

WORDS = {"helps": "Transfer helps", "harms": "Transfer harms", "equivalent": "Transfer makes no difference of a point"}

APART = {"helps": "lower", "harms": "higher", "equivalent": "no difference of a point", "inconclusive": "not told apart"}


@dataclass(frozen=True)
class Told:
    """An answer that is to be said."""

    question: str
    arms: Sequence[dict[str, Any]]
    contrasts: Sequence[Contrast]
    best: Place | None
    setting: Setting

    def parts(self) -> dict[str, str]:
        """What is said, in its order: the verdict or measurement, what every arm reached, and the conditions for both."""
        means = self._depths() if self.question == "freezing" else self._budgets() if self.question == "label_budget" else self._means()
        return {"verdict": self.verdict(), "means": means, "conditions": self.conditions()}

    def verdict(self) -> str:
        """What the first comparison allows to say."""
        if not self.contrasts:
            return ""
        first = self.contrasts[0]
        seeds = count(first.found.n, "seed")
        where = f"with {self._labels(first)}, {count(self.setting.epochs, 'epoch')} and {seeds}"
        learned = (
            f"what was learned from {self.setting.source}, {self._place(first.arm, first.frozen)}, came {apart(first)} {self._other(first)}"
        )
        if first.found.n < FEWEST:
            return f"Measured {where}: {learned}."
        if first.label == "inconclusive":
            more = "more than 200 seeds" if first.more_seeds is None else f"about {count(first.more_seeds, 'more seed')}"
            return f"Inconclusive {where}: {learned}; {more} would tell them apart."
        others = "".join(f"; {apart(each)} {self._other(each)}" for each in self.contrasts[1:] if self._same(each, first))
        return f"{WORDS[first.label]} {where}: {learned}{others}."

    def conditions(self) -> str:
        """What holds for every number above."""
        source = "one source model" if self.setting.fixed else "a source model of its own for each seed"
        rates = "learning rates chosen on validation, three in every arm" if self.setting.grid else "one learning rate, not tuned"
        what = "blocks were" if self.best and self.best[1] is None else "depth was"
        chosen = f", and the {what} chosen by it" if self.question == "freezing" and self.best else ""
        seen = (
            f"The validation part ({self.setting.validation:,} images) is not counted among the labels{chosen}; nor is pretraining counted."
        )
        return f"{source.capitalize()}; {rates}. {seen}"

    def _labels(self, contrast: Contrast) -> str:
        if self.question != "label_budget" or contrast.frozen is None:
            return self.setting.labels
        return f"{count(contrast.frozen, 'label')} a class of {self.setting.labels}"

    def _place(self, arm: str, frozen: int | None) -> str:
        if arm == "freeze" and frozen is not None:
            return f"with {depth(frozen, self.setting.blocks)} frozen"
        return self.setting.phrase(arm)

    def _other(self, contrast: Contrast) -> str:
        if contrast.against == "scratch":
            return "training from scratch"
        if contrast.against == "freeze":
            return f"the same with {depth(contrast.against_frozen or 0, self.setting.blocks)} frozen"
        return f"training {self.setting.phrase(contrast.against)}"

    @staticmethod
    def _same(contrast: Contrast, first: Contrast) -> bool:
        return (contrast.arm, contrast.frozen) == (first.arm, first.frozen) and contrast.against in (
            "scratch_long",
            "random_frozen",
            "self",
        )

    def _means(self) -> str:
        told = [f"{percent(arm['mean'])} {self.setting.phrase(arm['arm'])}" for arm in sorted(self.arms, key=lambda arm: -arm["mean"])]
        return f"The mean test accuracy was {listed(told)}." if told else ""

    def _depths(self) -> str:
        if self.best is None:
            return "No run with a frozen block has finished."
        best = next(arm for arm in self.arms if (arm["arm"], arm["frozen"]) == self.best)
        said = f"The mean test accuracy was {percent(best['mean'])} {self._place(*self.best)}"
        ends = {arm["frozen"]: arm["mean"] for arm in self.arms if arm["arm"] == "freeze" and arm["frozen"] in (0, self.setting.blocks)}
        told = [
            f"{percent(value)} with {depth(place, self.setting.blocks)} frozen{self._told_apart(place)}"
            for place, value in sorted(ends.items())
            if place != self.best[1]
        ]
        return f"{said}, against {listed(told)}." if told else f"{said}."

    def _told_apart(self, frozen: int) -> str:
        """Whether the seeds tell the compared depth from this one; nothing below five."""
        found = next((each for each in self.contrasts if (each.against, each.against_frozen) == ("freeze", frozen)), None)
        return f" ({APART[found.label]}, p {p_value(found.p)})" if found is not None and found.found.n >= FEWEST else ""

    def _budgets(self) -> str:
        """Where the lead is, budget by budget."""
        told = [f"{100 * each.found.mean:+.1f} at {each.frozen}".replace("-", "\N{MINUS SIGN}") for each in self.contrasts]
        return f"Points above training from scratch, by labels a class: {listed(told)}." if told else ""


def apart(contrast: Contrast) -> str:
    """How far apart two arms are, and from five seeds on how surely."""
    points, spread = 100 * contrast.found.mean, ""
    if contrast.found.n >= FEWEST and contrast.found.interval:
        low, high = (100 * end for end in contrast.found.interval)
        spread = f" (95 % interval {low:+.1f} to {high:+.1f}, p {p_value(contrast.p)})".replace("-", "\N{MINUS SIGN}")
    within = f", which is within {100 * MARGIN:g} point of" if contrast.label == "equivalent" else " above" if points >= 0 else " below"
    return f"{abs(points):.1f} points{spread}{within}"


def p_value(p: float | None) -> str:
    """A p value with the digits it deserves.

    >>> p_value(0.00002), p_value(0.0134), p_value(0.4), p_value(None)
    ('< 0.001', '0.013', '0.40', '–')
    """
    if p is None:
        return "–"
    return "< 0.001" if p < 0.001 else f"{p:.3f}" if p < 0.1 else f"{p:.2f}"


def depth(frozen: int, blocks: int) -> str:
    """How much is frozen, in words."""
    first = f"the first {frozen} of {blocks} blocks" if frozen > 1 else f"the first of {blocks} blocks"
    return {0: "nothing", blocks: "everything"}.get(frozen, first)


def labelled(labels: int | None) -> str:
    """How many labels, None for all of them.

    >>> labelled(None), labelled(1)
    ('all labels', '1 label')
    """
    return "all labels" if labels is None else count(labels, "label")


def percent(share: float) -> str:
    """A share as per cent."""
    return f"{100 * share:.1f} %"


def count(number: int, noun: str) -> str:
    """A number with its noun."""
    return f"{number} {noun}{'s' if number != 1 else ''}"


def listed(parts: Sequence[str]) -> str:
    """Parts as a list in words.

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
