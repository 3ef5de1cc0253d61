from typing import Any, get_args

import keras
import numpy as np
import pytest
from keras import layers

import zoo
from zoo.data.dataset import Dataset
from zoo.registry.architectures import registry
from zoo.runs.recipe import resolve_with_data

IMAGE: dict[str, Any] = {"input_shape": (8, 8, 1), "classes": 3, "units": [4]}
GENERATOR = np.random.default_rng(0)


def by_hand_sequential() -> keras.Model:
    """The guide's Sequential example: 784-32-relu-10-softmax."""
    return keras.Sequential(
        [
            keras.Input((784,)),
            layers.Dense(32),
            layers.Activation("relu"),
            layers.Dense(10),
            layers.Activation("softmax"),
        ]
    )


def by_hand_functional() -> keras.Model:
    """The guide's functional example: 784-64-64-10."""
    inputs = keras.Input((784,))
    x = layers.Dense(64, activation="relu")(inputs)
    x = layers.Dense(64, activation="relu")(x)
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(x))


@pytest.mark.parametrize(
    ("name", "build", "count"),
    [
        ("mlp.guide-sequential", by_hand_sequential, 25_450),
        ("mlp.guide-functional", by_hand_functional, 55_050),
    ],
)
def test_the_guides_examples_are_these_networks(name: str, build: Any, count: int) -> None:
    model, theirs = zoo.create(name), build()
    assert model.count_params() == theirs.count_params() == count
    theirs.set_weights(model.get_weights())
    images = GENERATOR.random((5, 28, 28, 1)).astype(np.float32)
    np.testing.assert_allclose(model(images), theirs(images.reshape(5, 784)), atol=1e-6)
    kind = keras.Sequential if name.endswith("sequential") else keras.Model
    assert type(model) is kind or (kind is keras.Model and not isinstance(model, keras.Sequential))


