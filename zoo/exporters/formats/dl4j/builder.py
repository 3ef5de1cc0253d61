"""New layers with names of their own, from which a model for Deeplearning4j is built."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import keras

    from zoo.data.arrays import Array

_SHARES_ITS_INPUT = ("Cropping2D", "Flatten", "InputLayer", "Reshape")


class LayerBuilder:
    """Adds layers to a graph, each under a name that no other layer has.

    Args:
        taken: names that layers must not get: those of the inputs and the outputs.
    """

    def __init__(self, taken: set[str]) -> None:
        self._taken = set(taken)

    def add(
        self,
        layer: keras.Layer,
        inputs: Any,
        weights: list[Array] | None = None,
        name: str | None = None,
    ) -> Any:
        """Call a copy of a layer; return its output.

        Args:
            layer: gives the class, the settings, and the beginning of the name.
            inputs: a tensor, or a list of tensors.
            weights: of the copy; the layer's own if not given.
            name: of the copy, which nothing checks; a free name if not given.
        """
        config = layer.get_config() | {"name": name or self._free_name(layer.name)}
        copy = type(layer).from_config(config)
        outputs = copy(inputs)
        if copy.weights:
            copy.set_weights(layer.get_weights() if weights is None else weights)
        return outputs

    def own_copy(self, x: Any) -> Any:
        """Return a tensor that no other layer reads, if x may be an array that others read.

        Deeplearning4j computes an activation in place where its input is an input of the graph, or a view.
        """
        kind = type(x._keras_history.operation).__name__
        return self.scale(x, 1.0, name="copy") if kind in _SHARES_ITS_INPUT else x

    def scale(self, x: Any, factors: Any, offsets: Any = 0.0, name: str = "scale") -> Any:
        """Return factor * x + offset for each channel, computed by a layer that has weights for it.

        Args:
            x: a tensor of shape (batch, ..., channels).
            factors: one number, or one for each channel.
            offsets: one number, or one for each channel.
            name: the beginning of the layer's name.
        """
        from keras import layers

        channels, rank = x.shape[-1], len(x.shape)
        factors = np.broadcast_to(np.asarray(factors, np.float32).ravel(), (channels,))
        offsets = np.broadcast_to(np.asarray(offsets, np.float32).ravel(), (channels,))
        if rank in (2, 4):
            # (x - 0) / sqrt(1 - e + e) * factor + offset
            layer = layers.BatchNormalization(epsilon=0.5, name=name)
            zeros, halves = np.zeros(channels, np.float32), np.full(channels, 0.5, np.float32)
            return self.add(layer, x, [factors, offsets, zeros, halves])
        return self.mix(x, np.diag(factors), offsets, name)

    def mix(self, x: Any, matrix: Any, offsets: Any = None, name: str = "mix") -> Any:
        """Return x M + offsets over the channels, by a dense layer or a convolution of size one.

        Args:
            x: a tensor of shape (batch, ..., channels).
            matrix: M, shape (channels, new channels).
            offsets: one for each new channel; none if not given.
            name: the beginning of the layer's name.
        """
        from keras import layers

        kernel = np.asarray(matrix, np.float32)
        space, count = len(x.shape) - 2, kernel.shape[1]
        weights = [kernel.reshape((*[1] * space, *kernel.shape))]
        weights += [] if offsets is None else [np.asarray(offsets, np.float32)]
        if space == 0:
            layer = layers.Dense(count, use_bias=offsets is not None, name=name)
        else:
            convolution = getattr(layers, f"Conv{space}D")
            layer = convolution(count, 1, use_bias=offsets is not None, name=name)
        return self.add(layer, x, weights)

    def _free_name(self, name: str) -> str:
        number, candidate = 1, name
        while candidate in self._taken:
            number, candidate = number + 1, f"{name}_{number}"
        self._taken.add(candidate)
        return candidate


class Call(NamedTuple):
    """A call of a layer of the part, for which new layers stand in the model for Deeplearning4j.

    `builder` adds the new layers. `x` is what the layer takes in the new model: a tensor, or a list of them.
    """

    builder: LayerBuilder
    layer: Any
    x: Any
