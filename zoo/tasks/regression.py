"""Regression: training, measures, pictures and predictions for files, ready to be hooks.

A plug-in can use these if its model maps `inputs` through a layer of `zoo.tasks.normalization` to a last
Dense layer `numbers`. Inputs and targets are standardised by the mean m and the standard deviation s of
the training split. After training, the last layer takes over the targets' m and s, so the model predicts
in the targets' own units:

    s (W h + b) + m = (s W) h + (s b + m)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from zoo.data.arrays import Array
from zoo.data.dataset import Dataset
from zoo.data.inputs import item_name
from zoo.errors import DataError
from zoo.inference.parts import Parts, compute_split
from zoo.inference.predictions import number_result
from zoo.io import pictures
from zoo.tasks import normalization, optimizers
from zoo.tasks.classification import ClassifierConfig, predict, predict_items

if TYPE_CHECKING:
    import keras
    from matplotlib.figure import Figure

__all__ = [
    "apply",
    "evaluate",
    "evaluate_parts",
    "export",
    "preview",
    "regression_metrics",
    "train",
]

MOST_OUTPUTS = 4  # outputs in the picture


def train(model: keras.Model, config: ClassifierConfig, data: Dataset, callbacks: list[Any]) -> Any:
    """Minimise the squared error of the standardised targets.

    Args:
        model: ends in the Dense layer `numbers`.
        config: the settings.
        data: has one number, or one row of numbers, as each target.
        callbacks: the callbacks of the zoo, for `fit`.

    Returns:
        Keras' history.

    Raises:
        DataError: the data has no such targets.
    """
    targets = _number_targets(data.train.targets, data.name)
    mean, deviation = targets.mean(0), targets.std(0)
    deviation = np.where(deviation > 0, deviation, np.float32(1))
    columns = targets.shape[1]

    def standardize(x: Any, y: Any) -> Any:
        from keras import ops

        return x, (ops.reshape(ops.cast(y, "float32"), (-1, columns)) - mean) / deviation

    arguments = data.fit_arguments(config, standardize)
    normalization.adapt(model, data.train)
    steps = arguments["steps_per_epoch"] * config.epochs
    model.compile(optimizers.from_config(config, steps), loss="mse", metrics=["mae"])
    history = model.fit(**arguments, callbacks=callbacks)
    last = model.get_layer("numbers")
    kernel, bias = last.get_weights()
    last.set_weights([kernel * deviation, bias * deviation + mean])
    return history


def evaluate(model: keras.Model, data: Dataset) -> dict[str, float]:
    """Return rmse, mae and r2 on the test split."""
    truth = _number_targets(data.test.targets, data.name)
    return regression_metrics(predict(model, data.test), truth)


def evaluate_parts(parts: Parts, data: Dataset, batch_size: int | None) -> dict[str, float]:
    """Return the measures of `evaluate` for a part `regressor`, in any runtime.

    Args:
        parts: the parts by role.
        data: its test split is measured.
        batch_size: examples that are computed at a time; None is 64.
    """
    truth = _number_targets(data.test.targets, data.name)
    return regression_metrics(compute_split(parts["regressor"], data.test, batch_size), truth)


def regression_metrics(predicted: Array, truth: Array) -> dict[str, float]:
    """Return rmse and mae in the targets' units, and r2 = 1 - sum (y - f)^2 / sum (y - mean y)^2.

    Each is the mean over the outputs. r2 of a single example is 0.

    Args:
        predicted: f, of shape (n, outputs).
        truth: y, of the same shape.
    """
    from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

    return {
        "rmse": float(root_mean_squared_error(truth, predicted)),
        "mae": float(mean_absolute_error(truth, predicted)),
        "r2": float(r2_score(truth, predicted)) if len(truth) > 1 else 0.0,
    }


def preview(model: keras.Model, data: Dataset) -> dict[str, Figure]:
    """Draw predictions over targets, and a histogram of the errors, for up to four outputs."""
    truth = _number_targets(data.test.targets, data.name)
    predicted = predict(model, data.test)
    columns = min(MOST_OUTPUTS, truth.shape[1])
    title = f"Predictions of {len(truth):,} examples"
    figure = pictures.figure(4.2 * columns, 6.7, title)
    for at in range(columns):
        ends = [
            min(truth[:, at].min(), predicted[:, at].min()),
            max(truth[:, at].max(), predicted[:, at].max()),
        ]
        axes = figure.add_subplot(2, columns, at + 1)
        axes.scatter(truth[:, at], predicted[:, at], s=9, alpha=0.6)
        axes.plot(ends, ends, color="black", linestyle="--", linewidth=1)
        axes.set(xlabel="target, in its own unit", ylabel="prediction")
        below = figure.add_subplot(2, columns, columns + at + 1)
        below.hist(predicted[:, at] - truth[:, at], bins=30, color="grey")
        below.set(xlabel="prediction minus target", ylabel="examples")
    return {"predictions": figure}


def apply(
    model: keras.Model, config: ClassifierConfig, items: Sequence[Any]
) -> list[dict[str, Any]]:
    """Return the predicted numbers of each of the user's .npy files, images or arrays.

    Raises:
        DataError: an item cannot be read, or has another shape than the model takes.
    """
    return [
        {"item": item_name(item)} | number_result(row)
        for item, row in zip(items, predict_items(model, items, config.resize), strict=True)
    ]


def export(model: keras.Model) -> dict[str, keras.Model]:
    """Return the one part to export: inputs -> numbers in the targets' units."""
    return {"regressor": model}


def _number_targets(targets: Array | None, name: str) -> Array:
    """Return targets as float32 of shape (n, outputs).

    Raises:
        DataError: there are no targets, or a target has more than one axis or is not a number.
    """
    if targets is None or targets.ndim > 2 or targets.dtype.kind not in "fiub":
        received = "none" if targets is None else f"{targets.dtype} of shape {targets.shape}"
        raise DataError(
            f"{name} has no targets for a regression: one number, or one row of numbers, for each example. "
            f"Received: {received}."
        )
    return targets.reshape(len(targets), -1).astype(np.float32)
