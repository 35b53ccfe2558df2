"""What a run starts from: blocks of the source or fresh ones, a new head, and what it may hold on to."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from tlcore.heads import HEADS
from tlcore.registry import InputError
from tlcore.spec import RunSpec
from tlcore.strategies import Keep, Phase, Pull, is_branch
from tlcore.training.calls import Calls
from tlcore.training.loop import Memory
from tlcore.training.network import Network

HEAD = ("head/logits/kernel", "head/logits/bias")


def weights(spec: RunSpec, net: Network, source: Mapping[str, np.ndarray] | None) -> dict[str, np.ndarray]:
    """Start weights: the first blocks from the source, the others and the head fresh; all fresh without a source."""
    start = drawn(spec, net)
    if spec.source is None or spec.kind == "pretrain":  # a teacher is asked and never copied
        return start
    if source is None:
        raise InputError("The weights of the source are missing: pretrain it again.")
    copied, missing = len(spec.blocks) - spec.phases[0].fresh, np.empty(0)  # what is missing fits no variable: loading says which
    found = {path: start[path] if net.owner[path] >= copied or is_branch(path) else source.get(path, missing) for path in start}
    return found | _kept_head(net, source) if HEADS[spec.head].facts.get("keeps") else found


def drawn(spec: RunSpec, net: Network) -> dict[str, np.ndarray]:
    """All weights as a run draws them: other ones than its source drew from the same seed."""
    return net.initial(spec.seed, "" if spec.kind == "pretrain" else "/target")


def _kept_head(net: Network, source: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The head of the source, where it names as many classes."""
    old, new = len(source.get(HEAD[1], ())), net.variables[HEAD[1]].shape[0]
    if old != new:
        raise InputError(f"The source's head names {old} classes and the target has {new}: choose another head.")
    return {path: source[path] for path in HEAD}


def head(spec: RunSpec, net: Network, calls: Calls) -> dict[str, np.ndarray]:
    """First weights of the head where the spec asks for others than random ones; the blocks are loaded."""
    if not HEADS[spec.head].facts.get("fits"):
        return {}
    features = np.asarray(calls.learned(len(spec.blocks)), "float64")
    made = HEADS[spec.head](features, np.asarray(calls.labels), net.variables[HEAD[1]].shape[0], **spec.settings("head"))
    return {path: values.astype("float32") for path, values in zip(HEAD, made, strict=True)}


def memory(phase: Phase, net: Network, calls: Calls, source: Mapping[str, np.ndarray] | None) -> Memory | None:
    """What a phase with a second loss compares with; the blocks are as the source left them."""
    keep = phase.find(Keep)
    if keep is None or source is None:
        return None
    features = calls.learned(len(net.parts) - 1)
    kernel, bias = [tf.constant(source[path]) for path in HEAD] if keep.what == "outputs" else [tf.zeros((0, 0)), tf.zeros(0)]
    return Memory(features, kernel, bias, keep.weight, keep.temperature)


def hold(phase: Phase, net: Network, start: Mapping[str, np.ndarray]) -> None:
    """Tell the optimizer where a phase pulls the weights to: the blocks to their start, the head to zero."""
    pull = phase.find(Pull)
    if pull is None:
        return
    last = len(net.parts) - 1
    anchors = {path: np.zeros_like(values) if net.owner[path] == last else values for path, values in start.items()}
    net.optimizer.hold(anchors, {path: pull.head if place == last else pull.body for path, place in net.owner.items()})


def penalty(phase: Phase, net: Network, start: Mapping[str, np.ndarray]) -> float | None:
    """The penalty that the pull of a phase stands for, kept apart from the loss so that losses compare.

    body / 2 |blocks - start|^2 + head / 2 |head|^2 over trainable variables (Li 2018).
    """
    pull = phase.find(Pull)
    if pull is None:
        return None
    last, total = len(net.parts) - 1, 0.0
    for path in net.trained(phase):
        now, of_head = np.asarray(net.variables[path].value, "float64"), net.owner[path] == last
        away = now if of_head else now - start[path]
        total += 0.5 * (pull.head if of_head else pull.body) * float((away**2).sum())
    return total
