"""Multi-layer perceptron: dense layers, each with its normalisation, activation and dropout.

    h_0 = flatten(x),   h_k = dropout(f(norm(W_k h_{k-1} + b_k))),   p = softmax(W h_n + b)

trained on the cross-entropy of the logits; for regression y = W h_n + b, trained on the squared error.
Series and bare numbers are standardised first. Rumelhart, Hinton & Williams, "Learning representations
by back-propagating errors", Nature 323 (1986).
"""

import math
from collections.abc import Sequence
from functools import reduce
from typing import Annotated, Any, Literal

import keras
from keras import layers
from pydantic import AfterValidator, PositiveInt

import zoo
from zoo.config import FROM_DATA, Fraction, FromData
from zoo.tasks import classification, normalization, regression

PENALTIES = {
    "l1": (keras.regularizers.L1, 1),  # with how many numbers it takes
    "l2": (keras.regularizers.L2, 1),
    "l1_l2": (keras.regularizers.L1L2, 2),
}
CONSTRAINTS = {
    "max_norm": (keras.constraints.MaxNorm, 1),
    "min_max_norm": (keras.constraints.MinMaxNorm, 2),
    "unit_norm": (keras.constraints.UnitNorm, 0),
    "non_neg": (keras.constraints.NonNeg, 0),
}


def named(spec: str | None) -> Any:
    """Make a regularizer or a constraint from a spec such as `max_norm(3)`."""
    if spec is None:
        return None
    name, _, numbers = spec.removesuffix(")").partition("(")
    kind, count = (PENALTIES | CONSTRAINTS)[name]
    values = [float(number) for number in numbers.split(",") if numbers]
    written = spec in (name, f"{name}({numbers})") and len(values) == count
    limits = values if name in CONSTRAINTS else []
    ordered = limits == sorted(limits) and limits[-1:] != [0]
    if not (written and ordered and all(0 <= value < math.inf for value in values)):
        raise ValueError(f"{spec!r} is no regularizer or constraint")
    return kind(*values)


def one_of(kinds: dict[str, Any], examples: str) -> AfterValidator:
    """Make the check of a setting that names one of some kinds."""

    def check(spec: str) -> str:
        try:
            known = spec.partition("(")[0] in kinds and named(spec) is not None
        except ValueError:
            known = False
        if not known:
            raise ValueError(f"should be {examples}, with numbers from 0 on")
        return spec

    return AfterValidator(check)


Penalty = Annotated[str, one_of(PENALTIES, "l1(1e-5), l2(1e-4) or l1_l2(1e-5, 1e-4)")]
Constraint = Annotated[
    str, one_of(CONSTRAINTS, "max_norm(3), min_max_norm(0.5, 2), unit_norm or non_neg")
]
MEMORY = 0.9  # of batch statistics; Keras' 0.99 is too slow for a training of a few hundred steps
RELUS = {"leaky_relu": layers.LeakyReLU, "prelu": layers.PReLU, "relu6": lambda: layers.ReLU(6.0)}


class Config(classification.Config):
    """Settings of the multi-layer perceptron."""

    task: Literal["classification", "regression"] = "classification"
    """Whether it tells classes apart or predicts numbers."""
    outputs: PositiveInt | None = None
    """How many numbers a regression predicts. None: the dataset's."""
    input_shape: FromData[tuple[PositiveInt, ...]] = FROM_DATA
    """Shape of one input; flattened inside. None: the dataset's."""
    units: tuple[PositiveInt, ...] = (512, 512)
    """Units of each hidden layer, from input to output."""
    activation: Literal[
        "relu", "leaky_relu", "prelu", "relu6", "elu", "selu", "celu", "gelu", "silu", "softplus",
        "tanh", "sigmoid",
    ] = "relu"  # fmt: skip
    """Nonlinearity after each hidden layer."""
    normalization: Literal["none", "batch", "layer"] = "none"
    """Normalisation before each activation."""
    dropout: Fraction = 0.0
    """Share of the hidden units silenced in each step (Srivastava et al. 2014)."""
    kernel_regularizer: Penalty | None = None
    """Penalty on the weights: l1(1e-5), l2(1e-4) or l1_l2(1e-5, 1e-4)."""
    bias_regularizer: Penalty | None = None
    """Penalty on the biases."""
    activity_regularizer: Penalty | None = None
    """Penalty on what the hidden layers put out."""
    kernel_constraint: Constraint | None = None
    """Weights kept to max_norm(3), min_max_norm(0, 1), unit_norm or non_neg."""
    bias_constraint: Constraint | None = None
    """Biases kept likewise."""
    style: Literal["functional", "sequential"] = "functional"
    """Which of Keras' two ways builds the same network."""
    epochs: PositiveInt = 20
    batch_size: PositiveInt = 128


