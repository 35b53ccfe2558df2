"""Strategies that train few variables: some of each block, or small layers beside the frozen ones."""

from __future__ import annotations

from tlcore.registry import Annotated, number, one_of, whole
from tlcore.strategies.modifiers import Branch, Only, Renew
from tlcore.strategies.phase import STRATEGIES, Phase

OwnRate = Annotated[float, number("Learning rate of what is trained in the blocks, as a share of the head's.", 0.001, 1.0, log=True)]


@STRATEGIES.register(
    label="Biases only",
    phrase="with only biases tuned",
    needs_source=True,
    advice="5 to 20 labels a class, when storage for each task matters.",
)
def bias_only(blocks: int, *, own_rate: OwnRate = 1.0) -> tuple[Phase, ...]:
    """Biases only (BitFit). Of each block only biases and normalization's shifts are trained, with a new head (Ben Zaken 2022)."""
    return (Phase("biases and head", 1.0, (own_rate,) * blocks, 1.0, False, modifiers=(Only("bias"),)),)


@STRATEGIES.register(
    label="BatchNorm only",
    phrase="with only BatchNorm tuned",
    needs_source=True,
    advice="When the look of the images changed; without labels enough to learn from, measure statistics anew (AdaBN).",
)
def batchnorm_only(
    blocks: int,
    *,
    statistics: Annotated[
        str,
        one_of(
            "Follow the batches, keep the source's, or measure them anew and train no block (AdaBN, Li 2017).",
            "follow",
            "keep",
            "renew",
            label="BatchNorm statistics",
        ),
    ] = "follow",
    own_rate: OwnRate = 1.0,
) -> tuple[Phase, ...]:
    """BatchNorm only. Of each block only normalization's scales and shifts are trained, with a new head (Frankle 2021)."""
    if statistics == "renew":
        return (Phase("statistics measured anew, then head only", 1.0, (0.0,) * blocks, modifiers=(Renew(),)),)
    factors = (own_rate,) * blocks
    return (Phase("normalization and head", 1.0, factors, 1.0, statistics == "follow", modifiers=(Only("norm"),)),)


@STRATEGIES.register(
    label="LoRA",
    phrase="with low-rank adapters (LoRA)",
    needs_source=True,
    advice="5 to 20 labels a class, when storage for each task matters.",
)
def lora(
    blocks: int,
    *,
    rank: Annotated[int, whole("Rank of the change that a layer may learn.", 1, 64)] = 4,
    alpha: Annotated[float, number("The change counts alpha / rank times.", 0.1, 256.0)] = 4.0,
    own_rate: OwnRate = 0.5,
) -> tuple[Phase, ...]:
    """LoRA. The blocks stay frozen; beside each layer a product of two small matrices is learned, with a new head (Hu 2022)."""
    return (Phase(f"adapters of rank {rank} and head", 1.0, (own_rate,) * blocks, 1.0, False, modifiers=(Branch("lora", rank, alpha),)),)


@STRATEGIES.register(
    label="Adapters",
    phrase="with residual adapters",
    needs_source=True,
    advice="20 to 200 labels a class, when storage for each task matters.",
)
def adapter(blocks: int, *, own_rate: OwnRate = 0.5) -> tuple[Phase, ...]:
    """Residual adapters. The blocks stay frozen; beside each convolution one of 1 x 1 is learned, with a new head (Rebuffi 2018)."""
    return (Phase("adapters and head", 1.0, (own_rate,) * blocks, 1.0, False, modifiers=(Branch("residual"),)),)
