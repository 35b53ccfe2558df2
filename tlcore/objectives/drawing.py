"""Objectives that redraw the image: from all of it, from a spoilt one, from a part, or from a little noise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tlcore.objectives.task import OBJECTIVES, Batch, Call, Task
from tlcore.registry import Annotated, number, one_of, whole

if TYPE_CHECKING:
    import keras

DRAWS: dict[str, Any] = {"labels": False, "draws": True, "budget": {"epochs": 3}}


@OBJECTIVES.register(**DRAWS, sees="an image and must redraw it from 64 numbers", loss=("squared error", "a pixel"))
def autoencoder(embedding: int, shape: tuple[int, int, int], classes: int) -> Task:
    """Autoencoder: redraw the image. Mean squared error over pixels; the bottleneck is the embedding that transfers."""
    return Task(decoder(embedding, shape), _squared, redrawn=_same, drawing=_same)


@OBJECTIVES.register(
    **DRAWS,
    chance=True,
    makes=("with noise",),
    sees="a noisy image and must draw the clean one",
    loss=("squared error", "a pixel"),
)
def denoising(
    embedding: int,
    shape: tuple[int, int, int],
    classes: int,
    *,
    noise: Annotated[float, number("Spread of the noise, of the range from black to white.", 0.0, 1.0, label="Noise")] = 0.3,
) -> Task:
    """Denoising: redraw what noise has spoilt. It sees a noisy image and must draw the clean one (Vincent 2008)."""

    def noisy(images: Any, labels: Any, chance: Any) -> Batch:
        import tensorflow as tf

        return Batch(images + noise * tf.random.stateless_normal(tf.shape(images), chance), images, labels)

    return Task(decoder(embedding, shape), _squared, make=noisy, redrawn=_same, drawing=_same)


@OBJECTIVES.register(
    **DRAWS,
    chance=True,
    makes=("in part",),
    pictures=True,
    sees="a part of an image and must draw the rest",
    loss=("squared error", "a hidden pixel"),
)
def masked(
    embedding: int,
    shape: tuple[int, int, int],
    classes: int,
    *,
    patch: Annotated[int, whole("Side of a square that is hidden or seen, in pixels.", 1, 16, label="Patch")] = 4,
    hidden: Annotated[float, number("Share of the squares that are hidden.", 0.1, 0.9, label="Hidden share")] = 0.5,
) -> Task:
    """Masked autoencoder: draw what is hidden. Squares are blackened; only what it draws there is compared (He 2022).

    The encoder takes images alone, so that it transfers: it is not told which squares are hidden.
    """

    def covered(images: Any, labels: Any, chance: Any) -> Batch:
        import tensorflow as tf

        mask = _squares(tf.shape(images)[0], shape, patch, hidden, chance)
        return Batch(images * (1.0 - mask), tf.concat([images, mask], -1), labels)

    def missed(outputs: Any, images: Any, labels: Any) -> Any:
        import keras

        image, mask = images[..., :-1], images[..., -1:]
        hidden_pixels = keras.ops.sum(mask, axis=(1, 2, 3)) * shape[2]
        return keras.ops.sum(mask * (outputs - image) ** 2, axis=(1, 2, 3)) / keras.ops.maximum(hidden_pixels, 1.0)

    return Task(decoder(embedding, shape), missed, make=covered, redrawn=_same, drawing=_same)


@OBJECTIVES.register(
    **DRAWS,
    sees="an image and must redraw it from a cloud around a few numbers",
    loss=("negative evidence lower bound", "an image"),
)
def vae(
    embedding: int,
    shape: tuple[int, int, int],
    classes: int,
    *,
    latent: Annotated[int, whole("Numbers that an image is told by.", 2, 64, label="Latent dimensions")] = 16,
    beta: Annotated[float, number("Weight of the KL divergence against the likelihood.", 0.0, 10.0, label="Beta")] = 1.0,
    warm_up: Annotated[int, whole("Steps over which beta rises from 0 to its value.", 0, 10_000, label="Beta warm-up")] = 500,
    likelihood: Annotated[
        str, one_of("What a pixel is drawn from: Bernoulli on [0, 1], or Gaussian with a spread of 0.1.", "bernoulli", "gaussian")
    ] = "bernoulli",
) -> Task:
    """Variational (VAE): redraw from a cloud. An image becomes a mean and a spread, and is redrawn from a draw between them.

    Evidence lower bound (Kingma & Welling 2014), in nats an image: the negative log-likelihood summed over pixels + beta KL. What
    transfers is the embedding, of which the mean is a linear map: nothing that was drawn.
    """
    import keras

    from tlcore.objectives import losses

    head = keras.Sequential([keras.layers.Input((embedding,)), keras.layers.Dense(2 * latent, name="cloud")], name="head")

    def through(call: Call, features: Any, labels: Any, chance: Any) -> Any:
        import tensorflow as tf

        mean, logvar = keras.ops.split(call("head", features), 2, axis=-1)
        if chance is None:
            return call("decoder", mean), mean, logvar, beta
        drawn = keras.ops.exp(0.5 * logvar) * tf.random.stateless_normal(tf.shape(mean), chance)
        risen = tf.minimum(1.0, tf.cast(chance[1] + 1, tf.float32) / max(1, warm_up))
        return call("decoder", mean + drawn), mean, logvar, beta * risen

    def unlikely(outputs: Any, images: Any, labels: Any) -> Any:
        return losses.pixels_nll(outputs[0], images, likelihood)

    def still(images: Any) -> Any:
        inside = keras.ops.clip(images, 1e-4, 1 - 1e-4)
        nothing = keras.ops.zeros((images.shape[0], latent))
        return keras.ops.log(inside / (1 - inside)) if likelihood == "bernoulli" else images, nothing, nothing, beta

    def divergence(outputs: Any, images: Any, labels: Any) -> Any:
        return losses.vae_kl(*outputs[1:3])

    return Task(
        head,
        lambda outputs, images, labels: unlikely(outputs, images, labels) + outputs[3] * divergence(outputs, images, labels),
        {"likelihood": unlikely, "divergence": divergence},
        beside={"decoder": decoder(latent, shape, "decoder", "linear" if likelihood == "bernoulli" else "sigmoid")},
        through=through,
        redrawn=lambda outputs: keras.ops.sigmoid(outputs[0]) if likelihood == "bernoulli" else outputs[0],
        drawing=still,
    )


def decoder(units: int, shape: tuple[int, int, int], name: str = "head", last: str = "sigmoid") -> keras.Sequential:
    """From so many numbers to an image: a dense grid of a quarter of its sides, doubled twice."""
    import keras

    height, width, channels = shape
    small = (-(-height // 4), -(-width // 4), 32)
    return keras.Sequential(
        [
            keras.layers.Input((units,)),
            keras.layers.Dense(small[0] * small[1] * small[2], activation="relu", name="grow"),
            keras.layers.Reshape(small, name="grid"),
            keras.layers.Conv2DTranspose(32, 3, strides=2, padding="same", activation="relu", name="up1"),
            keras.layers.Conv2DTranspose(16, 3, strides=2, padding="same", activation="relu", name="up2"),
            keras.layers.Conv2D(channels, 3, padding="same", activation=last, name="pixels"),
            keras.layers.CenterCrop(height, width, name="crop"),
        ],
        name=name,
    )


def _same(outputs: Any) -> Any:
    """Outputs that are images."""
    return outputs


def _squared(outputs: Any, images: Any, labels: Any) -> Any:
    import keras

    return keras.ops.mean((outputs - images) ** 2, axis=(1, 2, 3))


def _squares(count: Any, shape: tuple[int, int, int], side: int, share: float, chance: Any) -> Any:
    """Which pixels are hidden, (n, h, w, 1): of each image the same number of squares."""
    import tensorflow as tf

    rows, columns = -(-shape[0] // side), -(-shape[1] // side)
    total = rows * columns
    order = tf.argsort(tf.random.stateless_uniform((count, total), chance), axis=1)
    ranks = tf.argsort(order, axis=1)
    squares = tf.cast(ranks < max(1, round(share * total)), tf.float32)
    grown = tf.repeat(tf.repeat(tf.reshape(squares, (count, rows, columns, 1)), side, axis=1), side, axis=2)
    return grown[:, : shape[0], : shape[1]]
