"""Every task: its flags, their help, and one call.

A wheel has this file as `build_config/tasks.py`, for the `tasks.py` of other repositories.
"""

import sys
from functools import partial

from invoke.collection import Collection
from invoke.context import Context
from invoke.tasks import task as invoke_task

from build_config import program
from build_config.settings import DEFAULTS

# Short flags would be given out by order of definition: a new flag would change what `-s` means.
task = partial(invoke_task, auto_shortflags=False)

CONNECTOR = "names, globs, comma lists; repeat it for more (default: all)"
CHANGED = "only what changed since this commit, and what stands on it"
PROFILE = "also draw the timeline of the run (timeline.html) and its trace (trace.json)"
CACHE = "REGISTRY/PREFIX where machines share what they built (default: the setting `cache`)"
PROGRESS = "auto, live, plain, github, json or quiet"


@task(help={"check": "only report, in a table; change nothing"})
def setup(context: Context, check: bool = False) -> None:
    """Make this machine able to build: the engine, base images, and Gradle where it is needed."""
    program.run(context, partial(program.call, "setup", check=check))


@task(
    name="list",
    help={
        "kind": "only source, destination or base",
        "changed-since": CHANGED,
        "format": "table, json or names",
    },
)
def list_(
    context: Context,
    kind: str | None = None,
    changed_since: str | None = None,
    format: str = "table",  # noqa: A002
) -> None:
    """Show what is here; needs no engine and no network."""
    flags = {"kind": kind, "changed_since": changed_since, "output": format}
    program.run(context, partial(program.call, "list_connectors", **flags))


@task(
    iterable=["connector"],
    help={"connector": CONNECTOR, "format": "tree, json, mermaid or dot"},
)
def graph(context: Context, connector: list[str], format: str = "tree") -> None:  # noqa: A002
    """Show what stands on what; needs no engine and no network."""
    program.run(context, partial(program.call, "show_graph", connector=connector, output=format))


@task(
    iterable=["connector", "secret"],
    help={
        "connector": CONNECTOR,
        "kind": "only source, destination or base, and what they stand on",
        "changed-since": CHANGED,
        "dry-run": "show the plan with its reasons; build nothing",
        "force": "build the selected images again, without the builder's cache",
        "fail-fast": "start nothing more after the first failure",
        "jobs": "how many images are built at a time (default: chosen from the machine)",
        "cache": CACHE,
        "profile": PROFILE,
        "progress": PROGRESS,
        "secret": "id=NAME,src=FILE or id=NAME,env=VARIABLE, for RUN --mount=type=secret",
        "watch": "go on: build again what saved files touch, until Ctrl-C",
        "test": "with --watch: also test what was built",
    },
)
def build(
    context: Context,
    connector: list[str],
    secret: list[str],
    kind: str | None = None,
    changed_since: str | None = None,
    dry_run: bool = False,
    force: bool = False,
    fail_fast: bool = False,
    jobs: str | None = None,
    cache: str | None = None,
    profile: bool = False,
    progress: str = "auto",
    watch: bool = False,
    test: bool = False,
) -> None:
    """Build what is stale, bases first; a second time there is nothing to do."""
    flags = {name: value for name, value in locals().items() if name != "context"}
    program.run(context, partial(program.call, "build", **flags))


@task(
    iterable=["connector"],
    help={
        "connector": CONNECTOR,
        "changed-since": "also find what changed since this commit and has its old version",
        "no-gradle": "leave the Gradle build out",
        "fix": "put right what is mechanical, and say what was changed",
        "format": "table, json, github or sarif",
    },
)
def check(
    context: Context,
    connector: list[str],
    changed_since: str | None = None,
    no_gradle: bool = False,
    fix: bool = False,
    format: str = "table",  # noqa: A002
) -> None:
    """Find all defects of the repository at once; then run the Gradle build."""
    flags = {name: value for name, value in locals().items() if name != "context"}
    program.run(context, partial(program.call, "check", **flags))


