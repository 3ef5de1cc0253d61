"""Layers that are an operator of ONNX: recurrent layers, instance normalisation, repetition.

Without this, tf2onnx sees what TensorFlow computes: an unrolled LSTM of 150 steps is 4,694 nodes, and a
group normalisation is a mean over three axes of five, which OpenCV 5.0 computes wrongly and reports no error.
Instance normalisation: Ulyanov et al. 2016, arXiv:1607.08022.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

Operator = Callable[[Any, str], str]
"""A function that adds nodes to a graph of tf2onnx: (graph, name of the input) -> name of the output."""

_ACTIVATIONS = {"tanh": "Tanh", "sigmoid": "Sigmoid", "relu": "Relu"}
_GATES = {"LSTM": (0, 3, 1, 2), "GRU": (0, 1, 2), "SimpleRNN": (0,)}  # ONNX's order in Keras' order
_DEFAULTS = {"LSTM": ["Sigmoid", "Tanh", "Tanh"], "GRU": ["Sigmoid", "Tanh"], "SimpleRNN": ["Tanh"]}
_LARGEST_INT = 2**63 - 1


def is_one_operator(layer: Any) -> bool:
    """Return whether a layer, with its settings, is one operator of ONNX."""
    import keras

    if layer.compute_dtype != "float32":
        return False
    if type(layer) in (keras.layers.LSTM, keras.layers.GRU, keras.layers.SimpleRNN):
        return _is_plain_recurrent(layer)
    if type(layer) is keras.layers.Bidirectional:
        both = (layer.forward_layer, layer.backward_layer)
        return layer.merge_mode is not None and all(map(is_one_operator, both))
    if type(layer) is keras.layers.GroupNormalization:
        return _is_instance_normalization(layer)
    if type(layer) is keras.layers.UpSampling2D:
        return bool(layer.interpolation == "nearest" and layer.data_format == "channels_last")
    if type(layer) in (keras.layers.GlobalAveragePooling3D, keras.layers.GlobalMaxPooling3D):
        return bool(layer.data_format == "channels_last" and not layer.keepdims)
    return type(layer) is keras.layers.RepeatVector


def operator_of(layer: Any) -> Operator:
    """Return the function that adds a layer's operator to a graph of tf2onnx.

    Args:
        layer: one that `is_one_operator`. Its weights are read now, so eagerly.
    """
    import keras

    writers: dict[Any, Callable[[Any], Operator]] = {
        keras.layers.Bidirectional: _bidirectional,
        keras.layers.GroupNormalization: _instance_normalization,
        keras.layers.UpSampling2D: _upsampling,
        keras.layers.RepeatVector: _repetition,
        keras.layers.GlobalAveragePooling3D: _pooling_of_volumes,
        keras.layers.GlobalMaxPooling3D: _pooling_of_volumes,
    }
    return writers.get(type(layer), _recurrent)(layer)


def _is_plain_recurrent(layer: Any) -> bool:
    activations = {layer.activation.__name__}
    if hasattr(layer, "recurrent_activation"):
        activations.add(layer.recurrent_activation.__name__)
    return activations <= set(_ACTIVATIONS) and not (layer.stateful or layer.return_state)


def _is_instance_normalization(layer: Any) -> bool:
    """Return whether each channel is a group of its own, with the channels last."""
    rank = layer.input_spec.ndim
    is_last = rank > 2 and layer.axis in (-1, rank - 1)
    return is_last and layer.groups == layer.input_spec.axes[layer.axis]


def _bidirectional(layer: Any) -> Operator:
    """Return both operators and what merges them; TensorFlow's flip would be a ReverseSequence."""
    forward, backward = _recurrent(layer.forward_layer), _recurrent(layer.backward_layer, flip=True)
    mode = layer.merge_mode

    def add(graph: Any, x: str) -> str:
        outputs = [forward(graph, x), backward(graph, x)]
        if mode == "concat":
            return _add(graph, "Concat", outputs, {"axis": -1})
        merged = _add(graph, "Mul" if mode == "mul" else "Add", outputs)
        half = np.array(0.5, np.float32)
        return _add(graph, "Mul", [merged, _constant(graph, half)]) if mode == "ave" else merged

    return add


def _recurrent(layer: Any, flip: bool = False) -> Operator:
    """Return the operator LSTM, GRU or RNN, which takes the time first and the batch second.

    Its attribute `direction` is not used: backwards, tract 0.23 and OpenCV 5.0 compute wrong numbers and
    report no error. The steps are reversed before it. OpenVINO 2026.4 computes wrong numbers where two layers
    read one Transpose, and one of them is followed by another; a Transpose of all four axes undoes its own.

    Args:
        layer: the recurrent layer.
        flip: whether the steps that it returns are reversed, too.
    """
    kind, cell = type(layer).__name__, layer.cell
    arrays = [_by_gate(weight, kind).T[None] for weight in (cell.kernel, cell.recurrent_kernel)]
    if layer.use_bias:
        arrays.append(_biases(cell.bias, kind)[None])
    attributes, shape = _recurrent_attributes(layer, kind), np.array([0, -1, layer.units], np.int64)
    returns_sequences, backwards = layer.return_sequences, layer.go_backwards

    def add(graph: Any, x: str) -> str:
        count = (graph.get_shape(x) or [-1, -1])[1]
        x = _reverse(graph, x, count) if backwards else x
        steps = _add(graph, "Transpose", [x], {"perm": [1, 0, 2]})
        weights = [_constant(graph, np.ascontiguousarray(array)) for array in arrays]
        operator = "RNN" if kind == "SimpleRNN" else kind
        node = graph.make_node(operator, [steps, *weights], attr=attributes, output_count=2)
        if not returns_sequences:
            return _change_rank(graph, "Squeeze", node.output[1], 0)
        states = _add(graph, "Transpose", [node.output[0]], {"perm": [2, 1, 0, 3]})
        states = _add(graph, "Reshape", [states, _constant(graph, shape)])
        return _reverse(graph, states, count) if flip else states

    return add


