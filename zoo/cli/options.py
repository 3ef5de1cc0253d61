"""What commands share: options, completion of names, checks of names, Keras loaded without noise."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from pathlib import Path

import click

from zoo.compute.terminal import muted_stderr

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")


def complete_model(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Complete the name of a model of the catalog, or of an architecture."""
    from zoo.entry_points import ARCHITECTURES, EntryPointGroup
    from zoo.registry.catalog import catalog

    names = [*catalog().names(), *EntryPointGroup(ARCHITECTURES).names()]
    return sorted(name for name in names if name.startswith(incomplete))


def complete_tag(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Complete a tag of the catalog's models."""
    from zoo.registry.catalog import catalog

    return [tag for tag in catalog().tags() if tag.startswith(incomplete)]


def complete_run(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Complete the name of a run below ./runs, or of a model with weights."""
    from zoo.registry import shipped_weights
    from zoo.runs.run import list_runs

    names = [run.path.name for run in list_runs()] + shipped_weights.names()
    return [name for name in dict.fromkeys(names) if name.startswith(incomplete)]


def check_model_name(name: str) -> None:
    """Refuse an unknown model before Keras is imported.

    Raises:
        UnknownName: the catalog has no such model, and there is no such architecture.
    """
    from zoo.entry_points import ARCHITECTURES, EntryPointGroup
    from zoo.registry.catalog import catalog

    if name not in EntryPointGroup(ARCHITECTURES).names():
        catalog().get(name)


def check_file(name: str) -> None:
    """Refuse a model file that declares too much, or names what no model needs, before Keras is imported.

    Raises:
        UnsafeFile: the message says what is wrong.
    """
    path = Path(name)
    if path.suffix in (".keras", ".h5") and path.is_file():
        from zoo.io.safe_load import check_model_file

        check_model_file(path)


def import_backend() -> None:
    """Import Keras and its backend, without the messages of TensorFlow about the machine.

    On a terminal, a moving sign shows meanwhile that something happens.
    """
    with muted_stderr() as stderr, _show_import(stderr):
        import_module("keras")
    _mute_tensorflow()


def _mute_tensorflow() -> None:
    """Let Keras import TensorFlow without its messages, too, where it does so later: on another backend."""
    from keras.src.utils import module_utils

    lazy = module_utils.tensorflow
    if "tensorflow" not in sys.modules:
        lazy.initialize = partial(_import_muted, lazy.initialize)


def _import_muted(load: Callable[[], None]) -> None:
    with muted_stderr():
        load()


@contextmanager
def _show_import(stderr: int) -> Iterator[None]:
    """Show on a terminal that Keras is imported, unless it is already.

    Args:
        stderr: the descriptor of the terminal.
    """
    if "keras" in sys.modules or not os.isatty(stderr):
        yield
        return
    from rich.console import Console

    with (
        open(os.dup(stderr), "w", encoding="utf-8") as terminal,
        Console(file=terminal).status("importing Keras and its backend"),
    ):
        yield
