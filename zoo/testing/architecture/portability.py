"""Checks of portability: every format, a process without the plug-in, and the JAX backend."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from zoo.exporters.api import verify
from zoo.exporters.report import Report
from zoo.testing.architecture.subject import Subject
from zoo.testing.outcome import SkipCheck, require

ON_JAX = ("build", "train", "round-trip", "resume")  # a resumed training equals another one too

JAX = {
    "KERAS_BACKEND": "jax",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    # the same step is compiled for each training: the second time it comes from the cache
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
}


def check_export(subject: Subject) -> None:
    """Every part passes the gate in every format."""
    require(Report.read(subject.export_folder).ok, "A file computes something else than the model.")


def check_reopen(subject: Subject) -> None:
    """The files run in a process that cannot import the plug-in, unless the report says they need it."""
    own = subject.architecture.plugin.__name__.partition(".")[0]
    files = Report.read(subject.export_folder).files
    needed = {module.partition(".")[0] for file in files for module in file.requires}
    with not_importable([own] if own not in needed else []):
        require(
            verify(subject.export_folder).ok,
            "An exported file computes something else when reopened.",
        )


def check_jax(subject: Subject) -> None:
    """On JAX too the model is built, trained, loaded, repeated and resumed."""
    if not find_spec("jax"):
        raise SkipCheck("jax is not installed: pip install 'keras-zoo[jax]'")
    if subject.architecture.package == "this process":
        raise SkipCheck("another process cannot see an architecture that was registered by hand")
    done = subprocess.run(
        [sys.executable, "-P", "-m", "zoo.testing", subject.name, *ON_JAX],
        env={**os.environ, **JAX, "JAX_COMPILATION_CACHE_DIR": str(subject.folder / "jax-cache")},
        capture_output=True,
        text=True,
        check=False,
    )
    require(done.returncode == 0, f"On JAX: {done.stdout}{done.stderr[-600:]}".strip())


@contextmanager
def not_importable(modules: Sequence[str]) -> Iterator[None]:
    """Make new processes fail to import some top-level modules.

    A new process of the exporter takes its path from sys.path, where a module that raises lies first.
    """
    with tempfile.TemporaryDirectory(prefix="zoo-check-") as folder:
        for module in modules:
            text = f"raise ImportError('zoo check lets no process import {module} here')\n"
            (Path(folder) / f"{module}.py").write_text(text, "utf-8")
        sys.path.insert(0, folder)
        try:
            yield
        finally:
            sys.path.remove(folder)
