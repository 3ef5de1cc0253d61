"""A name of the catalog stands for its trained weights, wherever a run is taken."""

import gc
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import zoo
from tests.conftest import Install, Shell, forget_installed
from tests.shipped import NAME, describe, ship
from zoo.data.dataset import Dataset
from zoo.exporters.locations import find_source
from zoo.exporters.sources import open_source
from zoo.io.digest import file_digest
from zoo.publication.catalog_file import entry_section
from zoo.registry.catalog import catalog
from zoo.registry.catalog_reader import Entry
from zoo.weights.archive import write_archive
from zoo.weights.description import WeightsInfo


@pytest.fixture
def shipped(trained: zoo.Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WeightsInfo:
    """The tiny run as the catalog's mlp.tiny, its file in the folder that ZOO_WEIGHTS names."""
    monkeypatch.setenv("ZOO_WEIGHTS", str(tmp_path / "files"))
    return ship(trained, tmp_path / "files")


def test_its_model_computes_what_the_run_computes(
    shipped: WeightsInfo, trained: zoo.Run, tiny: Dataset
) -> None:
    inputs = tiny.test.inputs
    expected = zoo.load(trained).predict(inputs, verbose=0)
    for model in (zoo.load(NAME), zoo.create(NAME, weights=True), zoo.load(f"weights:{NAME}")):
        assert np.array_equal(model.predict(inputs, verbose=0), expected)
    assert np.allclose(zoo.open(NAME).predict(inputs), expected, atol=1e-6)


def test_it_is_a_run_with_config_classes_metrics_and_pictures(
    shipped: WeightsInfo, trained: zoo.Run
) -> None:
    run = zoo.open(NAME)
    assert str(run) == f"weights:{NAME}"
    assert run.metrics == trained.metrics
    assert run.history == trained.history
    assert run.config == trained.config
    assert run.classes == trained.classes == tuple("0123456789")
    assert {role: part.output_shape for role, part in run.parts.items()} == {
        "classifier": (None, 10)
    }
    assert [path.name for path in run.pictures] == [path.name for path in trained.pictures]
    assert NAME in zoo.list_models(weights=True)
    assert NAME not in zoo.list_models(weights=False)


def test_the_catalog_tells_on_how_many_examples_older_weights_were_measured(
    trained: zoo.Run, tmp_path: Path, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZOO_WEIGHTS", str(tmp_path))
    run = zoo.Run(tmp_path / "run")
    shutil.copytree(trained.path, run.path)
    run.write_record({key: value for key, value in run.record.items() if key != "examples"})
    entry = Entry(NAME, "Tiny", results={"accuracy": 0.5}, weights=ship(run, tmp_path))
    assert zoo.open(NAME).examples == {}
    text = entry_section(replace(entry, examples=trained.examples))
    Path("registry.toml").write_text(text, "utf-8")
    catalog.cache_clear()
    assert zoo.open(NAME).examples == zoo.describe(NAME).examples == trained.examples
    assert "| accuracy |" in (card := zoo.open(NAME).card())
    assert f"| {trained.examples['accuracy']} |" in card
    assert "[accuracy 0.5 on 24]" in shell("list", NAME)[1]
    for command in (("show", NAME), ("weights", "list", NAME)):
        assert "accuracy 0.5  on 24 test examples" in shell(*command)[1]


def test_the_unpacked_files_go_with_the_run(shipped: WeightsInfo) -> None:
    run = zoo.open(NAME)
    folder = run.path.parent
    assert folder.is_dir()
    del run
    gc.collect()
    assert not folder.exists()


def test_evaluate_measures_it(shipped: WeightsInfo, trained: zoo.Run, tiny: Dataset) -> None:
    assert zoo.evaluate(NAME, tiny) == trained.metrics


def test_a_run_of_that_name_comes_first_and_is_told_apart(
    shipped: WeightsInfo, trained: zoo.Run, shell: Shell
) -> None:
    shutil.copytree(trained.path, Path("runs") / NAME)
    assert zoo.open(NAME).shipped is None
    assert str(zoo.open(f"weights:{NAME}")) == f"weights:{NAME}"
    found = zoo.compare([NAME, f"weights:{NAME}"])
    assert found.runs == (str(Path("runs") / NAME), f"weights:{NAME}") or found.runs == (
        NAME,
        f"weights:{NAME}",
    )
    _, _, message = shell("compare", NAME, f"weights:{NAME}")
    assert f"{NAME}: your run runs/{NAME}; the catalog's weights are weights:{NAME}" in message
    assert f"{NAME}: the weights of ZOO_WEIGHTS" in message


def test_a_source_is_a_part_of_it_too(shipped: WeightsInfo) -> None:
    assert open_source(f"{NAME}:classifier").network().output_shape == (None, 10)
    assert open_source(f"weights:{NAME}:classifier").network().output_shape == (None, 10)
    assert open_source(NAME).folder == Path("exports") / NAME
    assert find_source(f"weights:{NAME}:classifier", untrained=True).part == "classifier"


def test_nothing_is_fetched_to_list_layers(shipped: WeightsInfo, tmp_path: Path) -> None:
    assert find_source(NAME, untrained=True).kind == "run"
    (tmp_path / "files" / shipped.file).unlink()
    assert find_source(NAME, untrained=True).kind == "untrained"


def test_it_is_applied_exported_and_shown(shipped: WeightsInfo, shell: Shell) -> None:
    np.save("seven.npy", np.zeros((8, 8, 1), "float32"))
    code, out, _ = shell("apply", NAME, "seven.npy", "--json")
    assert (code, '"class"' in out) == (0, True)
    code, out, _ = shell("export", NAME, "--to", "keras")
    assert (code, "equal" in out) == (0, True)
    assert (Path("exports") / NAME / "report.json").exists()
    assert shell("show", NAME, "--layers")[0] == 0


def test_show_says_that_there_are_weights(shipped: WeightsInfo, shell: Shell) -> None:
    code, out, _ = shell("show", NAME)
    assert (code, "weights  " in out) == (0, True)
    assert f"{shipped.size / 1e3:.0f} kB, MIT; trained on a few digits (CC-BY-4.0)" in out


def test_the_folder_of_a_catalog_file_is_searched(trained: zoo.Run, tmp_path: Path) -> None:
    ship(trained, tmp_path)
    assert zoo.open(NAME).metrics == trained.metrics


def test_a_distribution_of_files_alone_is_searched(
    trained: zoo.Run, tmp_path: Path, install: Install, shell: Shell
) -> None:
    info = ship(trained, tmp_path / "files")
    site = install(
        "some-weights", {"some_weights/about.txt": "x"}, {"zoo.weights": "a = some_weights"}
    )
    shutil.copy(tmp_path / "files" / info.file, site / "some_weights")
    forget_installed()
    shipped = zoo.open(NAME).shipped
    assert shipped is not None
    assert shipped.origin == "some-weights 1.0"
    code, out, _ = shell("weights")
    assert (code, "some-weights 1.0" in out) == (0, True)


def test_a_wrong_file_is_refused_at_every_open(
    shipped: WeightsInfo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    zoo.load(NAME)
    path = tmp_path / "files" / shipped.file
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    own = tmp_path / "temporary"  # other processes of the tests unpack weights into the system's
    own.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(own))
    with pytest.raises(zoo.UnsafeFile, match=rf"{NAME}\.zip has the hash .*the catalog says"):
        zoo.load(NAME)
    assert not list(own.glob("zoo-weights-*"))


def test_weights_of_another_model_are_refused(trained: zoo.Run, tmp_path: Path) -> None:
    info = ship(trained, tmp_path, "mlp.other")
    describe(info, NAME)
    with pytest.raises(zoo.UnsafeFile, match=f"weights of {NAME} hold a run of 'mlp.other'"):
        zoo.open(NAME)


def test_weights_that_do_not_fit_the_architecture_are_refused(
    trained: zoo.Run, tmp_path: Path
) -> None:
    run = zoo.Run(tmp_path / "wrong")
    shutil.copytree(trained.path, run.path)
    info = ship(run, tmp_path / "files")
    assert info.size
    run.write_record({**run.record, "config": {**run.config, "units": [9]}})
    with pytest.raises(zoo.RunError, match="does not fit the model"):
        ship(run, tmp_path / "files")  # it is opened before it is written


def test_shipped_weights_that_do_not_fit_are_named_by_their_model(
    trained: zoo.Run, tmp_path: Path
) -> None:
    ship(trained, tmp_path / "files")
    wrong = zoo.Run(tmp_path / "wrong")
    shutil.copytree(trained.path, wrong.path)
    wrong.update(name=NAME, config={**trained.config, "units": [9]})
    path = tmp_path / f"{NAME}.zip"
    write_archive(wrong.path, wrong.record, [], path)
    info = catalog().get(NAME).weights
    assert info is not None
    describe(replace(info, sha256=file_digest(path), size=path.stat().st_size))
    with pytest.raises(zoo.RunError, match=f"^weights:{NAME} does not fit the model"):
        zoo.load(NAME)


def test_without_a_file_the_error_says_all_ways(
    shipped: WeightsInfo, tmp_path: Path, shell: Shell
) -> None:
    (tmp_path / "files" / shipped.file).unlink()
    with pytest.raises(zoo.WeightsError, match=f"The weights of {NAME} .*are not on this machine"):
        zoo.load(NAME)
    code, _, message = shell("apply", NAME, "seven.png")
    assert (code, len(message.strip().splitlines())) == (1, 2)


def test_names_without_weights_say_so(shipped: WeightsInfo) -> None:
    with pytest.raises(zoo.UsageError, match=r"no weights of vae\.blog"):
        zoo.open("weights:vae.blog")
    with pytest.raises(zoo.UnknownName, match=f"Did you mean {NAME}"):
        zoo.open("weights:mlp.tini")
    with pytest.raises(zoo.UnknownName, match=f"no run 'mlp.tini'. Did you mean {NAME}"):
        zoo.open("mlp.tini")
    with pytest.raises(zoo.SettingError, match="Remove units"):
        zoo.create(NAME, weights=True, units=[3])


def test_a_broken_catalog_does_not_hide_a_run(trained: zoo.Run) -> None:
    shutil.copytree(trained.path, Path("runs") / NAME)
    Path("registry.toml").write_text("[", "utf-8")
    assert zoo.open(NAME).metrics == trained.metrics


def test_a_distribution_whose_architecture_is_missing_hurts_nobody_else(
    trained: zoo.Run, install: Install, shell: Shell
) -> None:
    catalog_file = '[stranger.tiny]\nsummary = "x"\n'
    install(
        "some-weights",
        {"some_weights/registry.toml": catalog_file},
        {"zoo.weights": "a = some_weights"},
    )
    code, out, message = shell("list", "mlp.*")
    assert (code, "mlp.digits" in out) == (0, True)
    assert "some-weights 1.0" in message
    assert "there is no architecture 'stranger'" in message
