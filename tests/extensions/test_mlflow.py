"""zoo-mlflow with the real MLflow and a local store; the same run goes on after a resume."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import zoo
from tests.conftest import Install, forget_installed
from zoo.data.dataset import Dataset
from zoo.entry_points import CONTRACT, EXTENSIONS
from zoo.runs.progress import Progress

mlflow = pytest.importorskip("mlflow")
ROOT = Path(__file__).parents[2] / "extensions" / "zoo-mlflow"
SETTINGS: dict[str, Any] = {"units": [4], "epochs": 2, "batch_size": 16}


@pytest.fixture
def client(install: Install, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    """Install the extension, and give MLflow's client of a store in a folder."""
    store = f"file:{tmp_path / 'mlruns'}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store)
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "tests")
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.syspath_prepend(ROOT)
    install("zoo-mlflow", {}, {
        EXTENSIONS: "mlflow = zoo_mlflow", CONTRACT: "version = v1"
    })  # fmt: skip
    yield mlflow.MlflowClient(store)
    forget_installed()


def runs_of(client: Any) -> list[Any]:
    experiment = client.get_experiment_by_name("tests")
    return list(client.search_runs([experiment.experiment_id])) if experiment else []


def steps(client: Any, run_id: str, metric: str) -> list[int]:
    return sorted(value.step for value in client.get_metric_history(run_id, metric))


def test_a_training_and_its_export_are_a_run_of_mlflow(client: Any, tiny: Dataset) -> None:
    run = zoo.train("mlp", data=tiny, out="runs/one", seed=3, **SETTINGS)
    (tracked,) = runs_of(client)
    assert tracked.info.status == "FINISHED"
    assert tracked.info.run_name == "one"
    assert tracked.data.params["epochs"] == "2"
    assert tracked.data.params["units"] == "[4]"
    assert tracked.data.tags["zoo.seed"] == "3"
    assert tracked.data.tags["zoo.fingerprint"] == tiny.fingerprint
    assert tracked.data.metrics["test/accuracy"] == pytest.approx(run.metrics["accuracy"])
    assert tracked.data.metrics["loss"] == pytest.approx(run.history[-1]["loss"])
    assert steps(client, tracked.info.run_id, "loss") == [1, 2]
    names = {item.path for item in client.list_artifacts(tracked.info.run_id)}
    assert names == {"pictures", "run.json", "history.csv"}
    zoo.export(run, ["keras"])
    files = {item.path for item in client.list_artifacts(tracked.info.run_id, "export")}
    assert {"export/report.json", "export/classifier.keras"} <= files


class BrokenProgress(Progress):
    """An error in the first epoch."""

    def epoch(self, epoch: int, logs: Any) -> None:
        raise ValueError("a broken disk")


class StopInSecondEpoch(Progress):
    """Ctrl-C in the second epoch."""

    def epoch(self, epoch: int, logs: Any) -> None:
        if epoch == 2:
            raise KeyboardInterrupt


def test_a_resumed_training_continues_the_same_run(client: Any, tiny: Dataset) -> None:
    settings = {**SETTINGS, "epochs": 4}
    with pytest.raises(KeyboardInterrupt):
        zoo.train("mlp", data=tiny, out="runs/one", progress=StopInSecondEpoch(), **settings)
    (killed,) = runs_of(client)
    assert killed.info.status == "KILLED"
    run = zoo.train("mlp", data=tiny, out="runs/one", resume=True, **settings)
    (tracked,) = runs_of(client)
    assert tracked.info.run_id == killed.info.run_id
    assert tracked.info.status == "FINISHED"
    assert steps(client, tracked.info.run_id, "loss") == [1, 2, 3, 4]
    assert json.loads((run.path / "mlflow.json").read_text())["run_id"] == tracked.info.run_id


def test_a_second_training_is_a_second_run(client: Any, tiny: Dataset) -> None:
    for name in ("one", "two"):
        zoo.train("mlp", data=tiny, out=f"runs/{name}", **SETTINGS)
    assert len(runs_of(client)) == 2


def test_a_failed_training_is_failed(client: Any, tiny: Dataset) -> None:
    with pytest.raises(zoo.PluginError, match="a broken disk"):
        zoo.train("mlp", data=tiny, out="runs/one", progress=BrokenProgress(), **SETTINGS)
    assert [run.info.status for run in runs_of(client)] == ["FAILED"]


def test_a_store_that_breaks_during_a_training_does_not_stop_it(
    client: Any, tiny: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise ConnectionError("no answer")

    monkeypatch.setattr("mlflow.MlflowClient.get_metric_history", broken)
    with pytest.warns(UserWarning, match="MLflow: ConnectionError: no answer. It goes on without"):
        run = zoo.train("mlp", data=tiny, out="runs/one", **SETTINGS)
    assert run.state == "finished"


def test_a_store_that_cannot_be_opened_is_an_error_with_the_way_out(
    client: Any, tiny: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "nowhere:1")
    with pytest.raises(
        zoo.UsageError, match=r"MLflow's store cannot be opened.*ZOO_DISABLE=mlflow"
    ):
        zoo.train("mlp", data=tiny, out="runs/one", **SETTINGS)


@pytest.mark.long
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # MLflow uses what SQLAlchemy deprecates
def test_without_a_variable_the_store_is_a_file(
    client: Any, tiny: Dataset, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    monkeypatch.delenv("MLFLOW_ALLOW_FILE_STORE")
    shutil.rmtree(tmp_path / "mlruns")
    zoo.train("mlp", data=tiny, out="runs/one", **SETTINGS)
    (tracked,) = runs_of(mlflow.MlflowClient("sqlite:///mlflow.db"))
    assert tracked.info.status == "FINISHED"


def test_it_can_be_switched_off(
    client: Any, tiny: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZOO_DISABLE", "mlflow")
    forget_installed()
    zoo.train("mlp", data=tiny, out="runs/one", **SETTINGS)
    assert runs_of(client) == []
