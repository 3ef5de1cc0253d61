"""The process in which exported files are opened in their own runtimes and compared.

    python -m zoo.exporters.worker tensorflow keras

imports these modules, and then answers requests, one a line, until its standard input ends. With `--twin=R
--twin=W`, two descriptors, a fork of the process answers the requests that come over R through W. A request:

    {"folder": ..., "part": ..., "runtime": ..., "path": ..., "requires": [MODULE, ...],
     "constant": true or false, "approximate": true or false, "tolerance": [ABSOLUTE, RELATIVE] or null,
     "cage": BYTES}

`runtime` is a name of the group `zoo.runtimes`, or "format:NAME" for a format that brings its own. The
answer is one line: {"difference": ..., "problem": ..., "ratio": ..., "refused": ..., "runtime": ...,
"reusable": ...}. `refused` is whether the runtime computed nothing; `runtime` is its name and version.

`constant` is whether the model is known to return the same for every input. `inner` is there for tensors
inside a graph, which may be constant too. `cage` is there for a file from elsewhere:
its size. The file is then opened in a cage (`zoo.exporters.cage.walls`), and the answer has `protection`,
the walls that stood.

Importing TensorFlow and Keras takes seconds, and a file must meet a process that no earlier file has
changed: by custom objects, modules, or Keras' global state. So the process imports once, and forks for
each file. The child opens the file and ends.

A fork copies one thread only, and a lock that another thread holds stays locked in the child for ever. So
the process forks only while it has exactly one thread, which it counts, and where Linux tells when a child
ends (`pidfd_open`). TensorFlow starts its threads with the first operation, which only a child runs; NumPy
is told to start none. ONNX Runtime starts a thread when it is imported. So only TensorFlow and Keras are
imported before the fork, and every other runtime by the child; that of ONNX takes a tenth of a second.

Where the process cannot fork, it compares the files itself, and says that it is not reusable: it is used
for one export.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import select
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, cast

from zoo.errors import format_cause, format_error
from zoo.exporters.cage.child import can_fork, fork_bound_to_parent, run_in_child
from zoo.exporters.cage.limits import limits_for
from zoo.exporters.cage.walls import enter_cage
from zoo.exporters.comparison import compare_outputs
from zoo.exporters.parts.probes import find_weakness, load_probes
from zoo.io.safe_load import read_arrays
from zoo.runtimes.group import describe_failure, load_python_runtime
from zoo.runtimes.protocol import PythonRuntime

CRASHED = "its runtime ended the process"
LONGEST_IDLE = 600  # seconds without a request, after which the process ends


def compare_file(request: Mapping[str, Any]) -> dict[str, Any]:
    """Compare one file with the probes of its part.

    Args:
        request: as the module's docstring describes it.

    Returns:
        The answer: the largest difference, what is wrong, and the name and version of the runtime.
    """
    runtime = load_python_runtime(request["runtime"])
    with block_imports(runtime.WITHOUT):
        try:
            version = runtime.version()
        except Exception as error:  # whatever an import meets
            return refusal_answer(describe_failure(request["runtime"], error))
        return {**_compare_outputs(request, runtime), "runtime": version}


def _compare_outputs(request: Mapping[str, Any], runtime: PythonRuntime) -> dict[str, Any]:
    folder, is_caged = Path(request["folder"]), "cage" in request
    protection = ""
    try:
        _import_modules(request.get("requires", ()))
        if is_caged:
            protection = enter_cage(folder, request["cage"], final=request["final"])
            if has_checked_operators(folder / request["path"]):
                protection = f"checked operators, {protection}"
        probes = load_probes(read_arrays(folder / "probe.npz"), request["part"])
        is_inner, is_constant = "inner" in request, request.get("constant", False)
        if is_caged and not is_inner and (weakness := find_weakness(probes, is_constant)):
            return {**refusal_answer(weakness), "protection": protection}
        runner = runtime.open(folder / request["path"])
        approximate, tolerance = request.get("approximate", False), request.get("tolerance")
        comparison = compare_outputs(runner, probes, approximate, tolerance)
    except Exception as error:  # each runtime has errors of its own, and any of them is the answer
        problem = f"its runtime refuses it: {format_cause(error)}"
        if is_caged:
            problem = limits_for(request["cage"]).describe_error(problem)
        return {**refusal_answer(problem), "protection": protection}
    return {**comparison._asdict(), "refused": False, "protection": protection}


def refusal_answer(problem: str) -> dict[str, Any]:
    """Return the answer for a file of which nothing was computed."""
    return {
        "difference": None,
        "problem": problem,
        "ratio": None,
        "refused": True,
        "runtime": "",
        "protection": "",
    }


def has_checked_operators(path: Path) -> bool:
    """Return whether there is an allow-list of operators for a file; LiteRT and OpenVINO have none."""
    return path.suffix in (".onnx", ".keras", ".h5") or (path / "saved_model.pb").exists()


def _import_modules(modules: Sequence[str]) -> None:
    """Import the modules that a file's layers come from, as any program that opens the file must."""
    for module in modules:
        try:
            importlib.import_module(module)
        except Exception as error:  # a module may run any code
            raise ImportError(
                f"its layers come from the module {module!r}, which a new process cannot import: "
                f"{format_error(error)}"
            ) from error


