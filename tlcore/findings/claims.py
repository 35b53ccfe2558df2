"""Published findings at a small scale, each with its gates fixed in advance.

An entry takes how many seeds and ``complete``, which trains a study and returns what it measured; it returns the gates.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tlcore.findings.gate import FINDINGS, Gate
from tlcore.findings.measured import Measured
from tlcore.science.transfer import Worth, worth
from tlcore.spec import RunSpec
from tlcore.studies import Study, racing
from tlcore.studies.findings import FEW, HE_FEW, HE_MANY, MANY, SIZES, TUNED

Complete = Callable[[Study], Measured]
SEEDS = 5
LETTERS: Mapping[str, Any] = {"scripts": ("latin", "greek")}
VIEWS = ("noisy", "blurred", "faint", "inverted")


@FINDINGS.register(paper="Yosinski 2014, figure 2")
def yosinski(complete: Complete, seeds: int) -> list[Gate]:
    """Early blocks are general, late ones specific. One half of the letters to the other, 20 labels a class, GroupNorm, 4 blocks.

    Gates: (1) accuracy falls with the number of copied and frozen blocks; (2) one frozen block is not worse than base B by a point;
    (3) from three blocks on copied beats random frozen; (4) copied and tuned beats base B on average.
    """
    source = RunSpec.make("pretrain", dataset="glyphs", normalization="group", half="first", epochs=6, **LETTERS)
    target = {"half": "second", "normalization": "group", "epochs": 20, "batch_size": 16, **LETTERS}
    asked = {key: value for key, value in target.items() if key != "normalization"}
    study = Study.make("freezing", source=source, dataset="glyphs", labels_per_class=20, seeds=seeds, rest="fresh", **asked)
    found = complete(study)
    depths = range(1, len(source.blocks) + 1)
    frozen, tuned, random = ([found.of(arm, depth) for depth in depths] for arm in ("freeze", "tuned", "random_frozen"))
    slopes = np.polyfit(list(depths), np.array(frozen), 1)[0]
    base = found.of("scratch")
    return [
        Gate("accuracy falls with each frozen block", (-slopes).tolist()),
        Gate("one frozen block is not a point worse than base B", (frozen[0] - base + 0.01).tolist()),
        Gate(
            "from three blocks on copied beats random",
            np.mean([one - other for one, other in zip(frozen[2:], random[2:], strict=True)], 0).tolist(),
        ),
        Gate("copied and tuned beats base B", (np.mean(tuned, 0) - base).tolist()),
    ]


@FINDINGS.register(paper="Kumar 2022, tables 1 and 2")
def kumar(complete: Complete, seeds: int) -> list[Gate]:
    """Tuning distorts good features. Letters in many styles to digits in one, 10 labels a class, tested in four other styles.

    Gates: (1) out of distribution probe-then-tune beats tuning at once; (2) in distribution tuning is not half a point worse than the
    probe. They count where a probe of all styles reaches 80 %: only then are the features good.
    """
    source = RunSpec.make("pretrain", dataset="glyphs", view="mixed", epochs=4)
    found = complete(Study.make("kumar", source=source, dataset="mnist", labels_per_class=10, seeds=seeds))
    outside = {arm: found.elsewhere(arm, [{"view": view} for view in VIEWS]) for arm in ("full", "lp_ft")}
    good = found.of("probe of all styles")
    return [
        Gate("the features are good: a probe of all styles is over 80 %", (good - 0.8).tolist()),
        Gate("out of distribution probe-then-tune beats tuning at once", (outside["lp_ft"] - outside["full"]).tolist()),
        Gate(
            "in distribution tuning is not half a point worse than the probe",
            (found.of("full") - found.of("linear_probe") + 0.005).tolist(),
        ),
    ]


@FINDINGS.register(paper="Lee 2023, figure 2")
def lee(complete: Complete, seeds: int) -> list[Gate]:
    """Which block to tune depends on the shift. Letters whose look or names change, about 200 labels, the old head kept.

    Gates: (1) the lead of the first block over the last is larger when images are noisy than when names are other ones; (2) the same for
    inverted images; (3) when names are other ones the last block is not a point worse than all.
    """
    source = RunSpec.make("pretrain", dataset="glyphs", epochs=6, **LETTERS)
    study = Study.make("lee", source=source, dataset="glyphs", labels_per_class=3, seeds=seeds, learning_rate=1e-3, epochs=40, **LETTERS)
    found = complete(study)
    lead = {
        shift: found.of(f"{shift}: first block") - found.of(f"{shift}: last block")
        for shift in ("noisy images", "inverted images", "other names")
    }
    return [
        Gate("noise asks for the first block, other names for the last", (lead["noisy images"] - lead["other names"]).tolist()),
        Gate("inverted images ask for the first block, other names for the last", (lead["inverted images"] - lead["other names"]).tolist()),
        Gate(
            "with other names the last block is not a point worse than all",
            (found.of("other names: last block") - found.of("other names: all blocks") + 0.01).tolist(),
        ),
    ]


@FINDINGS.register(paper="Raghu 2019 (Transfusion)")
def raghu(complete: Complete, seeds: int) -> list[Gate]:
    """With many labels little is left of transfer. Letters to digits, 10 and 300 labels a class.

    Gates: (1) the gain over scratch is larger with few labels; (2) the lower a block, the more alike it is before and after tuning (CKA);
    (3) the lower half of the blocks keeps more than half of the gain with few labels.
    """
    source = RunSpec.make("pretrain", dataset="glyphs", epochs=2)
    found = complete(Study.make("raghu", source=source, dataset="mnist", seeds=seeds))
    few, many = (found.of(f"full, {labels} labels") - found.of(f"scratch, {labels} labels") for labels in (FEW, MANY))
    half = found.of(f"lower half, {FEW} labels") - found.of(f"scratch, {FEW} labels")
    return [
        Gate("the gain is larger with few labels", (few - many).tolist()),
        Gate("lower blocks change less (fall of CKA from block to block)", found.cka_falls(f"full, {FEW} labels"), "CKA"),
        Gate("the lower half keeps more than half of the gain", (half - few / 2).tolist()),
    ]


@FINDINGS.register(paper="Neyshabur 2020, figures 1 and 5")
def neyshabur(complete: Complete, seeds: int) -> list[Gate]:
    """Nets tuned from one source stay in one basin. Letters to digits, 10 labels a class; sources of shuffled blocks beside it.

    Gates: (1) the barrier between two nets from one source is lower than between two from scratch; (2) they lie nearer; (3) a source of
    shuffled blocks still beats scratch; (4) but less than a whole one.
    """
    source = RunSpec.make("pretrain", dataset="glyphs", epochs=2)
    found = complete(Study.make("neyshabur", source=source, dataset="mnist", labels_per_class=10, seeds=seeds))
    barriers = {arm: found.barriers(arm, f"{arm}, twin") for arm in ("scratch", "full")}
    apart = {arm: found.distances(arm, f"{arm}, twin") for arm in ("scratch", "full")}
    return [
        Gate("the barrier is lower from one source", (barriers["scratch"] - barriers["full"]).tolist(), "nats"),
        Gate("two nets from one source lie nearer", (apart["scratch"] - apart["full"]).tolist(), "in weight space"),
        Gate("a source of shuffled quarters beats scratch", (found.of("source of blocks-2") - found.of("scratch")).tolist()),
        Gate("a whole source beats one of sixteenths", (found.of("full") - found.of("source of blocks-4")).tolist()),
    ]


@FINDINGS.register(paper="Zhai 2020 (VTAB)")
def zhai(complete: Complete, seeds: int) -> list[Gate]:
    """Objectives have an order: names, then structure, then pictures. Letters to digits, probes with 20 labels a class, equal steps.

    Gates: (1) supervised beats the self-supervised (rotation, SimCLR); (2) these beat the generative (autoencoder, VAE); (3) these beat
    scratch; (4) scratch beats the generative.
    """
    names = ("supervised", "rotation", "simclr", "autoencoder", "vae")
    found = complete(Study.make("race", source=racing.recipe(), dataset="mnist", objectives=names, amounts="20", seeds=seeds))
    told = {name: found.of(name) for name in (*names, "scratch")}
    itself, drawn = (told["rotation"] + told["simclr"]) / 2, (told["autoencoder"] + told["vae"]) / 2
    return [
        Gate("supervised beats self-supervised", (told["supervised"] - itself).tolist()),
        Gate("self-supervised beats generative", (itself - drawn).tolist()),
        Gate("self-supervised beats scratch", (itself - told["scratch"]).tolist()),
        Gate("scratch beats generative", (told["scratch"] - drawn).tolist()),
    ]


@FINDINGS.register(paper="He 2019, figure 1")
def he(complete: Complete, seeds: int) -> list[Gate]:
    """From scratch catches up, given time and labels. Letters to digits; scratch has five times the epochs of tuning.

    Gates: (1) with 300 labels a class tuning leads early, after a twentieth of the epochs of scratch; (2) at the end they are within a
    point; (3) with 5 labels a class tuning still leads.
    """
    source = RunSpec.make("pretrain", dataset="glyphs", epochs=2)
    epochs = 12
    found = complete(Study.make("he", source=source, dataset="mnist", seeds=seeds, epochs=epochs, batch_size=32))
    early = 5 * epochs // 20
    full, scratch = f"full, {HE_MANY} labels", f"scratch, {HE_MANY} labels"
    few = found.of(f"full, {HE_FEW} labels") - found.of(f"scratch, {HE_FEW} labels")
    return [
        Gate("with many labels tuning leads early", (found.early(full, early) - found.early(scratch, early)).tolist()),
        Gate("with many labels scratch is within a point at the end", (found.of(full) - found.of(scratch)).tolist(), margin=0.01),
        Gate("with few labels tuning leads to the end", few.tolist()),
    ]


@FINDINGS.register(paper="Hernandez 2021, equation 1.1")
def hernandez(complete: Complete, seeds: int) -> list[Gate]:
    """A source multiplies the labels, the less there are the more. Letters to digits, 5 to 80 labels a class, scratch up to 300.

    Gates: (1) with each of the three smallest amounts data is transferred; (2) the multiplier (labels + transferred) / labels falls as
    labels grow, at least as a rank correlation; (3) what is transferred grows more slowly than the labels (exponent under 1).
    """
    source = RunSpec.make("pretrain", dataset="glyphs", epochs=2)
    found = complete(Study.make("hernandez", source=source, dataset="mnist", seeds=seeds))
    scratch = np.array([found.losses(f"scratch, {size} labels") for size in SIZES])
    tuned = np.array([found.losses(f"tuned, {size} labels") for size in TUNED])
    worths = [
        [worth(size, float(tuned[place, seed]), SIZES, scratch[:, seed].tolist()) for place, size in enumerate(TUNED)]
        for seed in range(seeds)
    ]
    least = [min(each.transferred / size for each, size in zip(row, TUNED[:3], strict=False)) for row in worths]
    return [
        Gate("data is transferred with few labels (multiplier above 1)", least, "times the labels"),
        Gate("the multiplier falls as labels grow", [-_rank(row) for row in worths], "rank correlation"),
        Gate("the transferred grows more slowly than the labels", [1 - _exponent(row) for row in worths], "below exponent 1"),
    ]


def _rank(row: list[Worth]) -> float:
    """Spearman's correlation of labels and multiplier, over the amounts whose worth lies within what scratch tried."""
    from scipy import stats

    known = [(size, 1 + each.transferred / size) for each, size in zip(row, TUNED, strict=True) if not each.beyond]
    return float(stats.spearmanr(*zip(*known, strict=True)).statistic) if len(known) > 2 else 0.0


def _exponent(row: list[Worth]) -> float:
    """The slope of log transferred over log labels, where any was transferred."""
    known = [(size, each.transferred) for each, size in zip(row, TUNED, strict=True) if each.transferred > 0 and not each.beyond]
    if len(known) < 2:
        return 1.0
    labels, moved = np.log(np.array(known, "float64")).T
    return float(np.polyfit(labels, moved, 1)[0])
