"""Honest files at the edge are opened: nothing that people have is refused."""

from __future__ import annotations

import io
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from PIL import Image

import zoo
from zoo.data.inputs import read_input
from zoo.data.readers.series_files import parse_series
from zoo.exporters.sources import open_source
from zoo.io.foreign.hdf5.archive import check_hdf5
from zoo.io.safe_load import check_model_file, read_arrays
from zoo.io.text import read_json
from zoo.layers import CropLike, PadToMultiple
from zoo.testing.hostile.archives import config, keras_bytes, model_h5_bytes

WEIGHTS = Path(__file__).parents[2] / "weights" / "keras_zoo_weights"


def everything() -> keras.Model:
    """A model of many kinds of layers and of their parts."""
    image = keras.Input((None, None, 3), name="image")
    x = PadToMultiple(4)(image)
    x = keras.layers.Conv2D(
        4,
        3,
        padding="same",
        activation=keras.activations.gelu,
        kernel_initializer=keras.initializers.VarianceScaling(2.0),
        kernel_regularizer=keras.regularizers.L1L2(1e-4, 1e-4),
        kernel_constraint=keras.constraints.MaxNorm(2.0),
    )(x)
    x = keras.layers.BatchNormalization()(x)
    x = keras.layers.LeakyReLU(0.1)(x)
    x = keras.layers.Activation("swish")(x)
    x = keras.layers.Dropout(0.1, seed=3)(x)
    x = keras.ops.relu(x) + 1.0
    x = CropLike()([x, image])
    x = keras.layers.Conv2D(2, 1)(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    inner = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, activation="softmax")])
    return keras.Model(image, inner(x), name="everything")


def sequence() -> keras.Model:
    """A model of series, with recurrent, attentive and normalising layers."""
    series = keras.Input((12, 2), name="series")
    x = keras.layers.Normalization(mean=[0.0, 1.0], variance=[1.0, 2.0])(series)
    x = keras.layers.Bidirectional(keras.layers.LSTM(3, return_sequences=True))(x)
    x = keras.layers.MultiHeadAttention(2, 4)(x, x)
    x = keras.layers.TimeDistributed(keras.layers.Dense(2))(x)
    x = keras.layers.RNN(keras.layers.GRUCell(3), unroll=True)(x)
    return keras.Model(series, keras.layers.Dense(1, activation="sigmoid")(x))


@pytest.mark.parametrize("build", [everything, sequence])
@pytest.mark.parametrize("suffix", ["keras", "h5"])
def test_a_file_of_keras_opens(build: Any, suffix: str) -> None:
    model = build()
    model.compile(
        keras.optimizers.AdamW(keras.optimizers.schedules.CosineDecay(1e-3, 100)),
        keras.losses.BinaryCrossentropy(label_smoothing=0.1),
        metrics=[keras.metrics.F1Score(), "accuracy"],
    )
    if suffix == "h5" and build is everything:
        pytest.skip("a bare operation in the graph, with which Keras cannot open an .h5")
    model.save(f"model.{suffix}")
    opened = open_source(f"model.{suffix}").model
    assert [w.shape for w in opened.weights] == [w.shape for w in model.weights]


@pytest.mark.parametrize("suffix", ["keras", "h5"])
def test_layers_of_the_zoo_reopen_in_show_and_export(suffix: str) -> None:
    image = keras.Input((None, None, 1), name="image")
    x = keras.layers.Conv2D(1, 3, padding="same")(PadToMultiple(4)(image))
    keras.Model(image, CropLike()([x, image])).save(f"padded.{suffix}")
    registered = keras.saving.get_custom_objects()
    for name in ("zoo>PadToMultiple", "zoo>CropLike"):
        assert name in registered
    assert zoo.export(f"padded.{suffix}", ["keras"], out="shipped").ok


def test_a_handmade_file_opens() -> None:
    Path("a.keras").write_bytes(keras_bytes())
    Path("a.h5").write_bytes(model_h5_bytes())
    for name in ("a.keras", "a.h5"):
        assert open_source(name).model.count_params() == 15
    Path("deep.keras").write_bytes(keras_bytes(config(name="d" * 1000)))
    check_model_file(Path("deep.keras"))


def test_a_compressed_file_with_a_comment_opens() -> None:
    source = io.BytesIO(keras_bytes())
    with (
        zipfile.ZipFile(source) as old,
        zipfile.ZipFile("b.keras", "w", zipfile.ZIP_DEFLATED) as new,
    ):
        new.comment = b"packed again"
        for name in old.namelist():
            new.writestr(name, old.read(name))
        new.writestr("assets/readme.txt", "hello")
    assert open_source("b.keras").model.count_params() == 15