@task(
    iterable=["answer", "connector"],
    help={
        "template": "which one; --list shows them",
        "name": "of the new connector: foo, or source-foo",
        "answer": "key=value for what would be asked (display_name, documentation_url, "
        "and the template's own questions); repeat it for more",
        "list": "show the templates; needs no engine and no network",
        "update": "bring later changes of their templates into connectors that were generated",
        "connector": "for --update: " + CONNECTOR.replace("all", "all that were generated"),
        "dry-run": "show what would be written, or for --update the differences",
        "force": "for --update: also where something is not committed",
    },
)
def generate(
    context: Context,
    answer: list[str],
    connector: list[str],
    template: str | None = None,
    name: str | None = None,
    list: bool = False,  # noqa: A002
    update: bool = False,
    dry_run: bool = False,
    force: bool = False,
) -> None:
    """Make a connector from a template: it builds and passes its tests before it is edited."""
    flags = {name: value for name, value in locals().items() if name != "context"}
    program.run(context, partial(program.call, "generate", **flags))


@task(iterable=["connector"], help={"connector": CONNECTOR.removesuffix(" (default: all)")})
def why(context: Context, connector: list[str]) -> None:
    """Say why a connector would be built or not: the very file, base or setting."""
    program.run(context, partial(program.call, "why", connector=connector))


@task(
    iterable=["stream", "source_mount", "destination_mount"],
    help={
        "source": "name of the source",
        "destination": "name of the destination",
        "source-config": "JSON file (default: secrets/config.json of the connector, "
        "then integration_tests/config.json)",
        "destination-config": "the same for the destination",
        "catalog": "configured catalog (default: all that `discover` finds, incremental if it can)",
        "state": "file to resume from and to keep the confirmed state in (default: .yard/state/)",
        "stream": "names, globs, comma lists; repeat it for more (default: all)",
        "source-mount": "HOST:CONTAINER[:ro|:rw] for the source (default: ro); repeat it for more",
        "destination-mount": "the same for the destination (default: rw)",
        "network": "none, bridge, host or a network of the engine, for both",
        "full-refresh": "forget the state, read from the start, replace what is there",
        "progress": PROGRESS,
    },
)
def sync(
    context: Context,
    stream: list[str],
    source_mount: list[str],
    destination_mount: list[str],
    source: str | None = None,
    destination: str | None = None,
    source_config: str | None = None,
    destination_config: str | None = None,
    catalog: str | None = None,
    state: str | None = None,
    network: str = "bridge",
    full_refresh: bool = False,
    progress: str = "auto",
) -> None:
    """Move data from a source to a destination through their images; goes on where it ended."""
    flags = {name: value for name, value in locals().items() if name != "context"}
    program.run(context, partial(program.call, "sync", **flags))


@task(
    iterable=["connector"],
    help={
        "connector": CONNECTOR,
        "kind": "only source, destination or base",
        "changed-since": CHANGED,
        "only": "unit, acceptance, or both",
        "fail-fast": "start nothing more after the first failure",
        "jobs": "how many steps run at a time (default: chosen from the machine)",
        "cache": CACHE,
        "profile": PROFILE,
        "progress": PROGRESS,
        "junit": "also write the results to this file, as JUnit XML",
    },
)
def test(
    context: Context,
    connector: list[str],
    kind: str | None = None,
    changed_since: str | None = None,
    only: str | None = None,
    fail_fast: bool = False,
    jobs: str | None = None,
    cache: str | None = None,
    profile: bool = False,
    progress: str = "auto",
    junit: str | None = None,
) -> None:
    """Build what is stale, then run the connectors' own tests and the acceptance tests."""
    flags = {name: value for name, value in locals().items() if name != "context"}
    program.run(context, partial(program.call, "test", **flags))


@task(
    iterable=["connector"],
    help={
        "connector": CONNECTOR.removesuffix(" (default: all)"),
        "part": "major, minor, patch or prerelease: each from its own version",
        "version": "the same version for all, such as 1.2.3",
        "message": "what is new, for the changelog",
        "dependents": "also raise the patch of all that stands on these",
        "dry-run": "show what would change; write nothing",
    },
)
def bump(
    context: Context,
    connector: list[str],
    part: str | None = None,
    version: str | None = None,
    message: str | None = None,
    dependents: bool = False,
    dry_run: bool = False,
) -> None:
    """Raise versions in every file that says them, or in none: label, catalog, changelog."""
    flags = {name: value for name, value in locals().items() if name != "context"}
    program.run(context, partial(program.call, "bump", **flags))


