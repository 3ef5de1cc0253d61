"""Classifiers: settings, training, measures, pictures and predictions for files, ready to be hooks.

A plug-in whose model maps `inputs` to a layer `logits` and then to `probabilities` can write

    train = zoo.hookimpl(classification.train)

and the same for evaluate, preview, apply and export. The first layer may be one of `zoo.tasks.normalization`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from zoo.config import FROM_DATA, ClassNames, Fraction, FromData, Resize
from zoo.data.arrays import Array
from zoo.data.class_weights import ClassWeight, weigh_examples
from zoo.data.dataset import Dataset
from zoo.data.inputs import item_name, read_input
from zoo.data.split import Split
from zoo.errors import DataError
from zoo.inference.parts import Parts, compute_groups, compute_split
from zoo.inference.predictions import TOP, class_results
from zoo.io.confusion_matrix import count_confusions, plot_confusion_matrix
from zoo.registry.hookspecs import Measure
from zoo.tasks import normalization, optimizers
from zoo.tasks.calibration import expected_calibration_error, plot_reliability, top_accuracy
from zoo.tasks.plots import plot_filters, plot_mistakes

if TYPE_CHECKING:
    import keras
    from matplotlib.figure import Figure

    from zoo.data.pipeline import Augment

__all__ = [
    "ClassifierConfig",
    "apply",
    "class_predictions",
    "classification_metrics",
    "cross_entropy",
    "evaluate",
    "evaluate_parts",
    "export",
    "plot_results",
    "predict",
    "preview",
    "train",
]

MOST_RECALLS = 30  # classes up to which the recall of each class is a measure
BATCH, CHUNK = 256, 4096  # examples at a time in the model, and in memory as float32


class ClassifierConfig(optimizers.OptimizerConfig):
    """The settings that every classifier has."""

    classes: FromData[ClassNames] = FROM_DATA
    """Names of the classes, or their number. None: those of the data set."""
    label_smoothing: Fraction = 0.0
    """Probability that is taken from the true class and spread over all classes (Szegedy et al. 2016)."""
    class_weight: ClassWeight | None = None
    """Weight of each class in the loss: one number for each class; or balanced: the rarer, the larger."""


def train(
    model: keras.Model,
    config: ClassifierConfig,
    data: Dataset,
    callbacks: list[Any],
    augment: Augment | None = None,
) -> Any:
    """Minimise the cross-entropy of the logits: its gradient does not vanish for confident mistakes.

    Args:
        model: ends in the layers `logits` and `probabilities`.
        config: the settings.
        data: has labels.
        callbacks: the callbacks of the zoo, for `fit`.
        augment: the augmentation of training inputs; None: no augmentation.

    Returns:
        Keras' history.
    """
    import keras

    normalization.adapt(model, data.train)
    arguments = data.fit_arguments(config, weigh_examples(config, data), augment)
    logits = keras.Model(model.inputs, model.get_layer("logits").output)
    logits.compile(
        optimizers.from_config(config, arguments["steps_per_epoch"] * config.epochs),
        loss=cross_entropy(len(config.classes or ()), config.label_smoothing),
        metrics=[keras.metrics.SparseCategoricalAccuracy(name="accuracy")],
    )
    return logits.fit(**arguments, callbacks=callbacks)


def cross_entropy(classes: int, smoothing: float = 0.0) -> Callable[[Any, Any], Any]:
    """Return the loss of labels y and logits a: -sum_k q_k log softmax(a)_k.

    q_k is smoothing / classes, plus 1 - smoothing for the true class.
    """
    from keras import losses, ops

    def loss(y: Any, logits: Any) -> Any:
        truth = ops.one_hot(ops.cast(y, "int32"), classes)
        return losses.categorical_crossentropy(
            truth, logits, from_logits=True, label_smoothing=smoothing
        )

    return loss


def export(model: keras.Model) -> dict[str, keras.Model]:
    """Return the one part to export, the classifier: inputs -> probabilities."""
    return {"classifier": model}


def evaluate(model: keras.Model, data: Dataset) -> dict[str, float]:
    """Return accuracy, top-k, macro F1, calibration error and each class's recall on the test split."""
    return classification_metrics(predict(model, data.test), data)


def evaluate_parts(parts: Parts, data: Dataset, batch_size: int | None) -> dict[str, float]:
    """Return the measures of `evaluate` for a part `classifier`, in any runtime.

    Args:
        parts: the parts by role.
        data: its test split is measured.
        batch_size: examples that are computed at a time; None is 64.
    """
    return classification_metrics(compute_split(parts["classifier"], data.test, batch_size), data)


