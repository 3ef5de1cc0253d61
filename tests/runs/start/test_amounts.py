"""An architecture on data of one's own gets enough steps, and says what it chose."""

import logging
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import zoo
from zoo.data.dataset import Dataset
from zoo.data.split import Split
from zoo.runs.recipe import resolve, resolve_with_data
from zoo.runs.start.amounts import STEPS, settings_by_amount, step_count


def rows(count: int) -> Dataset:
    split = Split(np.random.default_rng(0).random((count, 3), np.float32), np.arange(count) % 2)
    return Dataset("rows", split, split.take(slice(2)), ("a", "b"))


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (4, {"batch_size": 16, "epochs": 1000}),
        (128, {"validation": 0.1, "batch_size": 16, "epochs": 143}),
        (1000, {"validation": 0.1, "epochs": 72}),
        (60_000, {"validation": 0.1}),
    ],
)
def test_the_amount_decides(count: int, expected: dict[str, Any]) -> None:
    config = resolve("mlp", {}).config.replace(batch_size=64, epochs=40)
    assert settings_by_amount(config, rows(count), STEPS) == expected
    chosen = config.replace(**expected)
    assert step_count(chosen, rows(count)) >= 1000


def test_what_the_user_or_the_catalog_sets_stays() -> None:
    data = rows(128)
    settings = {"epochs": 2, "batch_size": 50, "validation": 0.0}
    config = resolve_with_data("mlp", settings, data).config
    assert (config.epochs, config.batch_size, config.validation) == (2, 50, 0)
    part = resolve_with_data("mlp", {"batch_size": 100}, data).config
    assert (part.batch_size, part.validation, part.epochs) == (100, 0.1, 1000)
    usual = resolve("mlp.digits", {}).config
    entry = resolve_with_data("mlp.digits", {}).config
    assert all(getattr(usual, name) == getattr(entry, name) for name in STEPS)


def test_the_choice_is_said_recorded_and_resumed(
    tiny: Dataset, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "zoo")
    tiny = replace(tiny)  # data is said once, and another test may have used this one
    run = zoo.train("mlp", data=tiny, units=[2], epochs=2)
    assert "chosen for 48 examples: validation=0.1, batch_size=16" in caplog.text
    assert "data: 72 images, 10 classes; 48 to train on, 24 held out; (8, 8, 1)" in caplog.text
    assert "Warning: 4 steps only (epochs=2, batch_size=16)" in caplog.text
    config = run.record["config"]
    assert (config["validation"], config["batch_size"], config["epochs"]) == (0.1, 16, 2)
    assert "val_loss" in run.history[0]


def test_fine_tuning_gets_enough_steps(trained: zoo.Run, tiny: Dataset) -> None:
    from zoo.runs.load import resolve_start

    recipe = resolve_start("mlp", {"units": [8]}, tiny, trained).with_data()
    assert step_count(recipe.config, tiny) >= 1000
    kept = resolve_start("mlp", {"epochs": 3}, tiny, trained).with_data()
    assert kept.config.epochs == 3
