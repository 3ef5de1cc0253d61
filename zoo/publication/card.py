"""The card of a trained model, in the form of Hugging Face: what it is, its figures, its data, its limits.

README.md            YAML for programs, then text for people
pictures/            the run's pictures
.eval_results/*.yaml the figures, where the data set has a name on the Hub
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from zoo.errors import UnknownName, UsageError, ZooError
from zoo.exporters.report import Report
from zoo.io.atomic import atomic_write, disk_errors, make_directory
from zoo.io.foreign.plain_file import check_inside
from zoo.io.printable import markdown
from zoo.io.text import read_bytes
from zoo.publication.card_metadata import card_metadata, eval_results, to_yaml
from zoo.publication.terms import Terms, dataset_facts, public_source, resolve_terms
from zoo.publication.weights_file import train_command
from zoo.registry.catalog import catalog
from zoo.registry.catalog_reader import Entry
from zoo.runs.run import Run

_MOST_PICTURES = 6


def write_card(run: Run, folder: Path, terms: Terms, name: str | None = None) -> Path:
    """Write a run's card with its pictures into a folder, and return the path of README.md.

    Args:
        run: a finished run.
        folder: it is made if it is missing.
        terms: the licences, and the source of the data.
        name: the model's name in the card; the run's if None.

    Raises:
        UsageError: the folder has a README.md that is no card.
        UnsafeFile: the folder is in the run, and the run has links there that lead out of it.
        RunError: the run's metrics or history cannot be read; nothing is written then.
        WriteError: the disk refuses.
    """
    path = folder / "README.md"
    if folder.is_relative_to(run.path):
        for place in ("README.md", "pictures", ".eval_results"):
            check_inside(folder / place, run.path)
    if path.exists() and b"library_name: keras" not in read_bytes(path, "text_bytes")[:4000]:
        raise UsageError(f"{path} exists and is no card. Give another folder: --out DIR")
    files = {
        folder / "pictures" / each.name: read_bytes(each, "image_bytes") for each in _pictures(run)
    }
    files[path] = card_text(run, terms, name or run.name).encode()
    if (hub := dataset_facts(run).get("HUB")) and run.metrics:
        results = folder / ".eval_results" / f"{hub.rpartition('/')[2]}.yaml"
        files[results] = eval_results(run, hub, name or run.name).encode()
    with disk_errors(folder):
        for file, content in files.items():
            make_directory(file.parent)
            with atomic_write(file) as temporary:
                temporary.write_bytes(content)
    return path


def run_card(run: Run, license: str | None = None) -> str:
    """Return the text of a run's card.

    Raises:
        UsageError: the licence is missing.
    """
    return card_text(run, resolve_terms(run, license), run.name)


def card_text(run: Run, terms: Terms, name: str) -> str:
    """Return the text of README.md: YAML between two lines `---`, then Markdown.

    Args:
        run: a finished run.
        terms: the licences, and the source of the data.
        name: the model's name in the card.
    """
    entry = _entry(run, name)
    command = run.shipped.info.command if run.shipped else train_command(run, run.name)
    sections = (
        f"---\n{to_yaml(card_metadata(run, terms, name, entry))}---\n",
        f"# {name}\n\n{entry.summary}.\n",
        "".join(
            f"![{markdown(path.stem)}](pictures/{quote(path.name)})\n" for path in _pictures(run)
        ),
        _usage(name),
        _parts(run),
        _data(run, terms),
        _training(run, command),
        _evaluation(run, name),
        _exports(run),
        _limits(run, terms, entry),
    )
    return "\n".join(section for section in sections if section)


def _entry(run: Run, name: str) -> Entry:
    """Return the catalog's entry of a model, or one that says what the run says."""
    for candidate in (name, run.name):
        try:
            return catalog().get(candidate)
        except (UnknownName, ZooError):
            continue
    source = markdown(public_source(run) or "its own data")
    return Entry(name, f"{run.record['architecture']} trained on {source}")


def _pictures(run: Run) -> list[Path]:
    return run.pictures[:_MOST_PICTURES]


def _usage(name: str) -> str:
    return f"""\
## Use

```python
import zoo

run = zoo.open("{name}")       # config, classes, metrics, predict
model = zoo.load("{name}")     # a keras.Model
```

```console
zoo apply {name} FILE...
zoo export {name} --to keras,h5,saved-model,onnx
```
"""


