"""A Gradle project's directory in, what else of the repository its build reads out.

Gradle itself would know better and takes seconds to say so, hence the build files are only read:
`project(':connectors:bases:base-java')` is the directory `connectors/bases/base-java`. A settings
file that moves projects to other directories is not understood.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_BUILD_FILES = ("build.gradle", "build.gradle.kts")
_SHARED_FILES = (*_BUILD_FILES, "settings.gradle", "settings.gradle.kts", "gradle.properties")
_SHARED_FOLDERS = ("buildSrc", "gradle")  # the wrapper's version, catalogs of versions, plug-ins
_TESTS = "src/test/"
_PROSE = ".md"

_COMMENT_OR_TEXT = re.compile(  # a glob such as '**/*.txt' opens no comment, 'https://x' neither
    r"""//[^\n]*|/\*.*?(?:\*/|\Z)
      |(?P<text>'{3}.*?'{3}|"{3}.*?"{3}|(["'])(?:\\.|(?!\2)[^\\\n])*\2)""",
    re.DOTALL | re.VERBOSE,
)
_PROJECT = re.compile(  # Groovy and Kotlin; no name begins with a dot, and no path leaves the root
    r"""\bproject\s*\(\s*(?:path\s*[:=]\s*)?(["'])(?P<path>(?::[\w-][\w.-]*)+)\1"""
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Reads:
    """What a Gradle build reads beside the directory of its project; relative to the root.

    Attributes:
        projects: directories of the projects that it depends on, and that those depend on.
        folders: directories that are every project's.
        files: build files that are every project's.
    """

    projects: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    files: tuple[str, ...] = ()

    def covers(self, path: str) -> bool:
        """Whether a file, there or gone, decides what is built."""
        if path in self.files:
            return True
        if any(path.startswith(f"{folder}/") for folder in self.folders):
            return True
        inner = (path.removeprefix(f"{p}/") for p in self.projects if path.startswith(f"{p}/"))
        return any(decides(name) for name in inner)


def decides(path: str) -> bool:
    """Whether a file of another project, by its path there, can change that project's jar."""
    return not path.startswith(_TESTS) and not path.endswith(_PROSE)


def read_beside(root: Path, directory: str) -> Reads:
    """Follow the build files from that of `root / directory`; what is absent is left out."""
    return Reads(
        projects=tuple(sorted(_followed(root, directory) - {directory})),
        folders=_SHARED_FOLDERS,
        files=_SHARED_FILES,
    )


def _followed(root: Path, directory: str) -> set[str]:
    found, open_ends = set[str](), [directory]
    while open_ends:
        here = open_ends.pop()
        if here not in found and (root / here).is_dir():
            found.add(here)
            open_ends += _depends_on(root / here)
    return found


def _depends_on(directory: Path) -> Iterator[str]:
    """The directories of the projects that a build file names."""
    for name in _BUILD_FILES:
        try:
            text = (directory / name).read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        code = _COMMENT_OR_TEXT.sub(lambda match: match["text"] or "", text)
        for match in _PROJECT.finditer(code):
            yield match["path"].strip(":").replace(":", "/")
