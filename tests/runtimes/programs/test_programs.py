"""Each program in another language computes what Keras computes; what is broken, it does not."""

import shutil
from pathlib import Path

import pytest

from tests.runtimes.programs.conftest import Files
from zoo.exporters.cage.program import caged_command
from zoo.exporters.comparison import compare_arrays
from zoo.runtimes.command import run_files
from zoo.runtimes.group import load_runtime, missing_parts
from zoo.runtimes.protocol import FileResult, FileToRun

PROGRAMS = ("browser", "dl4j", "go", "java", "node", "rust", "tensorflow-java")
pytestmark = [pytest.mark.usefixtures("real_cache"), pytest.mark.timeout(900)]


@pytest.mark.parametrize("name", PROGRAMS)
def test_files_are_equal_and_broken_ones_are_caught(name: str, files: Files) -> None:
    if missing := missing_parts(name):
        pytest.skip(missing)
    runtime = load_runtime(name)
    format_name = runtime.FORMATS[0]
    cut = Path("cut") / files.path("classifier", format_name).name
    cut_in_half(files.path("classifier", format_name), cut)
    paths = {
        "classifier": files.path("classifier", format_name),
        "cut": cut,
        "tampered": files.path("tampered", format_name),
        "missing": Path("missing.onnx"),
        "tokens": files.path("tokens", format_name),
        "two": files.path("two", format_name),
    }
    if format_name == "onnx":
        paths["two parts"] = files.path("classifier-in-two", "onnx")
    if name == "dl4j":  # it computes in float32 only
        del paths["tokens"]
    roles = {role: role if role in files.parts else "classifier" for role in paths}
    results = run_files(
        caged_command(name, runtime.command(), 10**6),  # as for files from elsewhere
        [to_run(files, roles[role], role, path, format_name) for role, path in paths.items()],
    )
    verdicts = {each.key: verdict(files, roles[each.key], each) for each in results}
    right = {*files.parts, "two parts"}
    assert {role for role in verdicts if not verdicts[role]} == paths.keys() & right
    assert "is off by up to 0.00" in verdicts["tampered"], verdicts["tampered"]
    assert all(each.runtime for each in results if not each.problem)


def to_run(files: Files, role: str, key: str, path: Path, format_name: str) -> FileToRun:
    probes = files.probes[role]
    inputs = tuple(probe.inputs for probe in probes)
    data = path.with_name(f"{path.name}.data")
    outputs = tuple(probes[0].outputs)
    return FileToRun(key, path, format_name, inputs, outputs, data if data.exists() else None)


def verdict(files: Files, role: str, result: FileResult) -> str:
    """Return what is wrong with a result, empty where it is equal."""
    if result.problem:
        return result.problem
    for item, probe in zip(result.sets, files.probes[role], strict=True):
        if item.problem:
            return item.problem
        if item.outputs.keys() != probe.outputs.keys():
            return f"its outputs are {list(item.outputs)}"
        for output, expected in probe.outputs.items():
            if problem := compare_arrays(output, item.outputs[output], expected)[1]:
                return problem
    return ""


def cut_in_half(source: Path, copy: Path) -> None:
    """Copy a file, or a SavedModel, and leave out the second half of the graph."""
    copy.parent.mkdir()
    if source.is_dir():
        shutil.copytree(source, copy)
        for graph in copy.rglob("saved_model.pb"):
            graph.write_bytes(graph.read_bytes()[: graph.stat().st_size // 2])
    else:
        copy.write_bytes(source.read_bytes()[: source.stat().st_size // 2])