def preview(model: keras.Model, data: Dataset) -> dict[str, Any]:
    """Draw the confusion matrix, the reliability diagram, the worst mistakes and the first filters."""
    return plot_results(predict(model, data.test), data) | plot_filters(model)


def apply(
    model: keras.Model, config: ClassifierConfig, items: Sequence[Any]
) -> list[dict[str, Any]]:
    """Return for each of the user's files the class, its probability, and the most probable classes."""
    return class_predictions(model, items, config.classes or (), config.resize)


def predict(model: keras.Model, inputs: Array | Split) -> Array:
    """Return the model's outputs of shape (n, outputs), computed batch by batch."""
    if not isinstance(inputs, Split):
        return np.asarray(model.predict(inputs, batch_size=BATCH, verbose=0))
    chunks = inputs.batches(CHUNK)
    return np.concatenate([model.predict(each, batch_size=BATCH, verbose=0) for each in chunks])


def classification_metrics(probabilities: Array, data: Dataset) -> dict[str, float]:
    """Return accuracy, macro F1, calibration error and recalls on the test split.

    Args:
        probabilities: of each class for each test example, shape (n, classes).
        data: the data set, with labels.

    Returns:
        accuracy; macro_f1, the mean over the classes that are true or predicted somewhere; top_5 for
        more than 5 classes, the share of examples whose class is among the 5 most probable;
        auroc for two classes, the share of pairs in which the example of the second class gets more
        probability for it; calibration_error, the expected calibration error over 15 bins (Guo et al.
        2017); and for up to 30 classes recall_CLASS of each class in the test split. All in [0, 1].

    Raises:
        DataError: the data has no labels.
    """
    from sklearn.metrics import f1_score, roc_auc_score

    truth, names = _test_labels(data)
    predicted = probabilities.argmax(-1)
    metrics = {
        "accuracy": float((predicted == truth).mean()),
        "macro_f1": float(f1_score(truth, predicted, average="macro", zero_division=0)),
    }
    if len(names) > TOP:
        metrics[f"top_{TOP}"] = top_accuracy(probabilities, truth, TOP)
    if len(names) == 2 and len(np.unique(truth)) == 2:
        metrics["auroc"] = float(roc_auc_score(truth, probabilities[:, 1]))
    metrics["calibration_error"] = expected_calibration_error(probabilities, truth)
    if len(names) <= MOST_RECALLS:
        for at, count in zip(*np.unique(truth, return_counts=True), strict=True):
            recall = (predicted[truth == at] == at).mean()
            metrics[f"recall_{names[at]}"] = Measure(recall, count)
    return metrics


def plot_results(probabilities: Array, data: Dataset) -> dict[str, Figure]:
    """Draw the confusion matrix, the reliability diagram and the worst mistakes.

    Args:
        probabilities: of each class for each test example, shape (n, classes).
        data: the data set, with labels.

    Raises:
        DataError: the data has no labels.
    """
    truth, names = _test_labels(data)
    matrix = count_confusions(truth, probabilities.argmax(-1), len(names))
    figures = {
        "confusion": plot_confusion_matrix(matrix, names),
        "reliability": plot_reliability(probabilities, truth),
    }
    return figures | plot_mistakes(probabilities, data)


def class_predictions(
    model: keras.Model, items: Sequence[Any], classes: Sequence[str], resize: Resize = "pad"
) -> list[dict[str, Any]]:
    """Return the most probable classes of the user's items.

    Args:
        model: a classifier.
        items: image files, .npy files or arrays.
        classes: the names of the classes.
        resize: how an image of another size is brought to the model's: pad, stretch or crop.

    Returns:
        For each item: `item`, `class`, `probability`, and `top`, those of the 5 most probable classes.

    Raises:
        DataError: an item cannot be read, or has another shape than the model takes.
    """
    if not items:
        return []
    results = class_results(np.stack(predict_items(model, items, resize)), classes)
    return [{"item": item_name(item)} | result for item, result in zip(items, results, strict=True)]


def predict_items(model: keras.Model, items: Sequence[Any], resize: Resize) -> list[Array]:
    """Return the model's output for each of the user's items; items of one shape are one batch.

    Args:
        model, items, resize: as for `class_predictions`.
    """
    inputs = [read_input(item, tuple(model.input_shape[1:]), resize) for item in items]
    return [row for (row,) in compute_groups(lambda batch: (predict(model, batch),), inputs)]


def _test_labels(data: Dataset) -> tuple[Array, tuple[str, ...]]:
    """Return the test labels and the class names, or raise a DataError if there are none."""
    if data.test.targets is None or data.classes is None:
        raise DataError(f"{data.name} has no labels; a classifier cannot be measured on it.")
    return data.test.targets, data.classes
