"""The gradient of a score with respect to its input, on the backend that Keras computes with.

A score is one number for each example of a batch, s = f(x) of shape (n,), and depends on its own example
alone, as in a network that is used and not trained. So one backward pass returns all gradients:

    d (s_1 + ... + s_n) / dx   holds   ds_i / dx_i   at i.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from zoo.data.arrays import Array
from zoo.errors import ZooError

if TYPE_CHECKING:
    import keras

__all__ = ["GradientFunction", "compile_gradient", "gradient_in_batches", "logit_gradient"]

MOST_NUMBERS = 1_000_000  # numbers of input in one batch
MOST_INPUTS = 32  # inputs in one batch

GradientFunction = Callable[..., tuple[Any, Any]]
"""(x, *others) -> (scores of shape (n,), gradients of x's shape)"""


def compile_gradient(score: Callable[..., Any], variables: Sequence[Any] = ()) -> GradientFunction:
    """Return the compiled function (x, *others) -> (scores, their gradients with respect to x).

    It is compiled at the first call, and again only for inputs of another shape: make it once and call it
    often. No gradient is taken of `others`.

    Args:
        score: (x, *others) -> one float for each example, shape (n,), written with `keras.ops` and Keras
            models. It may use a network of its surroundings.
        variables: the weights that it reads, such as `network.variables`. On JAX they are read at each
            call; weights that are left out keep their values of the first call.

    Raises:
        ZooError: the backend is neither TensorFlow nor JAX. When called: the score has another shape, or
            no gradient.

    Example:
        >>> gradient_of_3 = compile_gradient(lambda x: network(x)[:, 3], network.variables)
        >>> scores, gradients = gradient_of_3(images)
    """
    import keras

    compilers = {"tensorflow": _compile_on_tensorflow, "jax": _compile_on_jax}
    backend = keras.backend.backend()
    if backend not in compilers:
        raise ZooError(
            f"Gradients with respect to an input need {' or '.join(compilers)}. Received: "
            f"KERAS_BACKEND={backend}."
        )
    return compilers[backend](score, list(variables))


def _compile_on_tensorflow(score: Callable[..., Any], variables: list[Any]) -> GradientFunction:
    """Record the score on a tape; a graph reads the weights again at each call."""
    import tensorflow as tf

    def gradient(x: Any, *others: Any) -> tuple[Any, Any]:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(x)
            scores = _check_scores(score(x, *others), x)
        slopes = tape.gradient(scores, x)
        if slopes is None:
            raise ZooError(_NO_GRADIENT)
        return scores, tf.convert_to_tensor(slopes)

    compiled = tf.function(gradient, autograph=False, reduce_retracing=True)
    return lambda x, *others: compiled(*map(_to_tensor, (x, *others)))


def _compile_on_jax(score: Callable[..., Any], variables: list[Any]) -> GradientFunction:
    """Differentiate the sum; the weights are an argument, not constants of the program."""
    import jax
    import keras

    def total(x: Any, values: Any, others: Any) -> tuple[Any, Any]:
        with keras.StatelessScope(state_mapping=list(zip(variables, values, strict=True))):
            scores = _check_scores(score(x, *others), x)
        return scores.sum(), scores

    compiled = jax.jit(jax.value_and_grad(total, has_aux=True))

    def gradient(x: Any, *others: Any) -> tuple[Any, Any]:
        weights = [variable.value for variable in variables]
        (_, scores), slopes = compiled(_to_tensor(x), weights, tuple(map(_to_tensor, others)))
        return scores, slopes

    return gradient


def _to_tensor(value: Any) -> Any:
    from keras import ops

    return ops.convert_to_tensor(value)


def _check_scores(scores: Any, x: Any) -> Any:
    """Return the scores, if they are one float for each example."""
    import keras

    kind = keras.backend.standardize_dtype(scores.dtype)
    if not keras.backend.is_float_dtype(kind):
        raise ZooError(f"{_NO_GRADIENT} Its score is {kind}.")
    if len(scores.shape) != 1 or scores.shape[0] not in (None, x.shape[0]):
        raise ZooError(
            f"A score must be one number for each example. Received: shape {tuple(scores.shape)} for "
            f"inputs of shape {tuple(x.shape)}."
        )
    return scores


_NO_GRADIENT = (
    "The score has no gradient with respect to the input: an operation between them (an argmax, a "
    "rounding, a cast to whole numbers) has none. Choose an earlier layer."
)


def logit_gradient(logits: keras.Model) -> GradientFunction:
    """Return the gradient of one class' logit for each example: (inputs, indices)."""
    from keras import ops

    def logit(x: Any, indices: Any) -> Any:
        outputs = ops.cast(logits(x, training=False), "float32")
        return ops.sum(outputs * ops.one_hot(indices, outputs.shape[-1]), -1)

    return compile_gradient(logit, logits.variables)


def gradient_in_batches(gradient: GradientFunction, inputs: Array, index: int) -> Array:
    """Return the gradients of many inputs, a batch at a time, so that they fit into memory.

    Args:
        gradient: what `logit_gradient` returns.
        inputs: shape (n, ...).
        index: the class whose logit is meant.
    """
    size = max(1, min(MOST_INPUTS, MOST_NUMBERS // inputs[0].size))
    batches = [inputs[start : start + size] for start in range(0, len(inputs), size)]
    gradients = [gradient(batch, np.full(len(batch), index, np.int32))[1] for batch in batches]
    return np.concatenate([np.asarray(each) for each in gradients])
