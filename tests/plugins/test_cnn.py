import itertools
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import zoo
from zoo.data.dataset import Dataset
from zoo.data.split import Split
from zoo.runs.recipe import resolve, resolve_with_data

GENERATOR = np.random.default_rng(0)
SHAPES = {1: (8, 2), 2: (8, 8, 1), 3: (8, 8, 8, 1)}
EVERY = list(
    itertools.product(
        ["max", "average", "stride"],
        ["average", "max", "flatten"],
        ["none", "batch", "group", "layer"],
    )
)


def create_model(**settings: Any) -> keras.Model:
    return zoo.create(
        "cnn", **{"input_shape": (8, 8, 1), "classes": 3, "filters": [4, 6], **settings}
    )


@pytest.mark.parametrize("rank", SHAPES)
def test_every_setting_builds_a_network_of_every_rank(rank: int) -> None:
    inputs = GENERATOR.random((2, *SHAPES[rank]))
    for pooling, global_pooling, normalisation in EVERY:
        model = create_model(
            input_shape=SHAPES[rank],
            pooling=pooling,
            global_pooling=global_pooling,
            normalization=normalisation,
            convolutions=1,
        )
        probabilities = np.asarray(model(inputs))
        assert probabilities.shape == (2, 3)
        np.testing.assert_allclose(probabilities.sum(1), 1, rtol=1e-5)
        last = 2**rank * 6 if global_pooling == "flatten" else 6  # two blocks halve 8 to 2
        assert model.get_layer("logits").kernel.shape == (last, 3)


def test_the_network_is_blocks_of_convolutions() -> None:
    kinds = [type(layer).__name__ for layer in create_model().layers]
    convolution = ["Conv2D", "BatchNormalization", "Activation"]
    block = [*convolution, *convolution, "MaxPooling2D", "SpatialDropout2D"]
    head = ["GlobalAveragePooling2D", "Dropout", "Dense", "Activation"]
    assert kinds == ["InputLayer", *block, *block, *head]


def test_the_network_is_the_one_written_by_hand() -> None:
    theirs = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(4, 5, padding="same", activation="relu"),
            layers.AveragePooling2D(2),
            layers.Conv2D(6, 5, padding="same", activation="relu"),
            layers.AveragePooling2D(2),
            layers.Flatten(),
            layers.Dense(3, activation="softmax"),
        ]
    )
    ours = create_model(
        kernel_size=5,
        convolutions=1,
        normalization="none",
        pooling="average",
        global_pooling="flatten",
    )
    theirs.set_weights(ours.get_weights())
    images = GENERATOR.random((4, 8, 8, 1))
    np.testing.assert_allclose(ours(images), theirs(images), atol=1e-6)


def test_without_normalisation_convolutions_have_biases_and_with_it_none() -> None:
    for normalisation in ("none", "batch", "group", "layer"):
        found = [
            layer
            for layer in create_model(normalization=normalisation).layers
            if "conv" in layer.name
        ]
        assert {layer.use_bias for layer in found} == {normalisation == "none"}


@pytest.mark.parametrize("filters", [[1], [6], [12], [7, 9], [16]])
def test_groups_divide_any_number_of_filters(filters: list[int]) -> None:
    model = create_model(filters=filters, normalization="group")
    groups = [
        layer.groups for layer in model.layers if isinstance(layer, layers.GroupNormalization)
    ]
    assert all(
        count % group == 0 for count, group in zip(np.repeat(filters, 2), groups, strict=True)
    )


def test_no_dropout_leaves_no_dropout_layers() -> None:
    model = create_model(dropout=0, head_dropout=0)
    assert not [layer for layer in model.layers if "dropout" in layer.name]
    images = GENERATOR.random((2, 8, 8, 1))
    flat = create_model(dropout=0, head_dropout=0, normalization="none")
    np.testing.assert_array_equal(flat(images, training=True), flat(images, training=False))


