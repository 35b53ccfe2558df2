"""Losses of objectives, as plain functions on arrays (NumPy or tensors) of any float type. Heavy: it needs Keras.

Those of a batch give one number, those of an example one for each of n. Logits are never turned into probabilities first: what
a probability of 0 leads to would be an infinite loss, or a clipped one.
"""

from __future__ import annotations

import math
from typing import Any

from keras import ops

FAR = -1e9  # a similarity that counts for nothing
EPSILON = 1e-4  # under the root of VICReg's variance
SPREAD = 0.1  # of a Gaussian pixel


def softmax_ce_from_logits(logits: Any, labels: Any) -> Any:
    """Cross-entropy of each example, (n,), from logits (n, classes) and labels (n,) int; at least 0.

    Written out: where runs must repeat to the last bit, TensorFlow's own takes several times the operations.
    """
    logits = ops.convert_to_tensor(logits)
    named = ops.one_hot(labels, logits.shape[-1], dtype=logits.dtype)
    return -ops.sum(named * ops.log_softmax(logits), axis=-1)


def nt_xent(z1: Any, z2: Any, temperature: float = 0.2) -> Any:
    """SimCLR's loss (Chen 2020, eq. 1): mean over the 2n views of how badly each finds its twin among all others.

    z1, z2: (n, d) of two views; only their directions count. Equal for all: ln(2n - 1), whatever the temperature.
    """
    z = ops.concatenate([z1, z2], axis=0)
    count = ops.shape(z)[0]
    alike = cosines(z, z) / temperature + FAR * ops.eye(count, dtype=z.dtype)
    twins = ops.roll(ops.arange(count), count // 2)
    return ops.mean(softmax_ce_from_logits_at(alike, twins))


def softmax_ce_from_logits_at(logits: Any, places: Any) -> Any:
    """The same where the number of columns is not known before the graph runs."""
    chosen = ops.take_along_axis(ops.log_softmax(logits), places[:, None], axis=-1)
    return -ops.squeeze(chosen, axis=-1)


def supcon(z: Any, labels: Any, temperature: float = 0.1) -> Any:
    """Supervised contrastive loss, L_out (Khosla 2020, eq. 2): mean over examples of how badly each finds those of its class.

    z: (n, d), only directions count; labels: (n,). An example alone in its class counts 0.
    """
    z = ops.convert_to_tensor(z)
    others = 1.0 - ops.eye(ops.shape(z)[0], dtype=z.dtype)
    named = ops.convert_to_tensor(labels)
    same = ops.cast(named[:, None] == named[None, :], z.dtype) * others
    told = ops.log_softmax(cosines(z, z) / temperature + FAR * (1.0 - others))
    friends = ops.sum(same, axis=1)
    return -ops.mean(ops.sum(same * told, axis=1) / ops.maximum(friends, 1.0))


def barlow_twins(z1: Any, z2: Any, weight: float = 0.005) -> Any:
    """Barlow Twins (Zbontar 2021): the correlations (d, d) between two views are drawn to the identity.

    Each unit is standardised over the batch with 1 / n, so that equal views correlate with exactly 1.
    """
    z1, z2 = _standard(z1), _standard(z2)
    across = ops.matmul(ops.transpose(z1), z2) / ops.cast(ops.shape(z1)[0], z1.dtype)
    itself = ops.eye(across.shape[0], dtype=z1.dtype)
    return ops.sum(itself * (1.0 - across) ** 2) + weight * ops.sum((1.0 - itself) * across**2)


def vicreg(z1: Any, z2: Any, invariance: float = 25.0, variance: float = 25.0, covariance: float = 1.0) -> Any:
    """VICReg (Bardes 2022): two views near each other, every unit with a spread of 1 at least, no two units alike.

    The spreads of both views count half each, their covariances are summed over pairs of units and divided by d; n - 1 below.
    """
    near = ops.mean((ops.convert_to_tensor(z1) - z2) ** 2)
    spread = (_hinge(z1) + _hinge(z2)) / 2.0
    return invariance * near + variance * spread + covariance * (_apart(z1) + _apart(z2))


def vae_kl(mean: Any, logvar: Any) -> Any:
    """KL divergence of N(mean, e^logvar) from N(0, 1), (n,): summed over the units of (n, d); 0 only at mean 0 and logvar 0 (Kingma 2014)."""
    mean, logvar = ops.convert_to_tensor(mean), ops.convert_to_tensor(logvar)
    return 0.5 * ops.sum(ops.expm1(logvar) + mean**2 - logvar, axis=-1)


def pixels_nll(outputs: Any, images: Any, likelihood: str) -> Any:
    """Negative log-likelihood of images (n, h, w, c) in [0, 1], (n,) in nats, summed over pixels: a mean would weigh the KL divergence anew.

    bernoulli: outputs are logits. gaussian: they are means, with a spread of 0.1.
    """
    outputs = ops.convert_to_tensor(outputs)
    if likelihood == "bernoulli":
        values = ops.relu(outputs) - outputs * images + ops.log1p(ops.exp(-ops.abs(outputs)))
    else:
        values = 0.5 * ((outputs - images) / SPREAD) ** 2 + math.log(SPREAD * math.sqrt(2 * math.pi))
    return ops.sum(values, axis=tuple(range(1, len(outputs.shape))))


def cosines(one: Any, other: Any) -> Any:
    """Cosine of the angle between each row of (n, d) and each of (m, d), (n, m)."""
    return ops.matmul(_unit(one), ops.transpose(_unit(other)))


def alignment(z1: Any, z2: Any) -> Any:
    """Squared distance of the directions of two views, (n,); 0 when equal, 2 on average when unrelated (Wang & Isola 2020)."""
    return ops.sum((_unit(z1) - _unit(z2)) ** 2, axis=-1)


def uniformity(z: Any) -> Any:
    """How near the directions of different examples are: ln of the mean of e^(-2 d^2); 0 when all are equal (Wang & Isola 2020)."""
    z = ops.convert_to_tensor(z)
    others = 1.0 - ops.eye(ops.shape(z)[0], dtype=z.dtype)
    near = ops.exp(-4.0 * (1.0 - cosines(z, z))) * others
    return ops.log(ops.sum(near) / ops.maximum(ops.sum(others), 1.0))


def clip_symmetric(images: Any, texts: Any, temperature: Any = 0.07, captions: Any = None) -> Any:
    """Loss of matching images and captions both ways (Radford 2021), (n,) from embeddings (n, d) each; only directions count.

    captions: (n,) a number for each different caption, or (n, n) bool, whether caption j is true of image i: a true one of another image
    is no wrong answer, and is left out.
    """
    alike = cosines(images, texts) / temperature
    count = ops.shape(alike)[0]
    if captions is not None:
        named = ops.convert_to_tensor(captions)
        same = ops.cast(named if len(named.shape) == 2 else named[:, None] == named[None, :], alike.dtype)
        alike += FAR * (same - ops.eye(count, dtype=alike.dtype))
    places = ops.arange(count)
    return (softmax_ce_from_logits_at(alike, places) + softmax_ce_from_logits_at(ops.transpose(alike), places)) / 2.0


def uncertainty_weighting(losses: Any, log_variances: Any, regression: bool | tuple[bool, ...] = False) -> Any:
    """Losses of several tasks (k,), or of each example (n, k), as one, each weighted by a learned uncertainty s = ln sigma^2 (Kendall 2018).

    Sum of e^-s L + s / 2 for cross-entropies, of e^-s L / 2 + s / 2 for squared errors. It can fall below 0: show each loss too.
    """
    losses = ops.convert_to_tensor(losses)
    halves = ops.cast(ops.where(ops.convert_to_tensor(regression), 0.5, 1.0), losses.dtype)
    logs = ops.cast(log_variances, losses.dtype)
    return ops.sum(halves * ops.exp(-logs) * losses + 0.5 * logs, axis=-1)


def gradnorm(weights: Any, norms: Any, losses: Any, first: Any, alpha: float = 1.5) -> Any:
    """How far the tasks are from learning equally fast (Chen 2018, eq. 2); its gradient by the weights is what they are moved by.

    weights: (k,) of the tasks. norms: (k,) gradient norms of the unweighted losses at the last shared layer. losses, first: (k,)
    now and at the start: a task that has come less far than the others gets a larger goal. Only ``weights`` passes a gradient on.
    """
    weights = ops.convert_to_tensor(weights)
    norms, left = ops.stop_gradient(norms), ops.stop_gradient(ops.convert_to_tensor(losses) / first)
    pulls = weights * norms
    goals = ops.stop_gradient(ops.mean(pulls) * (left / ops.mean(left)) ** alpha)
    return ops.sum(ops.abs(pulls - goals))


def kd(student: Any, teacher: Any, temperature: float = 4.0) -> Any:
    """T^2 KL(teacher || student) of each example, (n,), from logits (n, classes) at temperature T; 0 when equal (Hinton 2015)."""
    old = ops.log_softmax(ops.convert_to_tensor(teacher) / temperature)
    new = ops.log_softmax(ops.convert_to_tensor(student) / temperature)
    return temperature**2 * ops.sum(ops.exp(old) * (old - new), axis=-1)


def _unit(z: Any) -> Any:
    """Directions of (n, d)."""
    return ops.normalize(ops.convert_to_tensor(z), axis=-1, epsilon=1e-12)


def _standard(z: Any) -> Any:
    z = ops.convert_to_tensor(z)
    return (z - ops.mean(z, axis=0)) / ops.sqrt(ops.var(z, axis=0) + 1e-12)  # a unit that says nothing has no infinite gradient


def _hinge(z: Any) -> Any:
    """How much the units' spread falls short of 1."""
    z = ops.convert_to_tensor(z)
    square = ops.sum((z - ops.mean(z, axis=0)) ** 2, axis=0) / _less(z)
    return ops.mean(ops.relu(1.0 - ops.sqrt(square + EPSILON)))


def _apart(z: Any) -> Any:
    """Squared covariances of different units, over their number."""
    z = ops.convert_to_tensor(z)
    centred = z - ops.mean(z, axis=0)
    both = ops.matmul(ops.transpose(centred), centred) / _less(z)
    return ops.sum((1.0 - ops.eye(both.shape[0], dtype=z.dtype)) * both**2) / both.shape[0]


def _less(z: Any) -> Any:
    return ops.cast(ops.shape(z)[0], z.dtype) - 1.0
