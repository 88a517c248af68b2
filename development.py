"""Tasks for work on Connector Yard itself: `invoke --collection=development --list`."""

import shlex
from functools import partial

from invoke.collection import Collection
from invoke.context import Context
from invoke.tasks import task as invoke_task

task = partial(invoke_task, auto_shortflags=False)

LINTERS = (
    "ruff check",
    "ruff format --check",
    "mypy",
    "git ls-files -z '*Dockerfile' | xargs -0 --no-run-if-empty hadolint",
    "git ls-files -z '*.sh' .ci/run | xargs -0 shellcheck --external-sources",
    "zizmor --offline --no-progress --persona=pedantic .github action.yml",
)


@task
def lint(context: Context) -> None:
    """Run all linters and the type checker."""
    for linter in LINTERS:
        context.run(linter, echo=True)


@task(help={"part": "markers, as pytest takes them: engine, `not engine` (default: all tests)"})
def verify(context: Context, part: str = "") -> None:
    """Run the tests of Connector Yard."""
    context.run(f"pytest -m {shlex.quote(part)} --durations=20", echo=True)


namespace = Collection(lint, verify)