def _by_gate(weight: Any, kind: str) -> Any:
    """Return a weight whose last axis holds the gates side by side, in ONNX's order."""
    gates = np.split(weight.numpy(), len(_GATES[kind]), axis=-1)
    return np.concatenate([gates[gate] for gate in _GATES[kind]], axis=-1)


def _biases(bias: Any, kind: str) -> Any:
    """Return the bias of the inputs, then that of the state; only a GRU of Keras may have the second."""
    ordered = _by_gate(bias, kind)
    return ordered.reshape(-1) if ordered.ndim == 2 else np.append(ordered, 0 * ordered)


def _recurrent_attributes(layer: Any, kind: str) -> Mapping[str, Any]:
    attributes: dict[str, Any] = {"hidden_size": int(layer.units)}
    if kind == "GRU":
        attributes["linear_before_reset"] = int(layer.reset_after)
    activation = _ACTIVATIONS[layer.activation.__name__]
    names = [activation]
    if kind != "SimpleRNN":
        names = [_ACTIVATIONS[layer.recurrent_activation.__name__], activation]
    names += [activation] if kind == "LSTM" else []
    return attributes if names == _DEFAULTS[kind] else attributes | {"activations": names}


def _instance_normalization(layer: Any) -> Operator:
    """Return the operator InstanceNormalization, which takes the channels after the batch."""
    ones = np.ones(layer.groups, np.float32)
    scale = layer.gamma.numpy() if layer.scale else ones
    shift = layer.beta.numpy() if layer.center else 0 * ones
    rank, epsilon = layer.input_spec.ndim, float(layer.epsilon)

    def normalize(graph: Any, x: str) -> str:
        weights = [_constant(graph, scale), _constant(graph, shift)]
        return _add(graph, "InstanceNormalization", [x, *weights], {"epsilon": epsilon})

    return _with_channels_first(normalize, rank)


def _upsampling(layer: Any) -> Operator:
    """Return the operator Resize, which repeats each pixel."""
    scales = np.array([1, 1, *layer.size], np.float32)
    attributes = {
        "mode": "nearest",
        "coordinate_transformation_mode": "asymmetric",
        "nearest_mode": "floor",
    }

    def resize(graph: Any, x: str) -> str:
        region = "" if graph.opset > 12 else _constant(graph, np.zeros(0, np.float32))
        return _add(graph, "Resize", [x, region, _constant(graph, scales)], attributes)

    return _with_channels_first(resize, 4)


def _repetition(layer: Any) -> Operator:
    """Return the operator Gather, which takes the same vector at each step.

    tract 0.23 fails on an LSTM behind a Tile or an Expand.
    """
    steps = np.zeros(layer.n, np.int64)

    def repeat(graph: Any, x: str) -> str:
        one_step = _change_rank(graph, "Unsqueeze", x, 1)
        return _add(graph, "Gather", [one_step, _constant(graph, steps)], {"axis": 1})

    return repeat


def _pooling_of_volumes(layer: Any) -> Operator:
    """Return the mean or the largest value over one axis of positions; OpenCV pools no volumes."""
    kind = "ReduceMean" if "Average" in type(layer).__name__ else "ReduceMax"

    def pool(graph: Any, x: str) -> str:
        first = _add(graph, "Transpose", [x], {"perm": [0, 4, 1, 2, 3]})
        shape = _constant(graph, np.array([0, 0, -1], np.int64))
        flat = _add(graph, "Reshape", [first, shape])
        if graph.opset < 18:
            return _add(graph, kind, [flat], {"axes": [2], "keepdims": 0})
        axes = _constant(graph, np.array([2], np.int64))
        return _add(graph, kind, [flat, axes], {"keepdims": 0})

    return pool


def _with_channels_first(operator: Operator, rank: int) -> Operator:
    """Return an operator with a Transpose before and after it; tf2onnx merges them with others."""
    first = [0, rank - 1, *range(1, rank - 1)]
    last = [0, *range(2, rank), 1]

    def add(graph: Any, x: str) -> str:
        transposed = _add(graph, "Transpose", [x], {"perm": first})
        return _add(graph, "Transpose", [operator(graph, transposed)], {"perm": last})

    return add


def _change_rank(graph: Any, operator: str, x: str, axis: int) -> str:
    """Add a Squeeze or an Unsqueeze of one axis, which is an attribute before opset 13."""
    if graph.opset < 13:
        return _add(graph, operator, [x], {"axes": [axis]})
    return _add(graph, operator, [x, _constant(graph, np.array([axis], np.int64))])


def _reverse(graph: Any, x: str, steps: int) -> str:
    """Reverse the steps of a series; a Slice, for which engines know no shape, where they are free (-1)."""
    if steps > 0:
        order = _constant(graph, np.arange(steps)[::-1].copy())
        return _add(graph, "Gather", [x, order], {"axis": 1})
    values = (-1, -_LARGEST_INT, 1, -1)
    constants = [_constant(graph, np.array([value], np.int64)) for value in values]
    return _add(graph, "Slice", [x, *constants])


def _add(
    graph: Any, operator: str, inputs: Sequence[str], attributes: Mapping[str, Any] | None = None
) -> str:
    """Add a node with one output; return the output's name."""
    return str(graph.make_node(operator, list(inputs), attr=dict(attributes or {})).output[0])


def _constant(graph: Any, value: Any) -> str:
    from tf2onnx import utils

    return str(graph.make_const(utils.make_name("layer_constant"), value).output[0])
