"""Test sets beside an ONNX file, in the form of the ONNX backend tests.

    PART_test_data/test_data_set_0/input_0.pb, output_0.pb, ...

Each .pb file is one TensorProto with the tensor's name. Any runner of the ONNX backend tests, such as
`onnx_test_runner`, can verify the file with them, without the zoo.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from zoo.exporters.parts.contract import Contract, Tensor
from zoo.exporters.parts.probe_inputs import Array
from zoo.exporters.parts.probes import Probe

SUFFIX = "_test_data"


def write_test_sets(folder: Path, contract: Contract, probes: Sequence[Probe]) -> None:
    """Write the probes of a part as test sets.

    Args:
        folder: is created.
        contract: has the inputs and outputs in the order of the ONNX file.
        probes: one becomes one set.
    """
    for number, probe in enumerate(probes):
        place = folder / f"test_data_set_{number}"
        place.mkdir(parents=True)
        _write_tensors(place, "input", contract.inputs, probe.inputs)
        _write_tensors(place, "output", contract.outputs, probe.outputs)


def _write_tensors(
    place: Path, kind: str, tensors: Sequence[Tensor], arrays: dict[str, Array]
) -> None:
    from onnx import numpy_helper

    for number, tensor in enumerate(tensors):
        value = numpy_helper.from_array(arrays[tensor.name], tensor.name)
        (place / f"{kind}_{number}.pb").write_bytes(value.SerializeToString(deterministic=True))
