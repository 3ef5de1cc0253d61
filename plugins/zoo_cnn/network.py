"""The convolutional network as one Functional model, in a dtype policy."""

from collections.abc import Iterator
from contextlib import contextmanager

import keras
from keras import layers

from zoo.tasks import normalization

from .blocks import apply_block, apply_stages, layer_class
from .config import Config


@contextmanager
def dtype_policy(name: str) -> Iterator[None]:
    """Set Keras' dtype policy for the layers that are built inside."""
    previous = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(previous)


def build_network(config: Config) -> keras.Model:
    """Return the model in the current dtype policy."""
    rank = len(config.input_shape) - 1
    inputs = x = keras.Input(config.input_shape, name="inputs")
    if rank == 1:  # images and volumes are in [0, 1]; series may have any unit
        x = normalization.normalization_layer()(x)
    if config.pre_activation:
        x = apply_stages(x, config)
    else:
        for filters in config.filters:
            x = apply_block(x, config, filters)
    if config.global_pooling == "flatten":
        x = layers.Flatten()(x)
    else:
        x = layer_class(f"Global{config.global_pooling.title()}Pooling#", rank)()(x)
    x = layers.Dropout(config.head_dropout)(x) if config.head_dropout else x
    x = layers.Dense(len(config.classes), name="logits")(x)
    x = layers.Activation("softmax", name="probabilities", dtype="float32")(x)
    return keras.Model(inputs, x, name="cnn")
