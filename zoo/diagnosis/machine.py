"""What computes on this machine: processor, memory, backends, and the runtimes of exported files."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

import psutil

from zoo.compute.kernels import compute_in_force
from zoo.diagnosis.findings import Finding
from zoo.errors import format_error
from zoo.runtimes.group import list_runtimes

TOPIC = "compute"
SMALL_MEMORY = 4 * 2**30  # bytes; an export of a large network does not fit into less
BACKENDS = ("tensorflow", "jax")


def compute_findings() -> Iterator[Finding]:
    """Yield what is in force in this process. Keras and its backend are imported."""
    yield _memory_finding()
    yield from _backend_findings()
    try:
        compute = compute_in_force()
    except Exception as error:  # whatever importing a backend meets
        yield Finding(
            TOPIC, "Keras", "problem", format_error(error), "reinstall the backend of Keras"
        )
        return
    backend = compute["backend"]
    yield Finding(TOPIC, "processor", "ok", f"{compute['processor']}, {compute['threads']} threads")
    yield _backend_in_force(backend)
    if compute["onednn"] is not None:
        yield _onednn_finding(bool(compute["onednn"]))


def _memory_finding() -> Finding:
    memory = psutil.virtual_memory()
    detail = f"{memory.available / 2**30:.1f} of {memory.total / 2**30:.1f} GiB are free"
    if memory.available < SMALL_MEMORY:
        return Finding(TOPIC, "memory", "note", detail, "large networks may not fit")
    return Finding(TOPIC, "memory", "ok", detail)


def _backend_findings() -> Iterator[Finding]:
    """Yield which backends of Keras are installed."""
    for name in BACKENDS:
        try:
            yield Finding(TOPIC, name, "ok", f"{version(name)} is installed")
        except PackageNotFoundError:
            advice = f"pip install '{'keras-zoo[jax]' if name == 'jax' else name}'"
            yield Finding(TOPIC, name, "note", "not installed", advice)


def _backend_in_force(backend: str) -> Finding:
    if backend in BACKENDS:
        return Finding(TOPIC, "backend", "ok", f"Keras computes on {backend}")
    return Finding(
        TOPIC,
        "backend",
        "problem",
        f"Keras computes on {backend}, which the zoo is not tested on",
        "set KERAS_BACKEND=tensorflow or KERAS_BACKEND=jax",
    )


def _onednn_finding(enabled: bool) -> Finding:
    if enabled:
        return Finding(TOPIC, "oneDNN", "ok", "TensorFlow's fast kernels are on")
    advice = "unset TF_ENABLE_ONEDNN_OPTS; in Python, import zoo before TensorFlow"
    return Finding(TOPIC, "oneDNN", "note", "TensorFlow's fast kernels are off", advice)


def runtime_findings() -> Iterator[Finding]:
    """Yield each runtime of exported files, with what it lacks."""
    for state in list_runtimes():
        formats = ", ".join(state.formats)
        if state.missing:
            detail = f"it would read {formats}" if formats else "it cannot be used"
            yield Finding("runtimes", state.name, "note", detail, state.missing)
        else:
            yield Finding("runtimes", state.name, "ok", f"{state.version} reads {formats}")
