"""Adam with a factor for each variable.

Scaling gradients would not do: Adam divides by their size, so its first step for g and 0.1 g is the same. The factor
multiplies the learning rate itself, and is a variable, so that it can change without a new graph. Weight decay and the pull to
the start follow the factor too: what is frozen is not decayed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

WARM_UP = 10  # steps over which the rate of a melted variable rises: its moments know nothing yet
BORN = "optimizer/born"


class FactorAdam(keras.optimizers.Adam):  # type: ignore[misc] # Keras has no types
    """Adam (Kingma & Ba 2015) whose learning rate is multiplied by a factor of each variable; 0 leaves it as it is.

    decays, pulls: whether graphs made from now on carry out weight decay (of kernels, decoupled, Loshchilov & Hutter 2019) and
    the pull to the start. melts: whether they count each variable's steps from when it was melted.
    """

    decays = pulls = melts = False

    def __init__(self, variables: list[Any]) -> None:
        super().__init__(learning_rate=1e-3)
        self.build(variables)
        self._factors, self._pulls = (tf.Variable(tf.ones(len(variables)), trainable=False, name=name) for name in ("factors", "pulls"))
        self._pace, self._decay = (tf.Variable(1.0, trainable=False, name=name) for name in ("pace", "decay"))
        self._born = tf.Variable(tf.zeros(len(variables)), trainable=False, name="born")
        self._start = [tf.Variable(tf.zeros(variable.shape), trainable=False) for variable in variables]
        self._paths = [variable.path for variable in variables]

    def apply(self, gradients: list[Any], variables: list[Any]) -> None:
        """One step of some of the variables, each at its own learning rate.

        The formula is that of Keras, to the last bit; what all variables share is computed once.
        """
        step = tf.cast(self._iterations + 1, tf.float32)
        rates = self.learning_rate * self._pace * self._factors
        if self.melts:
            step -= self._born
            rates *= tf.where(self._born > 0, tf.minimum(step / WARM_UP, 1.0), 1.0)
        alphas = rates * tf.sqrt(1.0 - tf.pow(self.beta_2, step)) / (1.0 - tf.pow(self.beta_1, step))
        scales = list(zip(tf.unstack(rates), tf.unstack(alphas), strict=True))
        for gradient, variable in zip(gradients, variables, strict=True):
            place = self._get_variable_index(variable)
            self._step(place, gradient, variable.value, *scales[place])
        self._iterations.assign_add(1)

    def _step(self, place: int, gradient: Any, variable: Any, rate: Any, alpha: Any) -> None:
        if self.decays and self._paths[place].endswith("kernel"):
            variable.assign_sub(rate * self._decay * variable)
        m, v = self._momentums[place].value, self._velocities[place].value
        m.assign_add((gradient - m) * (1 - self.beta_1))
        v.assign_add((tf.square(gradient) - v) * (1 - self.beta_2))
        variable.assign_sub(m * alpha / (tf.sqrt(v) + self.epsilon))
        if self.pulls:
            variable.assign(proximal(variable, self._start[place], rate * self._pulls[place]))

    def melt(self, paths: Iterable[str]) -> None:
        """Start some variables afresh, without moments, their rate rising in a line over the first steps; all others keep theirs."""
        wanted, born = set(paths), np.array(self._born)
        for place, path in enumerate(self._paths):
            if path in wanted:
                born[place] = float(self._iterations)
                for moment in (self._momentums[place], self._velocities[place]):
                    moment.assign(tf.zeros(moment.shape))
        self._born.assign(born)

    @property
    def melted(self) -> bool:
        """Whether some variables are younger than others."""
        return bool(np.array(self._born).any())

    def steer(self, learning_rate: float, factors: Mapping[str, float], decay: float = 0.0) -> None:
        """Set the learning rate, the factor of each variable by its path (0 where it is not named), and weight decay."""
        self.learning_rate.assign(learning_rate)
        self._decay.assign(decay)
        self._factors.assign(np.array([factors.get(path, 0.0) for path in self._paths], "float32"))

    def pace(self, factor: Any) -> None:
        """What the schedule makes of the learning rate in the next step; also within a graph."""
        self._pace.assign(factor)

    def hold(self, start: Mapping[str, np.ndarray], strengths: Mapping[str, float]) -> None:
        """Set where each variable is pulled to, and how strongly; by path."""
        self._pulls.assign(np.array([strengths[path] for path in self._paths], "float32"))
        for path, anchor in zip(self._paths, self._start, strict=True):
            anchor.assign(start[path])

    def reset(self) -> None:
        """Forget all moments, as at the start of a phase."""
        for variable in (*self._state(), self._born):
            variable.assign(tf.zeros(variable.shape, variable.dtype))

    def state(self) -> dict[str, np.ndarray]:
        """Iterations and moments, by name."""
        young = {BORN: np.array(self._born)} if self.melted else {}
        return {f"optimizer/{place}": np.array(variable) for place, variable in enumerate(self._state())} | young

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Take back what ``state`` returned."""
        for place, variable in enumerate(self._state()):
            variable.assign(state[f"optimizer/{place}"])
        self._born.assign(state.get(BORN, np.zeros(len(self._paths), "float32")))

    def _state(self) -> list[Any]:
        return [self._iterations, *self._momentums, *self._velocities]


def proximal(value: Any, start: Any, strength: Any) -> Any:
    """The point that minimises |x - value|^2 / 2 + strength |x - start|^2 / 2: the step of L2-SP that cannot overshoot.

    As a loss term Adam would rescale the pull away, and plain descent diverges once rate times strength is over 2.
    """
    return start + (value - start) / (1.0 + strength)
