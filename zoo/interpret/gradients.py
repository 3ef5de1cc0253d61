"""The gradient of a score with respect to its input, on the backend that Keras computes with.

Scores are one number for each example of a batch, s = f(x) of shape (n,), and each is of its own
example alone, as a network's are when it is used and not trained. So one pass back gives them all:

    d (s_1 + ... + s_n) / dx   holds   ds_i / dx_i   at i.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from zoo.errors import ZooError

Score = Callable[..., Any]
Graded = Callable[..., tuple[Any, Any]]


def of(score: Score, variables: Sequence[Any] = ()) -> Graded:
    """Make the compiled function (x, *others) -> (scores, their gradients with respect to x).

    It is compiled at the first call and again only for inputs of another shape; make it once and call
    it often. `others` are tensors that the score needs and that no gradient is taken of.

    Args:
        score: (x, *others) -> one number of floating point for each example, shape (n,), written
            with `keras.ops` and models of Keras'. It may close over a network.
        variables: the weights that it reads, such as `network.variables`. On JAX they are given at
            each call; weights that are left out are taken as they are at the first.

    Raises:
        ZooError: when called, that the score has another shape, or no gradient, or that the backend
            is neither TensorFlow nor JAX.

    Example:
        >>> slope = gradients.of(lambda x: network(x)[:, 3], network.variables)
        >>> scores, gradient = slope(images)
    """
    import keras

    makers = {"tensorflow": _on_tensorflow, "jax": _on_jax}
    backend = keras.backend.backend()
    if backend not in makers:
        raise ZooError(
            f"Gradients with respect to an input are taken on {' and '.join(makers)}. Received: "
            f"KERAS_BACKEND={backend}."
        )
    return makers[backend](score, list(variables))


def _on_tensorflow(score: Score, variables: list[Any]) -> Graded:
    """Record the score on a tape; the weights are variables, which a graph reads anew."""
    import tensorflow as tf

    def graded(x: Any, *others: Any) -> tuple[Any, Any]:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(x)
            scores = _checked(score(x, *others), x)
        gradient = tape.gradient(scores, x)
        if gradient is None:
            raise ZooError(_FLAT)
        return scores, tf.convert_to_tensor(gradient)

    compiled = tf.function(graded, autograph=False, reduce_retracing=True)
    return lambda x, *others: compiled(*map(_tensor, (x, *others)))


def _on_jax(score: Score, variables: list[Any]) -> Graded:
    """Differentiate the sum, with the weights as an argument rather than constants of the program."""
    import jax
    import keras

    def summed(x: Any, values: Any, others: Any) -> tuple[Any, Any]:
        with keras.StatelessScope(state_mapping=list(zip(variables, values, strict=True))):
            scores = _checked(score(x, *others), x)
        return scores.sum(), scores

    compiled = jax.jit(jax.value_and_grad(summed, has_aux=True))

    def graded(x: Any, *others: Any) -> tuple[Any, Any]:
        weights = [variable.value for variable in variables]
        (_, scores), gradient = compiled(_tensor(x), weights, tuple(map(_tensor, others)))
        return scores, gradient

    return graded


def _tensor(value: Any) -> Any:
    from keras import ops

    return ops.convert_to_tensor(value)


def _checked(scores: Any, x: Any) -> Any:
    """Refuse what is not one number of floating point for each example."""
    import keras

    kind = keras.backend.standardize_dtype(scores.dtype)
    if not keras.backend.is_float_dtype(kind):
        raise ZooError(f"{_FLAT} Its score is {kind}.")
    if len(scores.shape) != 1 or scores.shape[0] not in (None, x.shape[0]):
        raise ZooError(
            f"A score must be one number for each example. Received: shape {tuple(scores.shape)} for "
            f"inputs of shape {tuple(x.shape)}."
        )
    return scores


_FLAT = (
    "The score has no gradient with respect to the input: something on its way (an argmax, a rounding, "
    "a cast to whole numbers) has none. Choose an earlier layer."
)
