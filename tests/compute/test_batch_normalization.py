"""Batch normalisation in one operation computes what Keras' layer computes."""

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo.compute.batch_normalization import fused_batch_normalization, keras_batch_normalization


def step_results(layer: Any, x: Any, fused: bool, training: bool = True) -> list[Any]:
    """Return the output, the gradients and the moving statistics of one step of a layer."""
    layer.build(x.shape)
    target = np.random.default_rng(1).normal(size=x.shape).astype(np.float32)
    with fused_batch_normalization() if fused else nullcontext():

        @tf.function
        def step(x: Any) -> Any:
            with tf.GradientTape() as tape:
                tape.watch(x)
                y = layer(x, training=training)
                loss = tf.reduce_sum(tf.square(y - target))
            return y, tape.gradient(loss, [x, *(v.value for v in layer.trainable_variables)])

        y, gradients = step(tf.constant(x))
    return [np.array(each) for each in (y, *gradients, *layer.non_trainable_variables)]


@pytest.mark.parametrize("shape", [(6, 3), (4, 5, 3), (4, 5, 6, 3), (2, 3, 4, 5, 3), (1, 3)])
def test_outputs_gradients_and_moving_statistics_are_those_of_keras(shape: Sequence[int]) -> None:
    x = np.random.default_rng(0).normal(2, 3, shape).astype(np.float32)
    ours, theirs = (
        step_results(keras.layers.BatchNormalization(momentum=0.8), x, fused)
        for fused in (True, False)
    )
    assert len(ours) == len(theirs) == 6
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other, rtol=2e-4, atol=2e-4)


def operations(layer: Any, shape: Sequence[int], training: bool = True) -> set[str]:
    """Return the types of the operations that a layer makes."""
    with fused_batch_normalization():
        function = tf.function(lambda x: layer(x, training=training))
        graph = function.get_concrete_function(tf.TensorSpec(shape, tf.float32)).graph
    return {each.type for each in graph.get_operations()}


def test_the_fused_operation_is_for_training_and_plain_layers_alone() -> None:
    layer = keras.layers.BatchNormalization
    assert "FusedBatchNormV3" in operations(layer(), (None, 4, 4, 3))
    assert "FusedBatchNormV3" not in operations(layer(), (None, 4, 4, 3), training=False)
    frozen = layer()
    frozen.trainable = False
    for other in (layer(axis=1), layer(scale=False), layer(dtype="bfloat16"), frozen):
        assert "FusedBatchNormV3" not in operations(other, (None, 4, 4, 3))


def test_the_layer_is_keras_own_afterwards() -> None:
    before = keras.layers.BatchNormalization.call
    with pytest.raises(ZeroDivisionError), fused_batch_normalization():
        _ = 1 / 0
    assert keras.layers.BatchNormalization.call is before


def test_what_xla_compiles_is_left_to_keras() -> None:
    with keras_batch_normalization():
        found = operations(keras.layers.BatchNormalization(), (4, 3))
    assert "FusedBatchNormV3" not in found
    assert "FusedBatchNormV3" in operations(keras.layers.BatchNormalization(), (4, 3))
