"""Attributions and logits, against networks whose answer is known in closed form."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import zoo
from zoo.errors import SettingError, UnknownName, ZooError
from zoo.interpret import attribution, classifier, networks
from zoo.interpret.attribution import Explainer
from zoo.io import pictures

CHANCE = np.random.default_rng(0)
X = CHANCE.random((8, 8, 1), np.float32)


def saved(*stack: Any, shape: tuple[int | None, ...] = (8, 8, 1), name: str = "net.keras") -> str:
    keras.Sequential([keras.Input(shape), *stack]).save(name)
    return name


def small(channels: int = 1) -> str:
    head = [layers.GlobalAveragePooling2D(), layers.Dense(3, activation="softmax")]
    front = [layers.Conv2D(4, 3, activation="relu"), layers.Conv2D(5, 3), layers.ReLU()]
    return saved(*front, layers.MaxPooling2D(), *head, shape=(8, 8, channels))


def linear() -> tuple[Explainer, Any]:
    """A network that is linear, so that its gradient is its weights."""
    dense = layers.Dense(3, activation="softmax")
    name = saved(layers.Flatten(), dense)
    return Explainer(classifier.open_classifier(name)), dense.get_weights()[0].reshape(8, 8, 1, 3)


def test_a_linear_networks_gradient_is_its_weights() -> None:
    by, weights = linear()
    for method in ("gradient", "smoothgrad"):
        np.testing.assert_allclose(by.explain(X, 2, method), weights[..., 2], atol=1e-5)
    np.testing.assert_allclose(by.explain(X, 1, "integrated"), X * weights[..., 1], atol=1e-5)


@pytest.mark.parametrize("baseline", [None, 1.0])
def test_what_is_integrated_adds_up_to_the_difference(baseline: float | None) -> None:
    by = Explainer(classifier.open_classifier(small()), baseline=baseline)
    logits = [
        np.asarray(by.classifier.logits(x[None]))[0] for x in (X, np.full_like(X, baseline or 0))
    ]
    for at in range(3):
        total = by.explain(X, at, "integrated").sum()
        np.testing.assert_allclose(total, logits[0][at] - logits[1][at], rtol=0.02, atol=2e-3)


def test_gradcam_of_a_pooled_network_is_its_class_activation_map() -> None:
    """Behind global average pooling, dF/dA is the head's weight over the number of places."""
    convolution, head = layers.Conv2D(4, 3, padding="same"), layers.Dense(2, activation="softmax")
    name = saved(convolution, layers.GlobalAveragePooling2D(), head)
    found = Explainer(classifier.open_classifier(name)).explain(X, 1, "gradcam")
    maps = np.asarray(convolution(X[None]))[0]
    wanted = np.maximum((maps * head.get_weights()[0][:, 1] / 64).sum(-1), 0)
    np.testing.assert_allclose(found, wanted, atol=1e-6)


def test_the_map_is_that_of_the_last_convolution_before_it_is_pooled() -> None:
    logits = classifier.open_classifier(small()).logits
    assert attribution.default_layers(networks.layers_of(logits))[0].startswith("re_lu")
    assert Explainer(classifier.open_classifier(small())).explain(X, 0, "gradcam").shape == (8, 8)


def test_stretching_keeps_the_mean_and_the_order() -> None:
    np.testing.assert_allclose(
        attribution.resize_linearly(np.array([0.0, 1.0]), (4,)), [0, 0.25, 0.75, 1]
    )
    square = CHANCE.random((3, 3))
    np.testing.assert_allclose(attribution.resize_linearly(square, (3, 3)), square)


def test_noise_is_seeded() -> None:
    known = classifier.open_classifier(small())
    ones, same, other = (
        Explainer(known, seed=seed, draws=3).explain(X, 0, "smoothgrad") for seed in (1, 1, 2)
    )
    assert (ones == same).all()
    assert not (ones == other).all()


def test_a_network_that_does_not_change_is_told() -> None:
    by, _ = linear()
    by.classifier.logits.set_weights([0 * each for each in by.classifier.logits.get_weights()])
    with pytest.raises(ZooError, match=r"does not change with this input: its gradient is 0"):
        by.explain(X, 0, "gradient")


def test_a_rounding_on_the_way_is_told() -> None:
    image = keras.Input((8, 8, 1))
    rounded = keras.ops.cast(keras.ops.cast(3 * image, "int32"), "float32")
    dense = layers.Dense(3, activation="softmax")(layers.Flatten()(rounded))
    keras.Model(image, dense).save("rounded.keras")
    with pytest.raises(ZooError, match=r"no gradient"):
        zoo.explain("rounded.keras", [X], methods=["gradient"])


def test_the_default_is_a_layer_that_every_path_passes() -> None:
    image = keras.Input((8, 8, 1))
    first = layers.Conv2D(2, 3, padding="same", name="first")(image)
    outside = layers.Conv2D(2, 3, padding="same", name="outside")(first)
    inside = layers.Conv2D(2, 3, padding="same", name="inside")(outside)
    pooled = [layers.GlobalAveragePooling2D()(x) for x in (outside, inside)]
    model = keras.Model(image, layers.Dense(2)(layers.Add()(pooled)))
    assert attribution.default_layers(networks.layers_of(model)) == ["inside", "outside", "first"]
    body, _ = attribution.split_at(model, None)
    assert body.output._keras_history.operation.name == "outside"


