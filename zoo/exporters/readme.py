"""The README.md beside exported files: their inputs, their outputs, and the code that runs each."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from zoo.errors import PluginError
from zoo.exporters.formats.protocol import describe_failure, load_format
from zoo.exporters.output.usage import answer_lines, fact_lines
from zoo.exporters.parts.contract import Contract, Tensor
from zoo.exporters.proof.verdict import Verdict
from zoo.exporters.report import ExportedFile, Report
from zoo.runtimes.group import (
    example_code,
    is_program,
    own_runtime,
    runtime_version,
    runtimes_of,
)

_NRMSE = (
    "NRMSE is the root mean square of the differences from the model, divided by the standard deviation\n"
    "of the output: 0 is a copy, and 1 is no better than the mean."
)
_CONSTANT = (
    "This part returns the same for every input, since it was never trained. Each format also wrote a copy\n"
    "whose normalizations have the statistics of noise, and that was compared with the copy in Keras."
)


def readme(report: Report) -> str:
    """Return the text of README.md for a report."""
    origin = report.origin
    lines = [
        f"# {report.model}",
        *fact_lines(report),
        *answer_lines(report),
        "",
        "## The files",
        "",
        f"Exported by zoo {origin.get('zoo', '')}. Each file was run on the inputs in probe.npz in the "
        "runtimes below it, and",
        "its outputs were compared with the original's. `zoo verify` on this folder runs the files again.",
        "",
        "R is the largest difference from the model in float64, divided by that of Keras in float32: near 1",
        "the file rounds as Keras does, far above 10 it computes something else.",
    ]
    if any(file.nrmse is not None for file in report.files):
        lines += ["", _NRMSE]
    if origin.get("preprocessing"):
        lines += ["", f"Preprocessing of the training data: {origin['preprocessing']}."]
    if origin.get("classes", "null") != "null":
        lines += ["", f"Classes, in order: {origin['classes']}."]
    for role, contract in report.contracts.items():
        lines += ["", f"## {role}", "", *_contract_table(contract)]
        if role in report.without_ratio:
            lines += ["", f"R is not known: {report.without_ratio[role]}."]
        if any(file.part == role and file.is_constant for file in report.files):
            lines += ["", _CONSTANT]
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
        *_measures(file),
        *_code_sections(contract, file),
    ]


def _measures(file: ExportedFile) -> list[str]:
    """Return the lines on what an approximate file loses of the task's measures."""
    if not file.measures:
        return []
    listed = ", ".join(map(str, file.measures))
    return ["", f"On the test split, with its difference from the model: {listed}."]


def _verdict_table(verdicts: Sequence[Verdict]) -> list[str]:
    is_approximate = any(each.nrmse is not None for each in verdicts)
    measure = "NRMSE" if is_approximate else "R"
    rows = [f"| runtime | verdict | largest difference | {measure} |", "|---|---|---|---|"]
    for each in verdicts:
        numbers = ["" if each.difference is None else f"{each.difference:.1e}"]
        value = each.nrmse if is_approximate else each.ratio
        numbers.append("" if value is None else f"{value:.2g}")
        problem = f": {each.problem}".replace("|", "\\|") if each.problem else ""
        name = each.version or each.runtime
        rows.append(f"| {name} | {each.verdict}{problem} | {' | '.join(numbers)} |")
    return rows


def _code_sections(contract: Contract, file: ExportedFile) -> list[str]:
    """Return the code that runs the file: with its format's package, then in every runtime that reads it.

    What was not run here comes last, folded. A runtime that refuses the file or differs has no code.
    """
    verdicts = {each.runtime: each for each in file.verdicts}
    own = python_code_of(contract, file)
    lines = ["", "```python", own, "```"] if own else []
    untried: list[str] = []
    for name in runtimes_of(file.format):
        verdict = verdicts.get(name)
        if own and name == own_runtime(file.format):
            continue
        if verdict is None or verdict.verdict == "not available":
            with suppress(PluginError):  # nobody asked for this runtime
                untried += _code_section(name, runtime_version(name), contract, file)
        elif not verdict.is_failure:
            lines += _code_section(name, verdict.version, contract, file)
    if untried:
        summary = f"In what else reads the format {file.format}; this file was not run there"
        lines += ["", f"<details><summary>{summary}</summary>", *untried, "", "</details>"]
    return lines


def _code_section(runtime: str, version: str, contract: Contract, file: ExportedFile) -> list[str]:
    code, language = example_code(runtime, contract, file.path)
    return ["", f"In {version}:", "", f"```{language}", code.rstrip(), "```"] if code else []


def python_code_of(contract: Contract, file: ExportedFile) -> str:
    """Return the code of a file's format, or of its own runtime in Python; empty where there is none.

    Raises:
        PluginError: the function `example` of either raises.
    """
    example = getattr(load_format(file.format), "example", None)
    try:
        code = example(contract, file.path) if example else ""
    except Exception as error:  # a format of a plug-in may raise anything
        raise PluginError(describe_failure(file.format, error)) from error
    runtime = own_runtime(file.format)
    if not code and runtime and not is_program(runtime):
        code, _ = example_code(runtime, contract, file.path)
    imports = [f"import {module}" for module in file.requires]
    return "\n".join([*imports, code]) if code else ""
