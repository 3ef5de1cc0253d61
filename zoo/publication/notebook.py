"""A run in a notebook: a picture, its figures and its parts as HTML."""

from __future__ import annotations

import base64
from html import escape
from pathlib import Path
from typing import Any

from zoo.publication.card import part_contracts
from zoo.publication.terms import public_source
from zoo.runs.run import Run

_LARGEST_PICTURE = 512 * 2**10  # bytes
_MOST_FIGURES = 8
_TYPES = {".png": "png", ".gif": "gif", ".jpg": "jpeg"}


def run_html(run: Run) -> str:
    """Return a run as HTML: one picture, the first figures, and the inputs and outputs of its parts."""
    record = run.record
    facts = f"{record['architecture']}, trained on {public_source(run) or 'its own data'}"
    rows = "".join(
        f"<tr><td>{escape(key)}</td><td>{value:.4g}</td></tr>"
        for key, value in list(run.metrics.items())[:_MOST_FIGURES]
    )
    parts = "".join(
        f"<tr><td>{escape(role)}</td><td>{_tensors(part['inputs'])}</td><td>{_tensors(part['outputs'])}</td></tr>"
        for role, part in part_contracts(run).items()
    )
    head = "<tr><th>part</th><th>inputs</th><th>outputs</th></tr>"
    return (
        f"<div><b>{escape(str(run))}</b> <span>{escape(facts)}</span>"
        f"{_picture(run)}<table>{rows}</table>"
        + (f"<table>{head}{parts}</table>" if parts else "")
        + "</div>"
    )


def _picture(run: Run) -> str:
    """Return the first picture that is no training curve, as an <img> that holds its bytes; or nothing."""
    fit = [path for path in run.pictures if _is_shown(path)]
    for path in [*(path for path in fit if path.stem != "curve"), *fit][:1]:
        data = base64.b64encode(path.read_bytes()).decode()
        source = f"data:image/{_TYPES[path.suffix]};base64,{data}"
        return (
            f'<img alt="{escape(path.stem)}" src="{source}" style="max-height:16em;display:block">'
        )
    return ""


def _is_shown(path: Path) -> bool:
    return path.suffix in _TYPES and path.stat().st_size <= _LARGEST_PICTURE


def _tensors(tensors: list[dict[str, Any]]) -> str:
    return ", ".join(escape(f"{each['name']} {tuple(each['shape'])}") for each in tensors)
