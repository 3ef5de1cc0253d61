"""The environment variables that the zoo sets, before TensorFlow is imported."""

import os
import subprocess
import sys

import pytest

from zoo import environment

TOLD = "import os, zoo; print(os.environ.get('TF_ENABLE_ONEDNN_OPTS'))"


def onednn_after(code: str, **variables: str) -> str:
    """Run code in a new Python; return what it prints."""
    clean = {k: v for k, v in os.environ.items() if k != "TF_ENABLE_ONEDNN_OPTS"}
    done = subprocess.run(
        [sys.executable, "-c", code], env={**clean, **variables}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.skipif(environment._machine() not in ("x86_64", "amd64"), reason="an x86-64 processor")
def test_importing_the_zoo_turns_onednn_on_unless_the_user_has_set_it() -> None:
    assert onednn_after(TOLD) == "1"
    assert onednn_after(TOLD, TF_ENABLE_ONEDNN_OPTS="0") == "0"


def test_onednn_stays_as_it_is_where_tensorflow_is_imported_already() -> None:
    assert onednn_after(f"import sys; sys.modules['tensorflow'] = sys; {TOLD}") == "None"


@pytest.mark.parametrize(("system", "machine"), [("linux", "aarch64"), ("darwin", "x86_64")])
def test_onednn_is_left_to_tensorflow_on_other_processors_and_systems(
    monkeypatch: pytest.MonkeyPatch, system: str, machine: str
) -> None:
    monkeypatch.delenv("TF_ENABLE_ONEDNN_OPTS", raising=False)
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    monkeypatch.setattr(environment, "_machine", lambda: machine)
    monkeypatch.setattr(environment.sys, "platform", system)
    environment.set_default_kernels()
    assert "TF_ENABLE_ONEDNN_OPTS" not in os.environ


def test_a_backend_of_the_users_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    environment.set_backend("jax")
    assert os.environ["KERAS_BACKEND"] == "tensorflow"


@pytest.mark.parametrize(("text", "threads"), [("3", 3), ("0", None), ("many", None), ("", None)])
def test_a_number_of_threads_is_read(
    monkeypatch: pytest.MonkeyPatch, text: str, threads: int | None
) -> None:
    monkeypatch.setenv("NPROC", text)
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", text)
    assert environment.jax_threads() == environment.tensorflow_threads() == threads
