"""ONNX Runtime Web in a headless browser: WebAssembly in Chromium, Chrome or Edge."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from typing import Any

from zoo.errors import ExportError
from zoo.runtimes.programs.example_code import example_code
from zoo.runtimes.programs.node import HOW_TO_INSTALL, WORDS
from zoo.runtimes.programs.program import Program

FORMATS = ("onnx", "onnx-fp16", "onnx-int8")
LANGUAGE = "html"
BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
    "msedge",
)
PROGRAM = Program(
    name="browser",
    sources=("browser", "node/manifest.mjs"),
    builds_with={"npm": HOW_TO_INSTALL},
    runs_with={"node": HOW_TO_INSTALL},
    steps=(("npm", "ci", "--ignore-scripts"),),
    cost="about 5 seconds and 150 MB",
)


def find_browser() -> str | None:
    """Return the path of the first browser that is installed, None where there is none."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def missing() -> str:
    """Return which tools to install; empty where the program can be built and run."""
    tools = PROGRAM.missing_tools()
    if find_browser():
        return tools
    browser = "Chromium, Chrome or Edge on the PATH (apt install chromium)"
    return f"{tools}, {browser}" if tools else f"it needs {browser}"


def version() -> str:
    """Return the name and version of ONNX Runtime's package."""
    number = PROGRAM.pinned_version("package.json", r'"onnxruntime-web": "([^"]+)"')
    return f"onnxruntime-web {number}"


def command() -> Sequence[str]:
    """Return the command that runs the program, built where it is not yet."""
    browser = find_browser()
    if browser is None:
        raise ExportError(missing())
    return ["node", str(PROGRAM.build() / "run.mjs"), browser]


def example(contract: Any, file: str) -> str:
    """Return the page that runs a file; empty where a dtype has no array in JavaScript."""
    return example_code(PROGRAM.source / "example.html", contract, file, WORDS)
