"""Datasets of tensorflow_datasets: small ones, made here and read by its own package."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import zoo
from zoo.data.load import open_dataset
from zoo.data.on_demand.tfds_rows import TfdsRows
from zoo.data.readers import tfds as reader

tfds = pytest.importorskip("tensorflow_datasets", reason="keras-zoo[tfds] is not installed")
features = tfds.features
CHANCE = np.random.default_rng(0)
PHOTO = features.Image(shape=(None, None, 3))
LABEL = features.ClassLabel(names=["cat", "dog"])
Store = Callable[..., None]


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Store:
    """Put a dataset where ZOO_DATA leads to, as tensorflow_datasets writes it."""
    place = Path("data") / "tensorflow_datasets"
    place.mkdir(parents=True)
    monkeypatch.setenv("ZOO_DATA", str(place.parent.resolve()))

    def put(
        name: str,
        entries: dict[str, Any],
        file_format: str | None = None,
        **splits: list[dict[str, Any]],
    ) -> None:
        tfds.dataset_builders.store_as_tfds_dataset(
            name=name,
            version="1.0.0",
            features=features.FeaturesDict(entries),
            split_datasets={part: list(enumerate(rows)) for part, rows in splits.items()},
            data_dir=place,
            file_format=file_format,
        )

    return put


def pictures(count: int, *sizes: tuple[int, int], channels: int = 3) -> Iterator[dict[str, Any]]:
    for at in range(count):
        shape = (*sizes[at % len(sizes)], channels)
        yield {"image": CHANCE.integers(0, 256, shape, np.uint8), "label": at % 2}


def test_images_are_trained_on_and_their_fingerprint_is_in_the_run(store: Store) -> None:
    entries = {"image": features.Image(shape=(8, 8, 1)), "label": LABEL}
    rows = list(pictures(26, (8, 8), channels=1))
    store("pets", entries, train=rows[:20], test=rows[20:])
    data = open_dataset("tfds:pets")
    assert (data.name, data.classes, data.input_shape) == ("tfds:pets", ("cat", "dog"), (8, 8, 1))
    assert (len(data.train), len(data.test), data.train.stored.dtype) == (20, 6, np.uint8)
    run = zoo.train("cnn", data="tfds:pets", filters=[4], epochs=1)
    assert run.record["dataset"]["source"] == "tfds:pets"
    assert run.record["dataset"]["fingerprint"] == open_dataset("tfds:pets").fingerprint
    assert zoo.evaluate(run) == run.metrics


def test_images_of_several_sizes_are_brought_to_one_or_to_what_the_model_wants(
    store: Store,
) -> None:
    rows = list(pictures(12, (8, 10), (12, 10)))
    store("photos", {"image": PHOTO, "label": LABEL}, train=rows[:8], validation=rows[8:])
    data = open_dataset("tfds:photos")
    assert (data.input_shape, len(data.test)) == ((10, 10, 3), 4)
    assert data.preprocessing == "scaled and padded with black to 10 x 10, uint8 / 255"
    assert open_dataset("tfds:photos", (6, None, 1)).input_shape == (6, 10, 1)
    with pytest.raises(zoo.DataError, match=r"images of tfds:photos have the shape \(height"):
        open_dataset("tfds:photos", (30,))


def test_images_of_one_size_are_kept_as_they_are(store: Store) -> None:
    rows = list(pictures(10, (8, 10)))
    store("photos", {"image": PHOTO, "label": LABEL}, train=rows)
    data = open_dataset("tfds:photos")
    assert (len(data.train), len(data.test), data.preprocessing) == (8, 2, "uint8 / 255")
    assert len(open_dataset("tfds:photos", hold_out=False).test) == 10
    held = {image.tobytes() for split in (data.train, data.test) for image in split.stored}
    assert held == {row["image"].tobytes() for row in rows}


def test_arrays_that_the_dataset_does_not_pair_are_refused(store: Store) -> None:
    entries = {"signal": features.Tensor(shape=(20, 2), dtype=np.float32), "kind": LABEL}
    rows = [{"signal": np.float32(CHANCE.normal(size=(20, 2))), "kind": at % 2} for at in range(20)]
    store(
        "signals", entries | {"other": features.Text()}, train=[row | {"other": ""} for row in rows]
    )
    with pytest.raises(zoo.DataError, match=r"no single input .* signal \(Tensor\)"):
        open_dataset("tfds:signals")  # which of its entries is meant, nobody says


def test_numbers_that_the_dataset_pairs_itself_are_learnt(store: Store) -> None:
    rows = [{"size": np.float32([at, 1]), "price": np.float32(at * 0.7)} for at in range(20)]
    entries = {
        "size": features.Tensor(shape=(2,), dtype=np.float32),
        "price": features.Scalar(dtype=np.float32),
    }
    store("houses", entries, train=rows)
    _declare("houses", ["size", "price"])
    data = open_dataset("tfds:houses")
    assert (data.input_shape, data.outputs, data.classes) == ((2,), 1, None)
    run = zoo.train("mlp", data="tfds:houses", task="regression", units=[4], epochs=1)
    assert run.metrics["rmse"] > 0


def test_series_that_the_dataset_pairs_itself_are_no_grey_images(store: Store) -> None:
    entries = {"signal": features.Tensor(shape=(20, 2), dtype=np.float32), "kind": LABEL}
    rows = [{"signal": np.float32(CHANCE.normal(size=(20, 2))), "kind": at % 2} for at in range(20)]
    store("signals", entries, train=rows[:14], test=rows[14:])
    _declare("signals", ["signal", "kind"])
    data = open_dataset("tfds:signals")
    assert (data.input_shape, data.classes, len(data.test)) == ((20, 2), ("cat", "dog"), 6)
    assert data.train.inputs.min() < 0


def _declare(name: str, keys: list[str]) -> None:
    """Say which entries are the input and the target, as builders of their own do."""
    import json

    file = (
        Path(os.environ["ZOO_DATA"]) / "tensorflow_datasets" / name / "1.0.0" / "dataset_info.json"
    )
    told = json.loads(file.read_text())
    told["supervisedKeys"] = {"tuple": {"items": [{"featureKey": key} for key in keys]}}
    file.write_text(json.dumps(told))


def test_text_is_refused_with_what_there_is(store: Store) -> None:
    store(
        "letters", {"text": features.Text(), "label": LABEL}, train=[{"text": "a", "label": 0}] * 4
    )
    with pytest.raises(
        zoo.DataError, match=r"text \(Text\), label \(ClassLabel\)|label \(Class.*text"
    ):
        open_dataset("tfds:letters")


def test_a_dataset_without_a_train_split_is_refused(store: Store) -> None:
    store("tests", {"image": PHOTO, "label": LABEL}, test=list(pictures(4, (8, 8))))
    with pytest.raises(zoo.DataError, match=r"no split called train. Its splits: test"):
        open_dataset("tfds:tests")


def test_what_memory_cannot_hold_is_refused(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store("photos", {"image": PHOTO, "label": LABEL}, train=list(pictures(8, (8, 8))))
    monkeypatch.setattr(reader, "MEMORY_SHARE", 1e-9)
    with pytest.raises(
        zoo.DataError, match=r"8 examples of shape \(8, 8, 3\).*smaller input_shape"
    ):
        open_dataset("tfds:photos")


def test_images_that_memory_cannot_hold_are_read_by_position(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = list(pictures(30, (8, 8), (10, 8)))
    entries = {"image": PHOTO, "label": LABEL}
    store("photos", entries, "array_record", train=rows[:24], test=rows[24:])
    held = open_dataset("tfds:photos", (8, 8, 3), resize="stretch")
    monkeypatch.setattr(reader, "MEMORY_SHARE", 1e-9)
    data = open_dataset("tfds:photos", (8, 8, 3), resize="stretch")
    assert isinstance(data.train.stored, TfdsRows)
    assert (data.classes, len(data.train), len(data.test)) == (("cat", "dog"), 24, 6)

    def examples(split: zoo.Split) -> set[tuple[bytes, int]]:
        assert split.targets is not None
        pixels = np.asarray(split.stored[:])
        return {(x.tobytes(), int(y)) for x, y in zip(pixels, split.targets, strict=True)}

    assert examples(data.train) == examples(held.train)
    part = data.train.take(np.array([7, 3]))
    np.testing.assert_array_equal(part.stored[:], data.train.stored[[7, 3]])
    assert part.stored.fingerprint() != data.train.stored.fingerprint()


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(zoo.UnknownName, match=r"tensorflow_datasets 'minst'\. Did you mean mnist"):
        open_dataset("tfds:minst")
    with pytest.raises(zoo.UnknownName, match=r"config of tfds:cifar10_corrupted 'fog_9'.*fog_"):
        open_dataset("tfds:cifar10_corrupted/fog_9")
    with pytest.raises(zoo.DataError, match=r"mnist:9\.9\.9 cannot be opened: .*only: \d"):
        open_dataset("tfds:mnist:9.9.9")
    with pytest.raises(zoo.DataError, match=r"tfds:\.\./x cannot be opened"):
        open_dataset("tfds:../x")


def test_no_network_is_said_in_a_sentence(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*args: Any, **kwargs: Any) -> None:
        raise ConnectionError("no route to host")

    monkeypatch.setattr(tfds.core.DatasetBuilder, "download_and_prepare", fails)
    with pytest.raises(
        zoo.DataError, match=r"tfds:mnist is not here and .* no route.*put its folder at"
    ):
        open_dataset("tfds:mnist")


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What asks for the network, or for data, is noted here and fails."""
    asked: list[str] = []

    def refuse(what: str) -> Callable[..., None]:
        def fail(*args: Any, **kwargs: Any) -> None:
            asked.append(what)
            raise ConnectionError("no route to host")

        return fail

    monkeypatch.setattr(socket, "getaddrinfo", refuse("address"))
    monkeypatch.setattr(socket.socket, "connect", refuse("connection"))
    monkeypatch.setattr(tfds.core.DatasetBuilder, "download_and_prepare", refuse("download"))
    monkeypatch.setattr(tfds.core.community, "community_register", refuse("community"))
    return asked


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("mnist", r"tfds:mnist is not on this machine: .*open_dataset\('tfds:mnist'\)"),
        ("mnist:3.0.1", r"tfds:mnist:3.0.1 (is not on this machine|cannot be opened)"),
        ("huggingface:mnist", r"'tfds:huggingface:mnist' was not opened: .*by --data"),
        ("kubric:movi_a", "such a name is not in the catalog"),
        ("mnist'); import os; ('", "such a name is not in the catalog"),
        ("minst", "Did you mean mnist"),
    ],
)
def test_a_run_downloads_nothing_that_it_names(
    trained: zoo.Run, store: Store, connections: list[str], name: str, message: str
) -> None:
    shutil.copytree(trained.path, "foreign")
    run = zoo.Run.open("foreign")
    run.update(dataset=run.record["dataset"] | {"source": f"tfds:{name}"})
    with pytest.raises(zoo.ZooError, match=message):
        zoo.evaluate(run)
    assert connections == []


