"""How long work shows where it is: a bar with the time left on a terminal, else a line an epoch."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bar


class Progress:
    """What a training tells of itself; this one shows nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End it, however the training ended."""

    def start(self, epochs: int, steps: int, epoch: int) -> None:
        """Begin an epoch (from 0) of `epochs` with `steps` steps each."""

    def step(self, logs: Mapping[str, float]) -> None:
        """End a step."""

    def epoch(self, number: int, logs: Mapping[str, float]) -> None:
        """End an epoch (from 1)."""


class ConsoleProgress(Progress):
    """Show a bar and the time left on a terminal; always a line for each epoch."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.epochs = 0
        self.bar = Bar(
            TextColumn("epoch {task.fields[epoch]}/{task.fields[epochs]}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f}%  {task.fields[told]}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self.task = self.bar.add_task("", epoch=0, epochs=0, told="", total=None)

    def __enter__(self) -> Self:
        self.bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.bar.stop()

    def start(self, epochs: int, steps: int, epoch: int) -> None:
        """Begin an epoch; the first call says how much there is to do."""
        if not self.epochs:
            self.bar.reset(self.task, total=epochs * steps)
            self.bar.update(self.task, completed=epoch * steps)
        self.epochs = epochs
        self.bar.update(self.task, epoch=epoch + 1, epochs=epochs)

    def step(self, logs: Mapping[str, float]) -> None:
        """Move the bar."""
        self.bar.update(self.task, advance=1, told=format_logs(logs))

    def epoch(self, number: int, logs: Mapping[str, float]) -> None:
        """Leave a line."""
        self.console.print(f"epoch {number:>3}/{self.epochs}  {format_logs(logs)}", highlight=False)


def format_logs(logs: Mapping[str, float]) -> str:
    """Put numbers beside their names."""
    return "  ".join(f"{name} {value:.4g}" for name, value in logs.items())
