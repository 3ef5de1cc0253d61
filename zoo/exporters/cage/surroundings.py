"""What a process that opens exported files takes over from this one: variables, and where modules lie."""

from __future__ import annotations

import os
import sys
from typing import Any

from zoo.environment import checker_environment

# Variables that a process reads when it starts; TensorFlow sets many others when it is imported.
_STARTING = ("CUDA_", "KERAS_", "OMP_", "ORT_", "PYTHON", "TF_ENABLE_", "TF_XLA_", "XLA_", "ZOO_")


def surroundings() -> tuple[Any, ...]:
    """Return what a process takes over when it starts; a change asks for a new process."""
    variables = checker_environment().items()
    return tuple(sys.path), tuple(
        sorted(each for each in variables if each[0].startswith(_STARTING))
    )


# A process with more than one thread cannot fork. Keras imports pandas, which imports PyArrow.
_WITHOUT_THREADS = {
    "OPENBLAS_NUM_THREADS": "1",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
}


def process_environment() -> dict[str, str]:
    """Return the environment of the process."""
    path = os.pathsep.join(filter(None, sys.path))
    return checker_environment() | {"PYTHONPATH": path} | _WITHOUT_THREADS
