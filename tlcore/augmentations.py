"""Augmentations: the same image seen a little otherwise, drawn anew for every step inside the graph.

An entry takes images (n, h, w, c) float32 in [0, 1] and an int32 seed (2,); it returns such images, in the same order. The same seed
draws the same. What would change which class an image shows has no place here: no flips, no large turns of characters. Each entry
declares so by its fact keeps: what of an image it leaves as it was, in words. Its fact blurs names what it does not keep, as far as
a data set can have it for a label.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from tlcore.registry import Annotated, Registry, some_of

AUGMENTATIONS = Registry("augmentation")
TURN, SHIFT, SCALE, SHEAR = math.radians(15), 0.1, (0.85, 1.15), 0.15  # radians, share of a side, factors, share of the height
CONTRAST, NOISE, CUT = (0.6, 1.0), (0.05, 0.15), 0.25  # factors, spreads, share of the image's area


@AUGMENTATIONS.register(keeps="which character or shape it is, which way up and which way round, and its colours", blurs=("place", "size"))
def affine(images: Any, chance: Any) -> Any:
    """Moved. Turned by up to 15 degrees, shifted by up to a tenth, scaled from 0.85 to 1.15, slanted by up to 0.15."""
    import keras
    import tensorflow as tf

    count = tf.shape(images)[0]
    height, width = images.shape[1:3]
    drawn = tf.random.stateless_uniform((count, 5), chance, -1.0, 1.0)
    angle, right, down, size, slant = tf.unstack(drawn * [TURN, SHIFT * width, SHIFT * height, 1.0, SHEAR], axis=1)
    middle = (SCALE[0] + SCALE[1]) / 2
    scale = 1.0 / (middle + size * (SCALE[1] - middle))
    a, b = tf.cos(angle) * scale, (-tf.sin(angle) + slant) * scale
    d, e = tf.sin(angle) * scale, tf.cos(angle) * scale
    x, y = (width - 1) / 2, (height - 1) / 2
    nothing = tf.zeros_like(a)
    moves = tf.stack([a, b, x - a * (x + right) - b * (y + down), d, e, y - d * (x + right) - e * (y + down), nothing, nothing], axis=1)
    return keras.ops.image.affine_transform(images, moves, interpolation="bilinear", fill_mode="constant", fill_value=0.0)


@AUGMENTATIONS.register(keeps="every line and its place, and which of two places is brighter")
def contrast(images: Any, chance: Any) -> Any:
    """Paler. Contrast from 0.6 to all of it."""
    import tensorflow as tf

    return images * tf.random.stateless_uniform((tf.shape(images)[0], 1, 1, 1), chance, *CONTRAST)


@AUGMENTATIONS.register(keeps="every line and its place")
def noise(images: Any, chance: Any) -> Any:
    """Noisy. Every pixel brighter or darker by chance, with a spread from 0.05 to 0.15."""
    import tensorflow as tf

    spread = tf.random.stateless_uniform((tf.shape(images)[0], 1, 1, 1), folded(chance, 1), *NOISE)
    return tf.clip_by_value(images + spread * tf.random.stateless_normal(tf.shape(images), chance), 0.0, 1.0)


@AUGMENTATIONS.register(keeps="what lies outside the square, three quarters of the image or more; something small may be hidden whole")
def cutout(images: Any, chance: Any) -> Any:
    """Cut out. A black square of a quarter of the image somewhere, part of it perhaps outside (DeVries & Taylor 2017)."""
    import tensorflow as tf

    height, width = images.shape[1:3]
    middle = tf.random.stateless_uniform((2, tf.shape(images)[0], 1, 1, 1), chance)
    tall, wide = (side * math.sqrt(CUT) / 2 for side in (height, width))
    rows = tf.reshape(tf.range(height, dtype=tf.float32) + 0.5, (1, height, 1, 1))
    columns = tf.reshape(tf.range(width, dtype=tf.float32) + 0.5, (1, 1, width, 1))
    inside = (tf.abs(rows - middle[0] * height) < tall) & (tf.abs(columns - middle[1] * width) < wide)
    return tf.where(inside, 0.0, images)


ALL = AUGMENTATIONS.names()
Chosen = Annotated[tuple[str, ...], some_of("What makes a view of an image; none of it changes the class.", *ALL, label="Augmentations")]


def view(images: Any, names: Sequence[str], chance: Any) -> Any:
    """Images augmented by some entries, one after the other, each with draws of its own."""
    for place, name in enumerate(names):
        images = AUGMENTATIONS[name](images, folded(chance, place))
    return images


def folded(chance: Any, number: int) -> Any:
    """Another seed for each number."""
    import tensorflow as tf

    return tf.random.experimental.stateless_fold_in(chance, number)