def test_the_guides_functional_example_trains_as_it_does_by_hand(tiny: Dataset) -> None:
    """Compile with rmsprop and categorical cross-entropy, as the guide does, and compare the weights."""
    settings = {"epochs": 2, "batch_size": 16}
    chosen = resolve_with_data("mlp.guide-functional", settings, tiny)
    model = chosen.build_model()
    theirs = keras.models.clone_model(model)
    theirs.set_weights(model.get_weights())
    chosen.architecture.train(model, chosen.config, tiny, [])
    theirs.compile(optimizer="rmsprop", loss="categorical_crossentropy", metrics=["accuracy"])
    theirs.fit(**tiny.fit_arguments(chosen.config, example=one_hot))
    for ours, other in zip(model.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(ours, other, atol=2e-4)


def one_hot(inputs: Any, labels: Any) -> Any:
    return inputs, keras.ops.one_hot(labels, 10)


@pytest.mark.parametrize("normalisation", ["none", "batch"])
def test_both_styles_give_the_same_weights_and_outputs(normalisation: str) -> None:
    made = []
    for style in ("functional", "sequential"):
        keras.utils.set_random_seed(7)
        settings = {**IMAGE, "dropout": 0.5, "kernel_regularizer": "l2(0.1)", "units": [4, 3]}
        made.append(zoo.create("mlp", style=style, normalization=normalisation, **settings))
    for one, other in zip(*(model.get_weights() for model in made), strict=True):
        np.testing.assert_array_equal(one, other)
    images = GENERATOR.random((3, 8, 8, 1))
    np.testing.assert_array_equal(*(np.asarray(model(images)) for model in made))
    assert isinstance(made[1], keras.Sequential)


def test_both_styles_train_and_describe_themselves_alike(tiny: Dataset) -> None:
    runs = [
        zoo.train("mlp", data=tiny, style=style, units=[4], dropout=0.3, epochs=2, seed=1)
        for style in ("functional", "sequential")
    ]
    for one, other in zip(*(zoo.load(run).get_weights() for run in runs), strict=True):
        np.testing.assert_array_equal(one, other)
    assert runs[0].metrics == runs[1].metrics
    described = zoo.describe("mlp.guide-sequential").parts["classifier"]
    assert [tensor.shape for tensor in described.inputs] == [("batch", 28, 28, 1)]
    assert [tensor.name for tensor in described.outputs] == ["probabilities"]


def test_a_sequential_model_is_exported(tiny: Dataset) -> None:
    run = zoo.train("mlp", data=tiny, style="sequential", units=[4], epochs=1)
    assert zoo.export(run, ["keras", "onnx"]).ok


ACTIVATIONS = {
    "relu": lambda x: np.maximum(x, 0),
    "leaky_relu": lambda x: np.where(x > 0, x, 0.3 * x),
    "prelu": lambda x: np.maximum(x, 0),  # its slopes begin at zero
    "relu6": lambda x: np.clip(x, 0, 6),
    "elu": lambda x: np.where(x > 0, x, np.expm1(x)),
    "selu": lambda x: 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(x)),
    "celu": lambda x: np.where(x > 0, x, np.expm1(x)),
    "gelu": lambda x: x * (1 + keras.ops.erf(x / np.sqrt(2)).numpy()) / 2,
    "silu": lambda x: x / (1 + np.exp(-x)),
    "softplus": lambda x: np.log1p(np.exp(x)),
    "tanh": np.tanh,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_is_the_function_of_that_name(name: str) -> None:
    model = zoo.create("mlp", input_shape=(3,), classes=2, units=[200], activation=name)
    x = GENERATOR.normal(size=(4, 3)).astype(np.float32) * 3
    _, _, _, kernel, *_, out, bias = model.get_weights()  # first what standardises, untrained
    hidden = ACTIVATIONS[name](x @ kernel)
    logits = keras.Model(model.input, model.get_layer("logits").output)(x)
    np.testing.assert_allclose(logits, hidden @ out + bias, rtol=1e-3, atol=1e-4)


def test_every_setting_of_activation_is_tried_here() -> None:
    field = type(registry().get("mlp").defaults()).model_fields["activation"]
    assert set(get_args(field.annotation)) == set(ACTIVATIONS)


@pytest.mark.parametrize(
    ("normalisation", "kind"),
    [("batch", layers.BatchNormalization), ("layer", layers.LayerNormalization)],
)
def test_normalisation_stands_before_the_activation(normalisation: str, kind: Any) -> None:
    model = zoo.create(
        "mlp", **{**IMAGE, "units": [4, 4]}, normalization=normalisation, dropout=0.1
    )
    block = [layers.Dense, kind, layers.Activation, layers.Dropout]
    expected = [layers.InputLayer, layers.Flatten, *block, *block, layers.Dense, layers.Activation]
    assert [type(layer) for layer in model.layers] == expected


def test_without_hidden_layers_it_is_logistic_regression() -> None:
    for style in ("functional", "sequential"):
        model = zoo.create("mlp", input_shape=(5,), classes=3, units=[], style=style)
        x = GENERATOR.random((4, 5)).astype(np.float32)
        *_, kernel, bias = model.get_weights()  # before them what standardises, untrained
        powers = np.exp(x @ kernel + bias)
        np.testing.assert_allclose(model(x), powers / powers.sum(1, keepdims=True), rtol=1e-5)


def penalty(model: keras.Model, x: Any) -> float:
    model(x)
    return float(sum(model.losses))


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("l1(0.5)", lambda w: 0.5 * np.abs(w).sum()),
        ("l2(1e-2)", lambda w: 0.01 * (w**2).sum()),
        ("l2(.25)", lambda w: 0.25 * (w**2).sum()),
        ("l2(1E+1)", lambda w: 10 * (w**2).sum()),
        ("l1_l2(0.5,0.25)", lambda w: 0.5 * np.abs(w).sum() + 0.25 * (w**2).sum()),
        ("l1_l2(2, 0)", lambda w: 2 * np.abs(w).sum()),
    ],
)
@pytest.mark.parametrize("target", ["kernel", "bias", "activity"])
def test_penalties_are_what_they_say(spec: str, expected: Any, target: str) -> None:
    model = zoo.create("mlp", **IMAGE, **{f"{target}_regularizer": spec})
    model.layers[2].set_weights([GENERATOR.normal(size=(64, 4)), GENERATOR.normal(size=4)])
    x = GENERATOR.random((1, 8, 8, 1)).astype(np.float32)
    kernel, bias, *_ = model.get_weights()
    put_out = x.reshape(1, 64) @ kernel + bias
    penalised = {"kernel": kernel, "bias": bias, "activity": put_out}[target]
    assert penalty(model, x) == pytest.approx(expected(penalised), rel=1e-4)


