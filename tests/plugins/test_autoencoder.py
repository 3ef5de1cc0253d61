from pathlib import Path
from typing import Any

import keras
import numpy as np
import onnx
import pytest
from keras import layers
from PIL import Image

import zoo
from zoo.data.dataset import Dataset
from zoo.data.split import Split
from zoo.runs.recipe import resolve_with_data

GENERATOR = np.random.default_rng(0)
SHAPES = {1: (11, 2), 2: (11, 9, 1), 3: (9, 8, 7, 1)}
EVERY = {
    "simple": {"latent_dim": 3},
    "sparse": {"latent_dim": 3},
    "deep": {"units": [6, 5], "latent_dim": 3},
    "conv": {"filters": [4, 3], "latent_dim": 2},
    "denoising": {"filters": [3], "latent_dim": 2},
    "sequence": {"units": [5, 4], "latent_dim": 2},
}


def create_model(kind: str, shape: tuple[int, ...], **settings: Any) -> keras.Model:
    return zoo.create("autoencoder", kind=kind, input_shape=shape, **{**EVERY[kind], **settings})


def create_full_size(
    name: str, shape: tuple[int, ...] = (28, 28, 1), **settings: Any
) -> keras.Model:
    return zoo.create("autoencoder", kind=name, input_shape=shape, **settings)


def examples(rank: int, count: int = 24) -> Dataset:
    inputs = GENERATOR.random((count, *SHAPES[rank])).astype("float32")
    split = Split(inputs, np.arange(count) % 2)
    return Dataset("chance", split, split, ("a", "b"))


def train_model(data: Dataset, out: Path, kind: str, **settings: Any) -> zoo.Run:
    few = {**EVERY[kind], "epochs": 1, "batch_size": 8}
    return zoo.train("autoencoder", data=data, out=out, kind=kind, **{**few, **settings})


def weights(run: zoo.Run) -> list[Any]:
    return zoo.load(run).get_weights()


@pytest.mark.parametrize(
    ("kind", "units", "code"),
    [
        ("simple", [], (32,)),
        ("sparse", [], (32,)),
        ("deep", [128, 64], (32,)),
        ("conv", [16, 8], (4, 4, 8)),
        ("denoising", [32], (7, 7, 32)),
    ],
)
def test_the_kinds_have_the_sizes_of_the_source(
    kind: str, units: list[int], code: tuple[int, ...]
) -> None:
    model = create_full_size(kind)
    assert model.get_layer("code").output.shape[1:] == code
    assert model.output_shape == (None, 28, 28, 1)
    found = [getattr(layer, "units", getattr(layer, "filters", None)) for layer in model.layers]
    last = 784 if len(code) == 1 else 1
    mirrored = [code[-1]] * (len(code) > 1) + units[::-1]
    assert [size for size in found if size] == [*units, code[-1], *mirrored, last]


def test_the_simplest_is_the_one_written_by_hand() -> None:
    theirs = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Flatten(),
            layers.Dense(32, "relu"),
            layers.Dense(784, "sigmoid"),
            layers.Reshape((28, 28, 1)),
        ]
    )
    ours = create_full_size("simple")
    theirs.set_weights(ours.get_weights())
    images = GENERATOR.random((3, 28, 28, 1))
    np.testing.assert_allclose(ours(images), theirs(images), atol=1e-6)


def test_the_convolutional_one_is_the_one_written_by_hand() -> None:
    theirs = keras.Sequential([keras.Input((28, 28, 1))])
    for filters in (16, 8, 8):
        theirs.add(layers.Conv2D(filters, 3, padding="same", activation="relu"))
        theirs.add(layers.MaxPooling2D(2, padding="same"))
    for filters in (8, 8, 16):
        theirs.add(layers.Conv2DTranspose(filters, 3, 2, padding="same", activation="relu"))
        if filters == 8 and len(theirs.layers) == 7:
            theirs.add(layers.Cropping2D(((0, 1), (0, 1))))
    theirs.add(layers.Conv2D(1, 3, padding="same", activation="sigmoid"))
    ours = create_full_size("conv")
    theirs.set_weights(ours.get_weights())
    images = GENERATOR.random((3, 28, 28, 1))
    np.testing.assert_allclose(ours(images), theirs(images), atol=1e-6)


@pytest.mark.parametrize("kind", ["conv", "denoising"])
@pytest.mark.parametrize(
    "shape", [(5, 2), (16, 1), (1, 3, 1), (11, 14, 3), (12, 12, 1), (3, 5, 9, 1), (8, 4, 6, 2)]
)
def test_inputs_of_any_size_come_back_in_their_size(kind: str, shape: tuple[int, ...]) -> None:
    model = create_model(kind, shape)
    said = np.asarray(model(GENERATOR.random((2, *shape))))
    assert said.shape == (2, *shape)
    assert np.isfinite(said).all()


