"""The cage of a program in another language: it writes into its own folder alone, and has no network.

    python -m zoo.exporters.cage.program BYTES PROGRAM ARGUMENT... FOLDER

becomes the program once the walls stand. BYTES is the size of the files that it opens, which come from
elsewhere. A virtual machine reads files all over the system and starts other programs. So it may do both,
unlike a Python runtime (`zoo.exporters.cage.walls`). What it reads it can send nowhere.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from zoo.errors import format_error
from zoo.exporters.cage.landlock import restrict_files
from zoo.exporters.cage.limits import set_program_limits
from zoo.exporters.cage.seccomp import refuse_system_calls
from zoo.exporters.cage.surroundings import process_environment

WITHOUT_CAGE = ("browser",)  # a browser has a sandbox of its own, and a socket to its own page
_JAVA = (
    "-XX:-UsePerfData -Djava.io.tmpdir={folder} -Duser.home={folder} "
    "-Dorg.bytedeco.javacpp.cachedir={folder}"
)
_WALLS = "--walls"  # instead of a program: print the walls


def caged_command(name: str, command: Sequence[str], size: int) -> list[str]:
    """Return the command that runs a program in the cage.

    Args:
        name: of the runtime; a browser runs without a cage.
        command: the program and its first arguments.
        size: bytes of the files that it opens.
    """
    if name in WITHOUT_CAGE or sys.platform == "win32":
        return list(command)
    return [sys.executable, "-P", "-m", __name__, str(size), *command]


@cache
def program_walls(name: str) -> str:
    """Return the limits on a program on this machine, for the report."""
    command = caged_command(name, [_WALLS], 0)
    if len(command) == 1:
        return "checked operators, clean environment"
    done = subprocess.run(
        [*command, os.devnull],
        env=process_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip()


def main() -> None:
    """Set the limits, and replace this process by the program."""
    size, *command = sys.argv[1:]
    folder = Path(command[-1])
    walls = _raise_walls(folder, int(size))
    if command[0] == _WALLS:
        print(walls)
        return
    os.environ |= {"TMPDIR": str(folder), "JAVA_TOOL_OPTIONS": _JAVA.format(folder=folder)}
    os.execvp(command[0], command)


def _raise_walls(folder: Path, size: int) -> str:
    walls = ["checked operators", "clean environment"]
    try:
        version = restrict_files(
            (), [Path("/dev/null"), Path("/dev/zero")], programs=[Path("/")], own=[folder]
        )
        walls += [f"Landlock {version} against writing"] if version else []
        walls += ["seccomp"] if refuse_system_calls(starts_programs=True) else []
    except (OSError, AttributeError) as error:  # a kernel or a container that does not allow it
        walls.append(f"without a wall ({format_error(error)})")
    return ", ".join([*walls, *filter(None, [set_program_limits(size)])])


if __name__ == "__main__":
    main()
