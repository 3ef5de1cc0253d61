"""The measures of a generator: its images against the test images, and training images beside them.

    frechet            Frechet distance of the features of made and of test images
    frechet_floor      the same of training and of test images, as many of each
    precision, recall  made images among test images, test images among made ones
    coverage           share of classes that are made at least a tenth as often as they are tested
    class_accuracy     share of images made of a class that are told to be of it, where one can ask for it

in the features of the classifier that `features` names (the last two if it tells as many classes apart
as the data has), and the same under `pca64_`, in at most 64
principal components of the pixels, where a class is that of the nearest training image. Neither is the
Inception FID of the literature.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from keras import ops

import zoo
from zoo.tasks import generative_metrics

SEED, CHUNK = 0, 500


def check(config: Any) -> None:
    """Refuse, before a training, features that the measures then would not find."""
    if config.features is not None:
        generative_metrics.feature_extractor(config.features, config.input_shape)


def evaluate(model: Any, config: Any, data: zoo.Dataset) -> dict[str, float]:
    """Measure the averaged generator's images against the test split.

    Raises:
        DataError: there are fewer than 2 images of a split.
        SettingError: the classifier that features names is not there.
    """
    count = min(config.samples, len(data.test), len(data.train))
    if count < 2:
        raise zoo.DataError(f"A distance needs at least 2 images of each split. Received: {count}")
    test, train = chosen(data.test, count), chosen(data.train, count)
    wanted = None if test.targets is None else test.targets
    made = np.concatenate(list(drawn(model, config, count, wanted)))
    images = (made, test.inputs, train.inputs)
    real = labels(test.targets, data)
    spaces = {"pca64_": principal(images, train.targets, data)}
    if config.features is not None:
        look = generative_metrics.feature_extractor(config.features, config.input_shape)
        features, said = zip(*map(look, images), strict=True)
        spaces[""] = features, told(said[0], data)
    measured = {}
    for space, (features, found) in spaces.items():
        named = distances(*features)
        if real is not None and found is not None:
            named["coverage"] = generative_metrics.class_coverage(found, real, len(data.classes))
        measured |= {f"{space}{name}": value for name, value in named.items()}
    found = spaces.get("", (None, None))[1]
    if config.conditional and found is not None:
        measured["class_accuracy"] = float((found == real).mean())
    return measured


def told(said: np.ndarray, data: zoo.Dataset) -> Any:
    """Give the class that a classifier tells of each image, if its classes can be the data's."""
    return said.argmax(-1) if said.shape[-1] == len(data.classes or ()) else None


def distances(made: np.ndarray, test: np.ndarray, train: np.ndarray) -> dict[str, float]:
    """Measure features of made images, with those of training images as the floor."""
    precision, recall = generative_metrics.precision_recall(test, made)
    return {
        "frechet": generative_metrics.frechet_distance(made, test),
        "frechet_floor": generative_metrics.frechet_distance(train, test),
        "precision": precision,
        "recall": recall,
    }


def principal(images: Any, targets: Any, data: zoo.Dataset) -> tuple[Any, Any]:
    """Give the principal components of made, test and training images, and the classes of the made."""
    train, made, test = generative_metrics.project_on_principal_components(
        images[2], images[0], images[1]
    )
    known = labels(targets, data)
    found = None if known is None else known[generative_metrics.nearest_positions(made, train)]
    return (made, test, train), found


def labels(targets: Any, data: zoo.Dataset) -> Any:
    """Give labels as whole numbers, where the data has classes."""
    return None if data.classes is None or targets is None else targets.astype(int)


def chosen(split: zoo.Split, count: int) -> zoo.Split:
    """Choose so many examples, the same ones every time."""
    order = np.random.default_rng(SEED).permutation(len(split))
    return split.take(np.sort(order[:count]))


def prior(config: Any, count: int, seed: int = SEED) -> np.ndarray:
    """Draw latents of shape (count, latents), the same ones every time."""
    generator = np.random.default_rng(seed)
    if config.prior == "uniform":
        return generator.uniform(-1, 1, (count, config.latents)).astype(np.float32)
    return generator.standard_normal((count, config.latents), np.float32)


def one_hot(wanted: np.ndarray, config: Any) -> np.ndarray:
    """Give classes as rows of one 1, shape (n, classes)."""
    return np.eye(len(config.classes), dtype=np.float32)[wanted.astype(int)]


def made_from(model: Any, latents: np.ndarray, wanted: Any = None) -> np.ndarray:
    """Make images in [0, 1] of latents, and of classes one-hot, with the averaged generator."""
    inputs = latents if wanted is None else [latents, wanted]
    return ops.convert_to_numpy(model.averaged_generator(inputs, training=False))


def drawn(model: Any, config: Any, count: int, wanted: Any) -> Iterator[np.ndarray]:
    """Make so many images, some at a time; of the wanted classes where the model is conditional."""
    latents = prior(config, count)
    for start in range(0, count, CHUNK):
        part = slice(start, start + CHUNK)
        asked = one_hot(wanted[part], config) if config.conditional else None
        yield made_from(model, latents[part], asked)
