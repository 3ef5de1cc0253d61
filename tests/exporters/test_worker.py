"""The processes that open exported files: what a runtime does there becomes an answer for its file."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import keras
import numpy as np
import pytest

import zoo
from tests.conftest import Install
from tests.exporters.test_bisect import FORMAT
from zoo.exporters import checker
from zoo.exporters.checker import Checker, start_processes
from zoo.exporters.worker import CRASHED, block_imports, crash_answer

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="other systems do not fork")
COUNTER = '''
import keras

with open("seen", "a") as seen:
    seen.write("x")
keras.config.set_floatx("float16")
keras.saving.get_custom_objects()["Poison"] = keras.layers.Dense


@keras.saving.register_keras_serializable("counted")
class Same(keras.layers.Layer):
    """The input."""

    def call(self, x):
        return x
'''


def dense(name: str = "scores") -> keras.Model:
    inputs = keras.Input((4,), name="inputs")
    return keras.Model(inputs, keras.layers.Dense(3, name=name)(inputs))


@pytest.fixture(autouse=True)
def no_processes_of_other_tests() -> None:
    for process in checker._idle:
        process.end()
    checker._idle.clear()


def idle_pids() -> set[int]:
    return {process._process.pid for process in checker._idle}


def is_running(pid: int) -> bool:
    """Return whether a process runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def interrupt_while_comparing(process: Checker) -> None:
    with process:
        process.submit(Path(), {"part": "model", "runtime": "format:copy", "path": "a"})
        time.sleep(0.5)
        raise KeyboardInterrupt


def empty_probes() -> None:
    Path("probe.npz").write_bytes(b"PK\x05\x06" + bytes(18))  # an archive without members


def test_blocked_modules_cannot_be_imported_for_a_while() -> None:
    with block_imports(["nowhere_at_all"]), pytest.raises(ImportError):
        __import__("nowhere_at_all")
    assert "nowhere_at_all" not in sys.modules


def test_a_blocked_module_that_is_imported_already_is_hidden() -> None:
    import json.decoder

    with block_imports(["json"]):
        for name in ("json", "json.decoder"):
            with pytest.raises(ImportError):
                __import__(name)
    assert sys.modules["json.decoder"] is json.decoder


def test_a_runtime_that_ends_the_process_is_an_answer_and_later_files_are_compared(
    install: Install,
) -> None:
    crash = "import os; os.write(2, b'last words'); os._exit(7)"
    code = FORMAT.replace("def open(path):", f"def open(path):\n    if path.name == 'a': {crash}")
    install("zoo-copy", {"zoo_copy.py": code}, {"zoo.formats": "copy = zoo_copy"})
    empty_probes()
    files = [{"part": "model", "runtime": "format:copy", "path": name} for name in ("a", "b")]
    with Checker(["format:copy"]) as process:
        answers = [each.result() for each in [process.submit(Path(), file) for file in files]]
    assert [answer["difference"] for answer in answers] == [None, None]
    assert answers[0]["problem"] == f"{CRASHED} (exit code 7): last words"
    assert answers[1]["problem"].startswith("its runtime refuses it")


@LINUX
def test_a_second_export_and_a_verification_use_the_same_processes() -> None:
    zoo.export(dense(), out="one")
    before = idle_pids()
    zoo.export(dense("others"), ["h5", "onnx"], out="two")
    assert len(before) == 2
    zoo.verify("one")
    assert before <= idle_pids()


def test_a_change_of_the_environment_asks_for_new_processes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    start_processes(["onnxruntime"])
    before = idle_pids()
    start_processes(["onnxruntime"])
    assert idle_pids() == before
    monkeypatch.setenv("ZOO_DISABLE", "nothing")
    start_processes(["onnxruntime"])
    assert not idle_pids() <= before


