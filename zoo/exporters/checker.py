"""The gate's side of the processes that open exported files: start early, ask, use again.

A process that has imported TensorFlow and Keras is kept for the next export or verification of this
Python session (`zoo.exporters.worker` says why no file can change what a later file meets). Two exports
at the same time in two threads use two processes. The processes end with this one: `atexit` kills them,
and where this process is killed itself, their standard input ends.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self

from zoo.exporters.cage.limits import LIMITS_WERE_MET
from zoo.exporters.cage.process import CHANNELS, CheckerProcess, all_processes
from zoo.exporters.worker import crash_answer, refusal_answer
from zoo.runtimes.group import load_python_runtime

_IMPORTED_EARLY = ("tensorflow", "keras")  # what takes seconds to import, and starts no thread

_idle: list[CheckerProcess] = []
_lock = threading.Lock()


def start_processes(runtimes: Sequence[str]) -> None:
    """Start the processes that some runtimes need, so that they import what is slow from now on.

    Args:
        runtimes: names of runtimes that are Python packages.
    """
    for modules in _modules_by_runtime(runtimes).values():
        with _lock:
            ready = any(process.fits(modules) for process in _idle)
        if not ready:
            _release(CheckerProcess(modules))


class Checker:
    """Compares the files of one export or verification, each kind of runtime in a process of its own.

    Example:
        >>> request = {"part": "model", "runtime": "onnxruntime", "path": "model.onnx"}
        >>> with Checker(["onnxruntime"]) as checker:
        ...     checker.submit(folder, request)
    """

    def __init__(self, runtimes: Sequence[str]) -> None:
        self._modules = _modules_by_runtime(runtimes)
        self._processes = {modules: _acquire(modules) for modules in set(self._modules.values())}
        self._threads = {
            modules: ThreadPoolExecutor(CHANNELS if modules else 1) for modules in self._processes
        }
        self._lock = threading.Lock()
        self._is_closed = self._met_limit = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._is_closed = True
        for modules, thread in self._threads.items():
            if kind is not None:
                self._processes[modules].end()  # a comparison that runs need not be awaited
            thread.shutdown(cancel_futures=True)
        for process in self._processes.values():
            _release(process)

    def submit(self, folder: Path, file: Mapping[str, Any]) -> Future[dict[str, Any]]:
        """Start the comparison of a file with the folder's probe.npz in another process.

        Args:
            folder: which the file's path starts from.
            file: its `part`, `runtime`, `path` and `requires`, as `zoo.exporters.worker` describes them.

        Returns:
            The answer, once it is there: `difference`, `problem`, `refused` and `runtime`. Where the
            runtime ends the process, this is the problem; other files are compared by a new process.
        """
        modules = self._modules[file["runtime"]]
        request = {"folder": str(folder.absolute()), **file}
        return self._threads[modules].submit(self._ask, modules, request)

    def _ask(self, modules: tuple[str, ...], request: Mapping[str, Any]) -> dict[str, Any]:
        is_caged = "cage" in request
        with self._lock:
            if self._is_closed:
                return crash_answer(None, "")
            if is_caged and self._met_limit:
                return refusal_answer("it was not opened, since another file here met a limit")
            if not self._processes[modules].is_alive():
                self._processes[modules].end()
                self._processes[modules] = CheckerProcess(modules)
            process = self._processes[modules]
        answer = process.ask(request)
        if is_caged and LIMITS_WERE_MET in answer["problem"]:
            self._met_limit = True  # a stranger's folder may hold hundreds of such files
        return answer


def _acquire(modules: tuple[str, ...]) -> CheckerProcess:
    """Return an idle process, or a new one."""
    with _lock:
        for process in [each for each in _idle if each.fits(modules)][:1]:
            _idle.remove(process)
            return process
    return CheckerProcess(modules)


def _release(process: CheckerProcess) -> None:
    """Keep a process for the next use in place of the idle ones with the same modules, or end it."""
    with _lock:
        spare = [each for each in _idle if not each.is_alive() or each.modules == process.modules]
        if process.reusable and process.is_alive():
            _idle.append(process)
        else:
            spare.append(process)
        for each in spare:
            if each in _idle:
                _idle.remove(each)
    for each in spare:
        each.end()


def _modules_by_runtime(runtimes: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return for each runtime the modules that its process imports early.

    A runtime that does without TensorFlow has a process without it. All the others share one, in which
    TensorFlow is imported while Keras cannot be, and Keras after it where a runtime needs it; a file of a
    runtime that does without Keras is opened with Keras hidden.
    """
    without = {name: load_python_runtime(name).WITHOUT for name in runtimes}
    heavy = [name for name in runtimes if "tensorflow" not in without[name]]
    modules = tuple(
        module for module in _IMPORTED_EARLY if any(module not in without[name] for name in heavy)
    )
    return {name: modules if name in heavy else () for name in runtimes}


def _forget_processes() -> None:
    """Leave the processes to the parent, in a forked child."""
    global _lock
    _lock = threading.Lock()
    for process in list(all_processes):
        process.forget()
    _idle.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_processes)
