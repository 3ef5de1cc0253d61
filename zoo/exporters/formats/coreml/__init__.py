"""Core ML's .mlpackage, an ML program in float32, compared with the model by structure and not run here."""

from __future__ import annotations

import gc
import json
import warnings
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo.errors import ExportError
from zoo.exporters.formats.coreml.structure import PROGRAM, structure_problem
from zoo.exporters.formats.coreml.tensorflow_operators import register_operators
from zoo.exporters.formats.saved_model import serving_function
from zoo.exporters.formats.silence import silent_standard_error
from zoo.exporters.formats.unrolled import unrolled_layers
from zoo.runtimes.group import missing_package
from zoo.runtimes.sample_code import python_code

if TYPE_CHECKING:
    from zoo.exporters.parts.contract import Contract, Tensor
    from zoo.exporters.parts.part import Part

SUFFIX = ".mlpackage"
RUNTIMES: tuple[str, ...] = ()

# Free sizes: an ML program has no unbounded ones, and needs one size to begin with.
LARGEST_BATCH, LARGEST_SIDE, DEFAULT_SIDE = 1024, 4096, 64
DTYPES = ("float32", "float16", "int32")


def write(part: Part, path: Path, options: Mapping[str, Any]) -> None:
    """Convert the part, and compare the inputs, the outputs and the weights of the program with the part's.

    Args:
        part, path, options: as `Format.write` has them; no option is used.

    Raises:
        ExportError: coremltools is not installed, the part has dtypes or operators that Core ML does
            not have, or the program is not the part's.
    """
    if problem := missing_package("coremltools", "coreml"):
        raise ExportError(problem)
    _check_dtypes(part)
    with silent_standard_error(), warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # coremltools leaves a temporary folder
        _convert(part, path)
        gc.collect()
        problem = structure_problem(path, part)
    if problem:
        raise ExportError(f"The program of Core ML is not the part's: {problem}")


def _check_dtypes(part: Part) -> None:
    """Refuse inputs and outputs that an ML program cannot have.

    Raises:
        ExportError: it names the tensor.
    """
    for tensor in part.contract.inputs + part.contract.outputs:
        if tensor.dtype not in DTYPES:
            raise ExportError(
                f"{tensor.name!r} has the dtype {tensor.dtype}, and Core ML has {', '.join(DTYPES)}. "
                "Cast it inside the part, or leave out this format."
            )


def _convert(part: Part, path: Path) -> None:
    """Write the package, with the contract's names, the origin and the licence in its description."""
    import coremltools
    import numpy as np

    with unrolled_layers(part.model, "Core ML"):
        # A copy of the part has a function of its own; the part's function is shared by all formats.
        function = serving_function(replace(part)).get_concrete_function()
    register_operators()
    inputs = [
        coremltools.TensorType(tensor.name, _shape(tensor), np.dtype(tensor.dtype))
        for tensor in part.contract.inputs
    ]
    coremltools.convert(
        [function],
        source="tensorflow",
        convert_to="mlprogram",
        inputs=inputs,
        compute_precision=coremltools.precision.FLOAT32,
        minimum_deployment_target=coremltools.target.iOS16,
        skip_model_load=True,
        package_dir=str(path),
    )
    spec = coremltools.utils.load_spec(str(path))
    # TensorFlow's outputs are called Identity, Identity_1, in the order of the sorted names.
    for name, tensor in zip(sorted(function.structured_outputs), function.outputs, strict=True):
        coremltools.utils.rename_feature(spec, tensor.name.partition(":")[0], name)
    _describe(spec.description, part)
    (path / PROGRAM).write_bytes(spec.SerializeToString(deterministic=True))


def _shape(tensor: Tensor) -> Any:
    """Return a shape of Core ML, with a range for each free size."""
    import coremltools

    sizes = [
        coremltools.RangeDim(
            1, LARGEST_SIDE if axis else LARGEST_BATCH, DEFAULT_SIDE if axis else 1
        )
        if size is None
        else size
        for axis, size in enumerate(tensor.sizes)
    ]
    return coremltools.Shape(sizes)


def _describe(description: Any, part: Part) -> None:
    """Write what the inputs hold, the licence, the contract and the origin into a model's description."""
    for feature, tensor in zip(description.input, part.contract.inputs, strict=True):
        feature.shortDescription = tensor.expects
    description.metadata.license = part.origin.get("license", "")
    description.metadata.author = f"zoo {part.origin.get('zoo', '')}".strip()
    facts = {"contract": json.dumps(part.contract.to_json(), sort_keys=True), **part.origin}
    description.metadata.userDefined.update(dict(sorted(facts.items())))


def example(contract: Contract, file: str) -> str:
    """Return the code that loads and runs the file with coremltools on macOS."""
    return python_code(
        contract,
        "import coremltools  # Core ML runs on macOS only",
        f'model = coremltools.models.MLModel("{file}")',
        "print(model.predict(inputs))",
    )
