"""The DNN module of OpenCV 5, with its new engine; it reads ONNX.

It computes ReduceMean over some axes of a tensor of rank 5 wrongly, without an error. A GRU keeps the size of
the first batch, and fails on another one.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as distribution_version
from pathlib import Path
from typing import Any

import numpy as np

from zoo.runtimes.protocol import Runner
from zoo.runtimes.sample_code import python_code

FORMATS = ("onnx",)
WITHOUT = ("keras", "tensorflow")

_PACKAGES = (
    "opencv-python-headless",
    "opencv-python",
    "opencv-contrib-python-headless",
    "opencv-contrib-python",
)


def missing() -> str:
    """Return how to install OpenCV 5; empty where it is installed."""
    name, number = _distribution()
    if not name:
        return f"{_PACKAGES[0]} is not installed: pip install {_PACKAGES[0]}, or keras-zoo[opencv]"
    if int(number.partition(".")[0]) < 5:
        return f"{name} {number} has no new engine: pip install '{name}>=5'"
    return ""


def version() -> str:
    """Return the name and version of the package that holds OpenCV."""
    return " ".join(_distribution())


def open(path: Path) -> Runner:
    """Read the file with the new engine; return the function that runs it.

    Where it fails on inputs, it reads the file again for them, and for those that come after them.
    """
    import cv2

    net = _read_net(path)

    def run(inputs: Mapping[str, Any]) -> dict[str, Any]:
        nonlocal net
        try:
            return _forward(net, inputs)
        except cv2.error:
            net = _read_net(path)
            return _forward(net, inputs)

    return run


def _read_net(path: Path) -> Any:
    import cv2

    return cv2.dnn.readNetFromONNX(str(path), cv2.dnn.ENGINE_NEW)


def _forward(net: Any, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the outputs of a net by their names."""
    names = list(net.getUnconnectedOutLayersNames())
    for name, array in inputs.items():
        net.setInput(np.ascontiguousarray(array), name)
    return dict(zip(names, net.forward(names), strict=True))


def example(contract: Any, file: str) -> str:
    """Return the code that loads and runs the file with OpenCV alone."""
    return python_code(
        contract,
        "import cv2",
        f'net = cv2.dnn.readNetFromONNX("{file}", cv2.dnn.ENGINE_NEW)',
        "for name, array in inputs.items():",
        "    net.setInput(array, name)",
        "names = net.getUnconnectedOutLayersNames()",
        "print(dict(zip(names, net.forward(names))))",
    )


def _distribution() -> tuple[str, str]:
    """Return the name and the version of the installed package, both empty where none is."""
    for name in _PACKAGES:
        try:
            return name, distribution_version(name)
        except PackageNotFoundError:
            continue
    return "", ""
