"""`zoo.page`: trained models as pages that run in the visitor's browser."""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo.errors import UsageError
from zoo.exporters.locations import Location, find_source
from zoo.pages.assets import assets_folder
from zoo.pages.model import PageModel, open_page_model
from zoo.pages.site import check_target, write_one_file, write_site
from zoo.runs.run import Run

if TYPE_CHECKING:
    import keras

__all__ = ["page"]


def page(
    *sources: str | Path | Run | keras.Model | Location,
    out: str | Path,
    one_file: bool = False,
    progress: Callable[[str], object] = lambda name: None,
) -> Path:
    """Write static pages that run trained models in the visitor's browser.

    The parts are exported as ONNX and proved, unless there is a verified export. On opening, a page runs the
    export's own test inputs and shows whether this browser computes what Keras computes.

    Args:
        sources: runs, their names or paths, models of the catalog with weights, .keras or .h5 files, or
            networks of keras.applications; or what `find_source` returned for one of these.
        out: the folder; of one model it holds the page, of several an index and a folder for each. With
            `one_file`, the HTML file; ".html" is added if it is missing.
        one_file: write one HTML that holds everything, also ONNX Runtime Web, and opens without a server.
        progress: is called with each model's name before its page is made.

    Returns:
        The path of the HTML to open.

    Raises:
        UnknownName: nothing has one of the names.
        UsageError: `out` holds something else, two models have one name, or the assets are missing.
        ExportError: a part cannot be exported, or computes something else.
        WriteError: the disk refuses.

    Example:
        >>> zoo.page("cnn.mnist", out="site")
    """
    _check_count(len(sources), one_file)
    out = check_target(Path(out).expanduser(), one_file)
    assets_folder()
    # an unknown name is refused before anything is exported
    located = [find_source(each) if isinstance(each, str | Path) else each for each in sources]
    with tempfile.TemporaryDirectory(prefix="zoo-page-") as temporary:
        models = list(_open_models(located, Path(temporary), progress))
        return _write_one(models[0], out) if one_file else _write_all(models, out)


def _check_count(count: int, one_file: bool) -> None:
    """Refuse no model, and more than one in one file.

    Raises:
        UsageError: it is so.
    """
    if not count:
        raise UsageError("Name at least one run.")
    if one_file and count > 1:
        raise UsageError(f"--one-file takes one RUN. Received: {count}.")


def _open_models(
    sources: Sequence[Any], folder: Path, progress: Callable[[str], object]
) -> Iterator[PageModel]:
    """Yield the models; each is exported into a folder of its own where it has no verified export."""
    for number, source in enumerate(sources):
        progress(str(getattr(source, "name", source)))
        place = folder / str(number)
        place.mkdir()
        yield open_page_model(source, place)


def _write_one(model: PageModel, out: Path) -> Path:
    """Write one HTML file with all that a model needs, and return its path."""
    write_one_file(model, out)
    return out


def _write_all(models: Sequence[PageModel], out: Path) -> Path:
    """Write the pages of some models into a folder, and return the path of the HTML to open."""
    _name_apart(models)
    write_site(list(zip(_folders([model.name for model in models]), models, strict=True)), out)
    return out / "index.html"


def _name_apart(models: Sequence[PageModel]) -> None:
    """Add the folder of its run to the name of each model whose name another one has, too."""
    counts = Counter(model.name for model in models)
    for model in models:
        if counts[model.name] > 1 and model.run is not None:
            model.name = f"{model.name}, {model.run.path.name}"


def _folders(names: Sequence[str]) -> list[str]:
    """Return the name of a folder for each model.

    Raises:
        UsageError: two would have the same folder.
    """
    folders = [re.sub(r"[^\w.-]+", "-", name).strip(".-") or "model" for name in names]
    taken = {"assets"}
    for name, folder in zip(names, folders, strict=True):
        if folder in taken:
            raise UsageError(
                f"Two pages would be named {folder!r}. Make them one by one, each with an --out of its own. "
                f"Received: {name}"
            )
        taken.add(folder)
    return folders