@contextmanager
def block_imports(modules: Sequence[str]) -> Iterator[None]:
    """Make imports of some modules fail, as they fail where the modules are not installed.

    Those that are imported already are hidden, with the modules inside them.
    """
    loaded = cast("dict[str, Any]", sys.modules)
    inside = tuple(f"{module}." for module in modules)
    hidden = {name: loaded[name] for name in loaded if name.startswith(inside) or name in modules}
    blocked = [*modules, *hidden]
    loaded.update(dict.fromkeys(blocked))
    try:
        yield
    finally:
        for name in blocked:
            loaded.pop(name, None)
        loaded.update(hidden)


def crash_answer(code: int | None, errors: str) -> dict[str, Any]:
    """Return the answer for a file whose runtime ended the process.

    Args:
        code: the exit code of the process; the negative number of a signal.
        errors: what the process wrote to its standard error.
    """
    problem = f"{CRASHED} (exit code {code}): {' '.join(errors.split())[-300:]}"
    return refusal_answer(problem.removesuffix(": "))


def main(modules: Sequence[str], twin: Sequence[int]) -> None:
    """Import modules, then answer requests until the input ends, or none comes for a long time."""
    requests, answers = _take_standard_streams()
    for module in modules:
        missing = [name for name in modules if name != module and name not in sys.modules]
        with block_imports(missing), suppress(Exception):  # TensorFlow does without Keras
            importlib.import_module(module)  # an error comes back when a file needs the module
        if _has_ended(requests):
            return
    gc.collect()
    gc.freeze()  # a child writes to no page of these objects, and exit need not collect them
    if twin:
        requests, answers = _start_twin((requests, answers), (twin[0], twin[1]))
    with os.fdopen(requests, "rb", buffering=0) as lines, os.fdopen(answers, "w") as replies:
        while _has_input(requests, LONGEST_IDLE) and (line := lines.readline()):
            reusable, request = can_fork(), json.loads(line)
            request["final"] = reusable  # what a child gives up is given up for one file
            answer = _answer_in_child(request, requests) if reusable else compare_file(request)
            replies.write(json.dumps({**answer, "reusable": reusable}) + "\n")
            replies.flush()


def _start_twin(own: tuple[int, int], twin: tuple[int, int]) -> tuple[int, int]:
    """Fork where it is safe, and return the descriptors of this process; the other ones are closed."""
    is_twin = can_fork() and fork_bound_to_parent() == 0
    descriptors, others = (twin, own) if is_twin else (own, twin)
    for descriptor in others:
        os.close(descriptor)
    return descriptors


def _take_standard_streams() -> tuple[int, int]:
    """Return the descriptors of requests and answers; nothing else reads or writes there any more."""
    requests, answers = os.dup(0), os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    return requests, answers


def _has_input(requests: int, seconds: float) -> bool:
    """Return whether a line or the end comes within some seconds; Windows cannot tell, and waits."""
    return sys.platform == "win32" or bool(select.select([requests], [], [], seconds)[0])


def _has_ended(requests: int) -> bool:
    """Return whether the parent has ended or closed its side, with no request left to read."""
    if not hasattr(select, "poll"):
        return False
    poll = select.poll()
    poll.register(requests, select.POLLIN)
    return any(event == select.POLLHUP for _, event in poll.poll(0))


def _answer_in_child(request: Mapping[str, Any], requests: int) -> dict[str, Any]:
    """Compare a file in a new child, and end with it where the requests end meanwhile."""
    limits = limits_for(request["cage"]) if "cage" in request else None
    child = run_in_child(
        lambda: json.dumps(compare_file(request)), requests, limits.clock if limits else None
    )
    if child.text:
        return cast("dict[str, Any]", json.loads(child.text))
    if limits and (problem := limits.describe_end(child.code, child.killed)):
        return refusal_answer(problem)
    return crash_answer(child.code, child.errors)


if __name__ == "__main__":
    arguments = sys.argv[1:]
    main(
        [each for each in arguments if not each.startswith("--twin=")],
        [int(each.removeprefix("--twin=")) for each in arguments if each.startswith("--twin=")],
    )
