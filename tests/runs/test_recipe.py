"""A recipe resolves a name; what it counts, it counts once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import zoo_mlp

import zoo
from zoo.data.dataset import Dataset
from zoo.runs.recipe import resolve_with_data


@pytest.mark.timeout(60)
def test_a_model_that_opens_another_run_in_a_thread_is_counted(
    tiny: Dataset, trained: zoo.Run, register: Callable[..., Any]
) -> None:
    def build(config: Any) -> Any:
        with ThreadPoolExecutor(1) as thread:
            thread.submit(zoo.load, trained).result()
        return zoo_mlp.build(config)

    register(build=build)
    assert resolve_with_data("stranger", {"units": [4]}, tiny).parameters == 310


def test_parameters_are_counted_once(tiny: Dataset, register: Callable[..., Any]) -> None:
    builds = []

    def build(config: Any) -> Any:
        builds.append(config)
        return zoo_mlp.build(config)

    register(build=build)
    recipe = resolve_with_data("stranger", {"units": [4]}, tiny)
    assert recipe.parameters == recipe.parameters == 310
    assert len(builds) == 1
