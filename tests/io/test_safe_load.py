"""Files from elsewhere: refused before they cost memory or run code. Each is made here, small."""

import json
import pickle
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest

import zoo
from zoo.io.safe_load import check_model_file, read_array, read_arrays
from zoo.testing.hostile.archives import zip_bytes
from zoo.testing.hostile.zip_cases import npy_bytes

HUGE = 600 * 2**20


def small() -> keras.Model:
    inputs = keras.Input((4,), name="inputs")
    return keras.Model(inputs, keras.layers.Dense(3, name="scores")(inputs))


def rewritten(source: Path, target: Path, **members: Callable[[Any], None]) -> Path:
    """Copy a zip, with some members written anew by functions of the open member."""
    with (
        zipfile.ZipFile(source) as old,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as new,
    ):
        for name in old.namelist():
            with new.open(name, "w", force_zip64=True) as member:
                change = members.get(name.partition(".")[0])
                change(member) if change else member.write(old.read(name))
    return target


def oversized_config(member: Any) -> None:
    member.write(b'{"a": "')
    for _ in range(HUGE // 2**20):
        member.write(b" " * 2**20)
    member.write(b'"}')


def oversized_weights(member: Any) -> None:
    """Declare 5 GB in a dataset that takes a few kilobytes."""
    with h5py.File("weights.h5", "w") as file:
        group = file.create_group("layers/dense/vars")
        group.create_dataset("0", (36_000, 36_000), "f4", compression="gzip", chunks=(1000, 1000))
    member.write(Path("weights.h5").read_bytes())


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    small().save(tmp_path / "small.keras")
    return tmp_path / "small.keras"


def test_what_keras_wrote_is_let_through(saved: Path) -> None:
    check_model_file(saved)
    small().save_weights("small.weights.h5")
    check_model_file(Path("small.weights.h5"))
    assert zoo.export(saved, ["keras"], out="shipped").ok


@pytest.mark.parametrize(
    "members",
    [{"config": oversized_config}, {"model": oversized_weights}],
    ids=["a config of 600 MB", "weights of 5 GB in 11 kB"],
)
def test_a_keras_file_that_declares_too_much_is_not_opened(
    saved: Path, members: dict[str, Any]
) -> None:
    hostile = rewritten(saved, Path("hostile.keras"), **members)
    assert hostile.stat().st_size < 2**21
    with pytest.raises(zoo.UnsafeFile, match=r"declares \d+ MiB.*not opened"):
        zoo.export(hostile, ["onnx"], out="shipped")
    assert not Path("shipped").exists()


def external_link(file: h5py.File) -> None:
    file["layers"] = h5py.ExternalLink("/etc/passwd", "/")


def soft_link(file: h5py.File) -> None:
    file["layers"] = h5py.SoftLink("/elsewhere")


def external_storage(file: h5py.File) -> None:
    file.create_dataset("w", (8,), "f4", external=[("/etc/passwd", 0, 32)])


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (external_link, "links to another place"),
        (soft_link, "links to another place"),
        (external_storage, "takes 'w' from another file"),
    ],
)
def test_weights_that_lie_elsewhere_are_refused(
    make: Callable[[h5py.File], None], problem: str
) -> None:
    with h5py.File("linked.h5", "w") as file:
        make(file)
    with pytest.raises(zoo.UnsafeFile, match=problem):
        check_model_file(Path("linked.h5"))


def test_a_file_with_code_in_it_is_not_run() -> None:
    inputs = keras.Input((4,))
    doubled = keras.layers.Lambda(lambda x: x * 2, output_shape=(4,))(inputs)
    keras.Model(inputs, doubled).save("code.keras")
    with pytest.raises(zoo.UnsafeFile, match=r"code\.keras names 'Lambda' .* Python code"):
        zoo.export("code.keras", ["onnx"], out="shipped")
    assert not Path("shipped").exists()


@pytest.mark.parametrize("content", [b"", b"nothing of the kind", b"PK\x03\x04broken"])
def test_what_is_no_model_at_all_is_refused(content: bytes) -> None:
    Path("no.keras").write_bytes(content)
    with pytest.raises(zoo.ZooError, match=r"no\.keras"):
        zoo.export("no.keras", ["onnx"], out="shipped")


class Evil:
    """Leave a trace when it is unpickled."""

    def __reduce__(self) -> Any:
        return (Path.touch, (Path("trace"),))


def test_pickled_objects_are_refused_and_not_run() -> None:
    np.savez("evil.npz", x=np.array([Evil()], dtype=object), allow_pickle=True)
    with pytest.raises(zoo.UnsafeFile, match="Python objects"):
        read_arrays(Path("evil.npz"))
    Path("evil.pkl").write_bytes(pickle.dumps(Evil()))
    shutil.move("evil.pkl", "evil.npz")
    with pytest.raises(zoo.ZooError, match=r"evil\.npz"):
        read_arrays(Path("evil.npz"))
    assert not Path("trace").exists()


def test_an_array_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    np.savez_compressed("big.npz", x=np.zeros(2**20, "uint8"))
    assert read_arrays(Path("big.npz"))["x"].size == 2**20
    monkeypatch.setenv("ZOO_LARGEST_DATA", str(2**19))
    with pytest.raises(zoo.UnsafeFile):
        read_arrays(Path("big.npz"))


def test_a_run_that_asks_for_far_more_than_its_weights_is_not_built(
    trained: zoo.Run, tmp_path: Path
) -> None:
    run = zoo.Run(Path(shutil.copytree(trained.path, tmp_path / "run")))
    run.update(config={**run.record["config"], "units": [30_000, 30_000]})
    with pytest.raises(zoo.UnsafeFile, match=r"asks for 90\d,\d+,\d+ parameters"):
        zoo.load(run)


def test_a_record_of_absurd_length_is_refused(trained: zoo.Run, tmp_path: Path) -> None:
    run = zoo.Run(Path(shutil.copytree(trained.path, tmp_path / "run")))
    with (run.path / "run.json").open("a") as file:
        file.writelines(" " * 2**20 for _ in range(17))
    with pytest.raises(zoo.ZooError, match=r"run\.json"):
        zoo.Run.open(run.path)


@pytest.mark.parametrize(
    "path",
    ["../outside.onnx", "/etc/passwd", "sub/../../outside.onnx"],
    ids=["up", "root", "hidden"],
)
def test_a_report_cannot_point_outside_its_folder(path: str) -> None:
    zoo.export(small(), ["onnx"], out="shipped")
    Path("outside.onnx").write_bytes(Path("shipped/model.onnx").read_bytes())
    report = json.loads(Path("shipped/report.json").read_text())
    report["files"][0]["path"] = path
    Path("shipped/report.json").write_text(json.dumps(report))
    with pytest.raises(zoo.ZooError, match="names a file outside its folder"):
        zoo.verify("shipped")


@pytest.mark.parametrize("kind", ["|S0", "|V0", "<U0"])
def test_a_billion_values_of_no_bytes_are_refused(kind: str, tmp_path: Path) -> None:
    """NumPy reads them, and each becomes a Python object or a letter later."""
    (tmp_path / "x.npz").write_bytes(zip_bytes({"x.npy": npy_bytes((10**9,), kind)}))
    with pytest.raises(zoo.DataError, match="1,000,000,000 values of no bytes"):
        read_arrays(tmp_path / "x.npz")
    (tmp_path / "x.npy").write_bytes(npy_bytes((10**9,), kind))
    with pytest.raises(zoo.DataError, match="1,000,000,000 values of no bytes"):
        read_array(tmp_path / "x.npy")
