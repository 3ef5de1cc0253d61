"""A damaged file in a runtime: it must be refused by an error, in a process of its own."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from zoo.testing.outcome import require

__all__ = ["check_damaged"]

TIMEOUT = 120  # seconds
_OPEN = """
import sys
from pathlib import Path
from zoo.runtimes.group import load_python_runtime
try:
    load_python_runtime(sys.argv[1]).open(Path(sys.argv[2]))
except Exception:
    sys.exit(7)
"""


def check_damaged(runtime: str, file: Path) -> None:
    """Cut a file in half, and open it in a runtime.

    Args:
        runtime: the name of a runtime that is a Python package.
        file: an exported file, or the folder of one; it is copied.

    Raises:
        CheckFailure: the process crashes, hangs, or opens the file without an error.
    """
    with tempfile.TemporaryDirectory(prefix="zoo-check-") as folder:
        copy = Path(folder) / file.name
        if file.is_dir():
            shutil.copytree(file, copy)
            victim = max((path for path in copy.rglob("*") if path.is_file()), key=_size)
        else:
            shutil.copyfile(file, copy)
            victim = copy
        victim.write_bytes(victim.read_bytes()[: _size(victim) // 2])
        try:
            done = subprocess.run(
                [sys.executable, "-P", "-c", _OPEN, runtime, str(copy)],
                capture_output=True,
                text=True,
                timeout=TIMEOUT,
                check=False,
            )
        except subprocess.TimeoutExpired:
            require(False, f"Opening a file that is cut in half takes more than {TIMEOUT} seconds.")
        require(
            done.returncode >= 0,
            f"Opening a file that is cut in half ends the process with signal {-done.returncode}.",
        )
        require(
            done.returncode == 7,
            "open() accepts a file that is cut in half: read it whole, and raise an error. "
            f"{done.stderr.strip()[-200:]}",
        )


def _size(path: Path) -> int:
    return path.stat().st_size