@pytest.mark.parametrize("kernel", [1, 2, 8, 15])
def test_a_kernel_may_be_larger_than_the_input(kernel: int) -> None:
    model = create_model(kernel_size=kernel, filters=[2])
    assert model(GENERATOR.random((2, 8, 8, 1))).shape == (2, 3)


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"input_shape": (3, 8, 1)}, r"\(3, 8, 1\) does not fit: 2 blocks need .* at least 4"),
        ({"input_shape": (8, 8, 1), "filters": [2] * 4}, "4 blocks need .* at least 16"),
        ({"input_shape": (8,)}, r"a row of 8 numbers .*\. mlp takes rows of numbers"),
        ({"input_shape": ()}, "1 to 3 axes"),
        ({"input_shape": (8, 8, 8, 8, 1)}, "1 to 3 axes"),
        ({"input_shape": (8, 8, None)}, "and then the channels"),
        ({"input_shape": (None, 8, 1), "global_pooling": "flatten"}, "needs a fixed input_shape"),
        ({"input_shape": (0, 8, 1)}, "'input_shape'"),
        ({"filters": []}, "'filters'.*at least 1 item"),
        ({"filters": [4, 0]}, "'filters'"),
        ({"convolutions": 0}, "'convolutions'"),
        ({"kernel_size": 0}, "'kernel_size'"),
        ({"dropout": 1}, "'dropout'"),
        ({"pooling": "min"}, "'pooling'.*max, average, stride"),
        ({"classes": 1}, "'classes'"),
    ],
)
def test_what_cannot_be_built_is_refused(settings: dict[str, Any], problem: str) -> None:
    with pytest.raises(zoo.SettingError, match=problem):
        create_model(**settings)


def test_strides_take_any_size() -> None:
    assert create_model(input_shape=(1, 3, 1), pooling="stride")(np.zeros((2, 1, 3, 1))).shape == (
        2,
        3,
    )


def test_data_too_small_for_the_blocks_leaves_no_run(tiny: Dataset, tmp_path: Any) -> None:
    with pytest.raises(zoo.SettingError, match="Give fewer filters, or larger inputs"):
        zoo.train("cnn", data=tiny, filters=[2, 2, 2, 2])
    assert not list(tmp_path.iterdir())


def reshape_dataset(data: Dataset, rank: int) -> Dataset:
    """Return the digits as series of rows, as images, or as stacks of eight equal images."""

    def one(split: Split) -> Split:
        pixels = split.stored
        series, volumes = pixels[..., 0], np.repeat(pixels[:, None], 8, 1)
        return Split({1: series, 2: pixels, 3: volumes}[rank], split.targets)

    return Dataset("reshaped", one(data.train), one(data.test), data.classes)


@pytest.mark.parametrize("rank", SHAPES)
def test_data_of_every_rank_trains_a_network_of_any_size(rank: int, tiny: Dataset) -> None:
    data = reshape_dataset(tiny, rank)
    free = [None] * rank + [data.input_shape[-1]]
    run = zoo.train("cnn", data=data, input_shape=free, filters=[3], epochs=1, batch_size=16)
    model = zoo.load(run)
    assert model.input_shape == (None, *free)
    for size in (8, 11, 2):
        inputs = GENERATOR.random((1, *[size] * rank, free[-1]))
        np.testing.assert_allclose(np.asarray(model(inputs)).sum(), 1, rtol=1e-5)
    assert len(zoo.apply(run, [GENERATOR.random((*[9] * rank, free[-1]))])) == 1


@pytest.mark.parametrize("pooling", ["max", "average", "stride"])
def test_a_network_of_any_size_takes_the_smallest_inputs_and_one_of_one_size_is_the_same(
    pooling: str,
) -> None:
    free = create_model(input_shape=(None, None, 1), pooling=pooling)
    for size in (1, 2, 3, 5):
        np.testing.assert_allclose(
            np.asarray(free(np.ones((2, size, size, 1)))).sum(1), 1, rtol=1e-5
        )
    fixed = create_model(pooling=pooling)
    fixed.set_weights(free.get_weights())
    images = GENERATOR.random((2, 8, 8, 1))
    np.testing.assert_allclose(free(images), fixed(images), atol=1e-6)


def test_a_network_of_any_size_is_exported(tiny: Dataset) -> None:
    free: dict[str, Any] = {"input_shape": [None, None, 1], "filters": [2], "epochs": 1}
    run = zoo.train("cnn", data=tiny, normalization="group", pooling="average", **free)
    report = zoo.export(run, ["onnx", "h5"])
    assert report.ok
    assert report.contracts["classifier"].inputs[0].shape == ("batch", "height", "width", 1)


