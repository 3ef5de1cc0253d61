"""Multi-layer perceptron: dense layers, each with normalisation, activation and dropout.

    h_0 = flatten(x),   h_k = dropout(f(norm(W_k h_{k-1} + b_k))),   p = softmax(W h_n + b)

The loss is the cross-entropy of the logits. In a regression y = W h_n + b, and the loss is the squared error.
Series and plain numbers are standardised first. Rumelhart, Hinton & Williams, "Learning representations
by back-propagating errors", Nature 323 (1986).
"""

import math
from collections.abc import Callable, Mapping
from functools import reduce
from typing import Annotated, Any, Literal

import keras
from keras import layers
from pydantic import AfterValidator, PositiveInt

import zoo
from zoo.config import FROM_DATA, Fraction, FromData
from zoo.inference import predictions
from zoo.inference.parts import Parts
from zoo.tasks import classification, normalization, regression

# Keras' class of each name, and how many numbers it takes
REGULARIZERS = {
    "l1": (keras.regularizers.L1, 1),
    "l2": (keras.regularizers.L2, 1),
    "l1_l2": (keras.regularizers.L1L2, 2),
}
CONSTRAINTS = {
    "max_norm": (keras.constraints.MaxNorm, 1),
    "min_max_norm": (keras.constraints.MinMaxNorm, 2),
    "unit_norm": (keras.constraints.UnitNorm, 0),
    "non_neg": (keras.constraints.NonNeg, 0),
}
BATCH_NORM_MOMENTUM = 0.9  # Keras' 0.99 is too slow for a training of a few hundred steps
RELU_LAYERS = {
    "leaky_relu": layers.LeakyReLU,
    "prelu": layers.PReLU,
    "relu6": lambda: layers.ReLU(6.0),
}


def parse_spec(spec: str | None) -> Any:
    """Return the regularizer or the constraint of a spec such as `max_norm(3)`; None for None.

    Raises:
        ValueError: the name is right, but the numbers are not.
    """
    if spec is None:
        return None
    name, _, text = spec.removesuffix(")").partition("(")
    keras_class, count = (REGULARIZERS | CONSTRAINTS)[name]
    numbers = [float(number) for number in text.split(",") if number]
    is_complete = spec in (name, f"{name}({text})") and len(numbers) == count
    limits = numbers if name in CONSTRAINTS else []
    limits_fit = limits == sorted(limits) and limits[-1:] != [0]
    if not (is_complete and limits_fit and all(0 <= number < math.inf for number in numbers)):
        raise ValueError(f"{spec!r} is no regularizer or constraint")
    return keras_class(*numbers)


def spec_validator(classes: Mapping[str, Any], examples: str) -> AfterValidator:
    """Return pydantic's validator of a setting that holds a spec.

    Args:
        classes: the names that a spec may begin with.
        examples: the specs to show in the error message.
    """

    def validate(spec: str) -> str:
        try:
            is_valid = spec.partition("(")[0] in classes and parse_spec(spec) is not None
        except ValueError:
            is_valid = False
        if not is_valid:
            raise ValueError(f"should be {examples}, with numbers from 0 on")
        return spec

    return AfterValidator(validate)


Regularizer = Annotated[
    str, spec_validator(REGULARIZERS, "l1(1e-5), l2(1e-4) or l1_l2(1e-5, 1e-4)")
]
Constraint = Annotated[
    str, spec_validator(CONSTRAINTS, "max_norm(3), min_max_norm(0.5, 2), unit_norm or non_neg")
]