def _parts(run: Run) -> str:
    rows = [
        f"| {markdown(role)} | {_tensors(part['inputs'])} | {_tensors(part['outputs'])} |\n"
        for role, part in part_contracts(run).items()
    ]
    head = "## Parts\n\n| part | inputs | outputs |\n|---|---|---|\n"
    return head + "".join(rows) if rows else ""


def part_contracts(run: Run) -> Mapping[str, Any]:
    """Return inputs and outputs of a run's parts, from its weights file or its export; else nothing."""
    if (recorded := run.record.get("parts")) is not None:
        return dict(recorded)
    report = _report(run)
    return report.to_json()["parts"] if report else {}


def _tensors(tensors: list[dict[str, Any]]) -> str:
    return ", ".join(
        f"`{markdown(each['name'])}` {markdown(each['dtype'])} ({', '.join(map(str, each['shape']))})"
        + (f", {markdown(each['expects'])}" if each.get("expects") else "")
        for each in tensors
    )


def _data(run: Run, terms: Terms) -> str:
    dataset = run.record["dataset"]
    lines = [f"{terms.data}. Licence of the data: {terms.data_license}."]
    if dataset.get("preprocessing"):
        lines.append(f"Preprocessing: {markdown(dataset['preprocessing'])}.")
    if classes := dataset.get("classes"):
        lines.append(f"Classes, in order: {', '.join(map(markdown, classes))}.")
    if dataset.get("fingerprint"):
        lines.append(f"Fingerprint of the data: `{markdown(dataset['fingerprint'])}`.")
    return "## Training data\n\n" + "\n".join(lines) + "\n"


def _training(run: Run, command: str) -> str:
    record, history = run.record, run.history
    seconds = sum(row.get("seconds", 0) for row in history)
    versions = ", ".join(
        markdown(f"{name} {version}") for name, version in record.get("versions", {}).items()
    )
    lines = [f"```console\n{command}\n```\n"]
    if history:
        best = f"; the weights are of epoch {best}" if (best := record.get("best_epoch")) else ""
        lines.append(f"{len(history)} epochs in {seconds:.0f} s{best}; seed {record.get('seed')}.")
    lines.append(f"Backend {markdown(str(record.get('backend')))}; {versions}.")
    if precision := record.get("stored_precision"):
        lines.append(
            f"The weights are stored in {markdown(precision)}; the figures below are measured with these."
        )
    return "## Training\n\n" + "\n".join(lines) + "\n"


def _evaluation(run: Run, name: str) -> str:
    if not run.metrics:
        return ""
    counts = run.examples
    rows = "".join(
        f"| {markdown(key)} | {value:.6g} |{f' {counts.get(key, 0)} |' * bool(counts)}\n"
        for key, value in run.metrics.items()
    )
    head = (
        "| metric | value | examples |\n|---|---|---|"
        if counts
        else "| metric | value |\n|---|---|"
    )
    return f"""\
## Evaluation

On the test split. `zoo evaluate {name}` measures these figures again, and
`zoo card {name} --check README.md` compares them.

{head}
{rows}"""


def _report(run: Run) -> Report | None:
    try:
        return Report.read(run.path / "export")
    except ZooError:
        return None


def _exports(run: Run) -> str:
    report = _report(run)
    if report is None:
        return ""
    rows = "".join(
        f"| {markdown(file.part)} | {markdown(file.format)} | {file.bytes} | {file.difference or 0:.1e} "
        f"| {markdown(file.runtime)} |\n"
        for file in report.files
    )
    return f"""\
## Exported files

Each file was run in its own runtime; its outputs equal the model's.

| part | format | bytes | largest difference | checked with |
|---|---|---|---|---|
{rows}"""


def _limits(run: Run, terms: Terms, entry: Entry) -> str:
    source = markdown(public_source(run) or "its data")
    inputs = dataset_facts(run).get("INPUTS")
    lines = [
        *([f"Made for {inputs}."] if inputs else []),
        f"The figures hold for the test split of {source}, and for inputs that are prepared like it. "
        "Nothing is known about other data.",
        *([f"Reference: {entry.reference}."] if entry.reference else []),
        f"Licence of the weights: {terms.license}.",
    ]
    return "## Limits and licence\n\n" + "\n".join(lines) + "\n"
