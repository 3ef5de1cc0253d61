"""Fidelity: what a training leaves in memory and no file holds is found."""

from typing import Any

import keras
import numpy as np
import pytest
import zoo_mlp

from tests.testing.conftest import Verdict, fails
from zoo.tasks import classification


def train_with_an_attribute(model: Any, config: Any, data: Any, callbacks: list[Any]) -> Any:
    """Keep what was learnt in a plain attribute of Python's."""
    history = zoo_mlp.train(model, config, data, callbacks)
    model.sharpness = 3.0
    return history


def evaluate_by_the_attribute(model: Any, data: Any) -> dict[str, float]:
    winners = model.predict(data.test.inputs, verbose=0)
    likelihood = winners[np.arange(len(winners)), data.test.targets]
    return {"likelihood": float((likelihood ** getattr(model, "sharpness", 1.0)).mean())}


def export_by_the_attribute(model: Any) -> dict[str, keras.Model]:
    scaled = keras.layers.Rescaling(getattr(model, "sharpness", 1.0), name="scores")(model.output)
    return {"classifier": keras.Model(model.input, scaled)}


@pytest.mark.parametrize(
    ("hooks", "message"),
    [
        ({"evaluate": evaluate_by_the_attribute}, "evaluate() gives likelihood = "),
        (
            {"export": export_by_the_attribute, "evaluate": classification.evaluate},
            "The part 'classifier' of the reloaded run differs",
        ),
    ],
)
def test_an_attribute_that_no_file_keeps_is_found(
    verdict: Verdict, hooks: dict[str, Any], message: str
) -> None:
    fails(verdict, "fidelity", message, {"train": train_with_an_attribute, **hooks})
    assert "model.add_weight" in verdict("fidelity").detail


def test_an_attribute_that_changes_no_answer_is_no_fault(verdict: Verdict) -> None:
    assert verdict("fidelity", train=train_with_an_attribute).verdict == "passed"
