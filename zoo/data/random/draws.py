"""Random numbers of one training step for `augment`, alike to use on TensorFlow and on JAX.

They are a function of the seed and the step, so that a resumed training draws what it would have drawn. Each
call draws other numbers. The two backends have different generators, so their numbers differ.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from zoo.data.pipeline import Augment, is_on_jax

__all__ = ["RandomDraws", "augment_by_seed"]


class RandomDraws:
    """The random numbers of one step.

    Args:
        seed: of the step: a tensor of shape (2,) on TensorFlow, a key on JAX.

    Example:
        >>> def augment(inputs, random):
        ...     return inputs + random.normal(inputs.shape, stddev=0.1)
        >>> data.fit_arguments(config, augment=augment)
    """

    def __init__(self, seed: Any) -> None:
        self._seed = seed
        self._count = 0

    def uniform(self, shape: Sequence[int], low: float = 0.0, high: float = 1.0) -> Any:
        """Return float32 numbers that are uniform in [low, high).

        Args:
            shape: of the result.
            low: the smallest number.
            high: the bound that no number reaches.
        """
        if is_on_jax():
            import jax

            return jax.random.uniform(self._next(), tuple(shape), minval=low, maxval=high)
        import tensorflow as tf

        return tf.random.stateless_uniform(shape, self._next(), low, high)

    def normal(self, shape: Sequence[int], mean: float = 0.0, stddev: float = 1.0) -> Any:
        """Return float32 numbers of a normal distribution.

        Args:
            shape: of the result.
            mean: of the distribution.
            stddev: its standard deviation.
        """
        if is_on_jax():
            import jax

            return mean + stddev * jax.random.normal(self._next(), tuple(shape))
        import tensorflow as tf

        return tf.random.stateless_normal(shape, self._next(), mean, stddev)

    def integers(self, shape: Sequence[int], low: int, high: int) -> Any:
        """Return int32 numbers that are uniform in low ... high - 1.

        Args:
            shape: of the result.
            low: the smallest number.
            high: the bound that no number reaches.
        """
        if is_on_jax():
            import jax

            return jax.random.randint(self._next(), tuple(shape), low, high, "int32")
        import tensorflow as tf

        return tf.random.stateless_uniform(shape, self._next(), low, high, tf.int32)

    def _next(self) -> Any:
        """Return the seed of the next call."""
        self._count += 1
        if is_on_jax():
            import jax

            return jax.random.fold_in(self._seed, self._count)
        import tensorflow as tf

        return tf.random.fold_in(self._seed, self._count)


def augment_by_seed(augment: Callable[..., Any] | None) -> Augment | None:
    """Return an augmentation as a function of inputs and a seed.

    Args:
        augment: a function of inputs and a seed; or of inputs and `random`, which is a RandomDraws.
    """
    if augment is None or "random" not in inspect.signature(augment).parameters:
        return augment
    return lambda inputs, seed: augment(inputs, random=RandomDraws(seed))