@pytest.mark.parametrize("kind", ["simple", "sparse", "deep"])
@pytest.mark.parametrize("shape", [(6,), (5, 2), (4, 3, 2), (2, 3, 4, 1)])
def test_dense_kinds_take_inputs_of_any_shape(kind: str, shape: tuple[int, ...]) -> None:
    assert create_model(kind, shape)(GENERATOR.random((2, *shape))).shape == (2, *shape)


def test_images_end_in_a_sigmoid_and_series_do_not() -> None:
    for kind, rank in [("simple", 2), ("conv", 3), ("denoising", 2)]:
        assert create_model(kind, SHAPES[rank]).layers[-1].activation == keras.activations.sigmoid
    for kind in ("simple", "conv", "sequence"):
        assert create_model(kind, SHAPES[1]).layers[-1].name == "reconstruction"
    assert create_model("conv", SHAPES[2], loss="mse").layers[-1].name == "reconstruction"
    assert create_model("sequence", SHAPES[1], loss="bce").layers[-2].name == "logits"


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"kind": "sequence", "input_shape": (8, 8, 1)}, r"does not take .*\(time, channels\)"),
        ({"kind": "conv", "input_shape": (8,)}, "1 to 3 axes .* simple, sparse and deep"),
        ({"kind": "denoising", "input_shape": (2, 2, 2, 2, 1)}, "does not take"),
        ({"kind": "sequence", "input_shape": (8, 1), "units": []}, "for each LSTM, at least one"),
        ({"kind": "conv", "input_shape": (8, 8, 1), "units": [4]}, "set filters, not units"),
        ({"input_shape": (8, 8, 1), "filters": [4]}, "set units, not filters"),
        ({"kind": "variational", "input_shape": (8, 1)}, "'kind'.*one of simple, sparse, deep"),
        ({"input_shape": (8, 8, 1), "noise": 1.5}, "'noise'"),
        ({"input_shape": (8, 8, 1), "latent_dim": 0}, "'latent_dim'"),
        ({"input_shape": (8, 8, 1), "units": [0]}, "'units'"),
        ({"input_shape": (8, 8, 1), "latent_l1": -1}, "'latent_l1'"),
        ({"input_shape": (8, 8, 1), "jitter": 0.1}, "jitter does not suit images"),
        ({"input_shape": (8,), "shift": 0.1}, "shift does not suit numbers. Choices: none"),
    ],
)
def test_what_cannot_be_built_is_refused(settings: dict[str, Any], problem: str) -> None:
    with pytest.raises(zoo.SettingError, match=problem):
        zoo.create("autoencoder", **settings)


def test_values_that_are_no_probabilities_are_refused(tmp_path: Path) -> None:
    volumes = Split(GENERATOR.standard_normal((8, 4, 4, 4, 1)))
    data = Dataset("wild", volumes, volumes)
    with pytest.raises(zoo.DataError, match=r"wild holds values .* loss=mse"):
        train_model(data, tmp_path / "bce", "conv")
    assert train_model(data, tmp_path / "mse", "conv", loss="mse").metrics["mse"] > 0


@pytest.mark.parametrize(
    ("kind", "rank"),
    [("conv", 3), ("denoising", 1), pytest.param("sequence", 1, marks=pytest.mark.long)],
)
def test_every_kind_learns_draws_and_ships(kind: str, rank: int, tmp_path: Path) -> None:
    run = train_model(examples(rank), tmp_path / "run", kind)
    assert {"reconstructions.png", "latent.png"} <= {
        path.name for path in (run.path / "pictures").iterdir()
    }
    report = zoo.export(run, ["onnx"])
    assert report.ok
    whole = "denoiser" if kind == "denoising" else "autoencoder"
    said = {
        role: [[t.name for t in side] for side in (contract.inputs, contract.outputs)]
        for role, contract in report.contracts.items()
    }
    assert said == {
        "encoder": [["inputs"], ["code"]],
        "decoder": [["code"], ["reconstruction"]],
        whole: [["inputs"], ["reconstruction"]],
    }


