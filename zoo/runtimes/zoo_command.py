"""A command of the zoo in another process, whose Keras computes on TensorFlow."""

from __future__ import annotations

import os
import subprocess
import sys

from zoo.errors import ExportError, UsageError

__all__ = ["run_zoo"]


def run_zoo(*words: str) -> None:
    """Run a command of the zoo, and wait until it ends.

    Args:
        words: the command and its arguments, such as "export", "runs/cnn.digits".

    Raises:
        UsageError: the command refuses its arguments.
        ExportError: it fails.
    """
    done = subprocess.run(
        [sys.executable, "-P", "-m", "zoo", *words],
        env={**os.environ, "KERAS_BACKEND": "tensorflow"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        kind = UsageError if done.returncode == UsageError.exit_code else ExportError
        raise kind(done.stderr.strip().removeprefix("Error: "))
