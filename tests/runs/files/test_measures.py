"""Each measure is stored and printed with the number of examples that it is taken on."""

import copy
import json
from pathlib import Path

import numpy as np
import pytest

import zoo
from tests.conftest import Shell
from zoo.data.dataset import Dataset
from zoo.runs.comparison import Comparison
from zoo.runs.files.measures import (
    count_words,
    example_count,
    examples_by_measure,
    headline_metrics,
    measures_line,
)


def test_run_json_has_the_number_of_examples_of_each_measure(
    trained: zoo.Run, tiny: Dataset
) -> None:
    assert tiny.test.targets is not None
    assert tiny.classes is not None
    sizes = np.bincount(tiny.test.targets, minlength=len(tiny.classes))
    expected = {
        name: int(sizes[int(name.removeprefix("recall_"))]) if "recall" in name else len(tiny.test)
        for name in trained.metrics
    }
    assert trained.examples == expected
    assert json.loads((trained.path / "run.json").read_text())["examples"] == expected
    assert measures_line(trained).endswith(f"  on {len(tiny.test)} test examples")


@pytest.mark.filterwarnings("ignore:The data that")  # it is in memory
def test_the_shell_prints_the_number_beside_each_measure(
    shell: Shell, trained: zoo.Run, tmp_path: Path
) -> None:
    np.savez(tmp_path / "ten.npz", x=np.ones((10, 8, 8, 1), np.float32), y=np.arange(10))
    arguments = ("evaluate", trained.path, "--data", tmp_path / "ten.npz")
    code, out, err = shell(*arguments)
    assert code == 0, err
    assert out.splitlines()[0].split() == ["measure", "value", "examples"]
    rows = {row.split()[0]: row.split()[-1] for row in out.splitlines()[1:]}
    assert (rows["accuracy"], rows["recall_3"]) == ("10", "1")
    found = json.loads(shell(*arguments, "--json")[1])
    assert (found["examples"], found["examples_by_measure"]["recall_3"]) == (10, 1)


def test_a_run_that_does_not_tell_its_numbers_shows_none(trained: zoo.Run) -> None:
    run = zoo.Run(trained.path)
    record = {key: value for key, value in trained.record.items() if key != "examples"}
    object.__setattr__(run, "record", record)
    assert run.examples == {}
    assert example_count(run, run.metrics) == "24 test examples"  # of the counts
    object.__setattr__(run, "record", {**record, "counts": {}})
    assert example_count(run, run.metrics) == ""


def test_a_measure_is_a_number(tiny: Dataset) -> None:
    measure = zoo.Measure(0.5, examples=12)
    assert (measure, json.dumps([measure]), measure + 1) == (0.5, "[0.5]", 1.5)
    assert (copy.deepcopy(measure), copy.deepcopy(measure).examples) == (0.5, 12)
    found = examples_by_measure({"a": 1.0, "b": measure, "c": zoo.Measure(3, 0)}, tiny)
    assert found == {"a": len(tiny.test), "b": 12}


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ([], ""),
        ([1], "1 test example"),
        ([2000, 2000], "2,000 test examples"),
        ([360, 36], "36 to 360 test examples"),
    ],
)
def test_counts_are_said_in_words(counts: list[int], words: str) -> None:
    assert count_words(counts) == words


@pytest.mark.parametrize(
    ("names", "first"),
    [
        ("accuracy macro_f1 recall_a recall_b recall_c", "accuracy macro_f1"),
        ("auroc found auroc_pca auroc_svm auroc_nearest", "auroc found"),
        ("pca_a pca_b pca_c pca_d pca_e", "pca_a pca_b pca_c pca_d"),
    ],
)
def test_the_first_measures_are_no_family(names: str, first: str) -> None:
    assert list(headline_metrics(dict.fromkeys(names.split(), 1.0))) == first.split()


def test_a_comparison_ends_with_the_numbers_of_examples() -> None:
    results = {"accuracy": (0.9, None), "recall_a": (0.5, 0.7)}
    counts = {"accuracy": (360, None), "recall_a": (36, 30)}
    rows = list(Comparison(("one", "other"), {}, results, counts).result_rows())
    assert rows == [
        ("accuracy", "0.9", ""),
        ("recall_a", "0.5 (36)", "0.7"),
        ("test examples", "360", "30"),
    ]
    assert ("recall_a", "0.5", "0.7") in Comparison(("one", "other"), {}, results).result_rows()


@pytest.mark.parametrize("entry", ["counts", "examples"])
@pytest.mark.parametrize("count", ["9", -1, 0.5, None])
def test_a_count_that_is_no_whole_number_is_refused(
    entry: str, count: object, trained: zoo.Run, tmp_path: Path
) -> None:
    record = json.dumps({**trained.record, entry: {"test": count}})
    (tmp_path / "run.json").write_text(record)
    with pytest.raises(zoo.RunError, match=f"{entry}.* an object of whole numbers"):
        _ = zoo.Run(tmp_path).record
