"""Render the template with Jinja alone, as copier renders it: paths and files hold variables."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from zoo.scaffold.names import module_name, project_name

__all__ = ["TEMPLATE", "render_project"]

TEMPLATE = Path(__file__).parent / "template"
_SUFFIX = ".jinja"
_COPIERS_OWN = "_copier_conf"  # a path with this variable is for copier alone


def render_project(folder: Path, answers: Mapping[str, Any]) -> None:
    """Write the project into a new folder.

    Args:
        folder: it is created.
        answers: to the questions in copier.yml.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATE),
        keep_trailing_newline=True,
        undefined=StrictUndefined,
        autoescape=False,  # what is written is code, and no page
    )
    variables = {**answers, **_derived_variables(answers["kind"], answers["name"])}
    source = TEMPLATE / "project"
    for path in sorted(source.rglob("*")):
        relative = str(path.relative_to(source))
        if path.is_dir() or _COPIERS_OWN in relative:
            continue
        parts = [environment.from_string(part).render(variables) for part in Path(relative).parts]
        target = folder.joinpath(*parts[:-1], parts[-1].removesuffix(_SUFFIX))
        if not parts[-1].removesuffix(_SUFFIX):  # a file that this kind does not have
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == _SUFFIX:
            template = environment.get_template(path.relative_to(TEMPLATE).as_posix())
            target.write_text(template.render(variables), "utf-8")
        else:
            shutil.copyfile(path, target)


def _derived_variables(kind: str, name: str) -> dict[str, str]:
    """Return the variables of copier.yml that follow from the answers: nobody is asked for them."""
    has_catalog = kind in ("architecture", "dataset")
    return {
        "project": project_name(name),
        "module": module_name(name),
        "catalog_file": "registry.toml" if has_catalog else "",
    }
