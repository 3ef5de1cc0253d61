"""The figures of a card, measured again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from zoo.errors import UsageError, WeightsError
from zoo.io.text import read_text
from zoo.runs.evaluation import measure
from zoo.runs.run import Run

RELATIVE = 1e-3  # by which a figure may differ: other processors round in another order
_SECTION = r"^## Evaluation\n(.*?)(?=^## |\Z)"
_ROW = (
    r"^\| (\w+) \| ([-+.\deE]+) \|(?: \d+ \|)?$"  # name, value, and perhaps the number of examples
)


@dataclass(frozen=True)
class Figure:
    """One figure of a card: its name, what the card shows, and what `evaluate` measures, if anything."""

    name: str
    shown: float
    measured: float | None
    examples: int

    @property
    def is_equal(self) -> bool:
        """Whether both agree within the tolerance."""
        return self.measured is not None and abs(self.measured - self.shown) <= tolerance(
            self.shown, self.examples
        )


def tolerance(shown: float, examples: int) -> float:
    """Return by how much a measured figure may differ from one that is shown.

    It is one part in a thousand, and one and a half examples where the figure is a share of them.
    """
    share = 1.5 / examples if examples and 0 <= shown <= 1 else 0.0
    return RELATIVE * abs(shown) + share


def check_card(run: Run, card: Path) -> list[Figure]:
    """Measure a run again, and compare with the figures of a card.

    Args:
        run: the run, or the catalog's weights, that the card describes.
        card: its README.md, or the folder of it.

    Raises:
        UsageError: there is no such file, or it has no figures.
        WeightsError: a figure differs; the message has all that do.
    """
    path = card / "README.md" if card.is_dir() else card
    if not path.is_file():
        raise UsageError(f"There is no card {path}.")
    section = re.search(_SECTION, read_text(path), re.M | re.S)
    shown = re.findall(_ROW, section[1], re.M) if section else []
    if not shown:
        raise UsageError(f"{path} has no figures to check: its section Evaluation has no table.")
    measurement = measure(run)
    counts = measurement.counts
    figures = [
        Figure(
            name,
            float(value),
            measurement.metrics.get(name),
            counts.get(name, measurement.examples),
        )
        for name, value in shown
    ]
    if wrong := [figure for figure in figures if not figure.is_equal]:
        words = "; ".join(
            f"{each.name} is {'not measured' if each.measured is None else f'{each.measured:.6g}'}, "
            f"the card shows {each.shown:.6g}"
            for each in wrong
        )
        raise WeightsError(f"{path} does not agree with {run}: {words}.")
    return figures