@pytest.mark.parametrize("kind", EVERY)
def test_the_decoder_after_the_encoder_is_the_whole(kind: str) -> None:
    rank = 1 if kind == "sequence" else 2
    chosen = resolve_with_data("autoencoder", {"kind": kind, **EVERY[kind]}, examples(rank))
    model = chosen.build_model()
    parts = chosen.architecture.export(model, chosen.config)
    inputs = GENERATOR.random((3, *SHAPES[rank]))
    (whole,) = parts.keys() - {"encoder", "decoder"}
    expected = np.asarray(parts[whole](inputs))
    np.testing.assert_allclose(parts["decoder"](parts["encoder"](inputs)), expected, atol=1e-6)
    np.testing.assert_allclose(model(inputs), expected, atol=1e-6)


def test_a_sequence_is_shipped_with_the_operator_lstm() -> None:
    chosen = resolve_with_data(
        "autoencoder", {"kind": "sequence", **EVERY["sequence"]}, examples(1)
    )
    whole = chosen.architecture.export(chosen.build_model(), chosen.config)["autoencoder"]
    zoo.export(whole, ["onnx"], out="shipped")
    nodes = onnx.load("shipped/model.onnx").graph.node
    assert [node.op_type for node in nodes].count("LSTM") == 4
    assert len(nodes) < 50


def test_sparse_weighs_the_code_and_simple_does_not() -> None:
    images = GENERATOR.random((4, 11, 9, 1)).astype("float32")
    for settings, weight in [({}, 1e-4), ({"latent_l1": 0.5}, 0.5)]:
        model = create_model("sparse", (11, 9, 1), **settings)
        model(images)
        code = keras.Model(model.input, model.get_layer("code").output)(images)
        expected = weight * np.abs(code).sum(1).mean()
        assert float(model.losses[0]) == pytest.approx(expected, rel=1e-4)
    for kind in ("simple", "conv"):
        assert not create_model(kind, (11, 9, 1)).losses
    conv = create_model("conv", (11, 9, 1), latent_l1=0.5)
    conv(images)
    assert len(conv.losses) == 1


def test_a_penalty_makes_the_code_sparser(tiny: Dataset, tmp_path: Path) -> None:
    settings: dict[str, Any] = {"latent_dim": 16, "epochs": 30, "learning_rate": 1e-2}
    plain = train_model(tiny, tmp_path / "plain", "simple", **settings).metrics
    sparse = train_model(tiny, tmp_path / "sparse", "sparse", latent_l1=1e-2, **settings).metrics
    assert sparse["code_mean"] < plain["code_mean"] / 2
    assert sparse["code_zeros"] > plain["code_zeros"]


def test_noise_is_new_in_every_step_and_the_same_for_a_seed() -> None:
    from zoo_autoencoder import training_model

    def seen(seed: int) -> list[Any]:
        chosen = resolve_with_data("autoencoder", {"kind": "denoising"}, examples(2))
        keras.utils.set_random_seed(0)
        taught = training_model(chosen.build_model(), chosen.config, seed)
        images = np.full((2, 11, 9, 1), 0.5, np.float32)
        clipped = next(layer for layer in taught.layers if isinstance(layer, layers.ReLU))
        look = keras.Model(taught.input, clipped.output)
        return [np.asarray(look(images)) for _ in range(2)]

    one, again, other = seen(1), seen(1), seen(2)
    np.testing.assert_array_equal(one, again)
    assert (one[0] != one[1]).any()
    assert (one[0] != other[0]).any()
    assert np.min(one) == 0
    assert np.max(one) == 1


def test_denoising_takes_noise_away(tiny: Dataset, tmp_path: Path) -> None:
    settings: dict[str, Any] = {
        "filters": [16],
        "latent_dim": 16,
        "epochs": 60,
        "learning_rate": 1e-2,
    }
    found = train_model(tiny, tmp_path / "run", "denoising", **settings).metrics
    assert found["psnr_gain"] == pytest.approx(found["psnr"] - found["noisy_psnr"])
    assert found["psnr_gain"] > 1
    assert found["mse"] < found["noisy_mse"]


@pytest.mark.parametrize(
    ("kind", "rank", "extra"),
    [
        ("denoising", 2, {"validation": 0.25, "ema": 0.5}),
        pytest.param(
            "sequence", 1, {"noise": 0.3, "warp": 0.3, "clip": 1.0}, marks=pytest.mark.long
        ),
    ],
)
def test_a_training_that_was_stopped_ends_with_the_same_bits(
    kind: str, rank: int, extra: dict[str, Any], tmp_path: Path
) -> None:
    from zoo.testing.architecture.mechanics import SecondEpochStop

    data = examples(rank)
    whole = train_model(data, tmp_path / "whole", kind, epochs=2, **extra)
    with pytest.raises(KeyboardInterrupt):
        zoo.train(
            "autoencoder", data=data, out=tmp_path / "cut", kind=kind, progress=SecondEpochStop(),
            **{**EVERY[kind], "epochs": 2, "batch_size": 8, **extra},
        )  # fmt: skip
    resumed = zoo.train("autoencoder", data=data, out=tmp_path / "cut", resume=True)
    for one, other in zip(weights(whole), weights(resumed), strict=True):
        np.testing.assert_array_equal(one, other)


