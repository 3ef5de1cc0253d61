"""The commands that look things up: `zoo list`, `zoo show` and `zoo completion`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from zoo.cli.options import as_json, check_file, complete_model, complete_tag, import_backend
from zoo.cli.output import Command, format_size, print_json, print_result
from zoo.errors import UnknownName
from zoo.io.printable import printable

if TYPE_CHECKING:
    from zoo.registry.catalog_reader import Entry

# Bash takes = for the end of a word, and puts a space after what it has completed: both hinder KEY=VALUE.
_BASH_END = """    return 0
}
"""
_BASH_SETTINGS = """    [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace
    return 0
}

COMP_WORDBREAKS=${COMP_WORDBREAKS//=}
"""


@click.command("list", cls=Command)
@click.argument("pattern", default="*", metavar="[GLOB]")
@click.option("--tag", help="Only models with this tag.", shell_complete=complete_tag)
@click.option("--weights", is_flag=True, help="Only models with trained weights.")
@as_json
def list_models(pattern: str, tag: str | None, weights: bool, as_json: bool) -> None:
    """List the models of the catalog whose name matches GLOB."""
    from zoo.registry.catalog import catalog

    if tag is not None and tag not in catalog().tags():
        raise UnknownName("tag", tag, catalog().tags())
    entries = catalog().find(pattern, tag, weights or None)
    for problem in catalog().problems:
        click.echo(f"Warning: a catalog was left out. {printable(problem)}", err=True)
    if as_json:
        keys = ("name", "summary", "dataset", "tags")
        return print_json(
            [{key: getattr(entry, key) for key in keys} | _figures(entry) for entry in entries]
        )
    if not entries and pattern != "*":
        raise UnknownName("model", pattern, catalog().names())
    width = max((len(entry.name) for entry in entries), default=0)
    lines = []
    for entry in entries:
        result = next((f"  [{_figure(entry, name)}]" for name in entry.results), "")
        size = f"  [weights {format_size(entry.weights.size)}]" if entry.weights else ""
        lines.append(f"{entry.name:<{width}}  {entry.summary}{result}{size}")
    if lines:
        print_result("\n".join(lines))


def _figures(entry: Entry) -> dict[str, Any]:
    """Return the results of a model and the description of its weights, or None, as plain data."""
    weights = asdict(entry.weights) if entry.weights else None
    results, examples = dict(entry.results), dict(entry.examples)
    return {"results": results, "examples": examples, "weights": weights}


def _figure(entry: Entry, name: str) -> str:
    """Return a result of a model, and on how many test examples it is taken where that is known."""
    count = entry.examples.get(name)
    return f"{name} {entry.results[name]:.4g}{f' on {count:,}' if count else ''}"


@click.command(cls=Command)
@click.argument("name", shell_complete=complete_model)
@click.option(
    "--layers",
    is_flag=True,
    help="List the layers, also of a run, a model file or a name of keras.applications.",
)
@as_json
def show(name: str, layers: bool, as_json: bool) -> None:
    """Show what a model, an architecture or a run is, and its settings.

    NAME is an architecture, a model of the catalog or a run; the first of these that fits is shown. The path
    of a run (runs/cnn.digits) is always the run.
    """
    if layers:
        check_file(name)
        import_backend()
        return _show_layers(name, as_json)
    from zoo.descriptions.describe import describe, read_description

    description = read_description(name)
    if description is None:
        import_backend()
        description = describe(name)
    if as_json:
        return print_json(description.to_json())
    from zoo.cli.render_model import show_description

    show_description(description)


def _show_layers(name: str, as_json: bool) -> None:
    from zoo.interpret.model_summary import describe_layers

    parts = describe_layers(name)
    if as_json:
        return print_json({part: [asdict(layer) for layer in parts[part]] for part in parts})
    from zoo.cli.render_model import show_layers

    show_layers(parts)


@click.command(cls=Command)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish", "python"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the script that completes commands, names and settings in SHELL.

    Use it like this: eval "$(zoo completion bash)"

    For editors, `zoo completion python > typings/zoo/__init__.pyi` has the types of the settings of all
    architectures that are installed, your own ones too. Those of the zoo come with it.
    """
    from click.shell_completion import get_completion_class

    if shell == "python":
        import_backend()
        from zoo.descriptions.stub import stub_text

        return print_result(stub_text().rstrip())
    kind = get_completion_class(shell)
    if kind is not None:
        script = kind(ctx.find_root().command, {}, "zoo", "_ZOO_COMPLETE").source()
        print_result(script.replace(_BASH_END, _BASH_SETTINGS) if shell == "bash" else script)


COMMANDS = (list_models, show, completion)
