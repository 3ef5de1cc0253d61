"""The parts of a page and the export's own tests of them: inputs, and the outputs that Keras computes."""

from __future__ import annotations

from typing import Any

from zoo.errors import UsageError
from zoo.exporters.parts.probes import load_probes, tolerance_scales
from zoo.io.safe_load import read_arrays
from zoo.pages.files import PageFiles
from zoo.pages.model import FORMAT, PageModel

__all__ = ["write_parts", "write_tests"]


def write_parts(model: PageModel, files: PageFiles) -> dict[str, Any]:
    """Copy the ONNX file of each part, and return by role what page.json says about it.

    Raises:
        UsageError: a part is larger than a browser can open.
    """
    parts = {}
    for file in model.report.files:
        if file.format != FORMAT:
            continue
        if file.data:
            raise UsageError(
                f"{model.name}: {file.part} is larger than 2 GiB, and no browser can open it."
            )
        path = files.copy(model.folder / file.path, f"parts/{file.path}")
        contract = model.contracts[file.part].to_json()
        facts = {"file": path, "bytes": file.bytes, "sha256": file.sha256}
        parts[file.part] = facts | contract
    return parts


def write_tests(model: PageModel, files: PageFiles) -> dict[str, list[Any]]:
    """Write the probes of each part, and return by role what page.json says about them."""
    arrays = read_arrays(model.folder / "probe.npz")
    tests = {}
    for role in model.contracts:
        probes = load_probes(arrays, role)
        scales = tolerance_scales(probes)
        tests[role] = [
            {
                "inputs": _write_side(files, f"{role}-{number}-in", probe.inputs),
                "outputs": _write_side(files, f"{role}-{number}-out", probe.outputs),
                "scales": scales,
            }
            for number, probe in enumerate(probes)
        ]
    return tests


def _write_side(files: PageFiles, prefix: str, arrays: dict[str, Any]) -> dict[str, Any]:
    return {
        name: files.array(f"{prefix}-{index}", array, "tests")
        for index, (name, array) in enumerate(arrays.items())
    }
