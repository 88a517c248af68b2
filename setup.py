"""What pyproject.toml cannot say: a wheel also has the tasks, and what templates stand on.

A wheel gets `tasks.py` as `build_config/tasks.py`, for the `tasks.py` of other repositories, and
`connectors/bases/` as `build_config/templates/bases/`, where `invoke generate` looks for them when
this project itself is not at hand.
"""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

BASES = Path("connectors", "bases")
TEMPLATES = Path("build_config", "templates")
GRADLE = ("settings.gradle", "build.gradle")  # of the root, for the Java ones
JUNK = shutil.ignore_patterns("__pycache__", ".*_cache", "*.pyc", "build", ".gradle")


class BuildWithTemplates(build_py):
    """Copies tasks, templates and bases by itself: most are no modules, many are hidden files."""

    def run(self) -> None:
        """Do what setuptools does, and that."""
        super().run()
        if not self.editable_mode:
            library = Path(self.build_lib)
            shutil.copy("tasks.py", library / "build_config")
            shutil.copytree(TEMPLATES, library / TEMPLATES, ignore=JUNK, dirs_exist_ok=True)
            bases = library / TEMPLATES / "bases"
            shutil.copytree(BASES, bases, ignore=JUNK, dirs_exist_ok=True)
            for name in GRADLE:
                shutil.copy(name, bases)


setup(cmdclass={"build_py": BuildWithTemplates})