def hidden(config: Config, width: int) -> list[keras.Layer]:
    """Give the layers of one hidden layer."""
    dense = layers.Dense(
        width,
        kernel_regularizer=named(config.kernel_regularizer),
        bias_regularizer=named(config.bias_regularizer),
        activity_regularizer=named(config.activity_regularizer),
        kernel_constraint=named(config.kernel_constraint),
        bias_constraint=named(config.bias_constraint),
    )
    norm = {
        "batch": lambda: layers.BatchNormalization(momentum=MEMORY),
        "layer": layers.LayerNormalization,
    }
    activation = RELUS.get(config.activation, lambda: layers.Activation(config.activation))
    normalised = [norm[config.normalization]()] if config.normalization != "none" else []
    dropped = [layers.Dropout(config.dropout)] if config.dropout else []
    return [dense, *normalised, activation(), *dropped]


@zoo.hookimpl
def defaults() -> Config:
    """Give the settings to start from."""
    return Config()


@zoo.hookimpl
def build(config: Config) -> keras.Model:
    """Stack the layers, from inputs to class probabilities, or to numbers."""
    regress = config.task == "regression"
    # images and volumes are in [0, 1], other inputs are as they were measured
    stack = [normalization.normalization_layer()] if regress or len(config.input_shape) < 3 else []
    stack += [layers.Flatten()]
    for width in config.units:
        stack += hidden(config, width)
    if regress:
        stack += [layers.Dense(config.outputs, name="numbers")]
    else:
        stack += [layers.Dense(len(config.classes), name="logits")]
        stack += [layers.Activation("softmax", name="probabilities", dtype="float32")]
    inputs = keras.Input(config.input_shape, name="inputs")
    if config.style == "sequential":
        return keras.Sequential([inputs, *stack], name="mlp")
    return keras.Model(inputs, reduce(lambda x, layer: layer(x), stack, inputs), name="mlp")


@zoo.hookimpl
def train(model: keras.Model, config: Config, data: zoo.Dataset, callbacks: list[Any]) -> Any:
    """Minimise the cross-entropy, or the squared error."""
    task = regression if config.task == "regression" else classification
    return task.train(model, config, data, callbacks)


@zoo.hookimpl
def export(model: keras.Model, config: Config) -> dict[str, keras.Model]:
    """Ship the classifier, or the regressor."""
    return (regression if config.task == "regression" else classification).export(model)


@zoo.hookimpl
def evaluate(model: keras.Model, config: Config, data: zoo.Dataset) -> dict[str, float]:
    """Measure with what suits the task."""
    return (regression if config.task == "regression" else classification).evaluate(model, data)


@zoo.hookimpl
def preview(model: keras.Model, config: Config, data: zoo.Dataset) -> dict[str, Any]:
    """Draw what suits the task."""
    return (regression if config.task == "regression" else classification).preview(model, data)


@zoo.hookimpl
def apply(model: keras.Model, config: Config, items: Sequence[Any]) -> list[dict[str, Any]]:
    """Answer for the user's files."""
    if config.task == "regression":
        return regression.apply(model, items)
    return classification.apply(model, config, items)