def test_a_layer_that_is_gone_around_is_refused() -> None:
    image = keras.Input((8, 8, 1))
    inside = layers.Conv2D(1, 3, padding="same", name="inside")(image)
    flat = layers.Flatten()(layers.Add()([image, inside]))
    model = keras.Model(image, layers.Dense(2, activation="softmax")(flat))
    with pytest.raises(SettingError, match=r"layer=inside: another path of .* goes around it"):
        attribution.split_at(networks.flatten(model), "inside")


@pytest.mark.parametrize(
    ("settings", "error", "problem"),
    [
        ({"methods": ["gradcm"]}, UnknownName, "no method 'gradcm'. Did you mean gradcam"),
        ({"class_name": "7"}, UnknownName, "no class '7'"),
        ({"layer": "conv2"}, SettingError, "no such layer"),
        ({"layer": "dense*"}, SettingError, "has no maps"),
        ({"steps": 0}, SettingError, "steps must be at least 1"),
        ({"noise": 0.0}, SettingError, "noise must be above 0"),
    ],
)
def test_wrong_settings_are_answered(settings: Any, error: Any, problem: str) -> None:
    with pytest.raises(error, match=problem):
        zoo.explain(small(), [X], **settings)


HEADS: dict[str, tuple[list[Any], int]] = {
    "softmax": ([layers.Dense(3, activation="softmax")], 3),
    "activation": ([layers.Dense(3), layers.Softmax()], 3),
    "logits": ([layers.Dense(3)], 3),
    "many": ([layers.Dense(3, activation="sigmoid")], 3),
    "two": ([layers.Dense(1, activation="sigmoid")], 2),
}


@pytest.mark.parametrize("head", HEADS)
def test_probabilities_are_the_networks_own(head: str) -> None:
    stack, count = HEADS[head]
    inner = keras.Sequential([keras.Input((8, 8, 1)), layers.Flatten(), *map(copied, stack)])
    name = saved(layers.Rescaling(2.0), inner)
    known = classifier.open_classifier(name)
    said, found = np.asarray(keras.saving.load_model(name)(X[None])), known.logits(X[None])
    if head == "logits":
        np.testing.assert_allclose(np.asarray(found), said, rtol=1e-5)
    elif head == "two":
        np.testing.assert_allclose(
            known.probabilities(found), [[1 - said[0, 0], said[0, 0]]], rtol=1e-5
        )
    else:
        np.testing.assert_allclose(known.probabilities(found), said, rtol=1e-5)
    assert known.classes == tuple(map(str, range(count)))


def copied(layer: Any) -> Any:
    return type(layer).from_config(layer.get_config())


def test_what_is_no_classifier_is_refused(tiny: zoo.Dataset) -> None:
    saved(layers.Conv2D(3, 3, activation="relu"))
    with pytest.raises(SettingError, match=r"is no classifier: it ends in relu"):
        classifier.open_classifier("net.keras")
    saved(layers.Flatten(), layers.Dense(1))
    with pytest.raises(SettingError, match=r"a single number with linear"):
        classifier.open_classifier("net.keras")
    zoo.train("vae", data=tiny, out="mine", latent_dim=2, epochs=1, batch_size=16)
    with pytest.raises(SettingError, match=r"mine has no classifier\. Its parts: .*encoder"):
        classifier.open_classifier("mine")


def test_one_of_several_outputs_is_chosen() -> None:
    flat = layers.Flatten()(image := keras.Input((8, 8, 1)))
    heads = [
        layers.Dense(n, activation="softmax", name=name)(flat)
        for n, name in ((2, "sex"), (4, "age"))
    ]
    keras.Model(image, heads).save("two.keras")
    with pytest.raises(SettingError, match=r"2 outputs \(sex, age\)"):
        classifier.open_classifier("two.keras")
    with pytest.raises(UnknownName, match=r"no output 'ages'. Did you mean age"):
        classifier.open_classifier("two.keras", "ages")
    assert len(classifier.open_classifier("two.keras", "age").classes) == 4


@pytest.mark.parametrize(
    ("shape", "stack"),
    [
        ((8, 8, 3), [layers.Conv2D(2, 3, activation="relu"), layers.Flatten()]),
        ((16, 2), [layers.Conv1D(2, 3, activation="relu"), layers.Flatten()]),
        ((4, 6, 6, 1), [layers.Conv3D(2, 3, activation="relu"), layers.Flatten()]),
        ((5,), [layers.Dense(4, activation="relu")]),
    ],
)
def test_every_kind_of_input_is_explained_and_drawn(
    shape: Any, stack: list[Any], tmp_path: Path
) -> None:
    name = saved(*map(copied, stack), layers.Dense(2, activation="softmax"), shape=shape)
    x = CHANCE.random(shape, np.float32)
    (found,) = zoo.explain(name, [x], draws=2, steps=4)
    assert ("gradcam" in found.maps) == (len(shape) > 1)
    for method, values in found.maps.items():
        assert values.shape == (shape[:-1] if method == "gradcam" else shape)
    assert np.asarray(pictures.to_image(found.plot())).std() > 5
