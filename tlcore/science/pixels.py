"""Raw images as nets see them, without Keras: numbers from 0 to 1, of the channels and the size that a net was trained on."""

from __future__ import annotations

import numpy as np

GREY = (0.2989, 0.587, 0.114)  # of red, green and blue, as TensorFlow weighs them


def prepared(raw: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray:
    """uint8 images (n, h, w, 1 or 3) as float32 (n, *shape): as training prepares them, to 1e-5."""
    images: np.ndarray = np.asarray(raw, "float32") / 255
    if images.shape[-1] != shape[2]:
        images = (images @ np.array(GREY, "float32"))[..., None] if shape[2] == 1 else np.repeat(images, 3, axis=-1)
    for axis, side in ((1, shape[0]), (2, shape[1])):
        if images.shape[axis] != side:
            images = np.moveaxis(np.tensordot(_resized(images.shape[axis], side), images, (1, axis)), 0, axis)
    return images


def shown(images: np.ndarray) -> np.ndarray:
    """Images from 0 to 1 as uint8; what is beyond is cut."""
    grey: np.ndarray = np.clip(np.asarray(images) * 255, 0, 255).round().astype("uint8")
    return grey


def _resized(old: int, new: int) -> np.ndarray:
    """How much each of the new pixels in a row takes of each of the old ones, (new, old): a triangle as wide as a new pixel, or an old one."""
    scale = old / new
    middles = (np.arange(new) + 0.5) * scale
    away = abs(np.arange(old) + 0.5 - middles[:, None]) / max(scale, 1.0)
    weights = np.maximum(0, 1 - away)
    shares: np.ndarray = (weights / weights.sum(1, keepdims=True)).astype("float32")
    return shares
