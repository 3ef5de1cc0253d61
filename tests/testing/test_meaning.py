"""Measures, pictures and answers that mean nothing are found."""

from typing import Any

import numpy as np
import pytest

from tests.testing.conftest import Verdict, fails


def constant(model: Any, data: Any) -> dict[str, float]:
    return {"accuracy": 0.9}


def not_a_number(model: Any, data: Any) -> dict[str, float]:
    return {"accuracy": 0.9, "loss": float("nan")}


def of_the_weights_alone(model: Any, data: Any) -> dict[str, float]:
    return {"length": float(sum(np.square(array).sum() for array in model.get_weights()))}


def of_the_data_alone(model: Any, data: Any) -> dict[str, float]:
    return {"share": float((data.test.targets == 3).mean())}


def on_the_training_split(model: Any, data: Any) -> dict[str, float]:
    winners = model.predict(data.train.inputs, verbose=0).argmax(-1)
    return {"accuracy": float((winners == data.train.targets).mean())}


def plain(model: Any, config: Any, data: Any) -> dict[str, Any]:
    return {"plain": np.full((8, 8, 1), 0.5)}


def numbers(model: Any, config: Any, items: Any) -> list[dict[str, Any]]:
    return [{"class": int(answer.argmax())} for answer in predicted(model, items)]


def logits(model: Any, config: Any, items: Any) -> list[dict[str, Any]]:
    scores = np.log(predicted(model, items)) * 3 + 9
    return [{"class": config.classes[s.argmax()], "probability": float(s.max())} for s in scores]


def twice_one(model: Any, config: Any, items: Any) -> list[dict[str, Any]]:
    return [
        {"top": dict(zip(config.classes, map(float, answer * 0.5), strict=True))}
        for answer in predicted(model, items)
    ]


def of_other_images(model: Any, config: Any, items: Any) -> list[dict[str, Any]]:
    return [{"class": config.classes[p.argmin()]} for p in predicted(model, items)]


def of_another_shape(model: Any, config: Any, items: Any) -> list[dict[str, Any]]:
    return [{"probabilities": answer[:5]} for answer in predicted(model, items)]


def predicted(model: Any, items: Any) -> Any:
    return model.predict(np.stack(items), verbose=0)


@pytest.mark.parametrize(
    ("check", "message", "hooks"),
    [
        ("evaluate", "same figures for the untrained model", {"evaluate": constant}),
        ("evaluate", "finite", {"evaluate": not_a_number}),
        ("evaluate", "same figures for other test examples", {"evaluate": of_the_weights_alone}),
        ("evaluate", "same figures for the untrained model", {"evaluate": of_the_data_alone}),
        ("evaluate", "it must measure on data.test", {"evaluate": on_the_training_split}),
        ("preview", "The picture 'plain' is of one colour", {"preview": plain}),
        ("apply", "Return a name of config.classes", {"apply": numbers}),
        ("apply", "a probability lies in [0, 1]", {"apply": logits}),
        ("apply", "sum to 0.5; expected: 1", {"apply": twice_one}),
        ("apply", "gives its highest score to", {"apply": of_other_images}),
        ("apply", "of shape (5,); the output 'probabilities'", {"apply": of_another_shape}),
    ],
)
def test_what_means_nothing_fails_the_check_that_is_meant_for_it(
    verdict: Verdict, check: str, message: str, hooks: dict[str, Any]
) -> None:
    fails(verdict, check, message, hooks)


def test_what_an_architecture_leaves_out_is_skipped(verdict: Verdict) -> None:
    hooks = dict.fromkeys(("evaluate", "preview", "apply"))
    for check in hooks:
        found = verdict(check, **hooks)
        assert (found.verdict, found.detail) == ("skipped", f"the architecture has no {check}()")


def test_measures_that_mean_something_pass(verdict: Verdict) -> None:
    for check in ("evaluate", "preview", "apply"):
        assert verdict(check).verdict == "passed", verdict(check).detail