@pytest.mark.parametrize("normalisation", ["batch", "group"])
def test_a_short_training_is_of_use_at_once(normalisation: str) -> None:
    settings = {"filters": [16, 32], "convolutions": 1, "epochs": 4, "normalization": normalisation}
    chosen = resolve_with_data("cnn.digits", {**settings, "validation": 0.2, "learning_rate": 0.01})
    keras.utils.set_random_seed(0)
    model = chosen.build_model()
    history = chosen.architecture.train(model, chosen.config, chosen.load_data(), [])
    assert history.history["val_accuracy"][-1] > 0.8


def kinds(model: keras.Model) -> list[str]:
    return [type(layer).__name__ for layer in model.layers]


@pytest.mark.parametrize("rank", SHAPES)
@pytest.mark.parametrize("pooling", ["max", "stride"])
def test_a_residual_block_adds_its_input(rank: int, pooling: str) -> None:
    model = create_model(input_shape=SHAPES[rank], residual=True, pooling=pooling)
    assert kinds(model).count("Add") == 2
    assert np.asarray(model(GENERATOR.random((2, *SHAPES[rank])))).shape == (2, 3)


def test_an_input_of_as_many_channels_is_carried_as_it_is() -> None:
    convolutions = [
        kinds(create_model(residual=True, filters=filters)).count("Conv2D")
        for filters in ([6, 6], [4, 6])
    ]
    assert convolutions == [5, 6]


@pytest.mark.parametrize("rank", SHAPES)
def test_every_rank_is_trained_with_what_changes_its_examples(rank: int, tmp_path: Path) -> None:
    settings = {
        1: {"scaling": 0.1, "jitter": 0.1, "warp": 0.3},
        2: {"shift": 0.2, "rotation": 10.0, "zoom": 0.1, "flip": True, "cutout": 0.3},
        3: {"shift": 0.2, "flip": True},
    }[rank]
    data = random_examples(rank)
    few = {"filters": [4], "epochs": 4, "batch_size": 8, "validation": 0.0, "ema": 0.5}
    whole, halved = (
        zoo.train("cnn", data=data, out=tmp_path / name, seed=1, **few, **settings)
        for name in ("whole", "again")
    )
    for one, other in zip(weights(whole), weights(halved), strict=True):
        np.testing.assert_array_equal(one, other)
    plain = zoo.train("cnn", data=data, out=tmp_path / "plain", seed=1, **few)
    assert any((a != b).any() for a, b in zip(weights(whole), weights(plain), strict=True))


def weights(run: zoo.Run) -> list[Any]:
    return zoo.load(run).get_weights()


def random_examples(rank: int) -> Dataset:
    inputs = GENERATOR.random((24, *SHAPES[rank])).astype("float32")
    split = Split(inputs, np.arange(24) % 2)
    return Dataset("random", split, split, ("a", "b"))


def test_what_does_not_suit_the_rank_is_refused_before_training() -> None:
    with pytest.raises(zoo.SettingError, match="rotation does not suit series"):
        create_model(input_shape=(8, 2), rotation=10.0)


@pytest.mark.parametrize("precision", ["mixed_float16", "mixed_bfloat16"])
def test_what_was_trained_in_half_precision_is_shipped_in_full(
    precision: str, tmp_path: Path
) -> None:
    before = keras.config.dtype_policy().name
    run = zoo.train(
        "cnn",
        data=random_examples(2),
        out=tmp_path / "half",
        filters=[4],
        epochs=1,
        precision=precision,
    )
    assert keras.config.dtype_policy().name == before
    model = zoo.load(run)
    assert model.layers[1].compute_dtype == precision[6:]
    assert all(variable.dtype == "float32" for variable in model.trainable_variables)
    report = zoo.export(run, ["onnx", "keras"])
    assert report.ok
    shipped = keras.saving.load_model(run.path / "export" / "classifier.keras", compile=False)
    assert {layer.compute_dtype for layer in shipped.layers} == {"float32"}


def test_data_of_ones_own_gets_blocks_for_its_size_and_augmentation_if_it_is_little() -> None:
    config = resolve("cnn", {}).config
    assert config.suited_to((64, 48, 3), 128)["filters"] == (16, 32, 64, 128)
    assert config.suited_to((32, 40, 3), 50_000) == {"filters": (16, 32, 64)}
    assert config.suited_to((28, 28, 1), 60_000) == {}
    assert config.suited_to((28, 28, 1), 100) == {"shift": 0.1, "rotation": 10.0, "zoom": 0.1}
    assert config.suited_to((150, 1), 50) == {}
