"""The card of a run: metadata for the Hub, figures that can be checked, and text."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

import zoo
from tests.conftest import Shell
from tests.shipped import NAME, TERMS, ship
from zoo.data.dataset import Dataset
from zoo.publication.card import write_card
from zoo.publication.card_metadata import to_yaml


def metadata(text: str) -> Any:
    """Parse the YAML of a card; PyYAML comes with the tools of CI."""
    yaml = pytest.importorskip("yaml")
    _, head, _ = text.split("---\n", 2)
    return yaml.safe_load(head)


def test_the_metadata_are_the_hubs(trained: zoo.Run, tmp_path: Path) -> None:
    run = zoo.Run(tmp_path / "run")
    shutil.copytree(trained.path, run.path)
    run.update(dataset={**run.record["dataset"], "source": "mnist"})
    card = write_card(run, tmp_path / "card", TERMS)
    found = metadata(card.read_text("utf-8"))
    assert "Made for single handwritten digits, light on black" in card.read_text("utf-8")
    assert found["license"] == "mit"
    assert found["library_name"] == "keras"
    assert found["pipeline_tag"] == "image-classification"
    assert found["datasets"] == ["ylecun/mnist"]
    assert {"keras-zoo", "mlp"} <= set(found["tags"])
    (result,) = found["model-index"][0]["results"]
    assert result["dataset"]["type"] == "ylecun/mnist"
    assert {each["type"]: each["value"] for each in result["metrics"]} == run.metrics
    yaml = pytest.importorskip("yaml")
    rows = yaml.safe_load((tmp_path / "card" / ".eval_results" / "mnist.yaml").read_text("utf-8"))
    assert {row["dataset"]["task_id"]: row["value"] for row in rows} == run.metrics
    assert {row["dataset"]["id"] for row in rows} == {"ylecun/mnist"}


def test_the_figures_of_a_card_are_those_that_evaluate_measures(
    trained: zoo.Run, tmp_path: Path, tiny: Dataset
) -> None:
    rows = re.findall(r"^\| (\w+) \| ([\d.e+-]+) \| (\d+) \|$", _card(tmp_path, trained), re.M)
    assert {key: float(value) for key, value, _ in rows} == pytest.approx(
        zoo.evaluate(trained, tiny), rel=1e-5
    )
    assert {key: int(count) for key, _, count in rows} == trained.examples


def _card(tmp_path: Path, run: zoo.Run) -> str:
    return write_card(run, tmp_path / "card", TERMS).read_text("utf-8")


def test_the_text_names_data_training_parts_and_limits(trained: zoo.Run, tmp_path: Path) -> None:
    ship(trained, tmp_path)
    text = zoo.open(NAME).card()
    for words in (
        "a few digits. Licence of the data: CC-BY-4.0.",
        "Classes, in order: 0, 1,",
        "2 epochs in",
        "seed 3",
        "| classifier | `inputs` float32 (batch, 8, 8, 1)",
        "Licence of the weights: MIT.",
        f"zoo apply {NAME}",
        "A tiny perceptron.",
    ):
        assert words in text
    for name in re.findall(r"\]\((pictures/[^)]+)\)", _card(tmp_path, zoo.open(NAME))):
        assert (tmp_path / "card" / name).is_file()


def test_a_card_has_the_files_of_an_export(trained: zoo.Run, tmp_path: Path) -> None:
    run = zoo.Run(tmp_path / "run")
    shutil.copytree(trained.path, run.path)
    zoo.export(run, ["keras"])
    text = _card(tmp_path, run)
    assert re.search(r"\| classifier \| keras \| \d+ \| 0\.0e\+00 \| keras ", text)


def test_a_readme_that_is_no_card_stays(trained: zoo.Run, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("# Mine", "utf-8")
    with pytest.raises(zoo.UsageError, match="exists and is no card"):
        write_card(trained, tmp_path, TERMS)


@pytest.mark.parametrize("name", ["metrics.json", "history.csv"])
def test_files_that_cannot_be_read_leave_no_half_card(
    trained: zoo.Run, tmp_path: Path, name: str
) -> None:
    copy = tmp_path / "run"
    shutil.copytree(trained.path, copy)
    (copy / name).write_bytes(b"\xff{")
    with pytest.raises(zoo.RunError, match=name):
        write_card(zoo.Run(copy), tmp_path / "card", TERMS)
    assert not (tmp_path / "card").exists()


def test_the_shell_writes_a_card_of_shipped_weights_with_their_licence(
    trained: zoo.Run, tmp_path: Path, shell: Shell
) -> None:
    ship(trained, tmp_path)
    code, out, _ = shell("card", NAME)
    assert (code, out.strip()) == (0, f"cards/{NAME}/README.md")
    code, _, message = shell("card", trained.path)
    assert (code, "--license" in message) == (2, True)


def test_texts_of_the_metadata_cannot_break_out_of_their_line() -> None:
    yaml = pytest.importorskip("yaml")
    for text in ('a "b": c', "a: b", "- x", "#", "no", "1.0", "a\nlicense: mit", "ü", ""):
        value = {"key": text, "list": [text, {"a": text}], "table": {"a": {"b": text}}}
        assert yaml.safe_load(to_yaml(value)) == json.loads(json.dumps(value))


def test_a_notebook_shows_a_picture_the_figures_and_the_parts(
    trained: zoo.Run, tmp_path: Path
) -> None:
    ship(trained, tmp_path)
    html = zoo.open(NAME)._repr_html_()
    assert f"<b>weights:{NAME}</b>" in html
    assert "data:image/png;base64," in html
    assert "<td>accuracy</td>" in html
    assert "<small>on 24 test examples</small>" in html
    assert "<td>classifier</td>" in html
    assert "<script" not in html


def test_a_card_is_checked_by_measuring_again(tmp_path: Path, shell: Shell) -> None:
    run = zoo.train("mlp", data="digits", units=[4], epochs=1, out=tmp_path / "run")
    card = write_card(run, tmp_path / "card", TERMS)
    code, out, _ = shell("card", run.path, "--check", card.parent)
    assert (code, f"{len(run.metrics)} figures of the card agree" in out) == (0, True)
    shown = re.search(r"^\| accuracy \| (.*) \| 360 \|$", card.read_text("utf-8"), re.M)
    assert shown is not None
    wrong = "| accuracy | 0.9999 |"  # a card of an older version
    card.write_text(card.read_text("utf-8").replace(shown[0], wrong), "utf-8")
    code, _, message = shell("card", run.path, "--check", card)
    assert (code, "the card shows 0.9999" in message) == (1, True)
    code, _, message = shell("card", run.path, "--check", tmp_path / "nothing")
    assert (code, "There is no card" in message) == (2, True)
    card.write_text("# No figures", "utf-8")
    assert "no figures to check" in shell("card", run.path, "--check", card)[2]