def test_series_are_measured_against_pca_with_a_code_of_the_same_size(tmp_path: Path) -> None:
    data = examples(1)
    run = train_model(data, tmp_path / "run", "sequence", noise=0.5)
    found = run.metrics
    clean = data.test.inputs
    assert found["mse"] == pytest.approx(np.square(zoo.load(run)(clean) - clean).mean(), rel=1e-4)
    assert found["mse_over_pca"] == pytest.approx(found["mse"] / found["pca_mse"])
    assert 0 < found["pca_mse"] < data.test.inputs.var()
    large = train_model(examples(1), tmp_path / "large", "simple", latent_dim=40).metrics
    assert "pca_mse" not in large


def test_labels_are_not_needed(tmp_path: Path) -> None:
    split = Split(GENERATOR.random((12, 8, 8, 3)))
    run = train_model(Dataset("bare", split, split), tmp_path / "run", "conv", filters=[3])
    assert {"codes.png", "latent.png", "reconstructions.png"} <= {
        path.name for path in (run.path / "pictures").iterdir()
    }


def test_files_are_encoded_and_codes_decoded(tiny: Dataset, tmp_path: Path) -> None:
    run = train_model(tiny, tmp_path / "run", "conv")
    Image.fromarray((tiny.test.inputs[0, ..., 0] * 255).astype("uint8")).save("digit.png")
    (encoded,) = zoo.apply(run, ["digit.png"])
    assert encoded["reconstruction"].shape == (8, 8, 1)
    assert encoded["mse"] > 0
    np.save("code.npy", encoded["code"])
    for item in ("code.npy", np.asarray(encoded["code"])):
        (decoded,) = zoo.apply(run, [item])
        np.testing.assert_allclose(decoded["decoded"], encoded["reconstruction"], atol=1e-6)
    with pytest.raises(zoo.DataError, match=r"shape \(8, 8, 1\)"):
        zoo.apply(run, [np.zeros((3, 3, 1))])


def test_a_denoiser_denoises_files_and_series_come_with_a_picture(
    tiny: Dataset, tmp_path: Path
) -> None:
    run = train_model(tiny, tmp_path / "images", "denoising")
    (found,) = zoo.apply(run, [tiny.test.inputs[0]])
    assert set(found) == {"item", "code", "denoised"}
    data = examples(1)
    run = train_model(data, tmp_path / "series", "sequence")
    (found,) = zoo.apply(run, [data.test.inputs[0]])
    assert found["reconstruction"].shape == (11, 2)
    assert hasattr(found["reconstruction_plot"], "savefig")


def test_what_is_made_of_files_is_written(tiny: Dataset, tmp_path: Path) -> None:
    from zoo.runs.predict import apply_to_files

    run = train_model(tiny, tmp_path / "run", "simple")
    np.save("digit.npy", tiny.test.inputs[0])
    results, faults = apply_to_files(run, ["digit.npy"], Path("out"))
    assert not faults
    assert np.load(results[0]["code"], allow_pickle=False).shape == (3,)
    with Image.open(results[0]["reconstruction"]) as drawn:
        assert drawn.size == (160, 160)  # enlarged, to be looked at


@pytest.mark.parametrize("kind", ["simple", pytest.param("sequence", marks=pytest.mark.long)])
def test_series_come_back_in_the_unit_that_they_were_measured_in(kind: str, tmp_path: Path) -> None:
    waves = np.sin(np.linspace(0, 6, 16)[:, None] + np.linspace(0, 3, 32)[:, None, None])
    series = (300 + 40 * waves).astype(np.float32)
    data = Dataset("waves", zoo.Split(series), zoo.Split(series[::4]))
    settings = {"kind": kind, "latent_dim": 2, "epochs": 40, "batch_size": 8, "learning_rate": 0.02}
    run = zoo.train("autoencoder", data=data, out=tmp_path / "run", **settings)
    assert run.metrics["mse"] < 0.5 * series.var()
    made = zoo.apply(run, [series[3]])[0]["reconstruction"]
    assert abs(float(np.mean(made)) - 300) < 30
    assert zoo.export(run, ["onnx", "keras"]).ok
