"""`zoo weights`: what is here, is it right, fetch it, remove it."""

import json
from pathlib import Path

import pytest

import zoo
from tests.conftest import Shell
from tests.shipped import NAME, ship
from zoo.weights.places import cached_file


def test_weights_are_listed_with_size_licence_figures_and_place(
    trained: zoo.Run, tmp_path: Path, shell: Shell
) -> None:
    info = ship(trained, tmp_path)
    code, out, _ = shell("weights")
    assert code == 0
    assert f"{NAME} " in out
    assert f"{info.size / 1e3:.0f} kB  MIT  accuracy 0.5" in out
    assert str(tmp_path / info.file) in out
    (row,) = json.loads(shell("weights", "list", NAME, "--json")[1])
    assert (row["sha256"], row["path"]) == (info.sha256, str(tmp_path / info.file))
    (listed,) = json.loads(shell("list", NAME, "--json")[1])
    assert listed["weights"]["size"] == info.size
    assert "[accuracy 0.5]  [weights" in shell("list", NAME, "--weights")[1]


def test_verify_finds_a_wrong_file(trained: zoo.Run, tmp_path: Path, shell: Shell) -> None:
    info = ship(trained, tmp_path)
    code, out, _ = shell("weights", "verify", NAME)
    assert (code, out.split()) == (0, [NAME, "equal"])
    (tmp_path / info.file).write_bytes(b"x" * info.size)
    code, out, message = shell("weights", "verify", NAME)
    assert (code, "has the hash" in out) == (1, True)
    assert f"not the ones of the catalog: {NAME}." in message
    (tmp_path / info.file).unlink()
    assert shell("weights", "verify", NAME)[1].split() == [NAME, "missing"]


def test_fetch_and_remove(trained: zoo.Run, tmp_path: Path, shell: Shell) -> None:
    info = ship(trained, tmp_path / "files")
    code, _, message = shell("weights", "fetch", NAME)
    assert (code, "ZOO_WEIGHTS_URL" in message) == (1, True)
    path = cached_file(info)
    path.parent.mkdir(parents=True)
    path.write_bytes((tmp_path / "files" / info.file).read_bytes())
    assert shell("weights", "fetch", NAME)[1].split() == [NAME, str(path)]
    assert zoo.open(NAME).metrics == trained.metrics
    code, out, _ = shell("weights", "remove", NAME)
    assert (code, "removed from" in out) == (0, True)
    assert not path.exists()
    assert shell("weights", "remove", NAME)[1].split(maxsplit=1)[1] == "is not in the cache\n"


@pytest.mark.parametrize("command", ["list", "verify", "fetch", "remove"])
def test_a_name_without_weights_is_named(command: str, shell: Shell) -> None:
    code, _, message = shell("weights", command, "mlp.nothing")
    assert (code, "no model with weights 'mlp.nothing'" in message) == (2, True)


def test_a_mistyped_command_has_the_nearest_one(shell: Shell) -> None:
    code, _, message = shell("weights", "verfy")
    assert (code, "Did you mean verify" in message) == (2, True)
