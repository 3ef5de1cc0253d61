"""Runs a program in another language on files: folders with manifest.json in, results.json out.

The program gets one more argument, a folder with manifest.json:

    {"files": [{"id": ..., "path": ..., "data": null or a second file, "format": ..., "sets": [
        {"inputs": {NAME: {"dtype": ..., "shape": [...], "file": ...}}, "outputs": [NAME, ...]}]}]}

The arrays are raw and little-endian, in files of the folder. The program runs all files in one process and
writes results.json, again after each file:

    {"runtime": ..., "version": ..., "files": [{"id": ..., "error": null or one line, "load_seconds": ...,
        "sets": [{"error": ..., "seconds": ..., "outputs": {NAME: {"dtype", "shape", "file"}}}]}]}

A file that ends the process costs only its own result: the program is started again for the files after it.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from zoo.environment import checker_environment
from zoo.errors import format_error
from zoo.runtimes.protocol import FileResult, FileToRun, SetResult

LONGEST = 600.0  # seconds of one start of a program, after which it is stopped
_MOST_TEXT = 300  # characters of a program's message that are kept

_running: set[subprocess.Popen[bytes]] = set()


def run_files(
    command: Sequence[str], files: Sequence[FileToRun], longest: float = LONGEST
) -> list[FileResult]:
    """Run files in a program, and return a result for each, in their order, whatever the program does.

    Args:
        command: the program and its first arguments; the folder is added behind them.
        files: the files with their inputs.
        longest: seconds after which a program that still runs is stopped.
    """
    results: list[FileResult] = []
    while len(results) < len(files):
        results += _run_once(command, files[len(results) :], longest)
    return results


def _run_once(
    command: Sequence[str], files: Sequence[FileToRun], longest: float
) -> list[FileResult]:
    """Return results of the first files, at least one: up to the one that ended the process."""
    with tempfile.TemporaryDirectory(prefix="zoo-run-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        _write_manifest(folder, files)
        fault = _start(command, folder, longest)
        try:
            results = _read_results(folder, files)
        except (ValueError, TypeError, KeyError, AttributeError, OSError) as error:
            results, fault = [], f"its program's results cannot be read: {format_error(error)}"
        if len(results) < len(files):
            fault = fault or "its program wrote no result for it"
            results.append(FileResult(files[len(results)].key, problem=fault))
        return results


def _start(command: Sequence[str], folder: Path, longest: float) -> str:
    """Run the program; return why it did not end as it should, empty where it did."""
    try:
        process = subprocess.Popen(
            [*command, str(folder)],
            cwd=folder,  # for what a virtual machine leaves behind when it crashes
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=checker_environment(),
            start_new_session=True,
        )
    except OSError as error:
        return f"its program cannot be started: {format_error(error)}"
    _running.add(process)
    with process:
        try:
            output, _ = process.communicate(timeout=longest)
        except BaseException as error:
            _kill(process)
            if isinstance(error, subprocess.TimeoutExpired):
                return f"its runtime did not end within {longest:.0f} seconds"
            raise
        finally:
            _running.discard(process)
    if not process.returncode:
        return ""
    text = " ".join(output.decode(errors="replace").split())[-_MOST_TEXT:]
    return f"its runtime ended the process (exit code {process.returncode}): {text}"


def stop_programs() -> None:
    """Kill the programs that run in other threads: the command that waits for them is stopped."""
    for process in tuple(_running):
        _kill(process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a program, and the processes that it has started, such as a browser."""
    if sys.platform == "win32":
        process.kill()
    else:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def _write_manifest(folder: Path, files: Sequence[FileToRun]) -> None:
    count = 0
    items = []
    for file in files:
        sets = []
        for inputs in file.inputs:
            entries = {}
            for name, value in inputs.items():
                entries[name] = _write_array(folder / f"{count}.bin", np.asarray(value))
                count += 1
            sets.append({"inputs": entries, "outputs": list(file.outputs)})
        item = {"id": file.key, "path": str(file.path.resolve()), "format": file.format}
        data = str(file.data.resolve()) if file.data else None
        items.append({**item, "data": data, "sets": sets})
    (folder / "manifest.json").write_text(json.dumps({"files": items}), "utf-8")


def _write_array(path: Path, value: Any) -> dict[str, Any]:
    little_endian = np.ascontiguousarray(value, value.dtype.newbyteorder("<"))
    path.write_bytes(little_endian.tobytes())
    return {"dtype": value.dtype.name, "shape": list(value.shape), "file": path.name}


def _read_results(folder: Path, files: Sequence[FileToRun]) -> list[FileResult]:
    """Return the results that a program wrote, none where it wrote no file."""
    path = folder / "results.json"
    if not path.exists():
        return []
    content = json.loads(path.read_text("utf-8"))
    runtime = f"{content['runtime']} {content['version']}".strip()
    items = content["files"][: len(files)]
    for item, file in zip(items, files, strict=False):
        if item["id"] != file.key:
            raise ValueError(f"the file {item['id']!r} comes where {file.key!r} is expected")
    return [_file_result(folder, item, runtime) for item in items]


def _file_result(folder: Path, item: Mapping[str, Any], runtime: str) -> FileResult:
    try:
        sets = tuple(_set_result(folder, each) for each in item["sets"] or ())
    except (ValueError, TypeError, KeyError, AttributeError, OSError) as error:
        problem = f"its outputs cannot be read: {format_error(error)}"
        return FileResult(item["id"], problem=problem, runtime=runtime)
    return FileResult(
        key=item["id"],
        sets=sets,
        problem=_one_line(item["error"]),
        load_seconds=item["load_seconds"],
        runtime=runtime,
    )


def _set_result(folder: Path, item: Mapping[str, Any]) -> SetResult:
    entries = (item["outputs"] or {}).items()
    outputs = {name: _read_array(folder, entry) for name, entry in entries}
    return SetResult(outputs, _one_line(item["error"]), item["seconds"])


def _read_array(folder: Path, entry: Mapping[str, Any]) -> Any:
    """Return an array that a program wrote. Only its name is used of the path that the entry has."""
    dtype = np.dtype(entry["dtype"])
    if dtype.hasobject:
        raise ValueError(f"an output has the dtype {dtype}")
    content = (folder / Path(entry["file"]).name).read_bytes()
    return np.frombuffer(content, dtype.newbyteorder("<")).astype(dtype).reshape(entry["shape"])


def _one_line(text: str | None) -> str:
    """Return a message in one line; one without text says so."""
    if text is None:
        return ""
    return " ".join(text.split())[:_MOST_TEXT] or "an error without a message"
