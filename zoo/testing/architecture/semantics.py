"""Checks of meaning: evaluate depends on the data, pictures show something, apply gives valid results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from zoo.data.arrays import Array, shape_fits
from zoo.data.dataset import Dataset, has_no_data
from zoo.data.split import Split
from zoo.errors import ZooError, brief
from zoo.exporters.parts.contract import Contract
from zoo.exporters.parts.part import call_part, prepare_part
from zoo.io import pictures
from zoo.runs.predict import evaluate_model
from zoo.runs.predictors import model_predictor
from zoo.testing.architecture.fidelity import differing_metrics
from zoo.testing.architecture.subject import Subject
from zoo.testing.architecture.tasks import shifted_targets, with_other_test_split
from zoo.testing.outcome import SkipCheck, require

SUM_TOLERANCE = 1e-3


def check_evaluate(subject: Subject) -> None:
    """The metrics are finite, and change with the test data and with the weights."""
    if not subject.architecture.has("evaluate"):
        raise SkipCheck("the architecture has no evaluate()")
    trained = subject.reloaded_metrics
    wrong = {name: value for name, value in trained.items() if not np.isfinite(value)}
    require(trained, "evaluate() returns no metrics.")
    require(not wrong, f"evaluate() returns metrics that are not finite: {brief(wrong)}")
    untrained = _metrics_or_none(subject, subject.untrained_model, subject.positioned_data)
    require(
        untrained is None or differing_metrics(trained, untrained),
        "evaluate() returns the same metrics for the untrained model: it must measure the model "
        "that it receives.",
    )
    require(
        has_no_data(subject.data) or any(_changes(subject, trained)),
        "evaluate() returns the same metrics for other test examples and for wrong targets: it must "
        "measure on data.test.",
    )


def check_preview(subject: Subject) -> None:
    """Every picture shows more than one colour."""
    if not subject.architecture.has("preview"):
        raise SkipCheck("the architecture has no preview()")
    plots = subject.architecture.preview(
        subject.reloaded_model, subject.config, subject.positioned_data
    )
    for name, picture in plots.items():
        frames = picture if isinstance(picture, list | tuple) else [picture]
        pixels = np.asarray(pictures.to_image(frames[0]).convert("L"))
        require(pixels.min() != pixels.max(), f"The picture {name!r} is of one colour.")


def check_apply(subject: Subject) -> None:
    """Results name known classes, probabilities sum to one, and shapes are those of the parts."""
    if not subject.architecture.has("apply"):
        raise SkipCheck("the architecture has no apply()")
    items = subject.items()
    predictor = model_predictor(subject.architecture, subject.config, subject.reloaded_model)
    answers = predictor.apply(items, [predictor.read(item) for item in items])
    classes = getattr(subject.config, "classes", None)
    for answer in answers:
        if isinstance(classes, tuple):
            _check_classes(answer, classes)
        _check_probabilities(answer, classes if isinstance(classes, tuple) else ())
    for role, part in subject.parts(subject.reloaded_model).items():
        prepared = prepare_part(role, part)
        for answer in answers:
            _check_shapes(answer, role, prepared.contract)
        if isinstance(classes, tuple) and _classifies(prepared.contract, items[0], len(classes)):
            (scores,) = call_part(part, [np.stack(items).astype(np.float32)])
            _check_winners(answers, np.asarray(scores), classes, role)


def _metrics_or_none(subject: Subject, model: Any, data: Dataset) -> dict[str, float] | None:
    """Return the metrics, or None where evaluate() refuses the model or the data."""
    try:
        return evaluate_model(subject.architecture, subject.config, model, data)
    except ZooError:
        return None


def _changes(subject: Subject, trained: Mapping[str, float]) -> Iterator[bool]:
    """Yield, for each change of the test split, whether the metrics change."""
    data = subject.positioned_data
    spoiled = [replace(data, test=Split(data.test.stored, shifted_targets(data)))]
    for changed in [*spoiled, with_other_test_split(data)]:
        found = _metrics_or_none(subject, subject.reloaded_model, changed)
        yield found is None or bool(differing_metrics(trained, found))


def _check_classes(answer: Mapping[str, Any], classes: tuple[str, ...]) -> None:
    named = answer.get("class", classes[0])
    require(
        named in classes,
        f"apply() names the class {brief(named)}. Choices: {', '.join(classes[:8])}. Return a name of "
        "config.classes, not its number.",
    )


def _check_probabilities(answer: Mapping[str, Any], classes: tuple[str, ...]) -> None:
    """Refuse a probability outside [0, 1], and a distribution over all classes that does not sum to 1."""
    for name, value in answer.items():
        numbers = (
            _numbers(value) if "probabilit" in name or _is_distribution(value, classes) else []
        )
        for number in numbers:
            require(
                -SUM_TOLERANCE <= number <= 1 + SUM_TOLERANCE,
                f"apply() returns {name} = {number:.4g}; a probability lies in [0, 1]. Is it a score "
                "before the softmax?",
            )
        total = sum(numbers)
        whole = len(numbers) == len(classes) > 0
        require(
            not numbers
            or (whole and abs(total - 1) <= SUM_TOLERANCE)
            or (not whole and total <= 1 + SUM_TOLERANCE),
            f"apply() returns {name}, whose probabilities sum to {total:.4g}; expected: "
            f"{'1' if whole else 'at most 1'}.",
        )


def _is_distribution(value: Any, classes: tuple[str, ...]) -> bool:
    return isinstance(value, Mapping) and bool(value) and set(value) <= set(classes)


def _numbers(value: Any) -> list[float]:
    """Return the numbers of a dictionary, an array or a single number."""
    numbers = list(value.values()) if isinstance(value, Mapping) else value
    array = np.asarray(numbers)
    return [float(number) for number in array.ravel()] if array.dtype.kind in "fiu" else []


def _check_shapes(answer: Mapping[str, Any], role: str, contract: Contract) -> None:
    """Refuse an array under the name of an output that has another shape than the output."""
    for tensor in contract.outputs:
        value = answer.get(tensor.name)
        if not isinstance(value, np.ndarray | list) or not np.asarray(value).shape:
            continue
        received, expected = np.asarray(value).shape, tensor.sizes[1:]
        fits = len(received) == len(expected) and all(
            want in (None, size) for size, want in zip(received, expected, strict=True)
        )
        require(
            fits,
            f"apply() returns {tensor.name!r} of shape {received}; the output {tensor.name!r} of the "
            f"part {role!r} has the shape {expected} for one item.",
        )


def _classifies(contract: Contract, item: Any, classes: int) -> bool:
    """Return whether a part maps one item to one number for each class."""
    if len(contract.inputs) != 1 or len(contract.outputs) != 1:
        return False
    inputs, outputs = contract.inputs[0].sizes[1:], contract.outputs[0].sizes[1:]
    shape = np.shape(item)
    return shape_fits(shape, inputs) and outputs == (classes,)


def _check_winners(
    answers: list[dict[str, Any]], scores: Array, classes: tuple[str, ...], role: str
) -> None:
    for answer, row in zip(answers, scores, strict=True):
        winner = classes[int(row.argmax())]
        named = answer.get("class", winner)
        require(
            named == winner,
            f"apply() names the class {named!r} where the part {role!r} gives its highest score to "
            f"{winner!r}. Is the preprocessing the same in both?",
        )
