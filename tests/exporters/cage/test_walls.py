"""The cage: a process in it reads and writes nothing else, starts nothing, and ends at its limits."""

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from zoo.exporters.cage.landlock import landlock_version
from zoo.exporters.cage.limits import limits_for
from zoo.exporters.cage.surroundings import process_environment

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="other systems have fewer walls")

ATTEMPTS = """
import json, os, resource, signal, socket, subprocess, sys, threading
from pathlib import Path
from zoo.exporters.cage.walls import enter_cage

folder, outside = map(Path, sys.argv[1:])
walls = enter_cage(folder, 1000, final=True)
results = {}


def attempt(name, function):
    try:
        function()
        results[name] = "done"
    except (OSError, RuntimeError, ValueError) as error:
        results[name] = type(error).__name__


def run_thread():
    thread = threading.Thread(target=lambda: results.update(inside="done"))
    thread.start()
    thread.join()


attempt("read inside", (folder / "file").read_bytes)
attempt("read outside", (outside / "secret").read_bytes)
attempt("list outside", lambda: list(outside.iterdir()))
attempt("write inside", lambda: (folder / "new").write_text("x"))
attempt("write outside", lambda: (outside / "new").write_text("x"))
attempt("write over", lambda: (outside / "secret").write_text("x"))
attempt("truncate", lambda: os.truncate(outside / "secret", 0))
attempt("remove", (outside / "secret").unlink)
attempt("rename", lambda: os.rename(folder / "file", folder / "other"))
attempt("link", lambda: os.symlink("/etc/passwd", folder / "link"))
attempt("change rights", lambda: os.chmod(outside / "secret", 0o777))
attempt("change times", lambda: os.utime(folder / "file", (0, 0)))
attempt("temporary file", lambda: open("/tmp/zoo-cage-test", "w").close())
attempt("home", lambda: list(Path("~").expanduser().iterdir()))
attempt("start", lambda: subprocess.run(["true"], check=True))
attempt("fork", os.fork)
attempt("internet", lambda: socket.socket(socket.AF_INET))
attempt("local socket", lambda: socket.socket(socket.AF_UNIX))
attempt("kill the parent", lambda: os.kill(os.getppid(), signal.SIGTERM))
attempt("raise a limit", lambda: resource.setrlimit(resource.RLIMIT_CPU, (10**6, 10**6)))
attempt("environment of the parent", lambda: Path(f"/proc/{os.getppid()}/environ").read_bytes())
attempt("own memory", lambda: Path("/proc/self/status").read_text())
attempt("nothing", lambda: Path("/dev/null").write_text("x"))
attempt("thread", run_thread)
attempt("import", lambda: __import__("xml.etree.ElementTree"))
print(json.dumps({"walls": walls, "results": results}))
"""


@LINUX
def test_a_process_in_the_cage_has_no_rights(tmp_path: Path) -> None:
    for name, file in (("export", "file"), ("outside", "secret")):
        (tmp_path / name).mkdir()
        (tmp_path / name / file).write_text("x")
    done = subprocess.run(
        [sys.executable, "-c", ATTEMPTS, tmp_path / "export", tmp_path / "outside"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    allowed = {name for name, result in answer["results"].items() if result == "done"}
    harmless = {"read inside", "own memory", "nothing", "thread", "inside", "import"}
    expected = harmless if landlock_version() else allowed
    assert allowed == expected, answer
    assert (tmp_path / "outside" / "secret").read_text() == "x"
    assert "limits of" in answer["walls"]


def run_limited(code: str) -> subprocess.CompletedProcess[str]:
    """Run code in the cage with 1 second of processor time and 200 MiB."""
    program = "from pathlib import Path\nfrom zoo.exporters.cage.walls import enter_cage\n"
    program += f"enter_cage(Path('.'), 0, final=True)\n{textwrap.dedent(code)}"
    return subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "ZOO_LIMITS": "cage_seconds=1,cage_mib=200"},
    )


@LINUX
def test_a_process_in_the_cage_ends_at_its_limits() -> None:
    endless = run_limited("while True: pass")
    assert "it does not end" in limits_for(0).describe_end(endless.returncode, "")
    large = run_limited("bytearray(300 * 2**20)")
    assert "MemoryError" in large.stderr
    assert run_limited("bytearray(100 * 2**20)").returncode == 0


def test_limits_grow_with_the_file_and_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    small, large = limits_for(1000), limits_for(10**9)
    assert small.seconds < 10 < large.seconds
    assert small.memory < 2**31 < large.memory
    monkeypatch.setenv("ZOO_LIMITS", "cage_seconds=7,cage_mib=3")
    assert (limits_for(10**9).seconds, limits_for(10**9).memory) == (7, 3 * 2**20)


def test_an_end_by_another_reason_than_a_limit_is_none() -> None:
    limits = limits_for(0)
    assert limits.describe_end(1, "") == ""
    assert "does not end" in limits.describe_end(-9, "late")


def test_an_error_for_want_of_memory_comes_with_the_limits() -> None:
    """oneDNN does not say what it lacks."""
    limits = limits_for(0)
    assert limits.describe_error("a shape does not fit.") == "a shape does not fit."
    assert "cage_mib" in limits.describe_error("Status: 1, message: could not create a primitive")


def test_no_secret_is_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = (
        "AWS_SECRET_ACCESS_KEY",
        "HF_TOKEN",
        "NVIDIA_API_KEY",
        "PYTHON_KEYRING_BACKEND",
        "SSH_AUTH_SOCK",
        "TF_TOKEN_app_terraform_io",
        "TF_VAR_db_login",
        "ZOO_KEY_PASSWORD",
        "ZOO_secret",
    )
    for name in (*secrets, "OMP_NUM_THREADS", "ZOO_LIMITS"):
        monkeypatch.setenv(name, "x")
    environment = process_environment()
    assert not environment.keys() & set(secrets)
    assert environment["OMP_NUM_THREADS"] == "x"
    assert "PATH" in environment