@task(
    iterable=["connector", "secret"],
    help={
        "connector": CONNECTOR,
        "kind": "only source, destination or base",
        "changed-since": CHANGED,
        "registry": "where to publish to: host, or host/prefix (default: the setting `registry`)",
        "backport": "also publish versions below the highest that is published",
        "dry-run": "show the whole plan with its reasons; change nothing anywhere",
        "fail-fast": "start nothing more after the first failure",
        "jobs": "how many steps run at a time (default: chosen from the machine)",
        "progress": PROGRESS,
        "secret": "id=NAME,src=FILE or id=NAME,env=VARIABLE, for RUN --mount=type=secret",
    },
)
def publish(
    context: Context,
    connector: list[str],
    secret: list[str],
    kind: str | None = None,
    changed_since: str | None = None,
    registry: str | None = None,
    backport: bool = False,
    dry_run: bool = False,
    fail_fast: bool = False,
    jobs: str | None = None,
    progress: str = "auto",
) -> None:
    """Make registry and catalog match the repository: build, test, publish what is not there."""
    flags = {name: value for name, value in locals().items() if name != "context"}
    program.run(context, partial(program.call, "publish", **flags))


@task(
    iterable=["connector"],
    help={
        "connector": CONNECTOR,
        "kind": "only source, destination or base",
        "changed-since": CHANGED,
        "shards": "cells of a wave (default: up to 8, one for each minute of work)",
        "format": "json, or github: sets the outputs `bases` and `connectors` of a step",
    },
)
def matrix(
    context: Context,
    connector: list[str],
    kind: str | None = None,
    changed_since: str | None = None,
    shards: str | None = None,
    format: str = "json",  # noqa: A002
) -> None:
    """Share the work among CI runners, by past durations; needs no engine and no network."""
    flags = {name: value for name, value in locals().items() if name != "context"}
    program.run(context, partial(program.call, "matrix", **flags))


@task(
    help={
        "pull-request": "its number",
        "head": "owner:branch, whose open pull request is meant where the number is not known",
        "runs": "folder with the records of runs, at any depth (default: the last run here)",
        "repository": "owner/name (default: GITHUB_REPOSITORY)",
    }
)
def comment(
    context: Context,
    pull_request: str | None = None,
    head: str | None = None,
    runs: str | None = None,
    repository: str | None = None,
) -> None:
    """Write what runs came to as the one comment of ours on a pull request of GitHub."""
    flags = {name: value for name, value in locals().items() if name != "context"}
    program.run(context, partial(program.call, "comment", **flags))


@task(
    iterable=["connector"],
    help={"connector": CONNECTOR, "print": "print it: there is nothing else that bake does"},
)
def bake(context: Context, connector: list[str], print: bool = False) -> None:  # noqa: A002
    """Write what is to be built as a file for `docker buildx bake`; needs no engine."""
    program.run(context, partial(program.call, "bake", connector=connector, show=print))


@task(help={"output": "folder to write to (default: .yard/catalog)"})
def catalog(context: Context, output: str | None = None) -> None:
    """Write what was published, for programs (registry.json) and for people (index.html)."""
    program.run(context, partial(program.call, "catalog", output=output))


@task(
    help={
        "dry-run": "show what would be removed, why, and what it takes; change nothing",
        "images": "only images, containers and volumes of the engine, and the records of them",
        "logs": "only the logs of old runs; needs no engine",
    }
)
def clean(
    context: Context, dry_run: bool = False, images: bool = False, logs: bool = False
) -> None:
    """Remove what no longer belongs to the repository's state: images, left-overs, logs."""
    flags = {"dry_run": dry_run, "images": images, "logs": logs}
    program.run(context, partial(program.call, "clean", **flags))


@task(
    help={
        "runs": "folder with the records (run.json) of many runners, at any depth "
        "(default: the last run here)",
        "open": "also open the timeline in the browser",
    }
)
def report(context: Context, runs: str | None = None, open: bool = False) -> None:  # noqa: A002
    """Draw what ran when, of the last run or of many runners: timeline, trace, table."""
    flags = {"runs": runs, "open_timeline": open}
    program.run(context, partial(program.call, "report", **flags))


namespace = Collection(
    setup,
    list_,
    graph,
    generate,
    check,
    build,
    why,
    test,
    sync,
    bump,
    publish,
    matrix,
    bake,
    catalog,
    clean,
    comment,
    report,
)
namespace.configure(DEFAULTS)
sys.excepthook = program.tell_of_settings
