"""Parts of a bulk prediction without a cluster: columns, plans, addresses."""

from __future__ import annotations

import json
from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import zoo
from tests.conftest import Shell
from zoo.bulk import bulk
from zoo.bulk import plan as plans
from zoo.bulk.bulk import BulkProgress
from zoo.bulk.columns import rows_table, schema_of
from zoo.bulk.plan import Plan, count_part, open_plan, write_broken, write_part
from zoo.bulk.sources import is_remote, list_items, local_files
from zoo.data.dataset import Dataset
from zoo.errors import DataError, RunError, UsageError, ZooError
from zoo.runs.run import Run

RESULT: dict[str, Any] = {
    "item": "a.png", "class": "7", "probability": 0.9, "novel": True, "count": 3,
    "top": {"7": 0.9, "1": 0.1}, "values": [1.0, 2.0], "code": np.ones(3, np.float32).view(zoo.Values),
    "edited": Path("a.png"), "other": {"x": "y"}, "nothing": None,
}  # fmt: skip


def test_results_become_columns_of_their_kinds() -> None:
    schema = schema_of([RESULT])
    kinds = {field.name: field.type for field in schema}
    assert kinds["probability"] == kinds["count"] == pa.float64()
    assert kinds["novel"] == pa.bool_()
    assert kinds["top"] == pa.map_(pa.string(), pa.float64())
    assert kinds["code"] == pa.list_(pa.float32())
    assert kinds["values"] == pa.list_(pa.float64())
    assert kinds["error"] == kinds["edited"] == kinds["nothing"] == pa.string()
    rows = rows_table([RESULT, {"item": "b.png", "error": "broken"}], schema).to_pylist()
    assert rows[0]["top"] == [("7", 0.9), ("1", 0.1)]
    assert rows[0]["code"] == [1.0, 1.0, 1.0]
    assert rows[0]["other"] == '{"x": "y"}'
    assert rows[1] == {name: None for name in kinds} | {"item": "b.png", "error": "broken"}


def test_a_name_that_is_no_text_is_escaped() -> None:
    schema = schema_of([{"item": "a.png", "class": "7"}])
    rows = rows_table([{"item": "caf\udce9.png", "error": "caf\udce9.png is broken"}], schema)
    assert rows.to_pylist()[0]["item"] == "caf\\udce9.png"


def test_arrays_of_any_rank_become_lists() -> None:
    schema = schema_of([{"item": "a", "map": np.zeros((2, 3), np.int64).view(zoo.Values)}])
    assert schema.field("map").type == pa.list_(pa.list_(pa.int64()))


def test_parts_hold_each_item_once() -> None:
    items = [str(number) for number in range(23)]
    plan = Plan("mlp", "w", "i", 23, 5)
    assert plan.parts == 5
    assert [item for part in range(5) for item in plan.part_items(part, items)] == items


def test_a_folder_of_other_results_is_refused(tmp_path: Path) -> None:
    plan = Plan("mlp", "w", "i", 23, 5)
    assert open_plan(tmp_path / "out", plan) == plan
    assert open_plan(tmp_path / "out", Plan("mlp", "w", "i", 23, 7)) == plan
    with pytest.raises(RunError, match="another model"):
        open_plan(tmp_path / "out", Plan("mlp", "v", "i", 23, 5))
    with pytest.raises(RunError, match="other items"):
        open_plan(tmp_path / "out", Plan("mlp", "w", "j", 24, 5))
    (tmp_path / "out" / "plan.json").write_text("{}")
    with pytest.raises(RunError, match="is broken"):
        open_plan(tmp_path / "out", plan)
    with pytest.raises(RunError, match=r"holds no plan\.json"):
        open_plan(tmp_path, plan)


@pytest.mark.parametrize(
    "change",
    [
        {"part_size": 0},
        {"part_size": "x"},
        {"part_size": True},
        {"count": None},
        {"weights": 3},
        {"evil": 1},
    ],
)
def test_a_plan_of_a_stranger_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    plan = Plan("mlp", "w", "i", 23, 5)
    open_plan(tmp_path / "out", plan)
    file = tmp_path / "out" / "plan.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **change}))
    with pytest.raises(RunError, match=r"plan\.json is broken: "):
        open_plan(tmp_path / "out", plan)


