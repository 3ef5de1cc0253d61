"""TensorFlow's SavedModel, opened without Keras; PART/1 is version 1 of a model of TensorFlow Serving.

TensorFlow Serving serves a folder whose subfolders are versions:

    tensorflow_model_server --model_name=classifier --model_base_path=/path/to/export/classifier
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from zoo.exporters.parts.part import Part

SUFFIX = "/1"
RUNTIMES = ("tensorflow",)

_FUNCTIONS: WeakKeyDictionary[Part, Any] = WeakKeyDictionary()


def write(part: Part, path: Path, options: Mapping[str, Any]) -> None:
    """Save one signature, `serving_default`, with the contract's names.

    Args:
        part, path, options: as `Format.write` has them; no option is used.
    """
    import tensorflow as tf

    served = tf.Module()
    served.weights = [variable.value for variable in part.model.variables]
    signature = serving_function(part).get_concrete_function()
    tf.saved_model.save(served, str(path), signatures={"serving_default": signature})


def serving_function(part: Part) -> Any:
    """Return the part as a tf.function with named inputs and a dictionary of outputs.

    Each part has one function, so that it is traced once for all formats.
    """
    if part not in _FUNCTIONS:
        _FUNCTIONS[part] = _serving_function(part)
    return _FUNCTIONS[part]


def _serving_function(part: Part) -> Any:
    import tensorflow as tf

    from zoo.exporters.formats.grouped import convolutions_without_xla
    from zoo.exporters.parts.part import call_part

    names = [tensor.name for tensor in part.contract.outputs]
    model = part.model  # a function that held the part would keep it in `_FUNCTIONS` for ever

    def call(*inputs: Any) -> dict[str, Any]:
        with convolutions_without_xla(model):
            return dict(zip(names, call_part(model, inputs), strict=True))

    specs = [
        tf.TensorSpec(tensor.sizes, tensor.dtype, name=tensor.name)
        for tensor in part.contract.inputs
    ]
    return tf.function(call, input_signature=specs, autograph=False)
