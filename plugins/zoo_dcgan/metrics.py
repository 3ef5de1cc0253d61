"""The metrics of the generated images, compared with the test images; training images are the floor.

    frechet            Frechet distance between features of generated and of test images
    frechet_floor      the same for as many training images
    precision, recall  share of generated images near test images, and the reverse
    coverage           share of classes that are generated at least a tenth as often as they are tested
    class_accuracy     share of images generated for a class that the classifier finds in that class;
                       for conditional models

The features are those of the classifier that `feature_network` names. The last two metrics need as many
classes in the classifier as in the data. The same metrics stand under `pca64_` for at most 64 principal
components of the pixels, where the class of an image is that of the nearest training image. Neither
distance is the Inception FID of the literature.
"""

import numpy as np

import zoo
from zoo.data.arrays import Array
from zoo.tasks import generative_metrics

from .config import Config
from .model import DCGAN
from .samples import CHUNK, SEED, generate_batches

Space = tuple[tuple[Array, Array, Array], Array | None]
"""Features of generated, test and training images, and the classes of the generated ones if known."""


def check_feature_network(config: Config) -> None:
    """Check before a training that the metrics will find their classifier.

    Raises:
        SettingError: it cannot be opened, or does not take such images.
    """
    if config.feature_network is not None:
        generative_metrics.feature_extractor(config.feature_network, config.input_shape)


def evaluate(
    model: DCGAN, config: Config, data: zoo.Dataset, batch_size: int | None
) -> dict[str, float]:
    """Return the metrics of the averaged generator on the test split.

    Args:
        model: the trained GAN.
        config: its settings.
        data: its test split is compared with.
        batch_size: images that are generated at a time; None is 500.

    Raises:
        DataError: a split has fewer than 2 images.
        SettingError: the classifier that feature_network names cannot be opened.
    """
    count = min(config.evaluation_images, len(data.test), len(data.train))
    if count < 2:
        raise zoo.DataError(
            f"dcgan measures distances between at least 2 images of each split. Received: {count}"
        )
    test, train = sample_split(data.test, count), sample_split(data.train, count)
    generated = np.concatenate(
        list(generate_batches(model, config, count, test.targets, batch_size or CHUNK))
    )
    images = (generated, test.inputs, train.inputs)
    spaces = {"pca64_": pixel_space(images, integer_labels(train, data))}
    if config.feature_network is not None:
        spaces[""] = classifier_space(images, config, data)
    labels = integer_labels(test, data)
    results: dict[str, float] = {}
    for prefix, space in spaces.items():
        values = space_metrics(space, labels, len(data.classes or ()))
        results |= {f"{prefix}{name}": value for name, value in values.items()}
    classes = spaces.get("", (None, None))[1]
    if config.conditional and classes is not None:
        results["class_accuracy"] = float((classes == labels).mean())
    return {name: zoo.Measure(value, count) for name, value in results.items()}


def space_metrics(space: Space, labels: Array | None, classes: int) -> dict[str, float]:
    """Return the metrics in one space of features.

    Args:
        space: features of the images, and the classes of the generated ones.
        labels: the classes of the test images, if known.
        classes: the number of classes.
    """
    features, generated_labels = space
    results = distance_metrics(*features)
    if labels is not None and generated_labels is not None:
        results["coverage"] = generative_metrics.class_coverage(generated_labels, labels, classes)
    return results


def distance_metrics(generated: Array, test: Array, train: Array) -> dict[str, float]:
    """Return the distances between features, each of shape (n, k).

    Args:
        generated: features of generated images, shape (n, k).
        test: features of test images.
        train: features of training images.
    """
    precision, recall = generative_metrics.precision_recall(test, generated)
    return {
        "frechet": generative_metrics.frechet_distance(generated, test),
        "frechet_floor": generative_metrics.frechet_distance(train, test),
        "precision": precision,
        "recall": recall,
    }


def classifier_space(
    images: tuple[Array, Array, Array], config: Config, data: zoo.Dataset
) -> Space:
    """Return the classifier's features of the images, and its classes if they can be the data's.

    Args:
        images: generated, test and training images.
        config: `feature_network` is read.
        data: the dataset, whose classes are compared with the classifier's.
    """
    extract = generative_metrics.feature_extractor(config.feature_network or "", config.input_shape)
    (generated, scores), (test, _), (train, _) = map(extract, images)
    fits = scores.shape[-1] == len(data.classes or ())
    return (generated, test, train), scores.argmax(-1) if fits else None


def pixel_space(images: tuple[Array, Array, Array], train_labels: Array | None) -> Space:
    """Return principal components of the images, and the classes of the nearest training images."""
    train, generated, test = generative_metrics.project_on_principal_components(
        images[2], images[0], images[1]
    )
    if train_labels is None:
        return (generated, test, train), None
    nearest = generative_metrics.nearest_positions(generated, train)
    return (generated, test, train), train_labels[nearest]


def integer_labels(split: zoo.Split, data: zoo.Dataset) -> Array | None:
    """Return the labels of a split as integers, or None if the data has no classes."""
    return None if data.classes is None or split.targets is None else split.targets.astype(int)


def sample_split(split: zoo.Split, count: int) -> zoo.Split:
    """Return so many examples, the same ones every time."""
    order = np.random.default_rng(SEED).permutation(len(split))
    return split.take(np.sort(order[:count]))
