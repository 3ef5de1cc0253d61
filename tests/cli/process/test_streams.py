"""Standard streams that are closed, full, or have no reader: commands end quietly, with the right status."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ZOO = f"{sys.executable} -m zoo"
pytestmark = pytest.mark.skipif(
    not Path("/dev/full").exists(), reason="other systems have no full device"
)


def run(line: str) -> subprocess.CompletedProcess[str]:
    """Run a line of the shell; `zoo` is ours."""
    return subprocess.run(
        ["bash", "-c", f'set -o pipefail; zoo() {{ {ZOO} "$@"; }}; {line}'],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("line", "code", "message"),
    [
        ("zoo list >&-", 0, ""),
        ("zoo list | head -c 1 >/dev/null", 0, ""),
        ("zoo list --json | true", 0, ""),
        ("zoo list >/dev/full", 1, "could not be written: No space left on device."),
        ("zoo list --json >/dev/full", 1, "could not be written"),
        ("zoo --help >/dev/full", 1, "could not be written"),
        ("zoo lisst 2>/dev/full", 2, ""),
        ("zoo lisst 2>&-", 2, ""),
        ("zoo list >&- 2>&- <&-", 0, ""),
    ],
)
def test_a_stream_that_is_lost_shows_no_traceback(line: str, code: int, message: str) -> None:
    done = run(line)
    assert (done.returncode, "Traceback" in done.stderr) == (code, False), done.stderr
    assert message in done.stderr
    if not message:
        assert not done.stderr


def test_a_training_goes_on_without_a_reader_of_its_progress() -> None:
    done = run("zoo train mlp.digits --set epochs=3 --out run 2>&1 | head -n 1 >/dev/null")
    assert done.returncode == 0, done.stderr
    assert json.loads(Path("run/run.json").read_text())["state"] == "finished"


@pytest.mark.parametrize("unbuffered", [True, False])
def test_python_writes_at_once_where_the_user_asks_for_it(unbuffered: bool) -> None:
    code = (
        "import os; from zoo.cli.process import streams; streams.make_streams_forgiving(); "
        "print('a', end=''); os._exit(0)"
    )
    options = ["-u"] if unbuffered else []
    clean = {name: text for name, text in os.environ.items() if name != "PYTHONUNBUFFERED"}
    done = subprocess.run(
        [sys.executable, *options, "-c", code], capture_output=True, check=False, env=clean
    )
    assert (done.stdout, done.stderr) == (b"a" if unbuffered else b"", b"")