@pytest.mark.parametrize(
    ("target", "style"),
    [
        ("kernel", "functional"),
        ("bias", "sequential"),
        ("activity", "functional"),
        ("activity", "sequential"),
    ],
)
def test_penalties_reach_the_loss(target: str, style: str, tiny: Dataset) -> None:
    still = {
        "validation": 0.0,
        "epochs": 1,
        "batch_size": 48,
        "learning_rate": 1e-9,
        "units": [4],
        "style": style,
    }
    losses = []
    for spec in (None, "l2(10)"):
        chosen = resolve_with_data("mlp", {**still, f"{target}_regularizer": spec}, tiny)
        keras.utils.set_random_seed(1)
        model = chosen.build_model()
        dense = next(layer for layer in model.layers if isinstance(layer, layers.Dense))
        dense.bias.assign(np.full(4, 2.0))
        kernel, bias = dense.get_weights()
        history = chosen.architecture.train(model, chosen.config, tiny, [])
        losses.append(history.history["loss"][0])
    activity = tiny.train.inputs.reshape(48, 64) @ kernel + bias
    penalised = {"kernel": kernel, "bias": bias, "activity": activity / np.sqrt(48)}[target]
    assert losses[1] - losses[0] == pytest.approx(10 * (penalised**2).sum(), rel=1e-3)


CONSTRAINTS = {
    "max_norm(0.5)": lambda norms, w: (norms <= 0.5 + 1e-5).all(),
    "min_max_norm(0.2,0.4)": lambda norms, w: ((norms >= 0.2 - 1e-5) & (norms <= 0.4 + 1e-5)).all(),
    "unit_norm": lambda norms, w: np.allclose(norms, 1, atol=1e-5),
    "non_neg": lambda norms, w: (w >= 0).all(),
}


def kernels(model: keras.Model) -> list[Any]:
    return [array for array in model.get_weights() if array.ndim == 2][:2]


@pytest.fixture(scope="module")
def free(tiny: Dataset) -> keras.Model:
    """What the same training gives without a constraint."""
    return train_six_steps(tiny)


@pytest.mark.parametrize("spec", CONSTRAINTS)
def test_constraints_hold_after_training(spec: str, free: keras.Model, tiny: Dataset) -> None:
    holds = CONSTRAINTS[spec]
    assert not any(holds(np.linalg.norm(w, axis=0), w) for w in kernels(free))
    bound = train_six_steps(tiny, kernel_constraint=spec)
    assert all(holds(np.linalg.norm(w, axis=0), w) for w in kernels(bound))


def train_six_steps(data: Dataset, **settings: Any) -> keras.Model:
    """Train six steps."""
    common = {"units": [6, 5], "batch_size": 8, "epochs": 1, "learning_rate": 0.05}
    chosen = resolve_with_data("mlp", {**common, **settings}, data)
    keras.utils.set_random_seed(1)
    model = chosen.build_model()
    chosen.architecture.train(model, chosen.config, data, [])
    return model


def test_biases_are_constrained_too(free: keras.Model, tiny: Dataset) -> None:
    assert (free.get_weights()[1] < 0).any()
    assert (train_six_steps(tiny, bias_constraint="non_neg").get_weights()[1] >= 0).all()


@pytest.mark.parametrize(
    "spec",
    ["l2(abc)", "l2(-1)", "l2()", "l2", "", "l1_l2(1e-5)", "l2(1, 2)", "l2(1e999)", "l2(nan)",
     "l2(1", "l2 (1)", "L2(1)", "l2(1)\n", "max_norm(3)", "__import__('os')", 3, ["l2(1)"]],
)  # fmt: skip
def test_penalties_that_are_none_are_refused(spec: Any) -> None:
    for target in ("kernel", "bias", "activity"):
        with pytest.raises(
            zoo.SettingError, match=f"The setting '{target}_regularizer': should be "
        ):
            zoo.create("mlp", **IMAGE, **{f"{target}_regularizer": spec})


@pytest.mark.parametrize(
    "spec",
    ["max_norm(-1)", "max_norm(0)", "max_norm", "max_norm()", "min_max_norm(2, 1)", "unit_norm(1)",
     "min_max_norm(1)", "non_neg(2)", "MaxNorm(3)", "max_norm(inf)", "l2(1)", "nonneg"],
)  # fmt: skip
def test_constraints_that_are_none_are_refused(spec: str) -> None:
    wanted = r"should be max_norm\(3\), min_max_norm\(0.5, 2\), unit_norm or non_neg"
    for target in ("kernel", "bias"):
        with pytest.raises(zoo.SettingError, match=f"'{target}_constraint': {wanted}"):
            zoo.create("mlp", **IMAGE, **{f"{target}_constraint": spec})


@pytest.mark.parametrize("shape", [(5,), (10, 3), (4, 4, 3), (3, 4, 5, 1)])
def test_inputs_of_every_rank_are_flattened(shape: tuple[int, ...]) -> None:
    model = zoo.create("mlp", input_shape=shape, classes=2, units=[3])
    standardising = 2 * shape[-1] + 1 if len(shape) < 3 else 0
    assert model.count_params() == np.prod(shape) * 3 + 3 + 3 * 2 + 2 + standardising
    assert model.output_shape == (None, 2)
