"""Parts that Keras computes, each as one compiled function."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from zoo.data.arrays import Array
from zoo.errors import PluginError
from zoo.inference.parts import PartFunction, as_arrays

if TYPE_CHECKING:
    import keras

__all__ = ["KerasPart", "KerasParts"]


class KerasPart(PartFunction):
    """One part that Keras computes.

    On TensorFlow, one traced function serves batches of any size. Elsewhere a function is compiled for
    each shape, so a batch that is smaller than an earlier one is padded to its size.

    Args:
        role: the part's name.
        model: a Functional model, or a built one with `inputs` and `outputs`.
    """

    def __init__(self, role: str, model: keras.Model) -> None:
        import keras

        inputs = {tensor.name: tuple(tensor.shape[1:]) for tensor in model.inputs}
        super().__init__(role, inputs, _output_names(model))
        self.model = model
        self._dtypes = [str(tensor.dtype) for tensor in model.inputs]
        self._pads = keras.backend.backend() != "tensorflow"
        self._function = _one_function(model) if not self._pads else _function_of_shapes(model)
        self._largest: dict[tuple[tuple[int, ...], ...], int] = {}

    def compute(self, arrays: Sequence[Array]) -> Sequence[Array]:
        """Return the outputs for one batch."""
        pairs = zip(arrays, self._dtypes, strict=True)
        arrays = [np.asarray(array, dtype) for array, dtype in pairs]
        if not self._pads:
            return as_arrays(self._function(arrays))
        count = len(arrays[0])
        padded = [_pad(array, self._batch_size(arrays)) for array in arrays]
        return [output[:count] for output in as_arrays(self._function(padded))]

    def _batch_size(self, arrays: Sequence[Array]) -> int:
        """Return the size of the largest batch of these shapes so far, this one included."""
        shapes = tuple(array.shape[1:] for array in arrays)
        self._largest[shapes] = max(len(arrays[0]), self._largest.get(shapes, 0))
        return self._largest[shapes]


class KerasParts(Mapping[str, PartFunction]):
    """The parts of a model by role; each is compiled when it is first used.

    Args:
        export: returns the parts as Keras models. It is called when a part is first used.
    """

    def __init__(self, export: Callable[[], Mapping[str, keras.Model]]) -> None:
        self._export = export
        self._parts: dict[str, PartFunction] = {}

    @cached_property
    def _models(self) -> Mapping[str, keras.Model]:
        return self._export()

    def __getitem__(self, role: str) -> PartFunction:
        if role not in self._parts:
            if role not in self._models:
                roles = ", ".join(map(repr, self._models))
                raise PluginError(f"export() returns no part {role!r}. Its parts: {roles}.")
            self._parts[role] = KerasPart(role, self._models[role])
        return self._parts[role]

    def __contains__(self, role: object) -> bool:
        return role in self._models

    def __iter__(self) -> Iterator[str]:
        return iter(self._models)

    def __len__(self) -> int:
        return len(self._models)


def _structure(model: keras.Model, end: str) -> Any:
    """Return the inputs or the outputs of a model as it is called with them, `input` or `output`.

    A Sequential model has one of each, and Keras does not tell which until the model is called.
    """
    import keras

    if isinstance(model, keras.Sequential):
        (tensor,) = getattr(model, f"{end}s")
        return tensor
    return getattr(model, end)


def _output_names(model: keras.Model) -> list[str]:
    """Return the keys of a dictionary of outputs, else the names of the last layers."""
    output = _structure(model, "output")
    if isinstance(output, dict):
        return list(output)
    return [tensor._keras_history.operation.name for tensor in model.outputs]


def _call(model: keras.Model, arrays: Sequence[Any]) -> list[Any]:
    """Return the outputs of a model in order."""
    import keras

    inputs = keras.tree.pack_sequence_as(_structure(model, "input"), list(arrays))
    outputs = model(inputs, training=False)
    if isinstance(outputs, dict):
        return [outputs[key] for key in _structure(model, "output")]
    return list(outputs) if isinstance(outputs, list | tuple) else [outputs]


def _one_function(model: keras.Model) -> Callable[[Sequence[Array]], Sequence[Any]]:
    """Return a TensorFlow function that is traced once, for every size that is free."""
    import tensorflow as tf

    specs = [tf.TensorSpec(tuple(tensor.shape), tensor.dtype) for tensor in model.inputs]

    function = tf.function(lambda arrays: _call(model, arrays), input_signature=[specs])
    traced = function.get_concrete_function()  # called directly, TensorFlow warns of many functions
    return lambda arrays: list(traced([tf.constant(array) for array in arrays]))


def _function_of_shapes(model: keras.Model) -> Callable[[Sequence[Array]], Sequence[Any]]:
    """Return a function that the backend compiles for each shape of its inputs."""
    import keras

    flat = keras.Model(model.inputs, list(model.outputs))

    def compute(arrays: Sequence[Array]) -> Sequence[Any]:
        outputs = flat.predict_on_batch(list(arrays))
        # on JAX, Keras returns a list of one output as that output
        return list(outputs) if isinstance(outputs, list | tuple) else [outputs]

    return compute


def _pad(array: Array, count: int) -> Array:
    """Return an array with its last row repeated until it has `count` rows."""
    return np.concatenate([array, np.repeat(array[-1:], count - len(array), 0)])
