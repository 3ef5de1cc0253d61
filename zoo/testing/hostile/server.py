"""A process that calls loaders on request, each call in a forked process with limits.

It imports what the loaders need once, and then forks for each call, which takes milliseconds. A request is
one line of JSON on standard input: `call` is module:function, `arguments` are its arguments. The answer is
the outcome as a line of JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from importlib import import_module
from typing import Any

from zoo.testing.hostile.guard import Outcome, run_guarded

__all__ = ["Server", "find_function", "run_command"]


class Server:
    """The other end: it starts the process, and asks it.

    Args:
        modules: what the process imports before it forks.
    """

    def __init__(self, modules: Sequence[str] = ()) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, *modules],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def call(self, function: str, *arguments: Any) -> Outcome:
        """Return the outcome of a call of module:function."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"call": function, "arguments": arguments}) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        return Outcome(**{**answer, "written": tuple(answer["written"])})

    def command(self, *words: object, folder: object = "") -> Outcome:
        """Return the outcome of a command of the zoo, in a folder, or in an empty one."""
        return self.call(f"{__name__}:run_command", list(map(str, words)), str(folder))

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


def find_function(name: str) -> Callable[..., Any]:
    """Return a function by module:function."""
    module, _, function = name.partition(":")
    found: Callable[..., Any] = getattr(import_module(module), function)
    return found


def run_command(words: Sequence[str], folder: str = "") -> None:
    """Run a command of the zoo as the shell does; it ends the process.

    Args:
        words: what is typed behind `zoo`.
        folder: the working directory; the process' own if it is empty.
    """
    if folder:
        os.chdir(folder)
    sys.argv = ["zoo", *words]
    find_function("zoo.cli.main:main")()


def _serve(modules: Sequence[str]) -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for module in modules:
        import_module(module)
    for line in sys.stdin:
        request = json.loads(line)
        outcome = run_guarded(partial(find_function(request["call"]), *request["arguments"]))
        answers.write(json.dumps(asdict(outcome)) + "\n")
        answers.flush()


if __name__ == "__main__":
    _serve(sys.argv[1:])
