"""zoo-tensorboard: what it writes is read with TensorBoard's own reader."""

from pathlib import Path

import pytest

import zoo
from tests.conftest import Install, forget_installed
from zoo.data.dataset import Dataset
from zoo.entry_points import CONTRACT, EXTENSIONS
from zoo.testing import outcomes

ROOT = Path(__file__).parents[2] / "extensions" / "zoo-tensorboard"


@pytest.fixture(autouse=True)
def extension(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT)
    install("zoo-tensorboard", {}, {
        EXTENSIONS: "tensorboard = zoo_tensorboard", CONTRACT: "version = v1"
    })  # fmt: skip
    forget_installed()


def test_curves_settings_measures_and_pictures_are_written(tiny: Dataset) -> None:
    event_accumulator = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator"
    )
    run = zoo.train("mlp", data=tiny, out="one", units=[4], epochs=2, batch_size=16)
    events = event_accumulator.EventAccumulator(str(run.path / "tensorboard"))
    events.Reload()
    loss = events.Scalars("loss")
    assert [event.step for event in loss] == [1, 2]
    assert loss[-1].value == pytest.approx(run.history[-1]["loss"])
    (accuracy,) = events.Scalars("test/accuracy")
    assert accuracy.value == pytest.approx(run.metrics["accuracy"])
    assert "curve" in events.Tags()["images"]
    assert events.Tags()["tensors"] == ["settings"]


def test_it_passes_the_checks_of_an_extension() -> None:
    found = list(outcomes("extension:tensorboard"))
    assert [each for each in found if each.verdict != "passed"] == []
