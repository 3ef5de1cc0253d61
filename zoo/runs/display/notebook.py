"""Progress in a notebook: a bar, the time left, the losses, and the curve of the loss so far.

It is one output that is replaced, as HTML. It needs IPython alone, which every notebook has, and no widgets.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Any, Self

from zoo.runs.progress import Progress, format_logs

SECONDS = 0.2  # between two changes of the output, at least
WIDTH, HEIGHT = 240, 48  # of the curve
CURVES = {"loss": "#b4391f", "val_loss": "#3b6ea5"}  # by the name of the loss, with their colours


def in_notebook() -> bool:
    """Return whether this process is the kernel of a notebook: Jupyter, VS Code, Colab and the like."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return getattr(shell, "kernel", None) is not None


class Output:
    """One output of a cell, which is replaced at most five times a second."""

    def __init__(self) -> None:
        from IPython.display import HTML, display

        self._html = HTML
        self._handle = display(HTML(""), display_id=True)
        self._next = 0.0

    def show(self, html: str, *, at_once: bool = False) -> None:
        """Replace the output; too soon after the last time, only with `at_once`."""
        if at_once or time.monotonic() >= self._next:
            self._next = time.monotonic() + SECONDS
            self._handle.update(self._html(html))


class NotebookProgress(Progress):
    """Show a training in the output of a notebook's cell."""

    def __enter__(self) -> Self:
        self.output = Output()
        self.epochs = self.steps = self.done = self.first = 0
        self.logs: Mapping[str, float] = {}
        self.history: list[Mapping[str, float]] = []
        self.started = time.monotonic()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        state = "" if kind is None else "stopped"
        self.output.show(self._html(state), at_once=True)

    def start(self, epochs: int, steps: int, epoch: int) -> None:
        """Begin an epoch; the first call sets the length of the bar."""
        if not self.steps:
            self.first = epoch * steps
            self.started = time.monotonic()
        self.epochs, self.steps, self.done = epochs, steps, epoch * steps
        self.output.show(self._html())

    def step(self, logs: Mapping[str, float]) -> None:
        """Move the bar by one step."""
        self.done += 1
        self.logs = logs
        self.output.show(self._html())

    def epoch(self, number: int, logs: Mapping[str, float]) -> None:
        """Add a point to the curve."""
        self.logs = dict(logs)
        self.history.append(self.logs)
        self.output.show(self._html())

    def _html(self, state: str = "") -> str:
        whole = max(1, self.epochs * self.steps)
        seconds = time.monotonic() - self.started
        times = [f"{format_seconds(seconds)}"]
        if self.done - self.first > 0 and self.done < whole and not state:
            left = seconds / (self.done - self.first) * (whole - self.done)
            times.append(f"{format_seconds(left)} left")
        epoch = min(self.epochs, self.done // max(1, self.steps) + 1)
        words = [f"epoch {epoch}/{self.epochs}", *times, *([state] if state else [])]
        return (
            f"{bar(self.done, whole)} {escape(' · '.join(words))}"
            f"<br><small>{escape(format_logs(self.logs))}</small>{plot_losses(self.history)}"
        )


def track_in_notebook(items: Sequence[Any] | Iterable[Any]) -> Iterator[Any]:
    """Yield the items; a bar in the cell's output shows how many are done, and is removed at the end.

    It is also removed where not all items are taken.
    """
    items = list(items)
    output = Output()
    try:
        for number, item in enumerate(items):
            output.show(f"{bar(number, len(items))} {number}/{len(items)}")
            yield item
    finally:
        output.show("", at_once=True)


def bar(done: int, whole: int) -> str:
    """Return a bar as HTML."""
    return f'<progress value="{done}" max="{max(1, whole)}" style="width:20em"></progress>'


def format_seconds(seconds: float) -> str:
    """Return a time as 9 s, 3:05 min or 2:03:05 h."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes = f"{whole // 60 % 60:02}:{whole % 60:02}"
    return f"{whole // 3600}:{minutes} h" if whole >= 3600 else f"{minutes.lstrip('0')} min"


def plot_losses(history: Sequence[Mapping[str, float]]) -> str:
    """Return the losses over the epochs as an SVG; nothing before the second epoch."""
    curves = {name: [row.get(name, math.nan) for row in history] for name in CURVES}
    finite = [value for values in curves.values() for value in values if math.isfinite(value)]
    if len(history) < 2 or not finite:
        return ""
    low, span = min(finite), max(finite) - min(finite) or 1.0
    lines = "".join(
        f'<polyline fill="none" stroke="{CURVES[name]}" stroke-width="1.5" points="{points}"/>'
        for name, values in curves.items()
        if (points := _points([(value - low) / span for value in values]))
    )
    label = f"{' and '.join(name for name in CURVES if name in history[-1])} over the epochs"
    return (
        f'<br><svg width="{WIDTH}" height="{HEIGHT}" role="img" aria-label="{escape(label)}">'
        f"{lines}</svg>"
    )


def _points(shares: Sequence[float]) -> str:
    """Return the points of a line; a share of 1 is at the top, and what is not finite is left out."""
    step = (WIDTH - 4) / max(1, len(shares) - 1)
    return " ".join(
        f"{2 + at * step:.1f},{2 + (HEIGHT - 4) * (1 - share):.1f}"
        for at, share in enumerate(shares)
        if math.isfinite(share)
    )
