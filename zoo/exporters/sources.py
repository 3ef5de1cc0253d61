"""Sources: everything that stands for a model, resolved in one place.

Whatever takes "a run, a file or a network" resolves it here: export, show, explain, gallery, cnn-vis, and
each setting that names a network. The first of these that fits decides:

    1. a keras.Model, a zoo.Run or a Source   as it is
    2. a path                                 a .keras or .h5 file, or the folder of a run
    3. a run's name                           a folder below ./runs (or ZOO_RUNS)
    4. a model of the catalog with weights    its trained weights; with `untrained` if the file is here
    5. a name of keras.applications           VGG16, with the weights of ImageNet
    6. a model of the catalog, or an architecture; only where `untrained` allows it

A name may end in the role of one part: `vae.mnist:encoder`. The whole name is tried first.
`weights:vae.mnist` is the catalog's model even where a run has that name.
`find_source` does the steps 2 to 6 without opening a model; `open_source` opens the model too.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from zoo.errors import PluginError, ZooError, format_cause
from zoo.exporters.applications import open_application
from zoo.exporters.locations import Kind, Location, find_source, usage_error
from zoo.io.digest import weights_digest
from zoo.runs.load import load_run_model
from zoo.runs.recipe import Recipe, resolve_without_loading
from zoo.runs.run import Run
from zoo.runtimes.python.keras import open_model_file

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True, eq=False)
class Source:
    """A model that is open, and where it comes from.

    `name` is what the user wrote, without the part. `recipe` has the architecture and the config of a
    model that a plug-in built, else it is None. `run` is None for everything but a run. `part` is the
    role that the name asks for, or None. `setting` is the setting that names the source, or None.
    """

    kind: Kind
    name: str
    model: keras.Model
    recipe: Recipe | None = None
    run: Run | None = None
    part: str | None = None
    setting: str | None = None

    @property
    def title(self) -> str:
        """The model's name in a report: a run's name in the catalog, or a file's name."""
        if self.kind == "file":
            return Path(self.name).name
        return self.run.name if self.run else self.name

    @property
    def folder(self) -> Path | None:
        """The folder of its export: RUN/export, exports/NAME for the catalog's weights, else None."""
        if self.run and self.run.shipped:
            return Path("exports") / self.run.name
        return self.run.path / "export" if self.run else None

    @property
    def origin(self) -> dict[str, str]:
        """Facts for report.json: the zoo's version, the weights' digest and licence, what a run records."""
        facts = {"zoo": version("keras-zoo"), "weights": weights_digest(self.model)}
        if self.run is None or self.recipe is None:
            return facts
        if self.run.shipped:
            facts["license"] = self.run.shipped.info.license
        record, architecture = self.run.record, self.recipe.architecture
        return facts | {
            "model": str(record["name"]),
            "architecture": f"{architecture.name} ({architecture.package})",
            "preprocessing": str(record["dataset"].get("preprocessing", "")),
            "classes": json.dumps(record["dataset"].get("classes")),
            "resize": str(record["config"].get("resize", "crop")),  # older runs cropped
            "dataset": PurePath(
                record["dataset"].get("source") or ""
            ).name,  # no folders of this machine
            "metrics": json.dumps(_metrics(self.run)),
            **({"examples": json.dumps(self.run.examples)} if self.run.examples else {}),
        }

    def parts(self) -> dict[str, keras.Model]:
        """Return the parts by role: those that the architecture exports, or the one asked for.

        A model that no plug-in built is one part, `model`.

        Raises:
            UsageError: there is no such part. It is a SettingError where a setting names the source.
            PluginError: the plug-in's `export` fails.
        """
        everything = {"model": self.model}
        if self.recipe is not None:
            everything = self.recipe.architecture.export(self.model, self.recipe.config)
        if self.part is None:
            return everything
        if self.part not in everything:
            problem = f"it has no part {self.part}. Parts: {', '.join(sorted(everything))}."
            raise usage_error(f"{self.name}:{self.part}", problem, self.setting)
        return {self.part: everything[self.part]}

    def network(self) -> keras.Model:
        """Return the one graph to look into: the part asked for, the model, or its first part.

        A model of several networks, such as a GAN, is no single graph: its first part is returned.

        Raises:
            UsageError: there is no such part. It is a SettingError where a setting names the source.
            PluginError: the plug-in exports no part at all.
        """
        if self.part is None and (self.recipe is None or is_graph(self.model)):
            return self.model
        for part in self.parts().values():
            return part
        raise PluginError(f"{self.name} has no part to look into: its plug-in exports none.")


def open_source(
    source: str | Path | Run | keras.Model | Location | Source,
    *,
    untrained: bool = False,
    setting: str | None = None,
    example: str = "",
) -> Source:
    """Open whatever stands for a model; the module's docstring has the order of precedence.

    Args:
        source: a run, a path, a name, a model, or what `find_source` returned.
        untrained: build a network of keras.applications or a model of the catalog with random
            weights, so that nothing is downloaded. A run or a file is opened as it is.
        setting: the setting that has this value, for the message of an error.
        example: a model to train where nothing has the name, for the message of an error.

    Raises:
        UnknownName: nothing has this name; the message has the nearest names.
        UsageError: the file or its weights cannot be read, or the model is not trained yet.
        RunError: the run is broken, or has no weights yet.
        UnsafeFile: a file declares more than it holds.
        SettingError: instead of UnknownName and UsageError, where `setting` is given.

    Example:
        >>> open_source("vae.mnist:encoder").network().output_shape
    """
    if isinstance(source, str | Path):  # a file is checked before Keras is imported
        source = find_source(source, untrained=untrained, setting=setting, example=example)
    import keras

    if isinstance(source, Source):
        return source
    if isinstance(source, keras.Model):
        return Source("model", source.name, source, setting=setting)
    if isinstance(source, Run):
        source = Location("run", str(source.path), source)
    return _open(source, untrained, setting)


def is_graph(model: keras.Model) -> bool:
    """Return whether a model is Functional or Sequential, not a class with a `call` of its own."""
    return hasattr(model, "operations") or hasattr(model, "_functional")


def _open(location: Location, untrained: bool, setting: str | None) -> Source:
    recipe: Recipe | None = None
    if location.run is not None:
        recipe, model = load_run_model(location.run)
    elif location.kind == "untrained":
        recipe = resolve_without_loading(location.name, {})
        model = recipe.build_model()
    elif location.kind == "application":
        model = open_application(location.name, None if untrained else "imagenet", setting)
    else:
        model = _open_file(location.name, setting)
    return Source(location.kind, location.name, model, recipe, location.run, location.part, setting)


def _open_file(name: str, setting: str | None) -> keras.Model:
    import keras

    try:
        model = open_model_file(Path(name).expanduser())
    except ZooError:
        raise
    except Exception as error:  # whatever Keras meets in somebody's file
        problem = f"Keras cannot open the file: {format_cause(error)}"
        raise usage_error(name, problem, setting) from error
    if not isinstance(model, keras.Model):
        problem = f"the file must hold a keras.Model. Received: {type(model).__name__}"
        raise usage_error(name, problem, setting)
    return model


def _metrics(run: Run) -> dict[str, float]:
    """Return the metrics of a run; none where they cannot be read, which does not keep it from export."""
    try:
        return run.metrics
    except ZooError:
        return {}
