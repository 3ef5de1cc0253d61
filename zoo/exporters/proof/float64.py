"""A part evaluated in float64: the numbers that the rounding of every float32 runtime is measured against."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from zoo.errors import ExportError, format_cause
from zoo.exporters.formats.litert.operators import pooling_3d
from zoo.exporters.formats.unrolled import layer_attribute
from zoo.exporters.parts.canonical import layers_of
from zoo.exporters.parts.part import Part, call_part
from zoo.exporters.parts.probe_inputs import Array
from zoo.exporters.parts.probes import Probe

if TYPE_CHECKING:
    import keras

MOST_BYTES = 256 * 2**20  # of float32 weights; those in float64 would be in memory beside them
_NARROW = ("float16", "bfloat16")


def add_exact_outputs(part: Part, probes: list[Probe]) -> list[Probe]:
    """Return the probes with the outputs that the part computes in float64.

    The part is rebuilt from its config with float64 in place of float32, and gets the same weights.

    Raises:
        ExportError: it cannot be evaluated in float64. The message says why.
    """
    _check_dtypes(part)
    try:
        with ThreadPoolExecutor(
            1
        ) as thread:  # in a new thread, Keras' counters of names begin at 0
            return thread.submit(_evaluate, part, probes).result()
    except ExportError:
        raise
    except Exception as error:  # a layer of anybody's may not know float64
        raise ExportError(f"it cannot be evaluated in float64: {format_cause(error)}") from error


def _check_dtypes(part: Part) -> None:
    if all(not tensor.dtype.startswith("float") for tensor in part.contract.outputs):
        raise ExportError("its outputs are no real numbers")
    narrow = [layer for layer in layers_of(part.model) if layer.compute_dtype in _NARROW]
    if narrow:
        raise ExportError(f"its layer {narrow[0].name!r} computes in {narrow[0].compute_dtype}")
    size = sum(int(np.prod(weight.shape)) * 4 for weight in part.model.weights)
    if size > MOST_BYTES:
        raise ExportError(
            f"its weights take {size / 2**20:.0f} MiB, and more than 256 are not copied"
        )


def _evaluate(part: Part, probes: list[Probe]) -> list[Probe]:
    import keras

    keras.config.set_dtype_policy("float64")  # of this thread alone
    model = _float64_model(part.model)
    with ExitStack() as stack:
        for layer in layers_of(model):
            if type(layer).__name__ in ("AveragePooling3D", "MaxPooling3D"):
                # TensorFlow pools volumes in float32 only, and planes in float64 too
                stack.enter_context(layer_attribute(layer, "call", partial(pooling_3d, layer)))
        return [_exact_probe(part, model, probe) for probe in probes]


def _float64_model(model: keras.Model) -> keras.Model:
    import keras

    custom = {type(layer).__name__: type(layer) for layer in layers_of(model)}
    config = _float64_config(model.get_config())
    with keras.utils.custom_object_scope(custom):
        copy = _without_initial_values(config, model) or keras.Model.from_config(config)
    copy.set_weights([np.asarray(weight) for weight in model.get_weights()])
    for layer in layers_of(copy):
        if hasattr(layer, "finalize_state"):
            layer.finalize_state()  # Normalization computes with values derived from its weights
    return copy


def _without_initial_values(config: dict[str, Any], model: keras.Model) -> keras.Model | None:
    """Return a model with zeros for weights, which takes less time than drawing initial values.

    Returns None where a layer comes from elsewhere: it may compute with its weights while it is built.
    """
    import keras

    packages = {type(layer).__module__.partition(".")[0] for layer in layers_of(model)}
    if not packages <= {"keras", "zoo"}:
        return None
    try:
        with keras.StatelessScope(initialize_variables=False):
            copy = keras.Model.from_config(config)
    except Exception:  # a layer that wants values while it is built
        return None
    for variable in copy.variables:
        if variable._value is None:
            variable._initialize(np.zeros(variable.shape, variable.dtype))
    return copy


def _float64_config(value: Any) -> Any:
    """Return a config with float64 for float32, and loops for recurrent layers that are unrolled."""
    if isinstance(value, list | tuple):
        return type(value)(_float64_config(item) for item in value)
    if isinstance(value, Mapping):
        config = {
            key: _float64_config(item) for key, item in value.items() if key != "build_config"
        }
        return config | {"unroll": False} if "unroll" in config else config
    return "float64" if isinstance(value, str) and value == "float32" else value


def _exact_probe(part: Part, model: keras.Model, probe: Probe) -> Probe:
    values = call_part(model, [_widen(probe.inputs[each.name]) for each in part.contract.inputs])
    names = [tensor.name for tensor in part.contract.outputs]
    exact: dict[str, Array] = {}
    for name, value in zip(names, values, strict=True):
        array = np.asarray(value)
        if probe.outputs[name].dtype.kind == "f":
            if array.dtype != np.float64:
                raise ExportError(f"its output {name!r} stays {array.dtype} in float64")
            exact[name] = array
    return replace(probe, exact=exact)


def _widen(array: Array) -> Array:
    return array.astype(np.float64) if array.dtype == np.float32 else array
