"""A program that runs files is fed and read by the protocol, whatever it does."""

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from zoo.runtimes import command
from zoo.runtimes.command import run_files
from zoo.runtimes.protocol import FileToRun

# Doubles every input. A file's name says what goes wrong with it. It starts within a fraction of a second
# on a busy machine too: it does without NumPy.
PROGRAM = """
import array, json, pathlib, subprocess, sys
CODES = {"float32": "f", "int32": "i", "int64": "q"}
folder = pathlib.Path(sys.argv[-1])
results = []
for file in json.loads((folder / "manifest.json").read_text())["files"]:
    name, sets = pathlib.Path(file["path"]).name, []
    if name == "crash": sys.exit("Illegal\\n instruction")
    if name == "silent": break
    if name == "slow": subprocess.run(["sleep", "60"])  # which holds the pipe of the output
    for number, item in enumerate(file["sets"]):
        outputs = {}
        for key, entry in item["inputs"].items():
            code = CODES[entry["dtype"]]
            values = array.array(code, (folder / entry["file"]).read_bytes())
            out = f"{len(results)}-{number}-{key}.out"
            (folder / out).write_bytes(array.array(code, [2 * value for value in values]).tobytes())
            outputs[key] = {"dtype": entry["dtype"], "shape": entry["shape"], "file": out}
            if name == "odd": outputs[key] = {"dtype": "object", "shape": [1], "file": "../passwd"}
        sets.append({"error": None, "seconds": 0.5, "outputs": outputs})
    error = "no\\nsuch operator" if name == "refused" else None
    results.append({"id": file["id"], "error": error, "load_seconds": 1, "sets": [] if error else sets})
    if name == "other": results[-1]["id"] = "another"
    text = json.dumps({"runtime": "fake", "version": "1", "files": results})
    (folder / "results.json").write_text(text[:-9] if name == "cut" else text)
    if name == "cut": break
"""
INPUTS = (
    {"a": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.array([7], np.int64)},
    {"a": np.zeros((0, 3), np.float32), "b": np.array([2**40], np.int64)},
)


def file(name: str) -> FileToRun:
    return FileToRun(f"key of {name}", Path(name), "onnx", INPUTS, ("a", "b"))


def test_outputs_come_back_with_their_dtypes_and_shapes() -> None:
    results = run_files([sys.executable, "-c", PROGRAM], [file("x"), file("y")])
    assert [result.key for result in results] == ["key of x", "key of y"]
    for result in results:
        assert (result.problem, result.load_seconds, result.runtime) == ("", 1, "fake 1")
        for item, inputs in zip(result.sets, INPUTS, strict=True):
            assert (item.problem, item.seconds) == ("", 0.5)
            for name, value in inputs.items():
                assert item.outputs[name].dtype == value.dtype
                np.testing.assert_array_equal(item.outputs[name], 2 * value)


def test_inputs_of_another_byte_order_or_layout_are_written_little_endian_and_in_order() -> None:
    values = np.arange(6, dtype=">i4").reshape(2, 3).T
    (result,) = run_files(
        [sys.executable, "-c", PROGRAM],
        [FileToRun("k", Path("x"), "onnx", ({"a": values},), ("a",))],
    )
    np.testing.assert_array_equal(result.sets[0].outputs["a"], 2 * values)


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("crash", "its runtime ended the process (exit code 1): Illegal instruction"),
        ("silent", "its program wrote no result for it"),
        ("refused", "no such operator"),
        ("odd", "its outputs cannot be read: "),
        ("other", "its program's results cannot be read: "),
        ("cut", "its program's results cannot be read: "),
        ("slow", "its runtime did not end within 2 seconds"),
    ],
)
def test_a_file_at_fault_costs_only_its_own_result(name: str, problem: str) -> None:
    files = [file("first"), file(name), file("last")]
    longest = 2 if name == "slow" else 60
    results = run_files([sys.executable, "-c", PROGRAM], files, longest=longest)
    assert [result.key for result in results] == [each.key for each in files]
    if name not in ("other", "cut"):  # of these, nothing of the start can be trusted
        assert [not result.problem for result in results] == [True, False, True]
    (fault,) = [result for result in results if result.key == f"key of {name}"]
    assert fault.problem.startswith(problem)


def test_a_program_that_cannot_be_started_is_the_problem_of_each_file() -> None:
    results = run_files(["./no-such-program"], [file("x"), file("y")])
    assert all("cannot be started" in result.problem for result in results)


def test_programs_of_other_threads_are_stopped() -> None:
    program = [sys.executable, "-c", "import time; time.sleep(300)"]
    with ThreadPoolExecutor(1) as thread:
        answer = thread.submit(run_files, program, [FileToRun("a", Path("a"), "onnx", (), ())])
        while not command._running:
            time.sleep(0.01)
        command.stop_programs()
        (result,) = answer.result()
    assert "exit code -9" in result.problem
