"""A run: the directory that a training writes. It holds config and weights, no code and no pickle.

run.json            what is trained, how, on which data, and the state of the run
history.csv         one row for each epoch
checkpoint/         the last whole epoch: weights, optimizer, seeds
model.weights.h5    the weights, once the training is complete
metrics.json        the results of `evaluate`
pictures/*.png      the history and the results of `preview`
export/             parts and report.json
"""

from __future__ import annotations

import importlib  # modules that import this one are loaded by name
import shutil
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo.environment import runs_folder
from zoo.errors import RunError, UnknownName, UnsafeFile, brief
from zoo.io.atomic import disk_errors, write_json
from zoo.io.foreign.limits import limit
from zoo.io.foreign.plain_file import plain_files
from zoo.io.run_files import read_history, read_metrics, read_record, write_history

if TYPE_CHECKING:
    from zoo.registry.shipped_weights import Shipped


@dataclass(frozen=True)
class Run:
    """One run directory. run.json is read once, on first use; `Run.open(run.path)` reads it again.

    Example:
        >>> zoo.train("cnn.digits").metrics["accuracy"]
    """

    path: Path
    shipped: Shipped | None = None  # the catalog's weights that it holds; None: a user's run

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", Path(self.path))

    def __str__(self) -> str:
        """Return how the run is named in messages: its path, or weights:NAME."""
        return f"weights:{self.shipped.name}" if self.shipped else str(self.path)

    def __repr__(self) -> str:
        return f"Run({str(self)!r})"

    @classmethod
    def open(cls, reference: str | Path | Run, *, weights: bool = True) -> Run:
        """Open a run by its path, by its name below ./runs (or ZOO_RUNS), or by a name of the catalog.

        Args:
            reference: a run, a path, or a name; `weights:NAME` is never a run of the user's.
            weights: whether a model of the catalog stands for its trained weights.

        Raises:
            UnknownName: there is no such run.
            RunError: run.json is broken.
            WeightsError: the catalog's weights are not on this machine and cannot be fetched.
            UnsafeFile: the catalog's weights are not the ones that the catalog describes.
        """
        if isinstance(reference, Run):
            return reference
        from zoo.registry import shipped_weights  # here: listing runs needs no catalog

        for path in (Path(reference).expanduser(), runs_folder() / str(reference)):
            if (path / "run.json").is_file():
                run = cls(path)
                _ = run.record
                shipped_weights.log_hidden(str(reference), path)
                return run
        if weights and (entry := shipped_weights.find_entry(str(reference))):
            return cls._open_shipped(shipped_weights.unpack(entry))
        names = shipped_weights.names() if weights else []
        raise UnknownName("run", str(reference), [run.path.name for run in list_runs()] + names)

    @classmethod
    def _open_shipped(cls, shipped: Shipped) -> Run:
        """Return the run in a folder of this process; the folder is removed when nobody holds the run."""
        run = cls(shipped.folder, shipped)
        weakref.finalize(run, shutil.rmtree, shipped.folder.parent, ignore_errors=True)
        if run.name != shipped.name:
            raise UnsafeFile(
                f"The weights of {shipped.name} hold a run of {brief(run.name)}. They were not opened."
            )
        return run

    @cached_property
    def record(self) -> Mapping[str, Any]:
        """The content of run.json.

        Raises:
            RunError: it cannot be read, or an entry is missing or of the wrong type.
            UnsafeFile: it is too large or too deep, no plain file, or a link out of the folder.
        """
        return read_record(self.path)

    @property
    def name(self) -> str:
        """The model's name in the catalog, or its architecture's."""
        return str(self.record["name"])

    @property
    def package(self) -> str:
        """The package of the architecture, with the version that the run is trained with."""
        return str(self.record.get("package", "an unknown package"))

    @property
    def config(self) -> Mapping[str, Any]:
        """The settings, those that the data decides included."""
        return dict(self.record["config"])

    @property
    def classes(self) -> tuple[str, ...] | None:
        """The names of the classes, or None."""
        names = self.record["dataset"].get("classes")
        return tuple(map(str, names)) if names else None

    @property
    def state(self) -> str:
        """One of training, interrupted, failed, trained and finished."""
        return str(self.record["state"])

    @property
    def weights(self) -> Path:
        """The file of the trained weights."""
        return self.path / "model.weights.h5"

    @property
    def checkpoint(self) -> Path:
        """The file of the last whole epoch."""
        return self.path / "checkpoint" / "state.npz"

    @property
    def metrics(self) -> dict[str, float]:
        """The results of `evaluate`; empty before the run is measured.

        Raises:
            RunError: metrics.json cannot be read, or holds something else than numbers by name.
        """
        return read_metrics(self.path)

    @property
    def examples(self) -> dict[str, int]:
        """On how many test examples each measure is taken, as far as run.json or the catalog tells."""
        return dict(self.record.get("examples") or (self.shipped.examples if self.shipped else {}))

    @property
    def history(self) -> list[dict[str, float]]:
        """One row for each epoch: its number, its seconds, the losses and the metrics.

        Raises:
            RunError: history.csv cannot be read, or holds something else than numbers.
        """
        return read_history(self.path)

    @property
    def pictures(self) -> list[Path]:
        """The pictures that were drawn after training, without other files, links out and absurd sizes."""
        return plain_files(self.path / "pictures", self.path, limit("image_bytes"))

    def predict(self, inputs: Any, **options: Any) -> Any:
        """Return what the model computes from arrays of shape (n, ...), like keras.Model.predict.

        The options and the result are those of `zoo.runs.predict.predict`.
        """
        return importlib.import_module("zoo.runs.predict").predict(self, inputs, **options)

    @cached_property
    def parts(self) -> Mapping[str, Any]:
        """The trained parts by role, such as encoder and decoder: models of Keras."""
        return dict(importlib.import_module("zoo.exporters.sources").open_source(self).parts())

    def plot(self, picture: str = "curve") -> Any:
        """Return `curve`, or one of `pictures` by its file's name without the suffix; a notebook shows it.

        Raises:
            UnknownName: the run has no such picture.
        """
        return importlib.import_module("zoo.publication.notebook").run_picture(self, picture)

    def card(self, license: str | None = None) -> str:
        """Return the model card as text; the catalog's weights have their licence in the catalog."""
        return str(importlib.import_module("zoo.publication.card").run_card(self, license))

    def _repr_html_(self) -> str:
        return str(importlib.import_module("zoo.publication.notebook").run_html(self))

    def update(self, **changes: Any) -> None:
        """Change some entries of run.json."""
        self.write_record({**self.record, **changes})

    def write_record(self, record: Mapping[str, Any]) -> None:
        """Write run.json, and keep the record so that nobody reads the file again."""
        write_json(self.path / "run.json", record)
        object.__setattr__(self, "record", record)

    def write_metrics(self, metrics: Mapping[str, float]) -> None:
        """Write metrics.json; an architecture without metrics has no such file."""
        if metrics:
            write_json(self.path / "metrics.json", metrics)

    def write_history(self, rows: list[dict[str, float]]) -> None:
        """Write history.csv."""
        write_history(self.path, rows)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keep other processes from writing into this run.

        Raises:
            RunError: another process writes into it now.
        """
        from zoo.io.lock import lock_folder, remove_empty  # here: looking at runs needs no lock
        from zoo.io.recovery import restore

        busy = f"Another process is training into {self.path}. Wait for it, or give another --out."
        try:
            with lock_folder(self.path, RunError(busy)):
                yield
        finally:
            if not (self.path / "run.json").exists():
                remove_empty(self.path)
                restore(self.path)  # a run that this one was about to replace

    def clear(self) -> None:
        """Remove all that the directory holds; when the lock is released, the directory too."""
        with disk_errors(self.path):
            for item in self.path.iterdir():
                if item.name != ".lock":
                    shutil.rmtree(item) if item.is_dir() else item.unlink()


def list_runs() -> list[Run]:
    """List the readable runs below ./runs (or ZOO_RUNS), sorted by name."""
    runs = []
    for file in sorted(runs_folder().glob("*/run.json")):
        run = Run(file.parent)
        with suppress(RunError, UnsafeFile):
            _ = run.record
            runs.append(run)
    return runs