@pytest.mark.parametrize("table", [None, {"item": ["a"]}, {"item": ["a"], "error": [1]}])
def test_a_broken_part_is_refused(tmp_path: Path, table: dict[str, Any] | None) -> None:
    path = plans.part_file(tmp_path, 0)
    path.parent.mkdir()
    path.write_bytes(b"PAR1" + bytes(100))
    if table is not None:
        write_part(path, pa.table(table))
    with pytest.raises(RunError, match="part-00000") as refused:
        count_part(path)
    assert "Remove it: the same command computes it again." in str(refused.value)
    with pytest.raises(RunError, match="part-00000"):
        write_broken(tmp_path, Plan("mlp", "w", "i", 1, 1))


def test_ray_is_left_when_a_part_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ends: list[bool] = []

    def one_part(*arguments: Any) -> Generator[dict[str, Any], None, None]:
        try:
            yield {"part": 0, "done": 0, "broken": 0, "failure": "no model"}
        finally:
            ends.append(True)

    monkeypatch.setattr(bulk, "run_parts", one_part)
    plan = Plan("mlp", "w", "i", 1, 5)
    with pytest.raises(ZooError, match="Part 0 failed: no model") as failure:
        bulk._compute(Run(tmp_path), tmp_path, plan, ["a.png"], None, 1, None, BulkProgress())
    assert ends == [True]
    assert failure.tb  # the frames that hold the parts still live


def test_broken_items_are_counted_and_listed(tmp_path: Path) -> None:
    schema = schema_of([{"item": "a", "class": "7"}])
    rows = [{"item": "a", "class": "7"}, {"item": "b", "error": "no image, sorry"}]
    write_part(plans.part_file(tmp_path, 0), rows_table(rows, schema))
    assert count_part(plans.part_file(tmp_path, 0)) == (2, 1)
    path, first = write_broken(tmp_path, Plan("mlp", "w", "i", 2, 2))
    assert first == [("b", "no image, sorry")]
    assert path.read_text() == 'item,error\nb,"no image, sorry"\n'.replace("\n", "\r\n").replace(
        "\r\n", "\n"
    )


def test_addresses_are_listed_and_copied(tmp_path: Path, tiny: Dataset) -> None:
    from PIL import Image

    (tmp_path / "a b").mkdir()
    for name in ("one.png", "a b/two.png"):
        Image.new("L", (8, 8)).save(tmp_path / name)
    (tmp_path / "notes.md").write_text("no image")
    address = f"file://{tmp_path}"
    assert is_remote(address)
    assert not is_remote(str(tmp_path))
    found = list_items([address], (8, 8, 1))
    assert found == [f"{address}/a b/two.png", f"{address}/one.png"]
    assert list_items([found[1]], (8, 8, 1)) == [found[1]]
    with local_files([*found, f"{address}/three.png"]) as files:
        assert [file.read_bytes() for file in files[:2] if isinstance(file, Path)] == [
            (tmp_path / name).read_bytes() for name in ("a b/two.png", "one.png")
        ]
        assert isinstance(files[2], DataError)
    assert not any(file.exists() for file in files if isinstance(file, Path))
    for wrong, message in (("nothing://x", "no address"), (f"{address}/none", "cannot be listed")):
        with pytest.raises(UsageError, match=message):
            list_items([wrong], (8, 8, 1))
    with pytest.raises(UsageError, match="no file or folder"):
        list_items(["nowhere"], (8, 8, 1))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--workers", "2"], "Give a folder for them: --out DIR"),
        (["--workers", "0", "--out", "out"], "from 1 to"),
        (["--workers", "2", "--out", "out", "--part-size", "0"], "at least 1 item"),
        (["--part-size", "3"], "--part-size needs --workers"),
        (["--address", "auto"], "--address needs --workers"),
    ],
)
def test_wrong_commands_are_explained(
    shell: Shell, trained: zoo.Run, words: list[str], message: str
) -> None:
    Path("a.png").write_bytes(b"")
    code, _, err = shell("apply", trained.path, "a.png", *words)
    assert code == 2
    assert message in err
