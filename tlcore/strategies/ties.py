"""Strategies that tune everything, but stay tied to the source."""

from __future__ import annotations

from tlcore.registry import Annotated, number, one_of
from tlcore.strategies.modifiers import Keep, Pull
from tlcore.strategies.phase import GENTLE, STRATEGIES, BodyRate, Phase


@STRATEGIES.register(
    label="L2-SP",
    phrase="with a pull to the source (L2-SP)",
    needs_source=True,
    live=("strength", "head_strength"),
    advice="20 to 200 labels a class.",
)
def l2_sp(
    blocks: int,
    *,
    strength: Annotated[float, number("How strongly the blocks are pulled back to the source; 0 is plain tuning.", 0.0, 1e9)] = 0.01,
    head_strength: Annotated[float, number("How strongly the head is pulled to zero.", 0.0, 1e9)] = 0.01,
    body_rate: BodyRate = GENTLE,
) -> tuple[Phase, ...]:
    """L2-SP. Everything is tuned; after each step the weights are pulled towards where they started (Li 2018)."""
    held = (Pull(strength, head_strength),) if strength or head_strength else ()
    return (Phase("everything tuned, held near the source", 1.0, (body_rate,) * blocks, modifiers=held),)


@STRATEGIES.register(
    label="Distilled",
    phrase="with distillation from the source",
    needs_source=True,
    live=("weight",),
    advice="When the source task should not be forgotten.",
)
def distill(
    blocks: int,
    *,
    keep: Annotated[
        str, one_of("What should stay near the source: its features, or its answers to the new images (LwF).", "features", "outputs")
    ] = "features",
    weight: Annotated[float, number("Weight of staying near beside learning; 0 is plain tuning.", 0.0, 1000.0)] = 1.0,
    temperature: Annotated[float, number("How soft the source's answers are taken.", 1.0, 20.0)] = 2.0,
    body_rate: BodyRate = GENTLE,
) -> tuple[Phase, ...]:
    """Distillation. Everything is tuned, while features or old answers stay near the source's (Li & Hoiem 2016)."""
    held = (Keep(keep, weight, temperature),) if weight else ()  # the source was seen in inference mode: so is what should stay near it
    return (Phase("everything tuned, near the source's view", 1.0, (body_rate,) * blocks, statistics=not held, modifiers=held),)
