import tomllib
from pathlib import Path

import pytest

import zoo
from zoo.publication.catalog_file import entry_section, round_result, update_catalog_file
from zoo.registry.catalog_reader import Entry, read_entries
from zoo.weights.description import WeightsInfo

INFO = WeightsInfo(
    "mlp.a.zip",
    "0" * 64,
    7,
    "MIT",
    'a "quoted" source',
    "MIT",
    "zoo train mlp.a",
    "0123abc",
    {"keras": "3"},
)
TEXT = """\
# A comment of the file.

[mlp.a]
summary = "The first"   # a comment of the line
settings = { units = [3, 4] }
results = { accuracy = 0.5, other = 1.0 }
measured = "by hand"

[mlp.b]
summary = "The second"
"""


def test_an_entry_is_changed_and_all_else_stays(tmp_path: Path) -> None:
    path = tmp_path / "registry.toml"
    path.write_text(TEXT, "utf-8")
    command, counts = "zoo train mlp.a --seed 1", {"accuracy": 360, "recall_ankle boot": 36}
    update_catalog_file(path, "mlp.a", INFO, {"accuracy": 0.75}, command, counts)
    text = path.read_text("utf-8")
    assert "# A comment of the file." in text
    assert "# a comment of the line" in text
    entry = read_entries(path, None)["mlp.a"]
    assert entry.weights == INFO
    assert entry.results == {"accuracy": 0.75, "other": 1.0}
    assert (entry.measured, entry.examples) == (command, counts)
    assert text.index("[mlp.a.weights]") < text.index("[mlp.b]")


def test_weights_are_replaced_not_added(tmp_path: Path) -> None:
    path = tmp_path / "registry.toml"
    path.write_text(TEXT, "utf-8")
    for size in (1, 2, 3):
        info = WeightsInfo(**{**_fields(INFO), "size": size})
        update_catalog_file(path, "mlp.a", info, {}, "again")
    assert path.read_text("utf-8").count("[mlp.a.weights]") == 1
    assert read_entries(path, None)["mlp.a"].weights == info
    update_catalog_file(path, "mlp.b", INFO, {"accuracy": 1.0}, "again")
    assert list(tomllib.loads(path.read_text("utf-8"))["mlp"]) == ["a", "b"]
    assert read_entries(path, None)["mlp.b"].results == {"accuracy": 1.0}


def test_a_model_that_is_not_there_and_an_unusual_form_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "registry.toml"
    path.write_text(TEXT, "utf-8")
    with pytest.raises(zoo.UsageError, match=r"no section \[mlp\.c\]"):
        update_catalog_file(path, "mlp.c", INFO, {}, "x")
    unusual = '[mlp.a]\nsummary = """\n[mlp.a]\n"""\nresults = {}\n'
    path.write_text(unusual, "utf-8")
    with pytest.raises((zoo.WriteError, tomllib.TOMLDecodeError)):
        update_catalog_file(path, "mlp.a", INFO, {"accuracy": 1.0}, "x")
    assert path.read_text("utf-8") == unusual


def test_a_new_entry_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "registry.toml"
    entry = Entry(
        "mlp.new",
        'A "new" one\twith a tab',
        settings={"units": [1, 2], "dropout": 0.5, "style": "functional", "flip": True},
        tags=("image",),
        results={"accuracy": 0.5},
        examples={"accuracy": 24},
        weights=INFO,
    )
    path.write_text(entry_section(entry), "utf-8")
    read = read_entries(path, None)["mlp.new"]
    assert (read.summary, read.settings, read.tags) == (entry.summary, entry.settings, entry.tags)
    assert (read.results, read.examples) == (entry.results, entry.examples)
    assert read.weights == INFO


def test_figures_are_rounded_to_what_the_catalog_shows() -> None:
    values = (0.997222, 141.6123, 0.0053465, 24.9841, -3.21456, 0.0, 12345.678)
    assert [round_result(value) for value in values] == [
        0.9972, 141.61, 0.005346, 24.98, -3.215, 0.0, 12345.68,
    ]  # fmt: skip


def _fields(info: WeightsInfo) -> dict[str, object]:
    return {name: getattr(info, name) for name in WeightsInfo.__slots__}
