"""Modifiers: what a phase does to the trained variables beyond a factor for each block. Plain data; training carries them out."""

from __future__ import annotations

from dataclasses import dataclass

ONLY = {"bias": ("bias", "beta"), "norm": ("gamma", "beta")}  # names of the variables that move
MARK = {"lora": "_lora", "residual": "_adapter"}  # ends of the names of branches


@dataclass(frozen=True)
class Only:
    """Of the trainable blocks just some variables move: ``bias`` (biases and shifts of normalization) or ``norm`` (its shifts and scales)."""

    what: str


@dataclass(frozen=True)
class Branch:
    """Small trained layers beside the frozen ones: ``lora`` or ``residual``. rank, alpha: of LoRA; its output counts alpha / rank times."""

    kind: str
    rank: int = 0
    alpha: float = 0.0


def is_branch(path: str) -> bool:
    """Whether a variable belongs to a branch, by its path.

    >>> is_branch("block1/conv_lora/down/kernel"), is_branch("block1/conv/kernel")
    (True, False)
    """
    return any(f"{mark}/" in path for mark in MARK.values())


@dataclass(frozen=True)
class Pull:
    """After each step the blocks are pulled towards their start and the head towards zero, each with a strength of an L2 penalty."""

    body: float
    head: float


@dataclass(frozen=True)
class Keep:
    """A second loss on the training images: stay near the source model's ``features``, or near its ``outputs`` at a temperature."""

    what: str
    weight: float
    temperature: float = 1.0


@dataclass(frozen=True)
class Relative:
    """Before each epoch the factor of each block becomes its share of gradient norm over weight norm, the largest being its own factor."""


@dataclass(frozen=True)
class Renew:
    """When the phase begins, all BatchNorm statistics are measured anew on the training images, without a gradient step."""


Modifier = Only | Branch | Pull | Keep | Relative | Renew
