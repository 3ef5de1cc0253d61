"""Measures, pictures and answers that mean nothing are found."""

import inspect
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import zoo_mlp

import zoo
from tests.conftest import forget_installed, plugin
from tests.testing.conftest import Verdict, defaults
from zoo.registry.architectures import registry
from zoo.testing import CHECKS, Subject
from zoo.testing.outcome import CheckFailure


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


HOOKS: dict[str, Callable[..., Any]] = {}


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    """A trained perceptron, whose hooks are those in HOOKS."""
    forget_installed()
    registry().register(
        plugin(defaults=defaults, evaluate=evaluate, preview=preview, apply=apply), "stranger"
    )
    subject = Subject("stranger", tmp_path_factory.mktemp("stranger"))
    _ = subject.reloaded_model
    return subject


@pytest.fixture
def trained(network: Subject) -> Subject:
    vars(network).pop("reloaded_metrics", None)  # of another test's evaluate
    HOOKS.update(evaluate=zoo_mlp.evaluate, preview=zoo_mlp.preview, apply=zoo_mlp.apply)
    return network


def evaluate(model: Any, config: Any, data: Any, parts: Any, batch_size: Any) -> Any:
    arguments = {"model": model, "config": config, "data": data, "parts": parts}
    return called("evaluate", **arguments, batch_size=batch_size)


def preview(model: Any, config: Any, data: Any) -> Any:
    return called("preview", model=model, config=config, data=data)


def apply(model: Any, config: Any, items: Any, parts: Any, inputs: Any) -> Any:
    arguments = {"model": model, "config": config, "items": items, "parts": parts}
    return called("apply", **arguments, inputs=inputs)


def called(name: str, **arguments: Any) -> Any:
    """Call the hook of the moment with those arguments that it asks for."""
    hook = HOOKS[name]
    return hook(
        **{
            key: value
            for key, value in arguments.items()
            if key in inspect.signature(hook).parameters
        }
    )


@pytest.mark.parametrize(
    ("check", "message", "hook"),
    [
        ("evaluate", "same metrics for the untrained model", constant),
        ("evaluate", "finite", not_a_number),
        ("evaluate", "same metrics for other test examples", of_the_weights_alone),
        ("evaluate", "same metrics for the untrained model", of_the_data_alone),
        ("evaluate", "it must measure on data.test", on_the_training_split),
        ("preview", "The picture 'plain' is of one colour", plain),
        ("apply", "Return a name of config.classes", numbers),
        ("apply", "a probability lies in [0, 1]", logits),
        ("apply", "sum to 0.5; expected: 1", twice_one),
        ("apply", "gives its highest score to", of_other_images),
        ("apply", "of shape (5,); the output 'probabilities'", of_another_shape),
    ],
)
def test_what_means_nothing_fails_the_check_that_is_meant_for_it(
    trained: Subject, check: str, message: str, hook: Callable[..., Any]
) -> None:
    HOOKS[check] = hook
    with pytest.raises((CheckFailure, zoo.PluginError), match=re.escape(message)):
        CHECKS[check].function(trained)


def test_what_an_architecture_leaves_out_is_skipped(verdict: Verdict) -> None:
    hooks = dict.fromkeys(("evaluate", "preview", "apply"))
    for check in hooks:
        found = verdict(check, **hooks)
        assert (found.verdict, found.detail) == ("skipped", f"the architecture has no {check}()")


@pytest.mark.parametrize("check", ["evaluate", "preview", "apply"])
def test_what_means_something_passes(trained: Subject, check: str) -> None:
    CHECKS[check].function(trained)
