"""The README.md beside exported files: what they take, what they give, and how to run each."""

from __future__ import annotations

from zoo.exporters.formats import protocol
from zoo.exporters.parts.contract import Contract, Tensor
from zoo.exporters.report import Report


def readme(report: Report) -> str:
    """Write it from a report."""
    origin = report.origin
    lines = [f"# {report.model}", ""]
    lines += [
        f"Exported by zoo {origin.get('zoo', '')}. Each file was run in its own runtime on the"
    ]
    lines += [
        "inputs in probe.npz and found equal to the original; `zoo verify` on this folder does it"
    ]
    lines += ["again. report.json holds the figures."]
    if origin.get("preprocessing"):
        lines += ["", f"Trained on inputs made thus: {origin['preprocessing']}."]
    if origin.get("classes", "null") != "null":
        lines += ["", f"Classes, in order: {origin['classes']}."]
    for role, contract in report.contracts.items():
        lines += ["", f"## {role}", "", *_table(contract)]
        for file in report.files:
            if file.part == role:
                lines += _how(contract, file.format, file.path, file.runtime, file.requires)
    return "\n".join(lines) + "\n"


def _table(contract: Contract) -> list[str]:
    rows = ["| | name | dtype | shape | holds |", "|---|---|---|---|---|"]
    rows += [_row("in", tensor) for tensor in contract.inputs]
    return rows + [_row("out", tensor) for tensor in contract.outputs]


def _row(way: str, tensor: Tensor) -> str:
    shape = ", ".join(str(size) for size in tensor.shape)
    return f"| {way} | `{tensor.name}` | {tensor.dtype} | ({shape}) | {tensor.expects} |"


def _how(
    contract: Contract, name: str, path: str, runtime: str, requires: tuple[str, ...]
) -> list[str]:
    needs = (
        f" Its layers come from {', '.join(requires)}, which must be imported first."
        if requires
        else ""
    )
    code = protocol.load_format(name).example(contract, path)
    return [
        "",
        f"### {path}",
        "",
        f"{name}, checked with {runtime}.{needs}",
        "",
        "```python",
        code,
        "```",
    ]
