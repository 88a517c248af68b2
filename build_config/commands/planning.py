"""What `build` and `why` share: settings and flags in, a complete plan and its engine out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from build_config import affected, build_records, build_secrets, git, history
from build_config.connector import Secret
from build_config.docker_engine import DockerEngine, open_engine
from build_config.engine import LocalImage
from build_config.errors import EngineUnavailableError
from build_config.plan import Plan, Present, plan_build
from build_config.repository import Repository, load, read_sources
from build_config.settings import Settings
from build_config.streams import Streams


@dataclass(frozen=True, kw_only=True, slots=True)
class Planned:
    """A plan, and what it was made from.

    Attributes:
        engine: None when none answered, or none was asked, as nothing is selected.
        images: what it has, by canonical reference.
        snapshot: what git says of the files; None where it is not git's repository.
        present: what the plan was made from.
    """

    repository: Repository
    selected: frozenset[str]
    plan: Plan
    engine: DockerEngine | None
    images: Mapping[str, LocalImage]
    snapshot: git.Snapshot | None
    present: Present


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """What a person asked for.

    Attributes:
        connector: patterns of `--connector`.
        kind: of `--kind`.
        changed_since: a ref; only what changed since then, and what stands on that.
        tests: also what has only other tests since then.
        force: build again whatever the engine has.
        engine_needed: without it a silent engine makes every image unknown, said once.
    """

    connector: Sequence[str] = ()
    kind: str | None = None
    changed_since: str | None = None
    tests: bool = False
    force: bool = False
    engine_needed: bool = True


def _everything(repository: Repository) -> frozenset[str]:
    return frozenset(repository.graph.connectors)


def plan_for(
    settings: Settings,
    streams: Streams,
    wish: Wish,
    among: Callable[[Repository], frozenset[str]] = _everything,
) -> Planned:
    """Read the repository, ask the engine once, and plan.

    Args:
        settings: of the repository.
        streams: where to write.
        wish: what a person asked for.
        among: the names of which the wish selects; asked once the repository is read.

    Raises:
        RepositoryError: the repository is broken.
        EngineUnavailableError: no engine answered and one is needed.
        UsageError: a name or a kind that is nobody's, or a ref that git does not know.
    """
    with git.asking(settings.root) as asked:
        repository = load(settings)
        selected = _selected(settings, repository, wish) & among(repository)
        if not selected:
            if wish.changed_since is not None:
                streams.note(f"nothing changed since `{wish.changed_since}`")
            return _nothing(repository)
        snapshot = git.snapshot(settings.root, asked)
    wanted = repository.graph.with_dependencies(selected)
    connectors = (repository.graph.connectors[name] for name in sorted(wanted))
    sources = read_sources(settings.root, connectors, snapshot)
    if snapshot is None:
        streams.note("not a git repository: every file is read and hashed")
    engine, images = _ask_engine(settings, streams, wish)
    present = Present(
        images=images,
        sources=sources,
        remembered=partial(build_records.read, settings.state),
        seconds=history.read(settings.state),
    )
    plan = plan_build(repository.graph, selected, present, force=wish.force)
    return Planned(
        repository=repository,
        selected=selected,
        plan=plan,
        engine=engine,
        images=images or {},
        snapshot=snapshot,
        present=present,
    )


def _ask_engine(
    settings: Settings, streams: Streams, wish: Wish
) -> tuple[DockerEngine | None, Mapping[str, LocalImage] | None]:
    engine: DockerEngine | None = None
    images: Mapping[str, LocalImage] | None = None
    try:
        engine = open_engine()
        images = engine.images(settings.state)
    except EngineUnavailableError as error:
        if wish.engine_needed:
            raise
        streams.note(f"unknown what is up to date: {error}")
    return engine, images


def _selected(settings: Settings, repository: Repository, wish: Wish) -> frozenset[str]:
    selected = repository.select(wish.connector, kind=wish.kind)
    if wish.changed_since is None:
        return selected
    return selected & changed_since(settings, repository, wish.changed_since, tests=wish.tests)


def _nothing(repository: Repository) -> Planned:
    """A plan for which nobody had to be asked."""
    present = Present(images={}, sources={})
    return Planned(
        repository=repository,
        selected=frozenset(),
        plan=plan_build(repository.graph, frozenset(), present),
        engine=None,
        images={},
        snapshot=None,
        present=present,
    )


def changed_since(
    settings: Settings, repository: Repository, ref: str, *, tests: bool = False
) -> frozenset[str]:
    """The images whose content changed since a commit, and all that stands on them.

    Args:
        settings: of the repository.
        repository: as it is now.
        ref: what is checked out is compared with where it left this.
        tests: with those whose tests alone changed.

    Raises:
        UsageError: git does not know the ref.
    """
    since = affected.read_since(settings.root, ref)
    connectors = repository.connectors
    changed = repository.graph.with_dependents(affected.affected(settings, connectors, since))
    return changed | affected.affected_tests(connectors, since) if tests else changed


def check_secrets(plan: Plan, offered: tuple[Secret, ...]) -> None:
    """Find a secret that is missing before the first build starts, not in the middle.

    Raises:
        UsageError: with its name.
    """
    if plan.work:
        wanted = (plan.builds[step.target].connector for step in plan.images)
        build_secrets.check((*offered, *(s for connector in wanted for s in connector.secrets)))
