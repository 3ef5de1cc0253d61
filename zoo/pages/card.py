"""The card of a page: facts of a model in sections, and links to files with more."""

from __future__ import annotations

from typing import Any

from zoo.errors import UsageError, ZooError
from zoo.io.printable import printable
from zoo.pages.files import PageFiles, page_name
from zoo.pages.model import PageModel
from zoo.publication.card import card_text
from zoo.publication.terms import NOT_STATED, Terms, public_source, resolve_terms
from zoo.registry.catalog import catalog
from zoo.runs.files.measures import example_count
from zoo.runs.run import Run

__all__ = ["card_sections", "model_summary", "write_links"]

MOST_METRICS, MOST_CLASSES = 8, 20
TIMES = " \N{MULTIPLICATION SIGN} "
Row = tuple[str, str]


def model_summary(model: PageModel) -> str:
    """Return the line of the catalog on a model, or what its run says."""
    try:
        return catalog().get(model.run.name if model.run else model.name).summary.replace("`", "")
    except ZooError:
        pass
    if model.run is None:
        return "A Keras model, with its inputs and outputs"
    source = public_source(model.run) or "its own data"
    return f"{model.architecture} trained on {source}"


def card_sections(model: PageModel) -> list[dict[str, Any]]:
    """Return the sections of a card: a title, and rows of a name and a text."""
    sections = [("Parts", _part_rows(model))]
    if model.run is not None:
        sections += [
            ("Results on the test data", metric_rows(model.run) + _count_rows(model.run)),
            ("Training", _training_rows(model.run)),
            ("Data and licence", _term_rows(model.run)),
        ]
    return [
        {"title": title, "rows": [[printable(name), printable(text)] for name, text in rows]}
        for title, rows in sections
        if rows
    ]


def metric_rows(run: Run, most: int = MOST_METRICS) -> list[Row]:
    """Return the first metrics of a run, as people read them."""
    names = [name for name in run.metrics if not name.startswith("recall_")]  # one for each class
    return [(name.replace("_", " "), f"{run.metrics[name]:.4g}") for name in names[:most]]


def _count_rows(run: Run) -> list[Row]:
    """Return on how many examples the metrics are taken, if the run tells."""
    count = example_count(run, run.metrics)
    return [("measured on", count)] if count else []


def write_links(model: PageModel, files: PageFiles) -> list[dict[str, str]]:
    """Write report.json and the model card, and return their labels and paths."""
    links = [
        {
            "label": "report.json, the gate's report",
            "file": files.copy(model.folder / "report.json", "report.json"),
        }
    ]
    if model.run is not None:
        folder = files.folder / "card"
        folder.mkdir()
        (folder / "README.md").write_text(
            card_text(model.run, _terms(model.run), model.name), "utf-8"
        )
        own = {page_name(picture.name): picture for picture in model.run.pictures}
        for name, picture in own.items():
            files.copy(picture, f"card/pictures/{name}")
        links.append({"label": "README.md, the model card", "file": "card/README.md"})
    return links


def _part_rows(model: PageModel) -> list[Row]:
    rows: list[Row] = []
    for role, contract in model.contracts.items():
        inputs = ", ".join(_shape_text(tensor.shape) for tensor in contract.inputs)
        outputs = ", ".join(_shape_text(tensor.shape) for tensor in contract.outputs)
        rows.append((role, f"{inputs} → {outputs}"))
    return rows


def _shape_text(shape: tuple[int | str, ...]) -> str:
    """Return a shape without the batch, with signs of multiplication."""
    return TIMES.join(str(size) for size in shape[1:]) or "1"


def _training_rows(run: Run) -> list[Row]:
    history, record = run.history, run.record
    seconds = sum(row.get("seconds", 0.0) for row in history)
    rows = [("architecture", f"{record['architecture']} of {run.package}")]
    if history:
        rows.append(("epochs", f"{len(history)} in {seconds:.0f} s, seed {record.get('seed')}"))
    versions = record.get("versions", {})
    if "keras" in versions:
        rows.append(("trained with", f"Keras {versions['keras']} on {record.get('backend')}"))
    return rows


def _term_rows(run: Run) -> list[Row]:
    terms = _terms(run)
    rows = [("data", terms.data), ("licence of the data", terms.data_license)]
    if preprocessing := run.record["dataset"].get("preprocessing"):
        rows.append(("preprocessing", str(preprocessing)))
    if run.classes:
        names = ", ".join(run.classes[:MOST_CLASSES])
        rows.append(("classes", names + (", …" if len(run.classes) > MOST_CLASSES else "")))
    return [*rows, ("licence of the weights", terms.license)]


def _terms(run: Run) -> Terms:
    """Return the terms of a run; "not stated" where nobody has stated them."""
    try:
        return resolve_terms(run, None)
    except UsageError:
        return Terms(NOT_STATED, public_source(run) or "its own data", NOT_STATED)
