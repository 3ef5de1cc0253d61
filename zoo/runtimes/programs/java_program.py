"""The programs in Java: one Maven project, in which a profile chooses the program and its library."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from zoo.runtimes.programs.program import Program

_JAVA = "Java 17 or newer: apt install default-jdk"
_SYSTEMS = {"linux": "linux", "darwin": "macosx", "win32": "windows"}
_MACHINES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}


@dataclass(frozen=True)
class JavaProgram:
    """One of the programs.

    Args:
        runtime: the runtime's name.
        profile: of the Maven project.
        main: the class that is started.
        cost: what the first use costs, in words.
    """

    runtime: str
    profile: str
    main: str
    cost: str

    @property
    def program(self) -> Program:
        """The program with the commands that fetch the library and compile the sources."""
        maven = ("mvn", "-q", "-B", "-ntp", f"-P{self.profile}", f"-Dplatform={native_platform()}")
        return Program(
            name=self.runtime,
            sources=("java",),
            builds_with={"mvn": "Maven: apt install maven", "javac": _JAVA},
            runs_with={"java": _JAVA},
            steps=((*maven, "dependency:copy-dependencies", "compiler:compile"),),
            cost=self.cost,
        )

    def command(self) -> Sequence[str]:
        """Return the command that runs the program, built where it is not yet."""
        target = self.program.build() / "target"
        path = os.pathsep.join([str(target / "classes"), str(target / "libraries" / "*")])
        return ["java", "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-cp", path, self.main]

    def library_version(self, artifact: str) -> str:
        """Return the version of a library that the project pins."""
        pattern = rf"<artifactId>{artifact}</artifactId>\s*<version>([^<]+)</version>"
        return self.program.pinned_version("pom.xml", pattern)


def native_platform() -> str:
    """Return the word of JavaCPP's libraries for this kind of machine, such as linux-x86_64."""
    machine = platform.machine().lower()
    return f"{_SYSTEMS.get(sys.platform, sys.platform)}-{_MACHINES.get(machine, machine)}"
