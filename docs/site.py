"""What mkdocs makes beside the pages of this folder: the changelog, the reference, a page for each runtime.

mkdocs calls these functions (hooks in mkdocs.yml). A link to a file outside of this folder becomes the
file's path: the site has the pages, and not the code.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File

import zoo
from zoo.entry_points import RUNTIMES, EntryPointGroup
from zoo.exporters.formats.protocol import file_name
from zoo.exporters.parts.contract import Contract, Tensor
from zoo.runtimes.group import load_runtime

ROOT = Path(__file__).parents[1]
KINDS = {  # sections of the reference, by how a name is written
    "Functions": str.islower,
    "Classes": lambda name: (
        not name.islower() and not name.endswith(("Error", "UnknownName", "UnsafeFile"))
    ),
    "Errors": lambda name: name.endswith(("Error", "UnknownName", "UnsafeFile")),
}
CONTRACT = Contract(
    (Tensor("inputs", "float32", ("batch", 8, 8, 1), "image in [0, 1], NHWC"),),
    (Tensor("probabilities", "float32", ("batch", 10)),),
)
NAMED = re.compile(r"\[(?P<file>[\w-]+\.md)\]\((?P=file)(?P<place>#[^)]*)?\)")
LINK = re.compile(r"\[([^\]]+)\]\((\.\./[^)#]+)(#[^)]*)?\)")


def on_config(config: Any) -> Any:
    """Put the pages of runtimes after Carry over, and those that no section names under More."""
    named = set(re.findall(r"[\w-]+\.md", repr(config.nav)))
    others = sorted(page.name for page in (ROOT / "docs").glob("*.md") if page.name not in named)
    runtimes = [f"runtimes/{name}.md" for name in EntryPointGroup(RUNTIMES).names()]
    sections = []
    for section in config.nav:
        sections += [section, {"Runtimes": runtimes}] if "Carry over" in section else [section]
    config.nav = [*sections, *([{"More": others}] if others else [])]
    return config


def on_files(files: Any, config: Any) -> Any:
    """Add the pages that are made of the code and of the changelog."""
    for name, content in pages().items():
        files.append(File.generated(config, name, content=content))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Replace links to files outside of the docs by their paths; a link named by its page gets its title."""
    place = (ROOT / "docs" / page.file.src_uri).parent

    def replacement(match: re.Match[str]) -> str:
        path = (place / match[2]).resolve()
        if path.is_relative_to(ROOT / "docs"):
            return match[0]
        return f"{match[1]} (`{path.relative_to(ROOT)}`)"

    return LINK.sub(replacement, NAMED.sub(_titled_link, markdown))


def _titled_link(match: re.Match[str]) -> str:
    """Return a link with the title of its page in place of the name of its file."""
    path = ROOT / "docs" / match["file"]
    first = path.read_text("utf-8").partition("\n")[0] if path.is_file() else match["file"]
    return f"[{first.removeprefix('# ')}]({match['file']}{match['place'] or ''})"


def pages() -> dict[str, str]:
    """Return the texts of the pages that are made, by name."""
    made = {"changelog.md": (ROOT / "CHANGELOG.md").read_text("utf-8"), "reference.md": reference()}
    return made | {
        f"runtimes/{name}.md": runtime_page(name) for name in EntryPointGroup(RUNTIMES).names()
    }


def reference() -> str:
    """Return the page of all public names."""
    return "\n\n".join(["# Reference", "What `import zoo` offers.", *_sections()]) + "\n"


def _sections() -> Iterator[str]:
    for title, belongs in KINDS.items():
        yield f"## {title}"
        for name in sorted(filter(belongs, zoo.__all__)):
            yield _entry(name, getattr(zoo, name))


def _entry(name: str, value: Any) -> str:
    """Return the entry of a public name: its docstring, or its value where it is a type of a setting."""
    if inspect.isfunction(value) or inspect.isclass(value):
        return f"::: {value.__module__}.{value.__qualname__}"
    return f"### {name}\n\n`{value}`"


def runtime_page(name: str) -> str:
    """Return the page of a runtime: which formats it reads, and the code that runs a file without the zoo."""
    module = load_runtime(name)
    language = getattr(module, "LANGUAGE", "python")
    summary = (module.__doc__ or "").strip().splitlines()[0]
    text = f"# {name}\n\n{summary}\n\nIt reads: {', '.join(module.FORMATS)}.\n\n"
    text += f"```console\nzoo export cnn.digits --to {module.FORMATS[0]} --runs-in {name}\n```\n\n"
    example = getattr(module, "example", None)
    code = example(CONTRACT, file_name("classifier", module.FORMATS[0])) if example else ""
    if code:
        text += "A file without the zoo; the README beside every export has this code:\n\n"
        text += f"```{language}\n{code}\n```\n"
    return text
