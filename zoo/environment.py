"""The environment variables that the zoo reads and sets, each in one function.

ZOO_DATA           the folder of data sets; ./data if not set
ZOO_RUNS           the folder of runs; ./runs if not set
ZOO_REGISTRY       a catalog file of the user's, beside ./registry.toml
ZOO_DISABLE        names of plug-ins that are switched off, with commas between them
ZOO_PACKAGES       distributions, with commas between them: only their plug-ins are seen; all if not set
ZOO_LARGEST_DATA   bytes that one array file may unpack to; 8 GiB if not set
ZOO_LIMITS         other limits on files from elsewhere: NAME=NUMBER,... (zoo/io/foreign/limits.py)
ZOO_PROGRESS       off: what Python starts shows no progress; it is shown if not set
ZOO_TRACEBACK      show the traceback of an error instead of its message alone
ZOO_CACHE          the folder of files that can be made or fetched again; the user's cache if not set
ZOO_WEIGHTS        a folder with weights files, which is searched first
ZOO_WEIGHTS_URL    a mirror: weights files are fetched from here instead of their own URLs
ZOO_KEY_PASSWORD   the password of the private key that signs exports
ZOO_COORDINATOR    HOST:PORT of worker 0, where Slurm or mpirun do not tell it: zoo train --workers
ZOO_WORKERS_WAIT   seconds that workers wait for each other at the start; 1800 if not set
ZOO_HOSTILE_LOADER module:function that the hostile files of zoo.testing are tried on
ZOO_HOSTILE_KINDS  the kinds of these files, with commas between; all if not set
KERAS_HOME         the folder of Keras' cache; ~/.keras if not set
KERAS_BACKEND      the backend of Keras; what keras.json in that folder says if not set
"""

from __future__ import annotations

import os
import re
import sys
from functools import cache
from pathlib import Path

from zoo.errors import UsageError, brief

_USERS_ONEDNN = os.environ.get("TF_ENABLE_ONEDNN_OPTS")  # before `set_default_kernels`


def data_folder() -> Path:
    """Return the folder of data sets: ZOO_DATA, or ./data."""
    return Path(os.environ.get("ZOO_DATA") or "data").expanduser()


def runs_folder() -> Path:
    """Return the folder of runs: ZOO_RUNS, or ./runs."""
    return Path(os.environ.get("ZOO_RUNS") or "runs").expanduser()


def catalog_file() -> Path | None:
    """Return the catalog file that ZOO_REGISTRY names, or None."""
    named = os.environ.get("ZOO_REGISTRY")
    return Path(os.path.abspath(os.path.expanduser(named))) if named else None


def disabled_names() -> frozenset[str]:
    """Return the names of the plug-ins that ZOO_DISABLE switches off."""
    return _names("ZOO_DISABLE")


def visible_packages() -> frozenset[str] | None:
    """Return the distributions that ZOO_PACKAGES names, whose plug-ins alone are seen; None: all are."""
    return _names("ZOO_PACKAGES") or None


def _names(variable: str) -> frozenset[str]:
    """Return the names in a variable, with commas between them."""
    names = os.environ.get(variable, "").split(",")
    return frozenset(name.strip() for name in names if name.strip())


def largest_data() -> int:
    """Return how many bytes one array file may unpack to: ZOO_LARGEST_DATA; it may raise UsageError."""
    text = os.environ.get("ZOO_LARGEST_DATA") or str(8 * 2**30)
    if not text.isdecimal():
        raise UsageError(f"ZOO_LARGEST_DATA must be a number of bytes. Received: {brief(text)}")
    return int(text)


def file_limits() -> dict[str, int]:
    """Return the limits on files from elsewhere that ZOO_LIMITS sets, by name; it may raise UsageError."""
    return _parse_limits(os.environ.get("ZOO_LIMITS", ""))


@cache
def _parse_limits(variable: str) -> dict[str, int]:
    limits = {}
    for item in filter(str.strip, variable.split(",")):
        name, _, text = (part.strip() for part in item.partition("="))
        if not (text.isascii() and text.isdecimal() and len(text) <= 18):
            raise UsageError(
                "ZOO_LIMITS must be NAME=NUMBER with commas between, such as "
                f"zip_members=50000,json_depth=200. Received: {brief(item)}"
            )
        limits[name] = int(text)
    return limits


def hostile_loader() -> str:
    """Return the loader module:function that ZOO_HOSTILE_LOADER names; empty if there is none."""
    return os.environ.get("ZOO_HOSTILE_LOADER", "")


def hostile_kinds() -> tuple[str, ...]:
    """Return the kinds of hostile files that ZOO_HOSTILE_KINDS names; none if it is not set."""
    return tuple(filter(None, os.environ.get("ZOO_HOSTILE_KINDS", "").split(",")))


def shows_tracebacks() -> bool:
    """Return whether ZOO_TRACEBACK asks for the traceback of an error."""
    return bool(os.environ.get("ZOO_TRACEBACK"))


def shows_progress() -> bool:
    """Return whether what Python starts shows its progress: unless ZOO_PROGRESS is off or 0."""
    return os.environ.get("ZOO_PROGRESS", "").lower() not in ("0", "off", "no", "false")


def cache_folder() -> Path:
    """Return the folder of files that can be made or fetched again: ZOO_CACHE, or the user's cache."""
    if named := os.environ.get("ZOO_CACHE"):
        return Path(named).expanduser()
    from platformdirs import user_cache_path

    return user_cache_path("keras-zoo", appauthor=False)


def weights_folder() -> Path | None:
    """Return the folder of weights files that ZOO_WEIGHTS names, or None."""
    return Path(named).expanduser() if (named := os.environ.get("ZOO_WEIGHTS")) else None


