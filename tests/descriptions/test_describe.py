"""Descriptions come from the cache as long as nothing that they depend on has changed."""

import json
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import pytest
import zoo_mlp

import zoo
from tests.conftest import Install, Shell, forget_installed
from zoo.descriptions import fingerprint
from zoo.descriptions.describe import read_description
from zoo.environment import cache_folder
from zoo.registry.architectures import registry

POINTS = {"zoo.architectures": "net = zoo_net"}
NET = '''"""A net."""
import zoo
{imports}

class Config(zoo.Config):
    input_shape: tuple[int, ...] | None = None
    """The shape."""
    units: int = {units}
    """Units."""
    network: str = "none-such"
    """A network."""

@zoo.hookimpl
def defaults(): return Config()
@zoo.hookimpl
def build(config): raise AssertionError
@zoo.hookimpl
def train(model, config, data, callbacks): raise AssertionError
@zoo.hookimpl
def export(model, config): raise AssertionError
'''


def code(units: int = 8, imports: str = "") -> str:
    return NET.format(units=units, imports=imports)


@pytest.fixture(autouse=True)
def _started_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the packages that a test writes for older than this process."""
    monkeypatch.setattr(fingerprint, "_START", math.inf)


@pytest.fixture
def site(install: Install) -> Path:
    """A package with one architecture, `net`, that is described once."""
    folder = install("zoo-net", {"zoo_net.py": code()}, POINTS)
    zoo.describe("net")
    assert read_description("net") == zoo.describe("net")
    return folder


def units(name: str = "net") -> object:
    return next(each.value for each in zoo.describe(name).settings if each.name == "units")


def test_what_is_read_is_what_was_built() -> None:
    assert read_description("mlp.digits") is None
    built = zoo.describe("mlp.digits")
    assert built.parameters == 305_162
    assert read_description("mlp.digits") == built
    assert read_description("mlp") is None
    assert [file.parent for file in cache_folder().glob("*/*")] == [cache_folder() / "descriptions"]


def test_a_changed_plugin_is_found_though_its_size_and_time_are_the_same(site: Path) -> None:
    file = site / "zoo_net.py"
    before = file.stat()
    file.write_text(code(units=9), "utf-8")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert file.stat().st_size == before.st_size
    assert read_description("net") is None


def test_a_new_version_is_found(site: Path) -> None:
    folder = site / "zoo_net-1.0.dist-info"
    metadata = folder / "METADATA"
    metadata.write_text(metadata.read_text("utf-8").replace("1.0", "1.1"), "utf-8")
    folder.rename(site / "zoo_net-1.1.dist-info")
    forget_installed()
    assert read_description("net") is None
    assert zoo.describe("net").package == "zoo-net 1.1"


def test_another_package_that_is_installed_is_found(site: Path, install: Install) -> None:
    install("other", {"other.py": ""}, {})
    assert read_description("net") is None


def test_a_new_extension_is_found(site: Path, install: Install) -> None:
    install("zoo-watch", {"zoo_watch.py": ""}, {"zoo.extensions": "watch = zoo_watch"})
    assert read_description("net") is None


def test_a_module_beside_the_packages_counts(
    install: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    helper = tmp_path / "elsewhere" / "units_of_net.py"
    helper.parent.mkdir()
    helper.write_text("UNITS = 5\n", "utf-8")
    monkeypatch.syspath_prepend(helper.parent)
    install("zoo-net", {"zoo_net.py": code(imports="import units_of_net")}, POINTS)
    zoo.describe("net")
    assert read_description("net") is not None
    helper.write_text("UNITS = 6\n", "utf-8")
    assert read_description("net") is None
    del sys.modules["units_of_net"]


def test_an_entry_of_the_catalog_is_read_anew(site: Path) -> None:
    entry = '[net.mine]\nsummary = "{}"\nsettings = {{ units = {} }}\n'
    for summary, value in (("first", 3), ("second", 3), ("third", 4)):
        Path("registry.toml").write_text(entry.format(summary, value), "utf-8")
        forget_installed()
        assert (zoo.describe("net.mine").summary, units("net.mine")) == (summary, value)


def test_settings_of_keras_count(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keras.config.set_floatx("float16")
    try:
        assert read_description("net") is None
    finally:
        keras.config.set_floatx("float32")
    assert read_description("net") is not None
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    (tmp_path / "keras.json").write_text('{"floatx": "float64"}', "utf-8")
    assert fingerprint.keras_settings()["floatx"] == "float64"
    assert read_description("net") is None


def test_code_that_changes_while_the_process_runs_is_not_kept(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fingerprint, "_START", 0.0)
    install("zoo-net", {"zoo_net.py": code()}, POINTS)
    assert units() == 8
    assert not cache_folder().exists()


def test_a_setting_that_names_a_file_or_a_run_is_not_kept(site: Path) -> None:
    Path("runs", "none-such").mkdir(parents=True)
    assert read_description("net") is None
    Path("runs", "none-such").rmdir()
    assert read_description("net") is not None
    Path("none-such").touch()
    assert read_description("net") is None
    before = list((cache_folder() / "descriptions").iterdir())
    zoo.describe("net")
    assert list((cache_folder() / "descriptions").iterdir()) == before


def test_a_plugin_of_this_process_is_neither_kept_nor_taken_for_another(
    site: Path,
) -> None:
    forget_installed()
    for name in ("stranger", "net"):
        registry().register(zoo_mlp, name)
        assert read_description(name) is None
        assert zoo.describe(name).package == "this process"
        registry().unregister(name)
    assert read_description("net") is not None


def test_an_extension_of_this_process_is_seen(site: Path) -> None:
    class Watch:
        __name__ = "watch"

        @staticmethod
        @zoo.hookimpl(wrapper=True)
        def defaults() -> object:
            return (yield).replace(units=77)

    watch: Any = Watch()  # pluggy takes an object in place of a module
    registry().add_extension(watch, "watch")
    assert read_description("net") is None
    assert units() == 77


@pytest.mark.parametrize("damage", ["empty", "cut", "list", "deep", "huge", "folder", "pipe"])
def test_a_broken_file_is_ignored_and_written_again(site: Path, damage: str) -> None:
    (file,) = (cache_folder() / "descriptions").iterdir()
    text = file.read_text("utf-8")
    file.unlink()
    if damage == "folder":
        file.mkdir()
    elif damage == "pipe":
        os.mkfifo(file)
    else:
        texts = {
            "empty": "",
            "cut": text[: len(text) // 2],
            "list": "[]",
            "deep": "[" * 100_000,
            "huge": text + " " * 2**20,
        }
        file.write_text(texts[damage], "utf-8")
    assert read_description("net") is None
    assert zoo.describe("net") == read_description("net")
    assert file.read_text("utf-8") == text


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("facts", "parameters"), "many"),
        (("facts", "parameters"), True),
        (("facts", "settings"), {}),
        (("facts", "settings", 0, "name"), 7),
        (("facts", "settings", 0, "meaning"), "\x1b[2J"),
        (("facts", "settings", 0, "value"), ["\x1b]0;title\x07"]),
        (("facts", "settings", 0), None),
        (("facts", "parts"), []),
        (("facts", "parts"), {"a": {"inputs": [{"name": "x", "shape": [[]]}], "outputs": []}}),
        (("facts", "summary"), None),
        (("sources",), ["/dev/zero"]),
        (("sources",), {"/dev/zero": "0"}),
        (("sources",), {"/": "0"}),
        (("sources",), {str(number): None for number in range(2000)}),
        (("key",), {}),
    ],
)
def test_a_hostile_file_is_ignored(site: Path, place: tuple[str | int, ...], value: object) -> None:
    (file,) = (cache_folder() / "descriptions").iterdir()
    content = json.loads(file.read_text("utf-8"))
    holder = content
    for key in place[:-1]:
        holder = holder[key]
    holder[place[-1]] = value
    file.write_text(json.dumps(content), "utf-8")
    assert read_description("net") is None
    assert units() == 8
    assert read_description("net") is not None


def test_a_cache_that_cannot_be_written_is_no_error(
    install: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install("zoo-net", {"zoo_net.py": code()}, POINTS)
    (tmp_path / "file").touch()
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "file"))
    assert units() == 8
    assert read_description("net") is None


def test_a_run_is_described_by_what_its_record_says(trained: zoo.Run, shell: Shell) -> None:
    described = zoo.describe(trained.path)
    assert described == zoo.describe(trained) == read_description(str(trained.path))
    assert (described.run["state"], described.run["epochs"]) == ("finished", 2)
    assert described.results == trained.metrics
    lines = repr(described).splitlines()
    assert lines[0].startswith(f"{described.name}: ")
    assert any(line.split() == ["setting", "units", "[8]"] for line in lines)
    assert max(map(len, lines[1:])) < 100
    assert {each.name: each.value for each in described.settings}["units"] == (8,)
    status, out, _ = shell("show", trained.path)
    assert status == 0
    assert "finished" in out
    assert "seed  3" in out


def test_the_name_of_a_model_is_not_its_run(trained: zoo.Run) -> None:
    Path("runs").mkdir()
    for name in ("mlp.digits", "my-run"):
        Path("runs", name).symlink_to(trained.path)
    assert zoo.describe("mlp.digits").run == {}
    assert zoo.describe("my-run").run["seed"] == 3
    with pytest.raises(zoo.UnknownName, match=r"Did you mean mlp\.digits"):
        zoo.describe("mlp.digit")
    with pytest.raises(zoo.UnknownName, match="no run"):
        zoo.describe("runs/other")


@pytest.mark.slow
def test_the_second_show_prints_the_same_bytes_and_imports_no_keras() -> None:
    heavy = '{"keras", "tensorflow", "numpy", "pydantic", "h5py"} & set(sys.modules)'
    show = (
        "import sys; from zoo.cli.main import zoo; zoo(sys.argv[1:], standalone_mode=False); "
        f"print(sorted({heavy}), file=sys.stderr)"
    )
    for options in ([], ["--json"]):
        cold, warm = (
            subprocess.run(
                [sys.executable, "-c", show, "show", "autoencoder.digits", *options],
                capture_output=True,
                check=True,
                env={**os.environ, "ZOO_CACHE": f"cache-{options}"},
            )
            for _ in range(2)
        )
        assert cold.stdout == warm.stdout
        assert b"keras" in cold.stderr
        assert warm.stderr.strip() == b"[]"
