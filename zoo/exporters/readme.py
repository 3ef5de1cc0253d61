"""The README.md beside exported files: their inputs, their outputs, and the code that runs each."""

from __future__ import annotations

from collections.abc import Sequence

from zoo.errors import PluginError
from zoo.exporters.formats.protocol import describe_failure, load_format
from zoo.exporters.parts.contract import Contract, Tensor
from zoo.exporters.proof.verdict import Verdict
from zoo.exporters.report import ExportedFile, Report
from zoo.runtimes.group import example_code


def readme(report: Report) -> str:
    """Return the text of README.md for a report."""
    origin = report.origin
    lines = [
        f"# {report.model}",
        "",
        f"Exported by zoo {origin.get('zoo', '')}. Each file was run on the inputs in probe.npz in the "
        "runtimes below it, and",
        "its outputs were compared with the original's. `zoo verify` on this folder runs the files again.",
        "",
        "R is the largest difference from the model in float64, divided by that of Keras in float32: near 1",
        "the file rounds as Keras does, far above 10 it computes something else.",
    ]
    if origin.get("preprocessing"):
        lines += ["", f"Preprocessing of the training data: {origin['preprocessing']}."]
    if origin.get("classes", "null") != "null":
        lines += ["", f"Classes, in order: {origin['classes']}."]
    for role, contract in report.contracts.items():
        lines += ["", f"## {role}", "", *_contract_table(contract)]
        if role in report.without_ratio:
            lines += ["", f"R is not known: {report.without_ratio[role]}."]
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
    test_data = (
        f" Test sets in the form of the ONNX backend tests are in {file.test_data}."
        if file.test_data
        else ""
    )
    return [
        "",
        f"### {file.path}",
        "",
        f"Format: {file.format}.{requires}{data}{test_data}",
        "",
        *(_verdict_table(file.verdicts) if file.verdicts else [f"Verdict: {file.verdict}."]),
        "",
        *_measures(file),
        *_sample(contract, file),
        *_other_languages(contract, file),
    ]


def _measures(file: ExportedFile) -> list[str]:
    """Return the lines on what an approximate file loses of the task's measures."""
    if not file.measures:
        return []
    listed = ", ".join(map(str, file.measures))
    return [f"On the test split, with its difference from the model: {listed}.", ""]


def _verdict_table(verdicts: Sequence[Verdict]) -> list[str]:
    rows = ["| runtime | verdict | largest difference | R |", "|---|---|---|---|"]
    for each in verdicts:
        numbers = ["" if each.difference is None else f"{each.difference:.1e}"]
        numbers.append("" if each.ratio is None else f"{each.ratio:.2g}")
        problem = f": {each.problem}".replace("|", "\\|") if each.problem else ""
        name = each.version or each.runtime
        rows.append(f"| {name} | {each.verdict}{problem} | {' | '.join(numbers)} |")
    return rows


def _other_languages(contract: Contract, file: ExportedFile) -> list[str]:
    """Return the code that runs the file in other languages, of the runtimes in which it was run."""
    lines = []
    for verdict in file.verdicts:
        if verdict.verdict not in ("equal", "approximate"):
            continue
        code, language = example_code(verdict.runtime, contract, file.path)
        if code:
            lines += ["", f"In {verdict.version}:", "", f"```{language}", code.rstrip(), "```"]
    return lines


def _sample(contract: Contract, file: ExportedFile) -> list[str]:
    """Return the Python code that runs the file; nothing where its format has none."""
    example = getattr(load_format(file.format), "example", None)
    if example is None:
        return []
    try:
        code = example(contract, file.path)
    except Exception as error:  # a format of a plug-in may raise anything
        raise PluginError(describe_failure(file.format, error)) from error
    return ["", "```python", *(f"import {module}" for module in file.requires), code, "```"]
