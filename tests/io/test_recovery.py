"""What a killed process leaves: temporary folders go, what was moved aside comes back, living ones stay."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from zoo.errors import WriteError
from zoo.io import atomic
from zoo.io.atomic import atomic_write, check_space, replace_directory
from zoo.io.recovery import (
    drop_replaced,
    make_temporary_folder,
    recover,
    remove_left_over,
    restore,
    set_aside,
)


def run_and_die(code: str) -> None:
    """Run code in a process that ends without cleaning up."""
    program = (
        "import os\nfrom pathlib import Path\n"
        "from zoo.io import atomic, recovery\n"
        f"{code}\nos._exit(1)"
    )
    subprocess.run([sys.executable, "-c", program], check=False)


def folder_with(path: Path, text: str) -> Path:
    path.mkdir()
    (path / "file").write_text(text)
    return path


KILLED_BETWEEN_RENAMES = """
aside = recovery.make_temporary_folder(Path("."), aside=True)
os.rename("export", aside / "export")
"""


def test_a_folder_that_was_moved_aside_comes_back() -> None:
    folder_with(Path("export"), "earlier")
    run_and_die(KILLED_BETWEEN_RENAMES)
    assert not Path("export").exists()
    recover(Path("export"))
    assert Path("export/file").read_text() == "earlier"
    assert os.listdir() == ["export"]


def test_cleaning_brings_it_back_too_and_removes_half_written_folders() -> None:
    folder_with(Path("export"), "earlier")
    run_and_die("(recovery.make_temporary_folder(Path('.')) / 'half').write_text('x')")
    run_and_die(KILLED_BETWEEN_RENAMES)
    remove_left_over(Path())
    assert os.listdir() == ["export"]


def test_what_was_replaced_since_does_not_come_back() -> None:
    folder_with(Path("export"), "earlier")
    run_and_die(KILLED_BETWEEN_RENAMES)
    folder_with(Path("export"), "later")
    recover(Path("export"))
    remove_left_over(Path())
    assert os.listdir() == ["export"]
    assert Path("export/file").read_text() == "later"


def test_folders_of_living_processes_other_machines_and_others_names_stay() -> None:
    own = make_temporary_folder(Path())
    others = Path(".zoo-00000000-1-abcdefgh")
    users = Path(".zoo-notes")
    for folder in (others, users):
        folder.mkdir()
    remove_left_over(Path())
    assert sorted(os.listdir()) == sorted(path.name for path in (own, others, users))


def test_a_number_that_another_process_has_now_is_left_over() -> None:
    folder = make_temporary_folder(Path())
    stale = folder.rename(folder.name.replace(f"-{os.getpid()}-", "-1-"))
    os.utime(stale)
    remove_left_over(Path())
    assert stale.exists()  # process 1 ran already when the folder was made


def test_a_number_that_this_process_has_now_is_left_over(monkeypatch: pytest.MonkeyPatch) -> None:
    own = make_temporary_folder(Path())
    remove_left_over(Path())
    assert own.exists()
    start = (
        time.time() + 100
    )  # the folder is older than this process, as in a container of one process
    monkeypatch.setattr(psutil.Process, "create_time", lambda process: start)
    remove_left_over(Path())
    assert not own.exists()


@pytest.mark.parametrize("exchange", [True, False])
def test_a_directory_is_replaced_in_one_step_or_two(
    exchange: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not exchange:
        monkeypatch.setattr(atomic, "_exchange", lambda one, other: False)
    folder_with(Path("target"), "earlier")
    replace_directory(folder_with(Path("source"), "later"), Path("target"))
    assert Path("target/file").read_text() == "later"
    assert os.listdir() == ["target"]


def test_a_full_disk_is_found_before_anything_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    check_space(Path(), 1000)
    with pytest.raises(WriteError, match="Cannot write"):
        check_space(Path(), 2**60)
    monkeypatch.setattr(atomic, "_IS_LINUX", False)
    with pytest.raises(WriteError, match="Cannot write"):
        check_space(Path(), 2**60)
    assert os.listdir() == []


def interrupt_while_writing() -> None:
    with atomic_write(Path("file")) as temporary:
        temporary.write_text("half")
        raise KeyboardInterrupt


def test_an_interrupted_write_leaves_nothing() -> None:
    with pytest.raises(KeyboardInterrupt):
        interrupt_while_writing()
    assert os.listdir() == []


def test_a_folder_of_another_container_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container numbers its processes anew: the number of one is no sign of its end."""
    run_and_die("recovery.make_temporary_folder(Path('.'))")
    (left,) = Path().iterdir()
    stat = os.stat

    def other_container(path: Any, **options: Any) -> Any:
        if path == "/proc/self/ns/pid":
            return type("State", (), {"st_ino": 1})
        return stat(path, **options)

    monkeypatch.setattr(os, "stat", other_container)
    remove_left_over(Path())
    assert left.exists()
    monkeypatch.setattr(os, "stat", stat)
    remove_left_over(Path())
    assert not left.exists()


def test_a_folder_that_is_set_aside_comes_back_or_goes() -> None:
    folder_with(Path("run"), "earlier")
    set_aside(Path("run"))
    assert not Path("run").exists()
    restore(Path("run"))
    assert Path("run/file").read_text() == "earlier"
    set_aside(Path("run"))
    folder_with(Path("run"), "later")
    restore(Path("run"))
    assert Path("run/file").read_text() == "later"
    drop_replaced(Path("run"))
    assert os.listdir() == ["run"]
