"""The one process in which exported files are opened in their own runtimes and compared.

    python -m zoo.exporters.worker onnx saved-model keras h5

imports the runtimes, those that must do without Keras first and with Keras blocked, and then reads
one request from its standard input:

    {"folder": ..., "answer": FILE,
     "files": [{"part": ..., "format": ..., "path": ..., "requires": [MODULE, ...]}]}

It writes one line of JSON for each file: {"difference": ..., "problem": ..., "runtime": ...}.
A process that imports Keras costs seconds, so the gate starts this one before it begins to write.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

from zoo.errors import format_cause, format_error
from zoo.exporters.comparison import compare_outputs
from zoo.exporters.formats.protocol import describe_failure, load_format
from zoo.exporters.parts.probes import load_probes
from zoo.io.safe_load import read_arrays

CRASHED = "its runtime ended the process"
_ENVIRONMENT = {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"}


class Worker:
    """The parent's side of the process: it is started early and takes one request."""

    def __init__(self, names: Sequence[str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "zoo.exporters.worker", *names],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env={
                **os.environ,
                **_ENVIRONMENT,
                "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            },
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def ask(
        self, folder: Path, files: Sequence[Mapping[str, Any]], answer: Path
    ) -> list[dict[str, Any]]:
        """Have files compared with the folder's probe.npz.

        Args:
            folder: which the files' paths start from.
            files: as the module's docstring describes them.
            answer: a path to a new file, for the answers.

        Returns:
            One answer for each file. Where a runtime ends the process, the file that was open then has
            that as its problem, and the files after it were not reached.
        """
        request = {"folder": str(folder), "files": list(files), "answer": str(answer)}
        _, errors = self._process.communicate(json.dumps(request))
        lines = answer.read_text().splitlines() if answer.exists() else []
        answers = [json.loads(line) for line in lines]
        if len(answers) < len(files):
            last_words = " ".join(errors.split())[-300:]
            problem = f"{CRASHED} (exit code {self._process.returncode}): {last_words}"
            answers.append({"difference": None, "problem": problem, "runtime": ""})
        while len(answers) < len(files):
            answers.append({"difference": None, "problem": "it was not reached", "runtime": ""})
        return answers


def compare_files(
    folder: Path, files: Sequence[Mapping[str, Any]], runtimes: Mapping[str, str | Exception]
) -> Iterator[dict[str, Any]]:
    """Compare each file with the probes of its part.

    Args:
        folder: that has probe.npz, and the files.
        files: as the module's docstring describes them.
        runtimes: the name and version of each format's runtime, or the error that it cannot be imported.

    Yields:
        The answer for each file.
    """
    arrays = read_arrays(folder / "probe.npz")
    for file in files:
        runtime, difference = runtimes[file["format"]], None
        if isinstance(runtime, Exception):
            problem, runtime = describe_failure(file["format"], runtime), ""
        else:
            difference, problem = _compare_file(folder, file, arrays)
        yield {"difference": difference, "problem": problem, "runtime": runtime}


def _compare_file(
    folder: Path, file: Mapping[str, Any], arrays: dict[str, Any]
) -> tuple[float | None, str]:
    try:
        _import_modules(file.get("requires", ()))
        runner = load_format(file["format"]).open(folder / file["path"])
        return compare_outputs(runner, load_probes(arrays, file["part"]))
    except Exception as error:  # each runtime has errors of its own, and any of them is the answer
        return None, f"its runtime refuses it: {format_cause(error)}"


def _import_modules(modules: Sequence[str]) -> None:
    """Import the modules that a file's layers come from, as whoever opens the file must."""
    for module in modules:
        try:
            importlib.import_module(module)
        except Exception as error:  # a module may run any code
            raise ImportError(
                f"its layers come from the module {module!r}, which a new process cannot import: "
                f"{format_error(error)}"
            ) from error


def main(names: Sequence[str]) -> None:
    """Import the runtimes, then answer the one request."""
    formats = {name: load_format(name) for name in names}
    runtimes: dict[str, str | Exception] = {}
    for name in sorted(names, key=lambda name: -len(formats[name].WITHOUT)):
        with block_imports(formats[name].WITHOUT):
            try:
                runtimes[name] = formats[name].prepare()
            except Exception as error:  # whatever an import meets; the other formats go on
                runtimes[name] = error
    request = json.loads(sys.stdin.readline() or sys.stdin.read())
    with Path(request["answer"]).open("w") as answers:
        for answer in compare_files(Path(request["folder"]), request["files"], runtimes):
            answers.write(json.dumps(answer) + "\n")
            answers.flush()
    gc.freeze()  # collecting what TensorFlow leaves would take a second at exit


@contextmanager
def block_imports(modules: Sequence[str]) -> Iterator[None]:
    """Make imports of some modules fail, as they fail where the modules are not installed."""
    loaded = cast("dict[str, Any]", sys.modules)
    hidden = [module for module in modules if module not in loaded]
    loaded.update(dict.fromkeys(hidden))
    try:
        yield
    finally:
        for module in hidden:
            del loaded[module]


if __name__ == "__main__":
    main(sys.argv[1:])
