"""The commands about what is installed: `zoo plugins` and `zoo doctor`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from zoo.cli.options import as_json, import_backend
from zoo.cli.output import Command, print_json, print_result
from zoo.errors import ZooError, nearest

if TYPE_CHECKING:
    from zoo.diagnosis.findings import Finding
    from zoo.diagnosis.plugin_states import PluginState


@click.command(cls=Command)
@click.option("--check", is_flag=True, help="Import each plug-in too; end with 1 if one is broken.")
@as_json
def plugins(check: bool, as_json: bool) -> None:
    """List the plug-ins: kind, name, package, contract, state.

    The state is ok, disabled, incompatible, broken or shadowed. Without --check nothing is imported.
    """
    from zoo.diagnosis.plugin_states import plugin_states

    if check:
        import_backend()
    states = plugin_states(check)
    _warn_of_unknown_names(states)
    if as_json:
        print_json([asdict(state) for state in states])
    else:
        _print_states(states)
    bad = [state.name for state in states if state.state in ("broken", "incompatible")]
    if check and bad:
        raise ZooError(f"{len(bad)} of {len(states)} plug-ins cannot be used: {', '.join(bad)}.")


@click.command(cls=Command)
@as_json
def doctor(as_json: bool) -> None:
    """Look at this machine: what the zoo depends on, what is missing, and what to do.

    It ends with 1 if there is a problem. Nothing is written, trained or downloaded.
    """
    import_backend()
    from zoo.diagnosis.doctor import diagnose

    findings = list(diagnose())
    if as_json:
        print_json([finding.to_json() for finding in findings])
    else:
        _print_findings(findings)
    if problems := [finding.subject for finding in findings if finding.verdict == "problem"]:
        raise ZooError(f"{len(problems)} problems: {', '.join(problems)}.")


def _print_findings(findings: Sequence[Finding]) -> None:
    width = max(len(finding.subject) for finding in findings)
    topic = ""
    for finding in findings:
        if finding.topic != topic:
            topic = finding.topic
            print_result(topic)
        mark = {"ok": " ", "note": "-", "problem": "!"}[finding.verdict]
        print_result(f"  {mark} {finding.subject.ljust(width)}  {finding.detail}")
        if finding.advice:
            print_result(f"    {' ' * width}  {finding.advice}")


def _warn_of_unknown_names(states: Sequence[PluginState]) -> None:
    """Warn of each name that is switched off and that nothing has."""
    from zoo.entry_points import disabled_plugins, why_disabled

    known = {state.name for state in states}
    for name in sorted(disabled_plugins() - known):
        click.echo(
            f"Warning: {why_disabled(name)}: nothing is called {name}. {nearest(name, known)}",
            err=True,
        )


def _print_states(states: Sequence[PluginState]) -> None:
    rows = [
        (each.kind, each.name, each.package, each.contract or "-", each.state) for each in states
    ]
    widths = [max(len(row[at]) for row in rows) for at in range(5)]
    lines = []
    for row, state in zip(rows, states, strict=True):
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        lines.append("  ".join([*cells, state.reason]).rstrip())
    print_result("\n".join(lines))


COMMANDS = (plugins, doctor)
