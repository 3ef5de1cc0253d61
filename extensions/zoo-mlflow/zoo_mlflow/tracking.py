"""One run of MLflow for one run of the zoo."""

import json
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import zoo

FILE = "mlflow.json"  # in the run's folder
LONGEST = 500  # characters of a parameter; MLflow refuses more
BATCH = 100  # parameters of one request


@dataclass(frozen=True)
class TrackedRun:
    """A run of MLflow.

    Attributes:
        path: the folder of the zoo's run.
        run_id: of MLflow's run.
        tracking_uri: of the server that has it.
    """

    path: Path
    run_id: str
    tracking_uri: str

    @property
    def client(self) -> Any:
        """MLflow's client of the server."""
        from mlflow import MlflowClient

        return MlflowClient(self.tracking_uri)

    @classmethod
    def of(cls, run: zoo.RunInfo) -> "TrackedRun | None":
        """Return the run of MLflow that belongs to a run of the zoo, or None."""
        try:
            record = json.loads((run.path / FILE).read_text("utf-8"))
            return cls(run.path, str(record["run_id"]), str(record["tracking_uri"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    @classmethod
    def open(cls, run: zoo.RunInfo, settings: Mapping[str, Any], data: zoo.Dataset) -> "TrackedRun":
        """Go on with MLflow's run of a resumed training, or create one.

        Args:
            run: the run of the zoo.
            settings: its settings, as JSON has them.
            data: its data set.
        """
        from mlflow.exceptions import MlflowException

        known = cls.of(run) if run.resumed else None
        if known is not None:
            try:
                known.client.update_run(known.run_id, status="RUNNING")
                return known
            except MlflowException:  # it was deleted, or the server is another one
                pass
        return cls._create(run, settings, data)

    @classmethod
    def _create(
        cls, run: zoo.RunInfo, settings: Mapping[str, Any], data: zoo.Dataset
    ) -> "TrackedRun":
        import mlflow
        from mlflow.entities import Param

        tags = {
            "zoo.name": run.name,
            "zoo.architecture": run.architecture,
            "zoo.seed": str(run.seed),
            "zoo.data": data.name,
            "zoo.fingerprint": data.fingerprint,
        }
        client = mlflow.MlflowClient()
        created = client.create_run(_experiment_id(client), tags=tags, run_name=run.path.name)
        tracked = cls(run.path, created.info.run_id, mlflow.get_tracking_uri())
        parameters = [Param(name, str(value)[:LONGEST]) for name, value in settings.items()]
        for start in range(0, len(parameters), BATCH):
            client.log_batch(tracked.run_id, params=parameters[start : start + BATCH])
        record = {"run_id": tracked.run_id, "tracking_uri": tracked.tracking_uri}
        (run.path / FILE).write_text(json.dumps(record, indent=2) + "\n", "utf-8")
        return tracked

    def log_epoch(self, epoch: int, logs: Mapping[str, float]) -> None:
        """Log the losses and measures of an epoch, unless the run has it from before it was stopped."""
        history = self.client.get_metric_history(self.run_id, next(iter(logs), "loss"))
        if epoch not in {metric.step for metric in history}:
            self._log(dict(logs), epoch)

    def log_results(self, metrics: Mapping[str, float]) -> None:
        """Log the measures on the test split, the pictures and the records, and end the run."""
        self._log({f"test/{name}": value for name, value in metrics.items()}, 0)
        self.log_folder(self.path / "pictures", "pictures")
        for name in ("run.json", "history.csv"):
            if (self.path / name).is_file():
                self.client.log_artifact(self.run_id, str(self.path / name))
        self.end("FINISHED")

    def log_folder(self, folder: Path, name: str) -> None:
        """Log the files of a folder as artifacts."""
        if folder.is_dir():
            self.client.log_artifacts(self.run_id, str(folder), name)

    def end(self, status: str) -> None:
        """End the run: FINISHED, FAILED or KILLED."""
        self.client.set_terminated(self.run_id, status)

    def _log(self, values: Mapping[str, float], step: int) -> None:
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        metrics = [
            Metric(_plain_name(name), float(value), now, step)
            for name, value in values.items()
            if math.isfinite(value)
        ]
        for start in range(0, len(metrics), BATCH):
            self.client.log_batch(self.run_id, metrics=metrics[start : start + BATCH])


def _experiment_id(client: Any) -> str:
    """Return the id of the experiment that MLflow's variables name; it is created if there is none."""
    from mlflow.environment_variables import MLFLOW_EXPERIMENT_ID, MLFLOW_EXPERIMENT_NAME

    if number := MLFLOW_EXPERIMENT_ID.get():
        return str(number)
    name = MLFLOW_EXPERIMENT_NAME.get()
    if not name:
        return "0"  # MLflow's own default
    experiment = client.get_experiment_by_name(name)
    return str(experiment.experiment_id if experiment else client.create_experiment(name))


def _plain_name(name: str) -> str:
    """Return a metric's name with the characters that MLflow knows."""
    return "".join(sign if sign.isalnum() or sign in "_-./ " else "_" for sign in name)
