"""A training that starts from the weights of another run."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import zoo
from tests.conftest import Shell
from tests.runs.test_training import Interrupted, same
from tests.shipped import NAME, ship
from zoo.data.dataset import Dataset
from zoo.io.digest import file_digest
from zoo.publication.weights_file import setting_differences, train_command


@pytest.fixture(scope="session")
def three(tiny: Dataset) -> Dataset:
    """The digits 0, 1 and 2 of the tiny data."""
    chosen = [np.flatnonzero(np.asarray(split.targets) < 3) for split in (tiny.train, tiny.test)]
    train, test = tiny.train.take(chosen[0]), tiny.test.take(chosen[1])
    return Dataset("three", train, test, ("0", "1", "2"), tiny.preprocessing)


def hidden_and_head(run: zoo.Run) -> tuple[np.ndarray, np.ndarray]:
    weights = [each for each in zoo.load(run).get_weights() if each.ndim == 2]
    return weights[0], weights[-1]


def test_it_has_the_runs_network_and_a_new_head_where_the_classes_differ(
    trained: zoo.Run, three: Dataset
) -> None:
    run = zoo.train("mlp", data=three, from_run=trained, freeze=["dense"], epochs=1, batch_size=4)
    assert run.config["units"] == trained.config["units"]
    (hidden, head), (before, _) = hidden_and_head(run), hidden_and_head(trained)
    assert np.array_equal(hidden, before)  # frozen
    assert head.shape == (8, 3)
    assert run.classes == ("0", "1", "2")
    assert run.record["from"] == {
        "run": str(trained.path.resolve()),
        "model": "mlp",
        "sha256": file_digest(trained.weights),
    }


def test_it_starts_where_the_run_ended(trained: zoo.Run, tiny: Dataset) -> None:
    still = zoo.train("mlp", data=tiny, from_run=trained, epochs=1, learning_rate=1e-12)
    assert still.metrics["accuracy"] == trained.metrics["accuracy"]
    for old, new in zip(hidden_and_head(trained), hidden_and_head(still), strict=True):
        assert np.allclose(old, new, atol=1e-9)


def test_a_resumed_training_ends_with_the_same_bits(trained: zoo.Run, tiny: Dataset) -> None:
    options = {"data": tiny, "from_run": trained, "epochs": 2, "dropout": 0.5}
    whole = zoo.train("mlp", out="whole", **options)
    for name, moment in (("late", (1, 1)), ("early", (0, 1))):
        with pytest.raises(KeyboardInterrupt):
            zoo.train("mlp", out=name, progress=Interrupted(*moment), **options)
        assert same(whole, zoo.train("mlp", data=tiny, out=name, resume=True))


def test_a_run_that_has_changed_since_is_refused(
    trained: zoo.Run, tiny: Dataset, tmp_path: Path
) -> None:
    source = zoo.Run(tmp_path / "source")
    shutil.copytree(trained.path, source.path)
    with pytest.raises(KeyboardInterrupt):
        zoo.train("mlp", data=tiny, from_run=source, out="cut", progress=Interrupted(0, 1))
    other = zoo.train("mlp", data=tiny, units=[8], epochs=1, seed=9)
    shutil.copy(other.weights, source.weights)
    with pytest.raises(zoo.RunError, match="have changed since the training was started"):
        zoo.train("mlp", data=tiny, out="cut", resume=True)


def test_another_architecture_and_another_network_are_refused(
    trained: zoo.Run, tiny: Dataset
) -> None:
    with pytest.raises(zoo.UsageError, match="is a run of mlp; a training of cnn cannot start"):
        zoo.train("cnn", data=tiny, from_run=trained)
    with pytest.raises(zoo.RunError, match="the networks differ"):
        zoo.train("mlp", data=tiny, from_run=trained, units=[8, 8], out="refused")
    assert not Path("refused", "run.json").exists()  # the corrected command may use the folder
    with pytest.raises(zoo.SettingError, match=r"freeze=dens: no layer .*Did you mean dense"):
        zoo.train("mlp", data=tiny, from_run=trained, freeze=["dens"])
    with pytest.raises(zoo.UnknownName, match="no run 'nothing'"):
        zoo.train("mlp", data=tiny, from_run="nothing")


def test_the_shell_starts_from_a_model_of_the_catalog(
    trained: zoo.Run, tmp_path: Path, shell: Shell
) -> None:
    ship(trained, tmp_path)
    settings = ("epochs=1", "freeze=dense", "class_weight=balanced")
    words = ("--data", "digits", "--json", *(word for each in settings for word in ("--set", each)))
    code, out, message = shell("train", "mlp", "--from", NAME, *words)
    assert code == 0, message
    assert message.count(f"{NAME}: the weights of") == 1
    run = zoo.Run.open(json.loads(out)["run"])
    assert run.record["from"]["run"] == f"weights:{NAME}"
    assert f"--from weights:{NAME}" in train_command(run, "mlp")
    assert "--set class_weight=balanced" in train_command(run, "mlp")
    assert not {"classes", "input_shape"} & setting_differences(run, "mlp").keys()
    assert np.array_equal(hidden_and_head(run)[0], hidden_and_head(trained)[0])
