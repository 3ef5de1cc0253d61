"""The comparison of an ML program with the model that it was converted from, since it cannot be run here.

The inputs and outputs must have the contract's names, dtypes and shapes. Each output must be computed from
the kernel and the bias of each layer before it, in some order of axes: as they are, or multiplied into a
batch normalisation f x + o, since coremltools makes one convolution of a convolution and the normalisation
behind it. A bias of zeros may be left out. The activations and poolings before it must be there, too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from zoo.exporters.formats.coreml.operations import operations_before, problem_of_operations
from zoo.exporters.parts.canonical import layers_of

if TYPE_CHECKING:
    import keras

    from zoo.data.arrays import Array
    from zoo.exporters.parts.contract import Tensor
    from zoo.exporters.parts.part import Part

PROGRAM = Path("Data/com.apple.CoreML/model.mlmodel")
WEIGHTS = PROGRAM.with_name("weights")
TOLERANCE = 1e-5  # of float32 weights that were multiplied by a factor, relative to their largest
_ADDED = ("bias", "offset")  # weights that are only added, so that zeros may be left out

Line = tuple["Array", "Array"]
"""A factor and an offset for each channel."""


def structure_problem(path: Path, part: Part) -> str:
    """Return in what way a package is not the part's; nothing where it is.

    Args:
        path: of the .mlpackage.
        part: whose contract and weights are expected.
    """
    import coremltools
    from coremltools.converters.mil.frontend.milproto.load import load

    spec = coremltools.utils.load_spec(str(path))
    description, contract = spec.description, part.contract
    problem = _problem_of_features("inputs", description.input, contract.inputs)
    problem = problem or _problem_of_features("outputs", description.output, contract.outputs)
    if problem:
        return problem
    program = load(spec, spec.specificationVersion, str(path / WEIGHTS))
    variables = {each.name: each for each in program.functions["main"].outputs}
    names = [tensor.name for tensor in contract.outputs]
    for name, model in zip(names, _models_of_outputs(part.model), strict=True):
        if problem := _problem_of_output(variables[name], model):
            return f"in its output {name!r}, {problem}" if len(names) > 1 else problem
    return ""


def _models_of_outputs(model: keras.Model) -> list[keras.Model]:
    """Return for each output of a model the model that computes it alone."""
    import keras

    outputs = keras.tree.flatten(model.outputs)
    return [model] if len(outputs) == 1 else [keras.Model(model.inputs, each) for each in outputs]


def _problem_of_output(variable: Any, model: keras.Model) -> str:
    """Return what is not in the program of what one output is computed from; nothing where all is."""
    operations = operations_before(variable)
    constants = [
        np.asarray(operation.outputs[0].val, np.float64)
        for operation in operations
        if operation.op_type == "const" and _is_number(operation.outputs[0].val)
    ]
    types = Counter(operation.op_type for operation in operations)
    return problem_of_weights(model, constants) or problem_of_operations(model, types)


def _problem_of_features(side: str, features: Any, tensors: Sequence[Tensor]) -> str:
    """Compare the names, dtypes and shapes of inputs or outputs."""
    from coremltools.proto import FeatureTypes_pb2

    names, expected = ({each.name for each in group} for group in (features, tensors))
    if names != expected:
        return f"its {side} are {sorted(names)}, expected {sorted(expected)}"
    by_name = {feature.name: feature.type.multiArrayType for feature in features}
    for tensor in tensors:
        array = by_name[tensor.name]
        dtype = FeatureTypes_pb2.ArrayFeatureType.ArrayDataType.Name(array.dataType).lower()
        if dtype != tensor.dtype:
            return f"{tensor.name!r} has the dtype {dtype}, expected {tensor.dtype}"
        sizes = _sizes(array)
        if sizes and sizes != [size or 0 for size in tensor.sizes]:
            return f"{tensor.name!r} has the sizes {sizes}, expected {tensor.shape}"
    return ""


def _sizes(array: Any) -> list[int]:
    """Return the sizes of an array, 0 for those with a range; empty where the program leaves them open."""
    ranges = [(each.lowerBound, each.upperBound) for each in array.shapeRange.sizeRanges]
    return [low if low == high else 0 for low, high in ranges] or list(array.shape)


def _is_number(value: Any) -> bool:
    return np.asarray(value).dtype.kind == "f"


def problem_of_weights(model: keras.Model, constants: Sequence[Array]) -> str:
    """Return which weights of a layer the constants of a program lack; nothing where they have all.

    Args:
        model: whose kernels, biases and batch normalisations are expected.
        constants: the numbers of a program, of any shape.
    """
    lines, biases = _lines(model), _biases(model)
    by_size: dict[int, list[Array]] = {}
    for constant in constants:
        by_size.setdefault(constant.size, []).append(constant.ravel())
    for layer in layers_of(model):
        for name, choices in _expected_weights(layer, lines, biases):
            if not any(_is_there(choice, by_size, name in _ADDED) for choice in choices):
                return f"it lacks the {name} of the layer {layer.name!r} ({type(layer).__name__})"
    return ""


def _is_there(weight: Array, by_size: Mapping[int, Sequence[Array]], may_be_left_out: bool) -> bool:
    """Return whether a weight is among some constants, or is left out because it is zero and only added."""
    if may_be_left_out and not weight.any():
        return True
    return any(_are_close(weight, constant) for constant in by_size.get(weight.size, []))


def _expected_weights(
    layer: keras.Layer, lines: Sequence[Line], biases: Sequence[Array]
) -> Iterator[tuple[str, Iterator[Array]]]:
    """Yield the name of each weight of a layer, and the forms that it may have in a program.

    Args:
        layer: the layer.
        lines: of all batch normalisations of the model.
        biases: of all layers of the model.
    """
    if type(layer).__name__ == "BatchNormalization":
        factor, offset = _line(layer)
        same = [bias for bias in biases if bias.shape == offset.shape]
        yield "offset", iter([offset, *(factor * bias + offset for bias in same)])
        return
    for weight in layer._trainable_variables:
        value = np.asarray(weight.value, np.float64)
        if weight.name == "bias":
            for row in np.atleast_2d(value):  # a GRU has two, which the converter may take apart
                yield weight.name, chain(_forms_of_bias(row, lines), [value.ravel()])
        elif value.ndim > 1:
            yield weight.name, _forms_of_kernel(value, [factor for factor, _ in lines])


def _forms_of_kernel(kernel: Array, factors: Sequence[Array]) -> Iterator[Array]:
    """Yield a kernel's numbers in each order of axes, as they are and times each factor."""
    *space, first, second = range(kernel.ndim)
    for order in ([*space, first, second], [second, first, *space], [first, second, *space]):
        moved = kernel.transpose(order)
        yield moved.ravel()
        for factor in factors:
            for axis in (order.index(first), order.index(second)):
                if factor.size == moved.shape[axis]:
                    shape = [-1 if each == axis else 1 for each in range(kernel.ndim)]
                    yield (moved * factor.reshape(shape)).ravel()


