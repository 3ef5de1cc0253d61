"""A run becomes a distribution: installed, it is one more model of the catalog."""

import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

import zoo
from tests.conftest import Shell, forget_installed
from tests.shipped import TERMS
from zoo.data.dataset import Dataset
from zoo.io.safe_load import check_model_file
from zoo.publication.distribution import pack, pack_into
from zoo.publication.packed_weights import pack_weights, save_without_training_state
from zoo.registry.catalog import catalog
from zoo.registry.catalog_reader import read_entries

TERMS_OF_THE_SHELL = (
    "--license",
    "MIT",
    "--data-source",
    "a few digits",
    "--data-license",
    "CC-BY-4.0",
)


def install_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a distribution where pip puts it, without pip: its package, and its entry points."""
    (module,) = folder.glob("zoo_weights_*")
    about = folder / "weights-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: weights\nVersion: 1.0\n", "utf-8")
    (about / "entry_points.txt").write_text(f"[zoo.weights]\na = {module.name}\n", "utf-8")
    monkeypatch.syspath_prepend(folder)
    forget_installed()


def test_a_packed_run_is_installed_and_used_by_name(
    trained: zoo.Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny: Dataset
) -> None:
    folder = tmp_path / "dist"
    pack(trained, "mlp.mine", folder, TERMS)
    names = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert not {name for name in names if name.endswith(".py")}
    assert {
        "pyproject.toml",
        "README.md",
        "zoo_weights_mlp_mine/registry.toml",
        "zoo_weights_mlp_mine/mlp.mine.zip",
    } <= names
    install_folder(folder, monkeypatch)
    entry = catalog().get("mlp.mine")
    assert entry.settings["units"] == [8]
    assert (
        entry.measured
        == "zoo train mlp --set epochs=2 --set batch_size=16 --set validation=0.1 --set units=8 --seed 3"
    )
    assert zoo.open("mlp.mine").metrics == trained.metrics
    inputs = tiny.test.inputs
    again = zoo.load("mlp.mine").predict(inputs, verbose=0)
    assert np.array_equal(again, zoo.load(trained).predict(inputs, verbose=0))
    forget_installed()


def test_the_optimizer_is_left_out_and_large_arrays_are_compressed_without_loss(
    trained: zoo.Run, tmp_path: Path
) -> None:
    pack(trained, "mlp.mine", tmp_path / "dist", TERMS)
    (archive,) = (tmp_path / "dist").rglob("mlp.mine.zip")
    with zipfile.ZipFile(archive) as members:
        members.extract("model.weights.h5", tmp_path)
    with h5py.File(trained.weights) as own, h5py.File(tmp_path / "model.weights.h5") as packed:
        assert set(packed) == set(own) - {"optimizer"}
        place = next(place for place in places(own) if own[place].nbytes > 1024)
        assert packed[place].compression == "gzip"
        for place in places(packed):
            assert np.array_equal(packed[place][()], own[place][()])
            assert dict(packed[place].parent.attrs) == dict(own[place].parent.attrs)


def places(group: h5py.Group) -> list[str]:
    """Return the names of all arrays of an HDF5 file but those of the optimizer."""
    names: list[str] = []
    group.visititems(
        lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None
    )
    return [name for name in names if not name.startswith("optimizer")]


def test_half_precision_is_measured_again_and_stated(
    trained: zoo.Run, tmp_path: Path, shell: Shell
) -> None:
    run = zoo.train("mlp.digits", out="runs/half", epochs=1, units=[16])
    words = ("runs/half", "--name", "mlp.half", "--license", "MIT", "--precision", "float16")
    assert shell("pack", *words, "--out", "dist")[0] == 0
    (archive,) = Path("dist").rglob("mlp.half.zip")
    with zipfile.ZipFile(archive) as members:
        members.extractall("unpacked")
    with h5py.File("unpacked/model.weights.h5") as packed, h5py.File(run.weights) as own:
        for place in places(packed):
            kind = np.float16 if own[place].ndim > 1 else own[place].dtype
            assert packed[place].dtype == kind
            assert np.array_equal(packed[place][()], own[place][()].astype(kind))
    half = zoo.Run(Path("unpacked"))
    assert half.record["stored_precision"] == "float16"
    assert half.metrics == zoo.evaluate(half)
    assert half.metrics["calibration_error"] != run.metrics["calibration_error"]
    assert "stored in float16" in Path("dist/README.md").read_text("utf-8")
    with pytest.raises(zoo.UsageError, match="trained on data in memory"):
        pack(trained, "mlp.mine", tmp_path / "other", TERMS, precision="float16")


def test_a_number_beyond_half_precision_is_refused(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "large.weights.h5", "w") as file:
        file["layers/dense/vars/0"] = np.full((2, 2), 1e5, np.float32)
    with pytest.raises(zoo.UsageError, match="beyond 65504"):
        pack_weights(tmp_path / "large.weights.h5", tmp_path / "half.weights.h5", "float16")


def test_a_gan_holds_its_generator_once(tmp_path: Path) -> None:
    settings = {"generator_filters": [8, 8], "discriminator_filters": [8, 8]}
    model = zoo.create("dcgan.digits", **settings)
    average = [np.array(weight) for weight in model.average.weights]
    assert not np.array_equal(average[0], np.array(model.generator.weights[0]))
    own, all_weights = tmp_path / "own.weights.h5", tmp_path / "all.weights.h5"
    model.save_weights(own)
    pack_weights(
        save_without_training_state(model, own, all_weights), tmp_path / "packed.weights.h5"
    )
    with h5py.File(tmp_path / "packed.weights.h5") as packed:
        for place in places(packed["generator"]):
            assert (
                packed[f"generator/{place}"] == packed[f"average/{place}"]
            )  # one array, two names
    check_model_file(tmp_path / "packed.weights.h5")
    other = zoo.create("dcgan.digits", **settings)
    other.load_weights(tmp_path / "packed.weights.h5")
    for network in (other.average, other.generator):
        for one, weight in zip(average, network.weights, strict=True):
            assert np.array_equal(one, np.array(weight))


def test_what_is_written_is_built_into_a_wheel_of_files_alone(
    trained: zoo.Run, tmp_path: Path
) -> None:
    pytest.importorskip("hatchling")
    pack(trained, "mlp.mine", tmp_path / "dist", TERMS)
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel"]
    subprocess.run(command, cwd=tmp_path / "dist", check=True, capture_output=True)
    (wheel,) = (tmp_path / "dist" / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert "zoo_weights_mlp_mine/mlp.mine.zip" in names
    assert not [name for name in names if name.endswith(".py")]


def test_a_licence_is_asked_for(trained: zoo.Run, tmp_path: Path, shell: Shell) -> None:
    command = ("pack", trained.path, "--out", tmp_path / "dist", "--name", "mlp.mine")
    code, _, message = shell(*command)
    assert (code, "--license Apache-2.0" in message) == (2, True)
    code, _, message = shell(*command, "--license", "do what you want!")
    assert (code, "SPDX" in message) == (2, True)
    code, _, message = shell(*command, "--license", "MIT")
    assert (code, "--data-source" in message) == (2, True)
    assert not (tmp_path / "dist").exists()
    code, out, _ = shell(*command, *TERMS_OF_THE_SHELL)
    assert (code, "pip install" in out) == (0, True)


def test_names_that_are_no_names_for_it_are_refused(trained: zoo.Run, tmp_path: Path) -> None:
    for name in ("mlp", "cnn.mine", "mlp.", "mlp.a/b", "mlp.a b"):
        with pytest.raises(zoo.UsageError, match=r"need a name like mlp\.mine"):
            pack(trained, name, tmp_path / "dist", TERMS)
    with pytest.raises(zoo.UsageError, match=r"mlp\.digits is a model of keras-zoo already"):
        pack(trained, "mlp.digits", tmp_path / "dist", TERMS)


def test_a_folder_with_something_else_is_not_replaced(trained: zoo.Run, tmp_path: Path) -> None:
    folder = tmp_path / "dist"
    folder.mkdir()
    (folder / "thesis.tex").write_text("years", "utf-8")
    with pytest.raises(zoo.UsageError, match="holds something else"):
        pack(trained, "mlp.mine", folder, TERMS)
    assert (folder / "thesis.tex").read_text("utf-8") == "years"
    (folder / "thesis.tex").unlink()
    pack(trained, "mlp.mine", folder, TERMS)
    pack(trained, "mlp.mine", folder, TERMS)  # its own folder is


def test_a_run_that_is_not_finished_is_refused(trained: zoo.Run, tmp_path: Path) -> None:
    run = zoo.Run(tmp_path / "run")
    shutil.copytree(trained.path, run.path)
    run.update(state="trained")
    with pytest.raises(zoo.RunError, match="is trained, not finished"):
        pack(run, "mlp.mine", tmp_path / "dist", TERMS)


def test_the_folders_of_the_machine_are_not_published(trained: zoo.Run, tmp_path: Path) -> None:
    run = zoo.Run(tmp_path / "run")
    shutil.copytree(trained.path, run.path)
    run.update(dataset={**run.record["dataset"], "source": "/home/somebody/secret/photos"})
    pack(run, "mlp.mine", tmp_path / "dist", TERMS)
    for path in (tmp_path / "dist").rglob("*"):
        if path.is_file():
            assert b"somebody" not in path.read_bytes(), path
    with zipfile.ZipFile(tmp_path / "dist" / "zoo_weights_mlp_mine" / "mlp.mine.zip") as archive:
        assert json.loads(archive.read("run.json"))["dataset"]["source"] == "photos"


@pytest.fixture
def ours(tmp_path: Path) -> Callable[[str], Path]:
    """Write a catalog file with one entry, mlp.mine, of some settings."""

    def write(settings: str) -> Path:
        path = tmp_path / "mine.toml"
        entry = f'[mlp.mine]\nsummary = "Mine"\nsettings = {{ {settings} }}\n'
        path.write_text(entry, "utf-8")
        return path

    return write


def renamed(trained: zoo.Run, folder: Path) -> zoo.Run:
    run = zoo.Run(folder)
    shutil.copytree(trained.path, run.path)
    run.update(name="mlp.mine")
    return run


def test_a_run_goes_into_a_package_and_its_catalog_file_in_one_go(
    trained: zoo.Run, tmp_path: Path, ours: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = ours("units = [8], epochs = 2, batch_size = 16, validation = 0.1")
    monkeypatch.setenv("ZOO_REGISTRY", str(path))
    catalog.cache_clear()
    run = renamed(trained, tmp_path / "run")
    info = pack_into(run, tmp_path / "package", path, TERMS, "0123abc")
    entry = read_entries(path, None)["mlp.mine"]
    assert entry.weights == info
    assert set(entry.results) == set(list(trained.metrics)[:3])
    assert entry.examples == trained.examples
    assert set(trained.examples) == set(trained.metrics)
    monkeypatch.setenv("ZOO_WEIGHTS", str(tmp_path / "package"))
    assert zoo.open("mlp.mine").metrics == trained.metrics


def test_a_run_with_other_settings_than_the_catalogs_is_refused(
    trained: zoo.Run, tmp_path: Path, ours: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = ours("units = [9], epochs = 2, batch_size = 16")
    monkeypatch.setenv("ZOO_REGISTRY", str(path))
    catalog.cache_clear()
    with pytest.raises(zoo.UsageError, match=r"other settings than mlp\.mine .*units=\[8\]"):
        pack_into(renamed(trained, tmp_path / "run"), tmp_path, path, TERMS, "0123abc")
    run = zoo.Run(tmp_path / "run")
    run.update(name="mlp.other")
    with pytest.raises(zoo.UnknownName, match=r"no model in .*mine\.toml 'mlp\.other'"):
        pack_into(zoo.Run(run.path), tmp_path, path, TERMS, "0123abc")


def test_the_shell_asks_for_one_of_the_two(trained: zoo.Run, shell: Shell) -> None:
    for words in ((), ("--out", "a", "--into", "b")):
        code, _, message = shell("pack", trained.path, *words)
        assert (code, "Give --out DIR" in message) == (2, True)


def test_the_figures_that_the_catalog_shows_are_chosen(
    trained: zoo.Run, tmp_path: Path, shell: Shell
) -> None:
    command = (
        "pack",
        trained.path,
        "--out",
        tmp_path / "dist",
        "--name",
        "mlp.mine",
        *TERMS_OF_THE_SHELL,
    )
    code, _, message = shell(*command, "--results", "acuracy")
    assert (code, "Did you mean accuracy" in message) == (2, True)
    assert shell(*command, "--results", "top_5,accuracy")[0] == 0
    path = tmp_path / "dist" / "zoo_weights_mlp_mine" / "registry.toml"
    assert list(read_entries(path, None)["mlp.mine"].results) == ["top_5", "accuracy"]
