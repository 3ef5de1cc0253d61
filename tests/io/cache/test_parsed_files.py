"""Tables of TOML files come from the cache while the files are the same."""

import json
import os
import tomllib
from pathlib import Path
from typing import Any

import pytest

from zoo.environment import cache_folder
from zoo.io.cache import parsed_files
from zoo.io.cache.parsed_files import remember_tables

parsed: list[str] = []


def parse(path: Path) -> dict[str, Any]:
    parsed.append(path.name)
    return tomllib.loads(path.read_text())


def tables(*paths: Path) -> list[dict[str, Any]]:
    """Read files as a new process would; `parsed` has the names of those that were parsed."""
    parsed.clear()
    with remember_tables(parse) as remembered:
        return [remembered(path) for path in paths]


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / "a.toml", tmp_path / "b.toml"]
    for at, path in enumerate(paths):
        path.write_text(f"x = {at}\n")
    return paths


def test_a_file_is_parsed_once_until_it_changes(files: list[Path]) -> None:
    assert tables(*files) == tables(*files) == [{"x": 0}, {"x": 1}]
    assert parsed == []
    files[0].write_text("x = 10\n")
    assert tables(*files)[0] == {"x": 10}
    assert parsed == ["a.toml"]
    files[1].write_text("x = 7\n")  # of the same size
    os.utime(files[1], ns=(1, 1))
    assert tables(*files)[1] == {"x": 7}


def test_a_file_that_is_gone_leaves_the_cache(files: list[Path]) -> None:
    tables(*files)
    tables(files[0])
    assert list(json.loads((cache_folder() / "catalogs.json").read_text())) == [str(files[0])]


@pytest.mark.parametrize("content", ["", "[1]", "{", '{"a": 1}', "null", "[" * 9999, "\udcff"])
def test_a_broken_cache_is_ignored(files: list[Path], content: str) -> None:
    cache_folder().mkdir(parents=True)
    (cache_folder() / "catalogs.json").write_bytes(content.encode("utf-8", "surrogateescape"))
    assert tables(*files) == [{"x": 0}, {"x": 1}]


def test_a_wrong_entry_is_parsed_again(files: list[Path]) -> None:
    tables(*files)
    file = cache_folder() / "catalogs.json"
    stored = json.loads(file.read_text())
    file.write_text(json.dumps({name: [stamp, 7] for name, (stamp, _) in stored.items()}))
    assert tables(*files) == [{"x": 0}, {"x": 1}]


def test_a_date_and_a_folder_that_cannot_be_written_are_no_error(
    files: list[Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    files[0].write_text("x = 2026-01-01\n")
    assert tables(*files)[1] == {"x": 1}
    monkeypatch.setenv("ZOO_CACHE", str(files[1] / "inside-a-file"))
    assert tables(files[1]) == [{"x": 1}]


def test_a_user_without_a_home_has_no_cache(
    files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(parsed_files, "cache_folder", no_home)
    assert tables(*files) == tables(*files) == [{"x": 0}, {"x": 1}]
    assert parsed == ["a.toml", "b.toml"]


def test_an_error_of_a_file_is_raised_every_time(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("[")
    for _ in range(2):
        with pytest.raises(tomllib.TOMLDecodeError):
            tables(tmp_path / "bad.toml")
