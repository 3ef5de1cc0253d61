"""Hostile data, catalogs and JSON: each file is refused in a line, and ends nothing but itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import zoo
from zoo.testing.hostile.case import HostileCase
from zoo.testing.hostile.collection import cases
from zoo.testing.hostile.guard import Outcome
from zoo.testing.hostile.server import Server

Check = Callable[[Outcome], str]
DATA = cases("npz", "ts", "csv", "image", "parquet")
ITEMS = cases("npy", "image", "ts", "csv")


def load_data(path: str) -> None:
    """Open a file as a data set."""
    _end(lambda: zoo.open_dataset(path))


def load_item(path: str, kind: str) -> None:
    """Read a file as the item of a model of images, of arrays or of series."""
    from zoo.data.inputs import expand_items, read_input

    shape = (8, 8, 1) if kind == "image" else (4,) if kind == "npy" else (3, 1)
    _end(lambda: [read_input(item, shape) for item in expand_items([Path(path)], shape)])


def load_record(folder: str) -> None:
    """Read the run.json of a folder."""
    from zoo.io.run_files import read_record

    _end(lambda: read_record(Path(folder)))


def _end(load: Callable[[], Any]) -> None:
    """Call a loader as the shell does."""
    try:
        load()
    except zoo.ZooError as error:
        print(f"Error: {error!r}")
        raise SystemExit(error.exit_code) from None


@pytest.mark.parametrize("case", DATA, ids=str)
def test_a_hostile_data_set_is_refused(
    case: HostileCase, light: Server, harmless: Check, tmp_path: Path
) -> None:
    outcome = light.call(f"{__name__}:load_data", str(case.write(tmp_path)))
    assert outcome.code in (1, 2), harmless(outcome)
    assert harmless(outcome).startswith("Error: ")


@pytest.mark.parametrize("case", ITEMS, ids=str)
def test_a_hostile_item_is_refused(
    case: HostileCase, light: Server, harmless: Check, tmp_path: Path
) -> None:
    outcome = light.call(f"{__name__}:load_item", str(case.write(tmp_path)), case.kind)
    assert outcome.code in (1, 2), harmless(outcome)
    assert harmless(outcome).startswith("Error: ")


@pytest.mark.parametrize("case", cases("toml"), ids=str)
def test_a_hostile_catalog_is_refused(
    case: HostileCase, light: Server, harmless: Check, tmp_path: Path
) -> None:
    case.write(tmp_path)
    outcome = light.command("list", "mlp.*", folder=tmp_path)
    text = harmless(outcome)
    assert outcome.code == 2, text
    assert text.startswith("Error: ")


@pytest.mark.parametrize("case", cases("json"), ids=str)
def test_hostile_json_is_refused(
    case: HostileCase, light: Server, harmless: Check, tmp_path: Path
) -> None:
    case.writer(tmp_path / "run.json")
    outcome = light.call(f"{__name__}:load_record", str(tmp_path))
    assert outcome.code in (1, 2), harmless(outcome)
    assert harmless(outcome).startswith("Error: ")


def test_bad_items_end_no_apply(
    trained: zoo.Run, heavy: Server, harmless: Check, tmp_path: Path
) -> None:
    folder = tmp_path / "items"
    folder.mkdir()
    bad = cases("npy", "image")
    for number, case in enumerate(bad):
        place = tmp_path / f"{number}"
        place.mkdir()
        file = case.write(place)
        if not (file.is_dir() and not file.is_symlink()):
            file.rename(folder / f"{number:03}{file.suffix}")
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(folder / "honest.png")
    outcome = heavy.command("apply", trained.path, folder)
    text = harmless(outcome)
    assert outcome.code == 1, text
    assert "honest.png" in text
    assert text.count(str(folder)) > 80