def test_data_that_is_asked_for_is_downloaded(
    trained: zoo.Run, store: Store, connections: list[str]
) -> None:
    with pytest.raises(zoo.DataError, match=r"mnist is not here and cannot be downloaded"):
        zoo.evaluate(trained, "tfds:mnist")
    assert "download" in connections


def test_data_that_is_here_is_read_without_a_network(
    store: Store, request: pytest.FixtureRequest
) -> None:
    entries = {"image": features.Image(shape=(8, 8, 1)), "label": LABEL}
    rows = list(pictures(20, (8, 8), channels=1))
    store("pets", entries, train=rows[:14], test=rows[14:])
    connections = request.getfixturevalue("connections")
    assert len(open_dataset("tfds:pets", download=False).test) == 6
    assert connections == []


def test_without_the_package_its_command_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow_datasets", None)
    with pytest.raises(zoo.UsageError, match=r"pip install 'keras-zoo\[tfds\]'"):
        open_dataset("tfds:mnist")


def test_the_shell_says_it_without_a_traceback() -> None:
    said = subprocess.run(
        [sys.executable, "-m", "zoo", "train", "cnn", "--data", "tfds:minst"],
        capture_output=True,
        text=True,
    )
    assert (said.returncode, said.stdout) == (2, "")
    assert "Did you mean mnist" in said.stderr.splitlines()[-1]
    assert "Traceback" not in said.stderr
