"""The progress of a training: a bar with the time left on a terminal, else one line for each epoch."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from zoo.errors import UsageError

_BAR = 20  # letters of the bar
_AROUND = 44  # letters of the epoch, the percentage and the times beside it
_LEAST_ROOM = 12  # letters of the losses


class Progress:
    """What a training calls at each step and epoch; this class shows nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the display, also where the training failed."""

    def start(self, epochs: int, steps: int, epoch: int) -> None:
        """Begin an epoch.

        Args:
            epochs: of the whole training.
            steps: of each epoch.
            epoch: the number of this epoch, from 0.
        """

    def step(self, logs: Mapping[str, float]) -> None:
        """End a step; `logs` has the losses and metrics so far in this epoch."""

    def epoch(self, number: int, logs: Mapping[str, float]) -> None:
        """End an epoch; `number` counts from 1."""

    def status(self, text: str) -> AbstractContextManager[Any]:
        """Show a text while something is done that has no steps."""
        return nullcontext()


@dataclass(frozen=True)
class Observers:
    """What watches a training: its progress, TensorBoard's logs, and the user's callbacks of Keras."""

    progress: Progress
    tensorboard: bool = False
    callbacks: Sequence[Any] = ()


class ConsoleProgress(Progress):
    """Print one line for each epoch, and on a terminal show a bar with the time left."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.epochs = 0
        self.bar = Bar(
            TextColumn("epoch {task.fields[epoch]}/{task.fields[epochs]}"),
            BarColumn(_BAR),
            TextColumn("{task.percentage:>3.0f}%  {task.fields[logs]}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self.task = self.bar.add_task("", epoch=0, epochs=0, logs="", total=None)

    def __enter__(self) -> Self:
        self.epochs = 0  # of another training, if this one is not the first
        self.bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.stop()

    def start(self, epochs: int, steps: int, epoch: int) -> None:
        """Begin an epoch; the first call sets the length of the bar."""
        if not self.epochs:
            self.bar.reset(self.task, total=epochs * steps)
            self.bar.update(self.task, completed=epoch * steps)
        self.epochs = epochs
        self.bar.update(self.task, epoch=epoch + 1, epochs=epochs)

    def step(self, logs: Mapping[str, float]) -> None:
        """Move the bar by one step."""
        room = max(_LEAST_ROOM, self.console.width - _BAR - _AROUND)
        self.bar.update(self.task, advance=1, logs=_shorten(format_logs(logs), room))

    def epoch(self, number: int, logs: Mapping[str, float]) -> None:
        """Print a line, which a terminal cuts at its edge; a file gets all of it."""
        line = f"epoch {number:>3}/{self.epochs}  {format_logs(logs)}"
        if self.console.is_terminal:
            line = _shorten(line, self.console.width)
        self.console.print(line, highlight=False, markup=False, soft_wrap=True)

    def status(self, text: str) -> AbstractContextManager[Any]:
        """Show a text with a moving sign on a terminal, until something that has no steps is done."""
        return self.console.status(text)


def format_logs(logs: Mapping[str, float]) -> str:
    """Return names and numbers as `loss 0.1234  accuracy 0.9`."""
    return "  ".join(f"{name} {value:.4g}" for name, value in logs.items())


def _shorten(text: str, length: int) -> str:
    """Return a text of at most `length` letters; a longer one ends in an ellipsis."""
    return text if len(text) <= length else f"{text[: length - 1]}…"


def check_tensorboard() -> None:
    """Refuse to begin where TensorBoard is not installed.

    Raises:
        UsageError: says how to install it.
    """
    if importlib.util.find_spec("tensorboard") is None:
        raise UsageError("TensorBoard is not installed. pip install 'keras-zoo[tensorboard]'")
