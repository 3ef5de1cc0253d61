"""A run: the directory that a training leaves behind. Config and weights; no code and no pickle.

run.json            what was trained, how, on what, and how far it came
history.csv         a row an epoch
checkpoint/         the last whole epoch: weights, optimizer, seeds
model.weights.h5    when training has ended
metrics.json        what evaluate said
pictures/*.png
export/             parts and report.json
"""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from zoo.environment import runs_folder
from zoo.errors import RunError, UnknownName
from zoo.io.atomic import atomic_write, disk_errors, make_directory, write_json
from zoo.io.safe_load import read_text

STATES = ("training", "interrupted", "failed", "finished")
_REQUIRED = {"name": str, "architecture": str, "config": dict, "dataset": dict, "state": str}


@dataclass(frozen=True)
class Run:
    """One run directory.

    Example:
        >>> run = zoo.train("cnn.digits")
        >>> run.metrics["accuracy"]
    """

    path: Path

    @classmethod
    def open(cls, reference: str | Path | Run) -> Run:
        """Find a run by its path, or by its name below ./runs (or ZOO_RUNS).

        Raises:
            UnknownName: there is no such run.
            RunError: the directory holds no readable run.json.
        """
        if isinstance(reference, Run):
            return reference
        for path in (Path(reference).expanduser(), runs_folder() / str(reference)):
            if (path / "run.json").is_file():
                found = cls(path)
                found.check()
                return found
        raise UnknownName("run", str(reference), [run.path.name for run in list_runs()])

    def check(self) -> None:
        """Read run.json, to refuse a broken one before anything follows from it.

        Raises:
            RunError: it is broken, or lacks something.
        """
        _ = self.record

    @property
    def record(self) -> dict[str, Any]:
        """What run.json says.

        Raises:
            RunError: it is broken, or lacks something.
        """
        file = self.path / "run.json"
        try:
            record: dict[str, Any] = json.loads(read_text(file))
        except (OSError, ValueError, RecursionError) as error:
            raise RunError(f"{file} cannot be read: {error}.") from error
        for key, kind in _REQUIRED.items():
            if not isinstance(record, dict) or not isinstance(record.get(key), kind):
                raise RunError(
                    f"{file} is no record of a run: {key!r} is missing or no {kind.__name__}."
                )
        if record["state"] not in STATES:
            raise RunError(f"{file}: the state must be one of {', '.join(STATES)}.")
        return record

    @property
    def name(self) -> str:
        """The model's name in the catalog, or its architecture's."""
        return str(self.record["name"])

    @property
    def state(self) -> str:
        """One of training, interrupted, failed and finished."""
        return str(self.record["state"])

    @property
    def weights(self) -> Path:
        """The file that the trained weights are in."""
        return self.path / "model.weights.h5"

    @property
    def checkpoint(self) -> Path:
        """The file that holds the last whole epoch."""
        return self.path / "checkpoint" / "state.npz"

    @property
    def metrics(self) -> dict[str, float]:
        """What evaluate said; empty before it did."""
        file = self.path / "metrics.json"
        return dict(json.loads(read_text(file))) if file.exists() else {}

    @property
    def history(self) -> list[dict[str, float]]:
        """One row an epoch: its number, its seconds, the losses and what else was watched."""
        file = self.path / "history.csv"
        if not file.exists():
            return []
        rows = csv.DictReader(io.StringIO(read_text(file)))
        return [{key: float(value) for key, value in row.items() if value} for row in rows]

    @property
    def pictures(self) -> list[Path]:
        """The pictures drawn after training."""
        return sorted((self.path / "pictures").glob("*.*"))

    def update(self, **changes: Any) -> None:
        """Change some entries of run.json."""
        write_json(self.path / "run.json", {**self.record, **changes})

    def write_history(self, rows: list[dict[str, float]]) -> None:
        """Write history.csv anew."""
        names = list(dict.fromkeys(name for row in rows for name in row))
        with (
            atomic_write(self.path / "history.csv") as temporary,
            temporary.open("w", newline="") as file,
        ):
            writer = csv.DictWriter(file, names)
            writer.writeheader()
            writer.writerows(rows)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keep every other process from training into this run meanwhile.

        Raises:
            RunError: another process does so now.
        """
        with disk_errors(self.path):
            lock = FileLock(self.path / ".lock", timeout=0)
            try:
                lock.acquire()
            except Timeout as error:
                raise RunError(
                    f"Another process is training into {self.path}. Wait for it, or give another --out."
                ) from error
        try:
            yield
        finally:
            lock.release()


def list_runs() -> list[Run]:
    """List the readable runs below ./runs (or ZOO_RUNS), sorted by name."""
    found = []
    for file in sorted(runs_folder().glob("*/run.json")):
        run = Run(file.parent)
        try:
            run.check()
        except RunError:
            continue
        found.append(run)
    return found


def new_run(name: str, out: Path | None, force: bool, record: Mapping[str, Any]) -> Run:
    """Make a run's directory with its run.json, never over a run that is there.

    Raises:
        RunError: `out` holds a run already, or something else, and `force` is not set.
        WriteError: the disk refuses.
    """
    path = _claim(out, force) if out else _next_free(name, force)
    run = Run(path)
    with run.lock():
        write_json(path / "run.json", record)
    return run


def find_unfinished_run(name: str, out: Path | None) -> Run:
    """Find the run to go on with: `out`, or the latest unfinished one of that name.

    Raises:
        RunError: there is none, or it is finished.
    """
    if out is not None:
        run = Run.open(out)
        if run.state == "finished":
            raise RunError(f"{run.path} is finished. Train another, or replace it with --force.")
        return run
    mine = [run for run in list_runs() if run.name == name and run.state != "finished"]
    if not mine:
        raise RunError(f"There is no unfinished run of {name} in {runs_folder()}/ to resume.")
    return max(mine, key=lambda run: (run.path / "run.json").stat().st_mtime)


def _claim(path: Path, force: bool) -> Path:
    path = path.expanduser()
    if (path / "run.json").exists():
        if not force:
            raise RunError(
                f"{path} holds a run already. Go on with it (--resume), replace it (--force), or give "
                "another --out."
            )
        _empty(path)
    elif path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise RunError(f"{path} exists and is no run. Give a new or an empty directory.")
    make_directory(path)
    return path


def _next_free(name: str, force: bool) -> Path:
    first = runs_folder() / name
    if force and (first / "run.json").exists():
        _empty(first)
    make_directory(first.parent)
    number = 1
    while True:
        path = first if number == 1 else first.with_name(f"{name}-{number}")
        with disk_errors(path):
            try:
                path.mkdir()
                return path
            except FileExistsError:
                if force and number == 1 and not any(path.glob("[!.]*")):
                    return path
        number += 1


def _empty(path: Path) -> None:
    """Remove what a run left, once nobody trains into it."""
    with Run(path).lock(), disk_errors(path):
        for item in path.iterdir():
            if item.name != ".lock":
                shutil.rmtree(item) if item.is_dir() else item.unlink()