def _forms_of_bias(bias: Array, lines: Sequence[Line]) -> Iterator[Array]:
    """Yield a bias as it is, and behind each batch normalisation of its size."""
    yield bias
    for factor, offset in lines:
        if factor.size == bias.size:
            yield factor * bias + offset


def _biases(model: keras.Model) -> list[Array]:
    return [
        np.asarray(weight.value, np.float64)
        for layer in layers_of(model)
        for weight in layer._trainable_variables
        if weight.name == "bias"
    ]


def _lines(model: keras.Model) -> list[Line]:
    """Return the factor and the offset of each batch normalisation."""
    kind = "BatchNormalization"
    return [_line(layer) for layer in layers_of(model) if type(layer).__name__ == kind]


def _line(layer: keras.Layer) -> Line:
    """Return f and o of a batch normalisation as f x + o."""
    gamma = np.asarray(layer.gamma, np.float64) if layer.scale else 1.0
    beta = np.asarray(layer.beta, np.float64) if layer.center else 0.0
    factor = gamma / np.sqrt(np.asarray(layer.moving_variance, np.float64) + layer.epsilon)
    return factor, beta - factor * np.asarray(layer.moving_mean, np.float64)


def _are_close(one: Array, other: Array) -> bool:
    """Return whether numbers are equal up to the rounding of one product in float32."""
    scale = float(np.abs(one).max(initial=0.0))
    return bool(np.abs(one - other).max(initial=0.0) <= TOLERANCE * max(scale, 1e-3))
