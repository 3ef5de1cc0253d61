"""The README.md beside exported files: their inputs, their outputs, and the code that runs each."""

from __future__ import annotations

from zoo.errors import PluginError
from zoo.exporters.formats.protocol import describe_failure, load_format
from zoo.exporters.parts.contract import Contract, Tensor
from zoo.exporters.report import ExportedFile, Report


def readme(report: Report) -> str:
    """Return the text of README.md for a report."""
    origin = report.origin
    lines = [
        f"# {report.model}",
        "",
        f"Exported by zoo {origin.get('zoo', '')}. Each file was run in its own runtime on the inputs in",
        "probe.npz, and its outputs equal the original's. `zoo verify` on this folder runs the files",
        "again. report.json has the largest differences.",
    ]
    if origin.get("preprocessing"):
        lines += ["", f"Preprocessing of the training data: {origin['preprocessing']}."]
    if origin.get("classes", "null") != "null":
        lines += ["", f"Classes, in order: {origin['classes']}."]
    for role, contract in report.contracts.items():
        lines += ["", f"## {role}", "", *_contract_table(contract)]
        for file in report.files:
            if file.part == role:
                lines += _file_section(contract, file)
    return "\n".join(lines) + "\n"


def _contract_table(contract: Contract) -> list[str]:
    rows = ["| | name | dtype | shape | holds |", "|---|---|---|---|---|"]
    rows += [_contract_row("in", tensor) for tensor in contract.inputs]
    return rows + [_contract_row("out", tensor) for tensor in contract.outputs]


def _contract_row(direction: str, tensor: Tensor) -> str:
    shape = ", ".join(str(size) for size in tensor.shape)
    return f"| {direction} | `{tensor.name}` | {tensor.dtype} | ({shape}) | {tensor.expects} |"


def _file_section(contract: Contract, file: ExportedFile) -> list[str]:
    """Return the lines on one file: its format, the runtime it was checked with, and the code."""
    requires = (
        f" Its layers come from {', '.join(file.requires)}, which must be imported first."
        if file.requires
        else ""
    )
    data = f" Its weights are in {file.data}, which must lie beside it." if file.data else ""
    return [
        "",
        f"### {file.path}",
        "",
        f"{file.format}, checked with {file.runtime}.{requires}{data}",
        "",
        "```python",
        *(f"import {module}" for module in file.requires),
        _sample(contract, file),
        "```",
    ]


def _sample(contract: Contract, file: ExportedFile) -> str:
    try:
        return load_format(file.format).example(contract, file.path)
    except Exception as error:  # a format of a plug-in may raise anything
        raise PluginError(describe_failure(file.format, error)) from error
