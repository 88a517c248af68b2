"""What a person asked for and what is there in, who gets which version out, or why nobody does."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from build_config.checks.choice import choose
from build_config.checks.subject import Subject
from build_config.checks.version_places import catalog_places, changelogs, project_places
from build_config.connector import Connector
from build_config.discovery import VERSION_LABEL
from build_config.errors import RepositoryError, UsageError, one_of
from build_config.versions import Part, above, bumped, is_release_tag, order


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """What a person asked for; exactly one of `part` and `version` is not None.

    Attributes:
        connector: patterns of `--connector`.
        message: what is new; empty where nobody said.
        dependents: also what stands on the chosen ones.
    """

    connector: Sequence[str]
    part: Part | None = None
    version: str | None = None
    message: str = ""
    dependents: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Bump:
    """A connector, the version that it gets (its own, where it has it already), and the news."""

    connector: Connector
    version: str
    message: str = ""

    @property
    def raises(self) -> bool:
        """Whether the version is another one."""
        return self.version != self.connector.version


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """What was before.

    Attributes:
        published: image name -> its highest published version.
        committed: connectors -> their versions in the last commit, by name; None without git.
    """

    published: Mapping[str, str]
    committed: Callable[[Sequence[Connector]], Mapping[str, str | None] | None]


def read_wish(
    connector: Sequence[str],
    part: str | None,
    version: str | None,
    message: str,
    *,
    dependents: bool,
) -> Wish:
    """Read the flags.

    Raises:
        UsageError: both or neither of `--part` and `--version`, no connector, no legal version.
    """
    if not any(word.strip() for pattern in connector for word in pattern.split(",")):
        hint = "`--connector=NAME`, or `--connector='*'` for all"
        raise UsageError("nothing says which connector is meant", hint=hint)
    if (part is None) == (version is None):
        what = (
            "neither `--part` nor `--version` is"
            if part is None
            else "`--part` and `--version` are both"
        )
        raise UsageError(
            f"{what} given",
            hint="`--part=patch` raises each; `--version=1.2.3` is the same for all",
        )
    if part is not None:
        one_of("--part", part, tuple(Part))
    elif version is not None and not is_release_tag(version):
        problem = "cannot be the tag of an image" if order(version) else "is not a semantic version"
        hint = "three numbers, like `1.2.3` or `1.2.3-rc.1` (semver.org), and no `+build`"
        raise UsageError(f"`--version={version}` {problem}", hint=hint)
    return Wish(
        connector=connector,
        part=Part(part) if part is not None else None,
        version=version,
        message=message.strip(),
        dependents=dependents,
    )


def decide(subject: Subject, wish: Wish, known: Known) -> tuple[Bump, ...]:
    """All bumps, by name; every reason against any of them is told at once.

    Raises:
        UsageError: a name that is nobody's.
        RepositoryError: a chosen connector is broken, its files disagree, or the version is not
            above what there is.
    """
    chosen = choose(subject, wish.connector) or frozenset()
    _refuse_broken(subject, chosen)
    asked = [c for c in subject.connectors if c.name in chosen]
    bumps = [_asked(connector, wish) for connector in asked]
    if wish.dependents:
        bumps += _dependents(subject, {b.connector.name: b for b in bumps if b.raises}, known)
    refusals = [line for bump in bumps for line in _refusals(subject, bump, known)]
    if refusals:
        raise RepositoryError(tuple(refusals), hint=_hint(subject, bumps))
    return tuple(sorted(bumps, key=lambda bump: bump.connector.name))


def _refuse_broken(subject: Subject, chosen: Collection[str]) -> None:
    defects = tuple(str(d) for d in subject.found if d.connector in chosen)
    if defects:
        raise RepositoryError(defects, hint="`invoke check` says what to do")


def _asked(connector: Connector, wish: Wish) -> Bump:
    version = connector.version or ""
    if wish.version is not None:
        version = wish.version
    elif wish.part is not None and order(version):
        version = bumped(version, wish.part)
    return Bump(connector=connector, version=version, message=wish.message)


def _dependents(subject: Subject, bumps: Mapping[str, Bump], known: Known) -> Iterator[Bump]:
    """What stands on them, but for what has a new version since the last commit or release."""
    graph = subject.graph
    reached = graph.with_dependents(bumps.keys() & graph.connectors.keys()) - bumps.keys()
    standing = [graph.connectors[name] for name in graph.connectors if name in reached]
    standing = [connector for connector in standing if is_release_tag(connector.version or "")]
    before = known.committed(standing)
    raised = dict(bumps)
    for connector in standing:  # dependencies first
        version = connector.version or ""
        released = known.published.get(connector.image.name)
        if before is not None and above(version, before.get(connector.name) or ""):
            continue
        if released is not None and above(version, released):
            continue
        below = (raised[name] for name in graph.dependencies[connector.name] if name in raised)
        on = ", ".join(f"`{b.connector.name}` {b.version}" for b in below)
        message = f"Built on {on}." if on else "Built on newer images."
        bump = Bump(connector=connector, version=bumped(version, Part.PATCH), message=message)
        raised[connector.name] = bump
        yield bump


def _refusals(subject: Subject, bump: Bump, known: Known) -> Iterator[str]:
    connector, version = bump.connector, bump.connector.version
    name = f"`{connector.name}`"
    if version is None:
        yield f"{name} has no version: `LABEL {VERSION_LABEL}=0.1.0` is missing"
        return
    if not is_release_tag(version):
        yield f"{name} has the version `{version}`, which cannot be raised: it is not like `1.2.3`"
        return
    yield from _disagreeing(subject, connector, version)
    if bump.raises and not above(bump.version, version):
        yield f"`{bump.version}` is not above `{version}`, which {name} has"
        return
    released = known.published.get(connector.image.name)
    if bump.raises and released is not None and not above(bump.version, released):
        yield f"`{bump.version}` of {name} is not above `{released}`, which is published"
    for told in changelogs(subject, connector):
        # a page may be shared by variants of a connector, each with versions of its own
        newest = "" if told.page or not told.versions else told.versions[0].text
        if above(newest, bump.version):
            yield f"`{told.path}` tells of `{newest}` of {name}, above `{bump.version}`"


def _disagreeing(subject: Subject, connector: Connector, version: str) -> Iterator[str]:
    for places in (catalog_places, project_places):
        for place in places(subject, connector):
            found = place.found
            if found.text != version:
                yield (
                    f"{place.path}:{found.line}: `{place.what}` is `{found.text}`, "
                    f"`{connector.name}` is `{version}`: they must agree before a bump"
                )


def _hint(subject: Subject, bumps: Iterable[Bump]) -> str:
    """What to type: the command that makes files agree, where that is what is missing."""
    names = [
        b.connector.name
        for b in bumps
        if any(_disagreeing(subject, b.connector, b.connector.version or ""))
    ]
    if names:
        return f"invoke check --fix --no-gradle --connector={','.join(names)}"
    return "`invoke list` shows the versions; nothing was changed"
