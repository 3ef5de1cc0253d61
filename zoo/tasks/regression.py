"""Regression: settings, training, measures, pictures and answers for files, ready to be hooks.

Public: a plug-in whose model maps `inputs` through a Normalization called `standardised` to a Dense
layer called `numbers`, its last, can call these in its hooks. Inputs are standardised by what the
training split holds; so are targets while training, and what that takes is folded into the last
layer afterwards, so that the model answers in the targets' own units:

    s (W h + b) + m = (s W) h + (s b + m)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from zoo.data.arrays import Array
from zoo.data.dataset import Dataset
from zoo.data.inputs import item_name, read_input
from zoo.errors import DataError
from zoo.io import pictures
from zoo.tasks import normalization, optimizers
from zoo.tasks.classification import ClassifierConfig, predict

if TYPE_CHECKING:
    import keras
    from matplotlib.figure import Figure

DRAWN = 4  # outputs whose answers are drawn


def train(model: keras.Model, config: ClassifierConfig, data: Dataset, callbacks: list[Any]) -> Any:
    """Minimise the squared error of the standardised targets."""
    targets = predict_numbers(data.train.targets, data.name)
    mean, spread = targets.mean(0), targets.std(0)
    spread = np.where(spread > 0, spread, np.float32(1))
    columns = targets.shape[1]

    def standardised(x: Any, y: Any) -> Any:
        import tensorflow as tf

        return x, (tf.reshape(tf.cast(y, tf.float32), [-1, columns]) - mean) / spread

    feed = data.fit_arguments(config, standardised)
    normalization.adapt(model, data.train)
    steps = feed["steps_per_epoch"] * config.epochs
    model.compile(optimizers.from_config(config, steps), loss="mse", metrics=["mae"])
    history = model.fit(**feed, callbacks=callbacks)
    last = model.get_layer("numbers")
    kernel, bias = last.get_weights()
    last.set_weights([kernel * spread, bias * spread + mean])
    return history


def evaluate(model: keras.Model, data: Dataset) -> dict[str, float]:
    """Measure the errors on the test split, in the targets' units, and the share explained."""
    truth = predict_numbers(data.test.targets, data.name)
    return regression_metrics(predict(model, data.test), truth)


def regression_metrics(said: Array, truth: Array) -> dict[str, float]:
    """Give RMSE, MAE and R^2 = 1 - sum (y - f)^2 / sum (y - mean y)^2, over all outputs alike."""
    from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

    return {
        "rmse": float(root_mean_squared_error(truth, said)),
        "mae": float(mean_absolute_error(truth, said)),
        "r2": float(r2_score(truth, said)) if len(truth) > 1 else 0.0,
    }


def preview(model: keras.Model, data: Dataset) -> dict[str, Figure]:
    """Draw what the model says over what is true, and how its errors are spread."""
    truth = predict_numbers(data.test.targets, data.name)
    said = predict(model, data.test)
    columns = min(DRAWN, truth.shape[1])
    drawn = pictures.figure(4.2 * columns, 6.4)
    for at in range(columns):
        ends = [
            min(truth[:, at].min(), said[:, at].min()),
            max(truth[:, at].max(), said[:, at].max()),
        ]
        axes = drawn.add_subplot(2, columns, at + 1)
        axes.scatter(truth[:, at], said[:, at], s=9, alpha=0.6)
        axes.plot(ends, ends, color="black", linestyle="--", linewidth=1)
        axes.set(xlabel="true", ylabel="predicted")
        below = drawn.add_subplot(2, columns, columns + at + 1)
        below.hist(said[:, at] - truth[:, at], bins=30, color="grey")
        below.set(xlabel="predicted - true", ylabel="examples")
    return {"answers": drawn}


def apply(model: keras.Model, items: Sequence[Any]) -> list[dict[str, Any]]:
    """Predict the numbers of the user's .npy files, images or arrays.

    Raises:
        DataError: an item cannot be read, or has another shape than the model takes.
    """
    shape = tuple(model.input_shape[1:])
    return [
        {
            "item": item_name(item),
            "values": [float(value) for value in predict(model, read_input(item, shape)[None])[0]],
        }
        for item in items
    ]


def export(model: keras.Model) -> dict[str, keras.Model]:
    """Ship the model: inputs -> numbers in the targets' units."""
    return {"regressor": model}


def predict_numbers(targets: Array | None, name: str) -> Array:
    """Give targets as float32 of shape (n, outputs).

    Raises:
        DataError: there are none, or more than one axis of them.
    """
    if targets is None or targets.ndim > 2 or targets.dtype.kind not in "fiub":
        held = "none" if targets is None else f"{targets.dtype} of shape {targets.shape}"
        raise DataError(
            f"{name} has no targets to learn: one number, or one row of numbers, for each example. "
            f"Received: {held}."
        )
    return targets.reshape(len(targets), -1).astype(np.float32)