def weights_mirror() -> str | None:
    """Return the address that ZOO_WEIGHTS_URL names, without a slash at its end, or None."""
    return os.environ.get("ZOO_WEIGHTS_URL", "").rstrip("/") or None


def key_password() -> str | None:
    """Return the password of the private key that signs exports, or None."""
    return os.environ.get("ZOO_KEY_PASSWORD") or None


def keras_home() -> Path:
    """Return the folder of Keras' cache: KERAS_HOME, or ~/.keras."""
    return Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser()


def keras_backend() -> str | None:
    """Return the backend that KERAS_BACKEND names, or None."""
    return os.environ.get("KERAS_BACKEND")


def set_default_kernels() -> None:
    """Turn on oneDNN in TensorFlow on x86-64, unless the user has set TF_ENABLE_ONEDNN_OPTS.

    TensorFlow on Linux and Windows reads the variable when it is imported. By itself it uses oneDNN only on
    processors with instructions for neural networks, such as AVX-512 VNNI. On Arm, its own choice stays.
    """
    too_late = "tensorflow" in sys.modules  # a variable that is not in force must not be set
    if sys.platform in ("linux", "win32") and _machine() in ("x86_64", "amd64") and not too_late:
        os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")


def _machine() -> str:
    """Return the kind of processor. The module `platform` would take longer to import."""
    if sys.platform == "win32":
        return os.environ.get("PROCESSOR_ARCHITECTURE", "").lower()
    return os.uname().machine.lower()


def set_onednn(enabled: bool) -> None:
    """Turn oneDNN on or off in a TensorFlow that is not imported yet."""
    os.environ["TF_ENABLE_ONEDNN_OPTS"] = str(int(enabled))


def set_backend(name: str) -> None:
    """Choose the backend of a Keras that is not imported yet, unless the user has set KERAS_BACKEND."""
    os.environ.setdefault("KERAS_BACKEND", name)


def tensorflow_threads() -> int | None:
    """Return TF_NUM_INTRAOP_THREADS, the threads of TensorFlow if no program sets them, or None."""
    return _positive_number("TF_NUM_INTRAOP_THREADS")


def jax_threads() -> int | None:
    """Return NPROC, the threads of JAX on a CPU, or None."""
    return _positive_number("NPROC")


def set_jax_threads(threads: int) -> None:
    """Set the threads of JAX on a CPU. JAX reads NPROC before its first computation."""
    os.environ["NPROC"] = str(threads)


def _positive_number(name: str) -> int | None:
    """Return a variable's number; None if it is not set, or no whole number above 0."""
    text = os.environ.get(name, "")
    return int(text) if text.isdecimal() and int(text) > 0 else None


def job_variables(*names: str) -> dict[str, str]:
    """Return those of some variables of Slurm or mpirun that are set and not empty."""
    return {name: text for name in names if (text := os.environ.get(name))}


def worker_environment(threads: int) -> dict[str, str]:
    """Return the environment of a process that trains together with others: Keras on JAX."""
    return {**os.environ, "KERAS_BACKEND": "jax", "NPROC": str(threads)}


def git_environment() -> dict[str, str]:
    """Return the environment of a git without the user's settings, which commits as keras-zoo."""
    own = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    for role in ("AUTHOR", "COMMITTER"):
        own |= {f"GIT_{role}_NAME": "keras-zoo", f"GIT_{role}_EMAIL": "zoo@localhost"}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return inherited | own


def checker_environment() -> dict[str, str]:
    """Return the environment of a process that opens exported files.

    What the zoo chose for this process, such as oneDNN, is left out: a file is run with the runtime's own
    kernels. Only variables that Python, the system and the runtimes read are taken over: others may hold
    secrets. Names such as TF_TOKEN_app_terraform_io and TF_VAR_password are Terraform's, not TensorFlow's.
    """
    variables = {name: text for name, text in os.environ.items() if _is_known(name)}
    variables |= {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"}
    if _USERS_ONEDNN is None:
        variables.pop("TF_ENABLE_ONEDNN_OPTS", None)
    return variables


_KNOWN = frozenset({
    "APPDATA", "COMSPEC", "CONDA_PREFIX", "HOME", "LANG", "LANGUAGE", "LD_LIBRARY_PATH",
    "LD_PRELOAD", "LOCALAPPDATA", "LOGNAME", "MPLCONFIGDIR", "NPROC", "NUMBER_OF_PROCESSORS", "OS",
    "PATH", "PATHEXT", "PROCESSOR_ARCHITECTURE", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "TZ",
    "USER", "USERNAME", "USERPROFILE", "VIRTUAL_ENV", "WINDIR", "XDG_CACHE_HOME",
})  # fmt: skip
_KNOWN_BEGINNINGS = (
    "CUDA_", "DYLD_", "GOTO_", "KERAS_", "KMP_", "LC_", "MALLOC_", "MKL_", "NUMEXPR_", "NVIDIA_", "OMP_",
    "OPENBLAS_", "ORT_", "PYTHON", "TF_", "XLA_", "ZOO_",
)  # fmt: skip
_OWN = frozenset({"ZOO_CACHE", "ZOO_RUNS", "ZOO_WEIGHTS", "ZOO_WEIGHTS_URL"})  # no runtime's
_SECRET = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|^TF_VAR_")


def _is_known(name: str) -> bool:
    """Return whether a process that opens exported files takes over a variable."""
    name = name.upper() if sys.platform == "win32" else name
    known = name in _KNOWN or name.startswith(_KNOWN_BEGINNINGS)
    return known and name not in _OWN and not _SECRET.search(name.upper())
