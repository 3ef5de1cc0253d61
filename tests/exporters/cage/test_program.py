"""The cage of a program: it writes into its own folder alone, has no network, and ends at its limits."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from zoo.exporters.cage.landlock import landlock_version
from zoo.exporters.cage.program import caged_command, program_walls

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="other systems have fewer walls")

ATTEMPTS = """
import json, os, socket, subprocess, sys
from pathlib import Path

outside, folder = map(Path, sys.argv[1:])
done = []


def attempt(name, function):
    try:
        function()
        done.append(name)
    except OSError:
        pass


attempt("write inside", lambda: (folder / "new").write_text("x"))
attempt("folder inside", lambda: (folder / "deep").mkdir())
attempt("remove inside", lambda: (folder / "new").unlink())
attempt("read outside", (outside / "file").read_bytes)
attempt("start", lambda: subprocess.run(["true"], check=True))
attempt("write outside", lambda: (outside / "new").write_text("x"))
attempt("write over", lambda: (outside / "file").write_text("x"))
attempt("truncate", lambda: os.truncate(outside / "file", 0))
attempt("remove outside", (outside / "file").unlink)
attempt("move out", lambda: os.rename(folder / "deep", outside / "deep"))
attempt("change rights", lambda: os.chmod(outside / "file", 0o777))
attempt("write by another program", lambda: subprocess.run(["touch", str(outside / "t")], check=True))
attempt("internet", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
attempt("local socket", lambda: socket.socket(socket.AF_UNIX))
(folder / "done").write_text(json.dumps(done))
print(os.environ["TMPDIR"] == str(folder))
"""


@LINUX
def test_a_program_in_the_cage_writes_into_its_folder_alone(tmp_path: Path) -> None:
    outside, folder = tmp_path / "outside", tmp_path / "folder"
    outside.mkdir()
    folder.mkdir()
    (outside / "file").write_text("kept")
    attempts = ATTEMPTS.replace("except OSError", "except (OSError, subprocess.CalledProcessError)")
    command = caged_command("node", [sys.executable, "-c", attempts, str(outside)], 1000)
    done = subprocess.run([*command, folder], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "True\n"
    allowed = {"write inside", "folder inside", "remove inside", "read outside", "start"}
    if landlock_version() >= 3:  # truncate came with the third version
        assert set(json.loads((folder / "done").read_text())) == allowed
        assert [item.name for item in outside.iterdir()] == ["file"]
        assert (outside / "file").read_text() == "kept"
    walls = program_walls("node")
    assert ("Landlock" in walls) == bool(landlock_version())
    assert "66 s of processor time" in walls


def test_a_browser_has_a_cage_of_its_own() -> None:
    assert caged_command("browser", ["node", "run.mjs"], 3) == ["node", "run.mjs"]
    assert program_walls("browser") == "checked operators, clean environment"