def test_all_shipped_weights_pass() -> None:
    files = sorted(WEIGHTS.glob("*.zip"))
    assert files
    for file in files:
        with zipfile.ZipFile(file) as archive:
            check_hdf5(file, io.BytesIO(archive.read("model.weights.h5")))
            Path("run.json").write_bytes(archive.read("run.json"))
            assert read_json(Path("run.json"))["name"]


def test_a_run_in_the_cache_of_the_hub_opens(trained: zoo.Run, tmp_path: Path) -> None:
    blobs, snapshot = tmp_path / "model" / "blobs", tmp_path / "model" / "snapshots" / "abc"
    blobs.mkdir(parents=True)
    snapshot.mkdir(parents=True)
    for file in trained.path.iterdir():
        if file.is_file():
            (blobs / file.name).write_bytes(file.read_bytes())
            (snapshot / file.name).symlink_to(f"../../blobs/{file.name}")
    run = zoo.Run.open(snapshot)
    assert run.metrics == trained.metrics
    assert len(run.history) == 2


def test_honest_data_at_the_edge_opens() -> None:
    np.savez_compressed("sparse.npz", x=np.zeros((2000, 64, 64), np.uint8), empty=np.zeros((0, 3)))
    assert read_arrays(Path("sparse.npz"))["empty"].shape == (0, 3)
    np.savez("odd.npz", scalar=np.float32(1), text=np.array(["a", "b"]), truth=np.array([True]))
    assert len(read_arrays(Path("odd.npz"))) == 3
    np.save("fortran.npy", np.asfortranarray(np.ones((3, 4), "f4")))
    assert read_input("fortran.npy", (3, 4)).shape == (3, 4)
    Path("long.csv").write_text("a," + ",".join(["0.25"] * 200_000) + "\n")
    assert parse_series(Path("long.csv"))[0].values.shape == (200_000, 1)
    Path("lines.csv").write_text("class,a,b\n" + "x,1,?\ny,2,3\n" * 50_000)
    assert len(parse_series(Path("lines.csv"))) == 100_000
    np.savez("classes.npz", x=np.zeros((270_000, 1), "f4"), y=np.repeat(np.arange(90_000), 3))
    assert len(zoo.open_dataset("classes.npz").test) == 90_000
    Image.new("RGB", (40, 30)).save("photo.png", "JPEG")  # a wrong suffix is common
    Image.new("L", (9_000, 9_000)).save("map.png")
    os.symlink("photo.png", "link.png")
    for name in ("photo.png", "map.png", "link.png"):
        assert read_input(name, (8, 8, 3)).shape == (8, 8, 3)


def test_limits_are_raised_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("deep.json").write_text("[" * 200 + "]" * 200)
    with pytest.raises(zoo.UnsafeFile, match=r"at most 128 allowed.*ZOO_LIMITS=json_depth="):
        read_json(Path("deep.json"))
    monkeypatch.setenv("ZOO_LIMITS", "json_depth=300, zip_members=3")
    assert json.dumps(read_json(Path("deep.json")))
    monkeypatch.setenv("ZOO_LIMITS", "json_dept=300")
    with pytest.raises(zoo.UsageError, match=r"no limit 'json_dept'\. Did you mean json_depth"):
        read_json(Path("deep.json"))
    monkeypatch.setenv("ZOO_LIMITS", "json_depth=many")
    with pytest.raises(zoo.UsageError, match="must be NAME=NUMBER"):
        read_json(Path("deep.json"))


@pytest.mark.long
@pytest.mark.slow
def test_a_model_of_500_megabytes_opens() -> None:
    inputs = keras.Input((16,))
    x = keras.layers.Dense(11_000)(inputs)
    keras.Model(inputs, keras.layers.Dense(11_300)(x)).save("large.keras")
    assert Path("large.keras").stat().st_size > 490e6
    check_model_file(Path("large.keras"))


@pytest.mark.long
@pytest.mark.slow
@pytest.mark.parametrize("name", ["NASNetMobile", "EfficientNetV2B0"])
def test_deep_networks_open(name: str) -> None:
    getattr(keras.applications, name)(weights=None).save("deep.keras")
    assert open_source("deep.keras").model.count_params() > 10**6


@pytest.mark.long
@pytest.mark.slow
def test_a_folder_of_50_000_images_opens() -> None:
    image = io.BytesIO()
    Image.new("L", (2, 2)).save(image, "PNG")
    Path("first.png").write_bytes(image.getvalue())
    for label in range(10):
        Path(f"images/{label}").mkdir(parents=True)
        for number in range(5_000):
            os.link("first.png", f"images/{label}/{number}.png")
    data = zoo.open_dataset("images")
    assert len(data.train) + len(data.test) == 50_000
