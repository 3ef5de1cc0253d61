from collections.abc import Sequence
from typing import Any

import pytest

import zoo
from zoo.inference.predictor import Predictor, call_with, iterate_answers


class Hook:
    """An `apply` that counts its batches and refuses some items."""

    def __init__(self, *refused: int, error: type[zoo.ZooError] = zoo.DataError) -> None:
        self.batches: list[list[int]] = []
        self.refused, self.error = refused, error

    def __call__(self, items: Sequence[Any], inputs: Sequence[Any]) -> list[dict[str, Any]]:
        self.batches.append(list(items))
        for item in items:
            if item in self.refused:
                raise self.error(f"{item} is refused")
        return [{"value": value} for value in inputs]


def test_a_refused_item_stops_nothing_and_the_order_stays() -> None:
    hook = Hook(5, 77)
    answers = list(iterate_answers(Predictor({}, lambda item: item, hook), range(100)))
    assert [answer.item for answer in answers] == list(range(100))
    assert [answer.item for answer in answers if answer.error] == [5, 77]
    assert answers[6].result == {"item": "array ()", "value": 6}


def test_many_items_come_in_few_batches() -> None:
    hook = Hook()
    assert len(list(iterate_answers(Predictor({}, lambda item: item, hook), range(2000)))) == 2000
    assert len(hook.batches) < 60
    assert len(hook.batches[0]) == 1


def test_an_item_that_cannot_be_read_is_not_applied() -> None:
    def read(item: int) -> int:
        if item % 2:
            raise zoo.DataError("odd")
        return item

    hook = Hook()
    answers = list(iterate_answers(Predictor({}, read, hook), range(10)))
    assert [answer.error is None for answer in answers] == [True, False] * 5
    assert sorted(item for batch in hook.batches for item in batch) == [0, 2, 4, 6, 8]


def test_another_error_of_one_item_is_raised() -> None:
    hook = Hook(5, error=zoo.PluginError)
    with pytest.raises(zoo.PluginError, match="5 is refused"):
        list(iterate_answers(Predictor({}, lambda item: item, hook), range(100)))


def test_a_function_gets_the_arguments_that_it_takes() -> None:
    assert call_with(lambda b: b, {"a": 1, "b": 2}) == 2
