"""A model that gets a page: its run, its proved ONNX files, and its data where that is here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo.data.arrays import shape_fits
from zoo.data.dataset import Dataset
from zoo.data.load import open_dataset
from zoo.data.split import Split
from zoo.errors import ExportError, ZooError
from zoo.exporters.api import export
from zoo.exporters.locations import Location, find_source
from zoo.exporters.parts.contract import Contract
from zoo.exporters.report import Report
from zoo.inference.exported_parts import ExportedParts, read_report, why_not_usable
from zoo.inference.parts import Parts
from zoo.io.foreign.image_file import open_image_file
from zoo.io.foreign.limits import check_limit
from zoo.runs.predictors import export_folder
from zoo.runs.recipe import BEFORE_RESIZE, Recipe, recipe_from_run
from zoo.runs.run import Run

if TYPE_CHECKING:
    import keras

    from zoo.config import Resize

__all__ = ["PageModel", "needs_export", "open_page_model"]

FORMAT = "onnx"


@dataclass(eq=False)
class PageModel:
    """One model with its verified export.

    Args:
        name: the model's name in the catalog, its architecture's, or a file's.
        folder: of the export, with report.json and probe.npz.
        run: None for a .keras or .h5 file, for a network of keras.applications, and for a model.
    """

    name: str
    folder: Path
    run: Run | None = None

    @cached_property
    def report(self) -> Report:
        """The report of the gate."""
        return Report.read(self.folder)

    @property
    def contracts(self) -> Mapping[str, Contract]:
        """Inputs and outputs of each part, by role."""
        return self.report.contracts

    @cached_property
    def parts(self) -> Parts:
        """The parts as functions of arrays; ONNX Runtime computes them from the page's own files."""
        return ExportedParts(self.folder, FORMAT)

    @property
    def architecture(self) -> str:
        """The name of the architecture; empty for a model that no plug-in built."""
        return str(self.run.record["architecture"]) if self.run else ""

    @property
    def config(self) -> Mapping[str, Any]:
        """The settings, as run.json has them; empty for a model that no plug-in built."""
        return self.run.config if self.run else {}

    @property
    def classes(self) -> tuple[str, ...] | None:
        """The names of the classes, or None."""
        return self.run.classes if self.run else None

    @property
    def resize(self) -> Resize:
        """How image files are brought to the shape of an input: as the run's config says."""
        before = BEFORE_RESIZE["resize"] if self.run else "pad"
        resize: Resize = self.config.get("resize", before)
        return resize

    @cached_property
    def recipe(self) -> Recipe | None:
        """The architecture with its settings; None for a model that no plug-in built."""
        return recipe_from_run(self.run) if self.run else None

    @cached_property
    def data(self) -> Dataset | None:
        """The data of the run; None where it has none, or where it is not on this machine."""
        source = self.run.record["dataset"].get("source") if self.run else None
        if source is None:
            return None
        shape = self.config.get("input_shape")
        try:
            wanted = shape and tuple(shape)
            data = open_dataset(source, wanted, resize=self.resize, download=False)
        except ZooError:
            return None
        fits = shape is None or shape_fits(data.input_shape, shape)
        return data if fits and data.classes == self.classes else None

    def examples(self, most: int) -> Split | None:
        """Return the first examples of the test split, at most `most`; None without data."""
        return self.data.test.take(slice(most)) if self.data else None


def open_page_model(
    source: str | Path | Run | keras.Model | Location, temporary: Path
) -> PageModel:
    """Open a model, and export its parts as ONNX unless it has a verified export.

    Args:
        source: what `zoo.export` takes.
        temporary: an existing folder for the export of a model that has no folder of its own.

    Raises:
        UnknownName: nothing has this name.
        UsageError: the model is not trained yet, or cannot be read.
        RunError: the metrics, the history or a setting of a run cannot be read.
        DataError: a picture of a run cannot be read.
        ExportError: a part cannot be exported, or its file computes something else.
    """
    location = _locate(source)
    run = location.run if isinstance(location, Location) else None
    if run is None or (isinstance(location, Location) and location.part):
        report = export(location, [FORMAT], out=temporary / "export")
        return PageModel(_display_name(report.model), report.folder, run)
    _check_results(run)
    folder = export_folder(run)
    if why_not_usable(folder, FORMAT):
        formats = dict.fromkeys([*(file["format"] for file in _files(folder)), FORMAT])
        export(location, list(formats), out=folder)
    if problem := why_not_usable(folder, FORMAT):
        raise ExportError(f"{run} gets no page: {problem}.")
    model = PageModel(run.name, folder, run)
    _ = model.parts  # an export from elsewhere is verified
    return model


def _check_results(run: Run) -> None:
    """Refuse a run with a file that its page shows and that cannot be read, before anything is exported."""
    _ = run.metrics, run.history, recipe_from_run(run)
    pixels = 0
    for path in run.pictures:
        with open_image_file(path) as image:
            pixels += image.width * image.height
            check_limit(path.parent, "run_pixels", pixels, more=True)
            image.load()


def needs_export(location: Location) -> bool:
    """Return whether a page of a model begins with an export, which takes Keras."""
    if location.run is None or location.part:
        return True
    return bool(why_not_usable(export_folder(location.run), FORMAT))


def _locate(source: Any) -> Any:
    """Return the location of a name, a path or a run; a model as it is."""
    if isinstance(source, Run):
        return Location("run", str(source.path), source)
    return find_source(source) if isinstance(source, str | Path) else source


def _files(folder: Path) -> list[Any]:
    return list(read_report(folder).get("files", ()))


def _display_name(name: str) -> str:
    """Return the name of a model without the suffix of a file."""
    path = Path(name)
    return path.stem if path.suffix in (".keras", ".h5") else name