class Config(classification.ClassifierConfig):
    """Settings of the multi-layer perceptron."""

    task: Literal["classification", "regression"] = "classification"
    """Whether the model predicts classes or numbers."""
    outputs: FromData[PositiveInt] = FROM_DATA
    """Numbers that a regression predicts. None: the dataset's."""
    input_shape: FromData[tuple[PositiveInt, ...]] = FROM_DATA
    """Shape of one input; the model flattens it. None: the dataset's."""
    units: tuple[PositiveInt, ...] = (512, 512)
    """Units of each hidden layer, from the input to the output."""
    activation: Literal[
        "relu", "leaky_relu", "prelu", "relu6", "elu", "selu", "celu", "gelu", "silu", "softplus",
        "tanh", "sigmoid",
    ] = "relu"  # fmt: skip
    """Activation of the hidden layers."""
    normalization: Literal["none", "batch", "layer"] = "none"
    """Normalisation before each activation."""
    dropout: Fraction = 0.0
    """Dropout rate of the hidden layers (Srivastava et al. 2014)."""
    kernel_regularizer: Regularizer | None = None
    """Penalty on the weights: l1(1e-5), l2(1e-4) or l1_l2(1e-5, 1e-4)."""
    bias_regularizer: Regularizer | None = None
    """Penalty on the biases."""
    activity_regularizer: Regularizer | None = None
    """Penalty on the outputs of the dense layers."""
    kernel_constraint: Constraint | None = None
    """Constraint on the weights: max_norm(3), min_max_norm(0.5, 2), unit_norm or non_neg."""
    bias_constraint: Constraint | None = None
    """Constraint on the biases."""
    style: Literal["functional", "sequential"] = "functional"
    """Keras' API that builds the network; both build the same one."""
    epochs: PositiveInt = 20
    batch_size: PositiveInt = 128


def hidden_layers(config: Config, units: int) -> list[keras.Layer]:
    """Return the layers of one hidden layer: dense, normalisation, activation, dropout."""
    dense = layers.Dense(
        units,
        kernel_regularizer=parse_spec(config.kernel_regularizer),
        bias_regularizer=parse_spec(config.bias_regularizer),
        activity_regularizer=parse_spec(config.activity_regularizer),
        kernel_constraint=parse_spec(config.kernel_constraint),
        bias_constraint=parse_spec(config.bias_constraint),
    )
    create_normalization: dict[str, Callable[[], list[keras.Layer]]] = {
        "none": list,
        "batch": lambda: [layers.BatchNormalization(momentum=BATCH_NORM_MOMENTUM)],
        "layer": lambda: [layers.LayerNormalization()],
    }
    activation = RELU_LAYERS.get(config.activation, lambda: layers.Activation(config.activation))
    normalization_layers = create_normalization[config.normalization]()
    dropout = [layers.Dropout(config.dropout)] if config.dropout else []
    return [dense, *normalization_layers, activation(), *dropout]


@zoo.hookimpl
def defaults() -> Config:
    """Return the default settings."""
    return Config()


@zoo.hookimpl
def build(config: Config) -> keras.Model:
    """Return the model, from the inputs to class probabilities or to numbers."""
    is_regression = config.task == "regression"
    # images and volumes are in [0, 1]; other inputs may have any unit
    standardize = is_regression or len(config.input_shape) < 3
    stack = [normalization.normalization_layer()] if standardize else []
    stack += [layers.Flatten()]
    for units in config.units:
        stack += hidden_layers(config, units)
    if is_regression:
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
    if config.task == "regression":
        return regression.train(model, config, data, callbacks)
    return classification.train(model, config, data, callbacks)


@zoo.hookimpl
def export(model: keras.Model, config: Config) -> dict[str, keras.Model]:
    """Return the classifier, or the regressor."""
    if config.task == "regression":
        return regression.export(model)
    return classification.export(model)


@zoo.hookimpl
def evaluate(parts: Parts, data: zoo.Dataset, batch_size: int | None) -> dict[str, float]:
    """Return the metrics of the task on the test split."""
    if "regressor" in parts:
        return regression.evaluate_parts(parts, data, batch_size)
    return classification.evaluate_parts(parts, data, batch_size)


@zoo.hookimpl
def preview(model: keras.Model, config: Config, data: zoo.Dataset) -> dict[str, Any]:
    """Return the pictures of the task."""
    if config.task == "regression":
        return regression.preview(model, data)
    return classification.preview(model, data)


apply = zoo.hookimpl(predictions.apply)
