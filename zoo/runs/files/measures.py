"""The measures of a run as people read them, and on how many examples they are taken.

run.json has the numbers under `examples`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from zoo.registry.hookspecs import Measure
from zoo.runs.progress import format_logs

if TYPE_CHECKING:
    from zoo.data.dataset import Dataset
    from zoo.runs.run import Run

__all__ = [
    "count_words",
    "example_count",
    "examples_by_measure",
    "headline_metrics",
    "measures_line",
]


def examples_by_measure(metrics: Mapping[str, float], data: Dataset) -> dict[str, int]:
    """Return the number of examples of each measure; none where there is no data.

    Args:
        metrics: what `evaluate` returned.
        data: what it is measured on. A measure that is no `zoo.Measure` is taken on the whole test split.
    """
    from zoo.data.dataset import has_no_data  # here: it imports NumPy

    if has_no_data(data):
        return {}
    whole = len(data.test)
    counts = {
        name: value.examples if isinstance(value, Measure) else whole
        for name, value in metrics.items()
    }
    return {name: count for name, count in counts.items() if count}


def example_count(run: Run, names: Iterable[str]) -> str:
    """Return on how many examples measures of a run are taken; empty if its record does not tell.

    Args:
        run: the run.
        names: of the measures.
    """
    counts = run.examples
    found = {counts[name] for name in names if name in counts}
    if not found:
        whole = run.record.get("counts", {}).get("test")
        found = {whole} if whole else set()
    return count_words(found)


def count_words(counts: Iterable[int]) -> str:
    """Return `360 test examples`, `36 to 360 test examples`, or nothing where there is no count."""
    sizes = sorted(counts)
    if not sizes:
        return ""
    words = " to ".join(f"{size:,}" for size in dict.fromkeys((sizes[0], sizes[-1])))
    return f"{words} test example{'s' * (sizes[-1] != 1)}"


def headline_metrics(metrics: Mapping[str, float], most: int = 4) -> dict[str, float]:
    """Return the first measures, without families such as a recall for each class."""
    families = Counter(name.partition("_")[0] for name in metrics)
    single = {
        name: value
        for name, value in metrics.items()
        if "_" not in name or families[name.partition("_")[0]] < 3
    }
    return dict(list((single or dict(metrics)).items())[:most])


def measures_line(run: Run) -> str:
    """Return the first measures of a run, and on how many test examples they are taken."""
    metrics = headline_metrics(run.metrics)
    count = example_count(run, metrics)
    return f"{format_logs(metrics)}{f'  on {count}' if metrics and count else ''}"
