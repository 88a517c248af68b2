"""What was published, for ever: records in, a branch of git that only ever grows out.

The ledger of a registry is a branch of its own, `catalog/<registry>`: a release record for each
version of each image under `releases/`, and the documents made from them. Claims are refs that are
created once: whoever creates the claim of a version decides which bytes it is, and nobody changes
it afterwards. Both live in the repository itself, or at the remote that `publish.remote` names, so
that laptops and CI share them.
"""

from __future__ import annotations

import json
import random
import re
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from build_config import git_refs
from build_config.errors import ConflictError, RepositoryError, UnclearError
from build_config.git_refs import Place
from build_config.image import parse
from build_config.release import Release
from build_config.settings import Settings

_FOLDER = "releases"
_TRIES = 12
_PAUSE = 0.05  # seconds, times a random number and the number of the try

Documents = Callable[[tuple[Release, ...]], Mapping[str, bytes]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """Which bytes a version is, said before any of them has its tag.

    Attributes:
        digest: of the manifest.
        image_id: what the engine that built and tested it called it.
        sources: fingerprint of what it was made from.
        commit: id of the commit.
        nonce: tells this claim from any other, also from one that says the same.
    """

    digest: str
    image_id: str
    sources: str
    commit: str
    nonce: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Lease:
    """Whose turn it is to move what moves, such as `latest`; others wait for it to end.

    Attributes:
        holder: who it is.
        commit: tells this turn from every other one.
    """

    holder: str
    commit: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Book:
    """The ledger at one moment: the commit that it was at, and all its releases.

    Attributes:
        releases: by (repository, version).
    """

    tip: str | None
    releases: Mapping[tuple[str, str], Release]

    def of(self, repository: str) -> tuple[Release, ...]:
        """All releases of one image, in no order."""
        return tuple(r for (name, _), r in self.releases.items() if name == repository)


@dataclass(frozen=True, kw_only=True, slots=True)
class Ledger:
    """The ledger of one registry.

    Attributes:
        place: the repository, or its remote.
        registry: as the settings name it.
        documents: made from all releases, and kept beside them in the same commit.
    """

    place: Place
    registry: str
    documents: Documents = lambda _releases: {}

    @property
    def branch(self) -> str:
        """The ref of its branch; git has no colons in names."""
        return f"refs/heads/catalog/{self._slug}"

    @property
    def _slug(self) -> str:
        return re.sub(r"[^A-Za-z0-9.-]", "_", self.registry)

    def read(self, known: Book | None = None) -> Book:
        """All that was published so far; `known` is what it was, and is returned if it still is.

        Raises:
            UnclearError: git or its remote did not answer.
            RepositoryError: with every record that cannot be read.
        """
        tip = git_refs.tip(self.place, self.branch)
        if known is not None and known.tip == tip:
            return known
        if tip is None:
            return Book(tip=None, releases={})
        releases, defects = {}, []
        for path, content in git_refs.files(self.place, tip, _FOLDER).items():
            try:
                release = Release.from_json(content.decode())
            except ValueError as error:
                defects.append(f"{self.branch}:{path}: {error}")
            else:
                releases[release.repository, release.version] = release
        if defects:
            raise RepositoryError(tuple(defects), hint="restore the branch to its last good commit")
        return Book(tip=tip, releases=releases)

    def add(self, release: Release, known: Book | None = None) -> Book:
        """Write a release down, beside whatever others write at the same time.

        Args:
            release: to write down.
            known: what the ledger was, to save reading it again.

        Returns:
            the ledger with it; as it was where it says the same already.

        Raises:
            ConflictError: the version is there with another digest.
            UnclearError: git or its remote did not answer, or others were faster every time.
            RepositoryError: with every record that cannot be read.
        """
        key = release.repository, release.version
        for attempt in range(1, _TRIES + 1):
            book = self.read(known)
            written = book.releases.get(key)
            if written is not None:
                return _agreeing(book, written, release)
            releases = {**book.releases, key: release}
            commit = self._commit(book.tip, release, releases)
            if git_refs.swap(self.place, self.branch, old=book.tip, new=commit):
                return Book(tip=commit, releases=releases)
            _pause(attempt)
        raise UnclearError(f"{self.place}: others kept writing to `{self.branch}`", hint="again")

    def _commit(
        self, tip: str | None, release: Release, releases: Mapping[tuple[str, str], Release]
    ) -> str:
        changed = {_path(release): release.to_json().encode()}
        changed.update(self.documents(tuple(releases.values())))
        return git_refs.commit_of(
            self.place,
            tip,
            changed,
            said=f"{release.name} {release.version}\n\n{release.reference}\n",
            at=int(time.time()),
        )

    def claim(self, repository: str, version: str, claim: Claim) -> Claim:
        """Say which bytes a version is, unless somebody has said it before; what holds is returned.

        Raises:
            UnclearError: git or its remote did not say who was first.
        """
        ref = self._claim_ref(repository, version)
        said = json.dumps(asdict(claim), sort_keys=True)
        commit = git_refs.commit_of(self.place, None, {}, said=said, at=int(time.time()))
        for attempt in range(1, _TRIES + 1):
            if git_refs.swap(self.place, ref, old=None, new=commit):
                return claim
            held = self.claimed(repository, version)
            if held is not None:
                return held
            _pause(attempt)  # whoever is about to create it holds its lock
        raise UnclearError(f"{self.place}: `{ref}` comes and goes", hint="again")

    def claimed(self, repository: str, version: str) -> Claim | None:
        """Which bytes a version is; None where nobody has claimed it.

        Raises:
            UnclearError: git or its remote did not answer.
        """
        ref = self._claim_ref(repository, version)
        commit = git_refs.tip(self.place, ref)
        if commit is None:
            return None
        try:
            fields: Any = json.loads(git_refs.message(self.place, commit))
            return Claim(**fields)
        except (ValueError, TypeError) as error:
            raise UnclearError(
                f"{self.place}: the claim `{ref}` cannot be read", hint="bump the version"
            ) from error

    def lease(self, repository: str, holder: str, *, after: Lease | None) -> Lease | None:
        """Take the turn to move an image's `latest` after who had it; None: another was faster.

        Raises:
            UnclearError: git or its remote did not answer.
        """
        said = json.dumps({"holder": holder, "nonce": uuid.uuid4().hex})
        commit = git_refs.commit_of(self.place, None, {}, said=said, at=int(time.time()))
        old = after.commit if after else None
        if git_refs.swap(self.place, self._lease_ref(repository), old=old, new=commit):
            return Lease(holder=holder, commit=commit)
        return None

    def leased(self, repository: str) -> Lease | None:
        """Whose turn it is; None: nobody's.

        Raises:
            UnclearError: git or its remote did not answer.
        """
        commit = git_refs.tip(self.place, self._lease_ref(repository))
        if commit is None:
            return None
        try:
            said: Any = json.loads(git_refs.message(self.place, commit))
            holder = str(said["holder"])
        except (ValueError, KeyError, TypeError):
            holder = ""  # it ends like any other: nobody is heard of for long enough
        return Lease(holder=holder, commit=commit)

    def end_lease(self, repository: str, lease: Lease) -> None:
        """Let the next one have the turn; nothing happens if it is somebody else's by now.

        Raises:
            UnclearError: git or its remote did not answer in time.
        """
        git_refs.drop(self.place, self._lease_ref(repository), old=lease.commit)

    def _claim_ref(self, repository: str, version: str) -> str:
        return f"refs/connectoryard/claims/{self._slug}/{parse(repository).path}/{version}"

    def _lease_ref(self, repository: str) -> str:
        return f"refs/connectoryard/leases/{self._slug}/{parse(repository).path}/latest"


def ledger_of(settings: Settings, documents: Documents = lambda _releases: {}) -> Ledger:
    """The ledger of the registry that the settings name."""
    publishing = settings.publishing
    return Ledger(
        place=Place(root=settings.root, remote=publishing.remote),
        registry=publishing.registry,
        documents=documents,
    )


def releases(settings: Settings) -> tuple[Release, ...]:
    """All releases, sorted by image and version, both as text.

    Raises:
        UnclearError: git or its remote did not answer.
        RepositoryError: with every record that cannot be read.
    """
    book = ledger_of(settings).read()
    return tuple(book.releases[key] for key in sorted(book.releases))


def _pause(attempt: int) -> None:
    """A random one: who met once is not to meet again."""
    time.sleep(attempt * _PAUSE * random.random())  # noqa: S311 - not a secret


def _agreeing(book: Book, known: Release, release: Release) -> Book:
    if known.digest == release.digest:
        return book
    raise ConflictError(
        f"{release.repository}:{release.version} is published as {known.digest}, "
        f"and this is {release.digest}",
        hint=f"`invoke bump --connector={release.name} --part=patch`",
    )


def _path(release: Release) -> str:
    return f"{_FOLDER}/{parse(release.repository).path}/{release.version}.json"
