"""What a phase does beyond freezing and rates, in words, for the strip."""

from __future__ import annotations

from tlcore.strategies import Branch, Keep, Only, Phase, Pull, Relative, Renew

ONLY = {"bias": "of each block only its biases", "norm": "of each block only its normalization"}
BRANCHES = {"lora": "low-rank layers beside frozen blocks", "residual": "small convolutions beside frozen blocks"}
KEPT = {"features": "features stay near the source's", "outputs": "old answers stay near the source's"}


def said(phase: Phase) -> list[str]:
    """Each modifier of a phase in a few words.

    >>> said(Phase("biases", 1.0, (1.0, 1.0), modifiers=(Only("bias"),)))
    ['of each block only its biases']
    """
    found = []
    if only := phase.find(Only):
        found.append(ONLY.get(only.what, only.what))
    if branch := phase.find(Branch):
        found.append(BRANCHES.get(branch.kind, branch.kind))
    if phase.find(Pull):
        found.append("pulled back to the source after each step")
    if keep := phase.find(Keep):
        found.append(KEPT.get(keep.what, keep.what))
    if phase.find(Relative):
        found.append("each epoch the rates follow the gradients")
    if phase.find(Renew):
        found.append("BatchNorm statistics measured anew first")
    return found


def partial(phase: Phase) -> bool:
    """Whether of a trained block just some variables move, or only layers beside it."""
    return phase.find(Only) is not None or phase.find(Branch) is not None
