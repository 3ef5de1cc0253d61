"""Classifiers: settings, training, measures, pictures and answers for files, ready to be hooks.

Public: a plug-in whose model maps `inputs` to a layer `logits` and then to `probabilities`, with a layer of
`zoo.tasks.normalization` before them if it likes, can say

    train = zoo.hookimpl(classification.train)

and likewise for evaluate, preview, apply and export.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from zoo.config import FROM_DATA, ClassNames, Fraction, FromData
from zoo.data.arrays import Array
from zoo.data.dataset import Dataset
from zoo.data.inputs import item_name, read_input
from zoo.data.split import Split
from zoo.errors import DataError
from zoo.io import pictures
from zoo.tasks import normalization, optimizers
from zoo.tasks.calibration import expected_calibration_error, plot_reliability
from zoo.tasks.plots import plot_filters, plot_mistakes

if TYPE_CHECKING:
    import keras
    from matplotlib.figure import Figure

    from zoo.data.pipeline import Augment

ALIKE = 30  # classes up to which each one's recall is a measure of its own
TOP = 5
BATCH, CHUNK = 256, 4096  # examples at a time in the model, and in memory as float32


class Config(optimizers.OptimizerConfig):
    """The settings that every classifier has."""

    classes: FromData[ClassNames] = FROM_DATA
    """Names of the classes, or their number. None: the dataset's."""
    label_smoothing: Fraction = 0.0
    """Probability taken from the true class and spread over all (Szegedy et al. 2016)."""


def train(
    model: keras.Model,
    config: Config,
    data: Dataset,
    callbacks: list[Any],
    augment: Augment | None = None,
) -> Any:
    """Minimise the cross-entropy of the logits, which keeps the gradient of a sure mistake."""
    import keras

    normalization.adapt(model, data.train)
    feed = data.fit_arguments(config, augment=augment)
    logits = keras.Model(model.inputs, model.get_layer("logits").output)
    logits.compile(
        optimizers.from_config(config, feed["steps_per_epoch"] * config.epochs),
        loss=cross_entropy(len(config.classes or ()), config.label_smoothing),
        metrics=[keras.metrics.SparseCategoricalAccuracy(name="accuracy")],
    )
    return logits.fit(**feed, callbacks=callbacks)


def cross_entropy(classes: int, smoothing: float = 0.0) -> Callable[[Any, Any], Any]:
    """Make the loss of labels y and logits a: -sum_k q_k log softmax(a)_k.

    q is 1 - smoothing for the true class, plus smoothing / classes for each.
    """
    from keras import losses, ops

    def loss(y: Any, logits: Any) -> Any:
        truth = ops.one_hot(ops.cast(y, "int32"), classes)
        return losses.categorical_crossentropy(
            truth, logits, from_logits=True, label_smoothing=smoothing
        )

    return loss


def export(model: keras.Model) -> dict[str, keras.Model]:
    """Ship the classifier: inputs -> probabilities."""
    return {"classifier": model}


def evaluate(model: keras.Model, data: Dataset) -> dict[str, float]:
    """Measure accuracy, top-k, macro F1, calibration and each class's recall on the test split."""
    return classification_metrics(predict(model, data.test), data)


def preview(model: keras.Model, data: Dataset) -> dict[str, Any]:
    """Draw the confusion matrix, the reliability, the worst mistakes and the first filters."""
    return plot_results(predict(model, data.test), data) | plot_filters(model)


def apply(model: keras.Model, config: Config, items: Sequence[Any]) -> list[dict[str, Any]]:
    """Classify the user's files: the class, its probability, and the runners-up."""
    return class_predictions(model, items, config.classes or ())


def predict(model: keras.Model, inputs: Array | Split) -> Array:
    """Give the model's answer to each input, shape (n, outputs), batch by batch."""
    if not isinstance(inputs, Split):
        return np.asarray(model.predict(inputs, batch_size=BATCH, verbose=0))
    chunks = inputs.batches(CHUNK)
    return np.concatenate([model.predict(each, batch_size=BATCH, verbose=0) for each in chunks])


def classification_metrics(probabilities: Array, data: Dataset) -> dict[str, float]:
    """Give accuracy, macro F1, calibration and, up to 30 classes, each one's recall on the test split.

    With more than 5 classes top_5 is the share of examples whose class is among the 5 most
    probable. calibration_error is the expected one over 15 bins (Guo et al. 2017). A class that does
    not occur there has no recall; macro F1 is the mean over the classes that occur, or that the model
    took an example for.

    Raises:
        DataError: the data has no labels.
    """
    from sklearn.metrics import f1_score, recall_score

    truth, names = test_labels(data)
    said = probabilities.argmax(-1)
    found = {
        "accuracy": float((said == truth).mean()),
        "macro_f1": float(f1_score(truth, said, average="macro", zero_division=0)),
    }
    if len(names) > TOP:
        among = np.argpartition(-probabilities, TOP - 1)[:, :TOP]
        found[f"top_{TOP}"] = float((among == truth[:, None]).any(-1).mean())
    found["calibration_error"] = expected_calibration_error(probabilities, truth)
    if len(names) <= ALIKE:
        present = np.unique(truth)
        recalls = recall_score(truth, said, labels=present, average=None)
        found |= {
            f"recall_{names[at]}": float(recall)
            for at, recall in zip(present, recalls, strict=True)
        }
    return found


def plot_results(probabilities: Array, data: Dataset) -> dict[str, Figure]:
    """Draw the confusion matrix, the reliability and the worst mistakes."""
    from sklearn.metrics import confusion_matrix

    truth, names = test_labels(data)
    matrix = confusion_matrix(truth, probabilities.argmax(-1), labels=np.arange(len(names)))
    found = {"confusion": pictures.plot_confusion_matrix(matrix, names)}
    found["reliability"] = plot_reliability(probabilities, truth)
    return found | plot_mistakes(probabilities, data)


def class_predictions(
    model: keras.Model, items: Sequence[Any], classes: Sequence[str]
) -> list[dict[str, Any]]:
    """Name the most probable classes of the user's image files, .npy files or arrays.

    Raises:
        DataError: an item cannot be read, or has another shape than the model takes.
    """
    shape = tuple(model.input_shape[1:])
    return [_answer(model, item, shape, classes) for item in items]


def test_labels(data: Dataset) -> tuple[Array, tuple[str, ...]]:
    """Give the test labels and the class names.

    Raises:
        DataError: the data has none.
    """
    if data.test.targets is None or data.classes is None:
        raise DataError(f"{data.name} has no labels; a classifier cannot be measured on it.")
    return data.test.targets, data.classes


def _answer(
    model: keras.Model, item: Any, shape: tuple[int | None, ...], classes: Sequence[str]
) -> dict[str, Any]:
    probabilities = predict(model, read_input(item, shape)[None])[0]
    best = np.argsort(-probabilities)[:TOP]
    return {
        "item": item_name(item),
        "class": classes[int(best[0])],
        "probability": float(probabilities[best[0]]),
        "top": {classes[int(at)]: float(probabilities[at]) for at in best},
    }