@LINUX
def test_no_file_changes_what_a_later_file_meets(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "counted.py").write_text(COUNTER)
    monkeypatch.syspath_prepend(tmp_path)
    import importlib

    counted = importlib.import_module("counted")
    keras.config.set_floatx("float32")
    del keras.saving.get_custom_objects()["Poison"]
    inputs = keras.Input((4,), name="inputs")
    hidden = counted.Same(name="same")(inputs)
    model = keras.Model(inputs, keras.layers.Dense(3, name="scores")(hidden))
    Path("seen").unlink()
    for folder in ("one", "two"):
        zoo.export(model, ["keras", "h5"], out=folder)
    assert Path("seen").read_text() == "xxxx"  # each file's process imports the module
    assert zoo.export(dense(), ["keras", "h5", "saved-model"], out="three").ok


@LINUX
def test_a_saved_model_is_opened_with_keras_hidden(install: Install) -> None:
    code = FORMAT.replace('SUFFIX, WITHOUT = ".copy", ()', 'SUFFIX, WITHOUT = ".copy", ("keras",)')
    code = code.replace(
        "from zoo.exporters.formats import keras\nfrom zoo.runtimes.python import keras as runtime\n",
        "",
    )
    code = code.replace("def open(path):", "def open(path):\n    import keras")
    install("zoo-copy", {"zoo_copy.py": code}, {"zoo.formats": "copy = zoo_copy"})
    empty_probes()
    file = {"part": "model", "runtime": "format:copy", "path": "a"}
    with Checker(["format:copy", "keras"]) as process:
        assert "import of keras halted" in process.submit(Path(), file).result()["problem"]


@LINUX
def test_exports_in_two_threads_use_two_processes_and_leave_one_idle() -> None:
    with ThreadPoolExecutor(2) as threads:
        jobs = [threads.submit(zoo.export, dense(), ["onnx"], out=name) for name in "ab"]
        assert all(job.result().ok for job in jobs)
    assert sum(process.modules == () for process in checker._idle) == 1


@LINUX
@pytest.mark.parametrize(
    "end",
    [
        "raise SystemExit(3)",
        pytest.param("os._exit(3)", marks=pytest.mark.long),
        "os.kill(os.getpid(), 9)",
    ],
)
def test_no_process_survives_its_parent(end: str) -> None:
    code = f"""
import os
from zoo.exporters import checker
checker.start_processes(["onnxruntime", "tensorflow"])
print(*(process._process.pid for process in checker._idle), flush=True)
{end}
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode
    pids = list(map(int, done.stdout.split()))
    assert len(pids) == 2
    deadline = time.monotonic() + 60  # TensorFlow's import cannot be interrupted
    while any(map(is_running, pids)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not any(map(is_running, pids))


@LINUX
def test_a_fork_leaves_the_processes_to_its_parent() -> None:
    assert zoo.export(dense(), ["onnx"], out="one").ok
    code = """
import os, sys
from zoo.exporters import checker
checker.start_processes(["onnxruntime"])
(process,) = checker._idle
child = os.fork()
if not child:
    assert not checker._idle
    sys.exit(0)  # runs atexit
assert os.waitpid(child, 0)[1] == 0
print(process.is_alive())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "True\n", done.stderr


@LINUX
def test_an_error_while_files_are_compared_ends_the_process(install: Install) -> None:
    code = FORMAT.replace("def open(path):", "def open(path):\n    import time; time.sleep(600)")
    install("zoo-copy", {"zoo_copy.py": code}, {"zoo.formats": "copy = zoo_copy"})
    empty_probes()
    started = time.monotonic()
    process = Checker(["format:copy"])
    (used,) = process._processes.values()
    with pytest.raises(KeyboardInterrupt):
        interrupt_while_comparing(process)
    assert time.monotonic() - started < 60
    assert not is_running(used._process.pid)


@LINUX
def test_a_killed_process_is_replaced() -> None:
    model = dense()
    assert zoo.export(model, ["onnx"], out="one").ok
    for pid in idle_pids():
        os.kill(pid, signal.SIGKILL)
    assert zoo.export(model, ["onnx"], out="two").ok
    outputs = np.load("two/probe.npz")
    assert outputs.files


def test_a_crash_without_a_word_is_told_by_its_code() -> None:
    assert crash_answer(-8, " \n")["problem"] == f"{CRASHED} (exit code -8)"
    assert crash_answer(-8, "a\nb")["problem"] == f"{CRASHED} (exit code -8): a b"
