"""The kernels and threads that are in force in this process, and how they are set.

TensorFlow reads the switch of oneDNN when it is imported, and the number of threads before its first
computation; JAX reads its number of threads before its first computation. Another number of threads, or
oneDNN on instead of off, changes the last bits of a result. So run.json holds both, and a resumed training
uses the same ones, or is refused.
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from zoo import environment
from zoo.errors import RunError, SettingError

NAMES = {"tensorflow": "TensorFlow", "jax": "JAX"}


def compute_in_force() -> dict[str, Any]:
    """Return what computes in this process, as run.json holds it.

    Returns:
        backend: of Keras. onednn: whether TensorFlow uses oneDNN; None on another backend, or if
        TensorFlow does not tell. threads: of one operation. processor: its name. device: CPU, or the
        name of the accelerator that computes.
    """
    import keras

    backend = keras.backend.backend()
    return {
        "backend": backend,
        "onednn": uses_onednn() if backend == "tensorflow" else None,
        "threads": thread_count(backend),
        "processor": processor_name(),
        "device": device_name(backend),
    }


def uses_onednn() -> bool | None:
    """Return whether the TensorFlow of this process uses oneDNN; None if it does not tell."""
    try:
        # the function behind the choice of kernels: it reads the variable once, on import
        from tensorflow.python.util import _pywrap_util_port
    except ImportError:
        return None
    return bool(_pywrap_util_port.IsMklEnabled())


def thread_count(backend: str) -> int:
    """Return the number of threads that one operation of a backend may use on this processor."""
    if backend == "jax":
        return environment.jax_threads() or core_count()
    if backend != "tensorflow":
        return core_count()
    import tensorflow as tf

    threads = int(tf.config.threading.get_intra_op_parallelism_threads())
    return threads or environment.tensorflow_threads() or core_count()


def device_name(backend: str) -> str:
    """Return CPU, or the name of the first accelerator that a backend computes on."""
    if backend == "jax":
        import jax

        device = jax.devices()[0]
        return "CPU" if device.platform == "cpu" else str(device.device_kind)
    if backend != "tensorflow":
        return "CPU"
    import tensorflow as tf

    devices = [each for kind in ("TPU", "GPU") for each in tf.config.list_physical_devices(kind)]
    if not devices:
        return "CPU"
    details = tf.config.experimental.get_device_details(devices[0])
    return str(details.get("device_name", devices[0].device_type))


def core_count() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def processor_name() -> str:
    """Return the processor's name; on an unknown system, its kind."""
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def use_threads(threads: int | None) -> None:
    """Set the number of threads, for the whole process, before the first computation.

    Args:
        threads: from 1; None or 0 leaves the backend's own number.

    Raises:
        SettingError: the backend computes already, with another number.
    """
    import keras

    backend = keras.backend.backend()
    if not threads or thread_count(backend) == threads or backend not in NAMES:
        return
    if backend == "jax":
        too_late = _jax_computes()
        if not too_late:
            environment.set_jax_threads(threads)
    else:
        too_late = not _set_tensorflow_threads(threads)
    if too_late:
        raise SettingError(
            f"threads={threads} cannot be set: {NAMES[backend]} computes with "
            f"{thread_count(backend)} threads in this process already. Use a new process, or set "
            "threads in its first training."
        )


def _set_tensorflow_threads(threads: int) -> bool:
    """Set the threads of an operation, and of operations side by side; return whether it succeeded."""
    import tensorflow as tf

    try:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)
    except RuntimeError:  # TensorFlow is initialised
        return False
    return True


def _jax_computes() -> bool:
    """Return whether JAX has read its number of threads; true if JAX does not tell."""
    if "jax" not in sys.modules:
        return False
    try:
        from jax._src import xla_bridge

        return bool(xla_bridge.backends_are_initialized())
    except (ImportError, AttributeError):
        return True


def prepare_to_resume(compute: Mapping[str, Any]) -> None:
    """Set the environment as run.json has it, if Keras is not imported yet; else do nothing.

    Args:
        compute: the entry `compute` of run.json; empty for a run of an older version.
    """
    if "keras" not in sys.modules and compute.get("backend"):
        environment.set_backend(str(compute["backend"]))
    if "tensorflow" not in sys.modules and compute.get("onednn") is not None:
        environment.set_onednn(bool(compute["onednn"]))


def recorded_choice(compute: Mapping[str, Any]) -> dict[str, Any]:
    """Return how a run makes its steps; empty if run.json does not tell, or on another backend."""
    import keras

    if compute.get("backend") != keras.backend.backend():
        return {}
    names = ("xla", "xla_reason", "steps_per_execution")
    return {name: compute[name] for name in names if name in compute}


def check_same_kernels(run: Path, compute: Mapping[str, Any]) -> None:
    """Refuse to resume a run with other kernels or threads than it was started with.

    The threads are set, if that is still possible. On another backend than the run's, nothing is
    compared: there its bits cannot be the same.

    Args:
        run: the run's directory, for the message.
        compute: the entry `compute` of run.json.

    Raises:
        RunError: says what to set.
    """
    import keras

    if not compute or compute.get("backend") != keras.backend.backend():
        return
    onednn = compute.get("onednn")
    if onednn is not None and uses_onednn() not in (None, onednn):
        raise RunError(
            f"{run} was started with oneDNN {_on_or_off(onednn)}, and in this process it is "
            f"{_on_or_off(not onednn)}: the result would have other bits. Resume in a new process, with "
            f"TF_ENABLE_ONEDNN_OPTS={int(onednn)} set before TensorFlow is imported; "
            "`zoo train --resume` sets it."
        )
    try:
        use_threads(compute.get("threads"))
    except SettingError as error:
        raise RunError(
            f"{run} was started with {compute['threads']} threads, and "
            f"{NAMES[keras.backend.backend()]} computes with {thread_count(keras.backend.backend())} in "
            "this process: the result would have other bits. Resume in a new process: "
            "`zoo train --resume` sets the number."
        ) from error


def _on_or_off(enabled: bool) -> str:
    return "on" if enabled else "off"
