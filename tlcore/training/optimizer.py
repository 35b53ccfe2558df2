"""Adam with a factor for each variable.

Scaling gradients would not do: Adam divides by their size, so its first step for g and 0.1 g is the same. The factor
multiplies the learning rate itself, and is a variable, so that it can change without a new graph.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf


class FactorAdam(keras.optimizers.Adam):  # type: ignore[misc] # Keras has no types
    """Adam (Kingma & Ba 2015) whose learning rate is multiplied by a factor of each variable; 0 leaves it as it is."""

    def __init__(self, variables: list[Any]) -> None:
        super().__init__(learning_rate=1e-3)
        self.build(variables)
        self._factors = tf.Variable(tf.ones(len(variables)), trainable=False, name="factors")
        self._paths = [variable.path for variable in variables]

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """One step of one variable, at its own learning rate."""
        super().update_step(gradient, variable, learning_rate * self._factors[self._get_variable_index(variable)])

    def steer(self, learning_rate: float, factors: Mapping[str, float]) -> None:
        """Set the learning rate and the factor of each variable by its path."""
        self.learning_rate.assign(learning_rate)
        self._factors.assign(np.array([factors[path] for path in self._paths], "float32"))

    def reset(self) -> None:
        """Forget all moments, as at the start of a phase."""
        for variable in self._state():
            variable.assign(tf.zeros(variable.shape, variable.dtype))

    def state(self) -> dict[str, np.ndarray]:
        """Iterations and moments, by name."""
        return {f"optimizer/{place}": np.array(variable) for place, variable in enumerate(self._state())}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Take back what ``state`` returned."""
        for place, variable in enumerate(self._state()):
            variable.assign(state[f"optimizer/{place}"])

    def _state(self) -> list[Any]:
        return [self._iterations, *self._momentums, *self._velocities]
