"""Every figure of the models again, from the shipped weights: registry.toml and tables must agree.

python benchmarks/results.py            # the models that need no data files, and the tables
python benchmarks/results.py --all      # every model with weights; their data must be there
python benchmarks/results.py --write    # write the tables of README.md and docs/models.md from registry.toml
python benchmarks/results.py --renew    # draw the pictures in the files again, and count the test examples

A figure of registry.toml may differ from the measured one by half of its last digit, by one part in a
thousand (other processors round in another order), and where it is a share of the test examples by one
and a half of them. Beyond that the script fails. It also fails where a figure is taken on another number of
examples than registry.toml says, where a file is not the one of the catalog, where all files together are
larger than 60 MB, and where a table is not the one of registry.toml.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from zoo.errors import ZooError
from zoo.publication import card_check
from zoo.publication.catalog_file import round_result, update_catalog_file
from zoo.publication.terms import resolve_terms
from zoo.publication.weights_file import write_weights_file
from zoo.registry.catalog import OUR_PACKAGE
from zoo.registry.catalog_reader import Entry, read_entries
from zoo.runs.files.run_pictures import draw_pictures
from zoo.runs.run import Run
from zoo.weights.archive import verify_weights

ROOT = Path(__file__).parents[1]
README, MODELS = ROOT / "README.md", ROOT / "docs" / "models.md"
REGISTRY = ROOT / "registry.toml"
HIGHLIGHTS = (  # README's models: at least one of each architecture that has figures
    "mlp.mnist",
    "cnn.mnist",
    "cnn.fashion-mnist",
    "cnn.adrenal3d",
    "vae.mnist-binary",
    "autoencoder.conv",
    "dcgan.mnist",
    "novelty-gan.mnist",
    "deblur-gan.photos",
)
WEIGHTS = ROOT / "weights" / "keras_zoo_weights"
BEGIN, END = "<!-- results: begin -->\n", "<!-- results: end -->\n"
MOST_BYTES = 60e6  # of all weights together
MOST_FIGURES = 4  # of a model in the table of all models


def entries() -> list[Entry]:
    """Return the entries of our registry.toml, in the order of the file."""
    return list(read_entries(REGISTRY, OUR_PACKAGE).values())


def needs_no_files(entry: Entry) -> bool:
    """Return whether a model's figures can be measured anywhere: its test data comes with scikit-learn.

    photo-crops opens without files too, but then has other photographs than those of the figures.
    """
    return "offline" in entry.tags and entry.dataset != "photo-crops"


def table(names: Collection[str] = (), most: int = MOST_FIGURES) -> str:
    """Return a table of models, a row for each that has results.

    Args:
        names: the models; all of the catalog if none is named.
        most: the number of figures in a row, at most.
    """
    lines = [
        "| model | on the test split | what others report | weights | command |",
        "|---|---|---|---|---|",
    ]
    for entry in entries():
        if entry.results and (not names or entry.name in names):
            figures = list(entry.results.items())[:most]
            results = ", ".join(f"{name.replace('_', ' ')} {value:g}" for name, value in figures)
            results += count_cell(entry, [name for name, _ in figures])
            size = f"{entry.weights.size / 1e6:.1f} MB" if entry.weights else ""
            cells = (entry.name, results, entry.baseline, size, f"`{entry.measured}`")
            lines.append(f"| {' | '.join(cells)} |".replace("|  |", "| |").replace("|  |", "| |"))
    return "\n".join(lines) + "\n"


def count_cell(entry: Entry, names: Collection[str]) -> str:
    """Return `; n = 10,000`, or nothing where registry.toml does not have the number of test examples."""
    counts = sorted({entry.examples[name] for name in names if name in entry.examples})
    return f"; n = {' to '.join(f'{count:,}' for count in counts)}" if counts else ""


def tables() -> dict[Path, str]:
    """Return the table of each page that has one."""
    return {README: table(HIGHLIGHTS, 2), MODELS: table()}


def old_pages() -> list[str]:
    """Return the names of the pages whose table is not the one that registry.toml gives."""
    return [page.name for page, rows in tables().items() if _parts(page)[1] != rows]


def write_tables() -> None:
    """Replace the table of each page."""
    for page, rows in tables().items():
        before, _, rest = _parts(page)
        page.write_text(before + BEGIN + rows + END + rest, "utf-8")


def _parts(page: Path) -> tuple[str, str, str]:
    """Return the text before the table of a page, the table, and the text behind it."""
    before, _, rest = page.read_text("utf-8").partition(BEGIN)
    rows, _, after = rest.partition(END)
    return before, rows, after


def tolerance(shown: float, examples: int) -> float:
    """Return by how much a measured figure may differ from the one that is shown."""
    text = f"{shown:.12f}".rstrip("0")
    digits = len(text.partition(".")[2])
    return 0.5 * 10.0**-digits + card_check.tolerance(shown, examples)


def renew(entry: Entry, run: Run, examples: Mapping[str, int]) -> None:
    """Draw the pictures in a model's file again, and write the numbers of test examples there and here.

    Weights and figures stay as they are.

    Args:
        entry: the model.
        run: its weights, unpacked.
        examples: the number of test examples of each measure, into the file and into registry.toml.
    """
    from zoo.runs.load import load_run_model

    assert entry.weights is not None
    recipe, model = load_run_model(run)
    data = recipe.load_data().at(int(run.record.get("seed", 0)))
    draw_pictures(run, recipe, model, data)
    run.update(examples=dict(examples))
    new = write_weights_file(
        run, entry.name, WEIGHTS, resolve_terms(run, None), entry.weights.commit
    )
    info = replace(entry.weights, sha256=new.sha256, size=new.size)
    update_catalog_file(REGISTRY, entry.name, info, {}, entry.measured, examples)


def problems(entry: Entry, renews: bool = False) -> list[str]:
    """Return what is wrong with the figures and the file of one model; print the figures.

    Args:
        entry: the model.
        renews: whether its pictures and its numbers of test examples are renewed, if its figures are right.
    """
    from zoo.runs.evaluation import measure

    assert entry.weights is not None
    try:
        verify_weights(WEIGHTS / entry.weights.file, entry.weights)
        run = Run.open(f"weights:{entry.name}")
        measurement = measure(run)
    except ZooError as error:
        return [f"{entry.name}: {error}"]
    found = []
    for name, shown in entry.results.items():
        measured = measurement.metrics.get(name)
        if measured is None:
            found.append(f"{entry.name}: evaluate gives no {name}, which registry.toml shows.")
            continue
        allowed = tolerance(shown, measurement.examples)
        verdict = "ok" if abs(measured - shown) <= allowed else "DIFFERENT"
        print(
            f"{entry.name:<28} {name:<24} {shown:<12g} {round_result(measured):<12g} {verdict}",
            flush=True,
        )
        if verdict != "ok":
            found.append(f"{entry.name}: {name} is {measured:.6g}; registry.toml shows {shown:g}.")
    if renews and not found:
        renew(entry, run, measurement.counts)
    elif entry.examples != measurement.counts:
        found.append(
            f"{entry.name}: registry.toml has other numbers of test examples than evaluate gives: "
            f"python benchmarks/results.py --renew {entry.name}"
        )
    return found


def main() -> None:
    """Check the figures, or write README's table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--all", action="store_true", help="every model with weights")
    parser.add_argument("--write", action="store_true", help="write the tables of models")
    parser.add_argument(
        "--renew", action="store_true", help="draw pictures again, and count test examples"
    )
    parser.add_argument("names", nargs="*", help="only these models")
    options = parser.parse_args()
    if options.write:
        return write_tables()
    os.environ["ZOO_WEIGHTS"] = str(WEIGHTS)
    shipped = [entry for entry in entries() if entry.weights]
    total = sum(entry.weights.size for entry in shipped if entry.weights)
    found = [] if total <= MOST_BYTES else [f"All weights together have {total / 1e6:.1f} MB."]
    if pages := old_pages():
        found.append(
            f"The tables of {', '.join(pages)} are not those of registry.toml: "
            "python benchmarks/results.py --write"
        )
    for entry in shipped:
        chosen = entry.name in options.names if options.names else needs_no_files(entry)
        if options.all or chosen:
            found += problems(entry, options.renew)
    print(f"{len(shipped)} models with weights, {total / 1e6:.1f} MB together")
    if found:
        sys.exit("\n".join(found))


if __name__ == "__main__":
    main()
