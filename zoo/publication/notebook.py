"""A run in a notebook: a picture, its figures and its parts as HTML."""

from __future__ import annotations

import base64
from html import escape
from pathlib import Path
from typing import Any

from zoo.errors import UnknownName
from zoo.io.foreign.image_file import open_image_file
from zoo.publication.card import part_contracts
from zoo.publication.terms import public_source
from zoo.runs.comparison import plot_run
from zoo.runs.files.measures import example_count, headline_metrics
from zoo.runs.run import Run

_LARGEST_PICTURE = 512 * 2**10  # bytes
_MOST_FIGURES = 8
_TELLING = ("confusion", "manifold", "samples", "restored", "reconstructions", "scores", "images")
_TYPES = {".png": "png", ".gif": "gif", ".jpg": "jpeg"}


def run_html(run: Run) -> str:
    """Return a run as HTML: one picture, the first figures, and the inputs and outputs of its parts."""
    record = run.record
    facts = f"{record['architecture']}, trained on {public_source(run) or 'its own data'}"
    figures = headline_metrics(run.metrics, _MOST_FIGURES)
    rows = "".join(
        f"<tr><td>{escape(key)}</td><td>{value:.4g}</td></tr>" for key, value in figures.items()
    )
    count = example_count(run, figures)
    parts = "".join(
        f"<tr><td>{escape(role)}</td><td>{_tensors(part['inputs'])}</td><td>{_tensors(part['outputs'])}</td></tr>"
        for role, part in part_contracts(run).items()
    )
    head = "<tr><th>part</th><th>inputs</th><th>outputs</th></tr>"
    return (
        f"<div><b>{escape(str(run))}</b> <span>{escape(facts)}</span>"
        f"{_picture(run)}<table>{rows}</table>{f'<small>on {count}</small>' if count else ''}"
        + (f"<table>{head}{parts}</table>" if parts else "")
        + "</div>"
    )


def run_picture(run: Run, name: str) -> Any:
    """Return the training curves of a run as a figure, or another of its pictures as an image.

    Args:
        run: the run.
        name: curve, or the name of a picture's file without its suffix.

    Raises:
        UnknownName: the run has no such picture.
        DataError: the file is no image.
    """
    if name == "curve":
        return plot_run(run)
    files = {path.stem: path for path in run.pictures}
    if name not in files:
        raise UnknownName("picture", name, {"curve", *files})
    if files[name].suffix == ".gif":  # an animation stays one
        return AnimatedPicture(files[name].read_bytes())
    with open_image_file(files[name]) as image:
        return image.copy()


class AnimatedPicture:
    """The bytes of a GIF, which a notebook plays."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def _repr_html_(self) -> str:
        return f'<img src="data:image/gif;base64,{base64.b64encode(self.data).decode()}">'


def _picture(run: Run) -> str:
    """Return the picture that tells most of a run, as an <img> that holds its bytes; or nothing."""
    fit = sorted(filter(_is_shown, run.pictures), key=_rank)
    for path in fit[:1]:
        data = base64.b64encode(path.read_bytes()).decode()
        source = f"data:image/{_TYPES[path.suffix]};base64,{data}"
        return (
            f'<img alt="{escape(path.stem)}" src="{source}" style="max-height:16em;display:block">'
        )
    return ""


def _rank(path: Path) -> int:
    """Return the rank of a picture: telling ones first, the training curve last."""
    name = path.stem
    if name in _TELLING:
        return _TELLING.index(name)
    return len(_TELLING) + (name == "curve")


def _is_shown(path: Path) -> bool:
    return path.suffix in _TYPES and path.stat().st_size <= _LARGEST_PICTURE


def _tensors(tensors: list[dict[str, Any]]) -> str:
    texts = (f"{each['name']} ({', '.join(map(str, each['shape']))})" for each in tensors)
    return escape(", ".join(texts))
