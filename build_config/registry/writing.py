"""A manifest and a tag in, the tag set to it out; and what else changes a registry."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

from build_config.registry.address import beside
from build_config.registry.answers import Answer, CannotTell, Denied, Present
from build_config.registry.failures import RefusedError, UnclearError
from build_config.registry.manifests import error_codes, says_absent
from build_config.registry.patience import AGAIN
from build_config.registry.reading import Repository, is_of, read_manifest
from build_config.registry.session import asked_to_wait, may_change
from build_config.registry.transport import Reply, Request, Silence

_DONE = range(200, 300)
_REFUSED = range(400, 500)
_UPLOAD_STARTED = 202
_UNAUTHORIZED = 401
_NOT_FOUND = 404
_DENIED = {
    _UNAUTHORIZED: "",  # what to do about the login is told with it
    403: "; a login that may push there is needed",
    _NOT_FOUND: "; the repository has to be made there first",  # of NAME_UNKNOWN: ECR
    405: "; nothing can be pushed there",  # docker-registry where it is read-only
}


async def write_manifest(repository: Repository, tag: str, manifest: Present) -> None:
    """Have the tag mean exactly these bytes; each further try starts with a read.

    Raises:
        RefusedError: the registry said no, and the tag is not this.
        UnclearError: nobody knows whether it was done.
    """
    request = replace(
        repository.request("PUT", f"manifests/{tag}", check=tag),
        headers={"content-type": manifest.media_type},
        content=manifest.body,
    )
    for number in count():
        answered = await repository.once(request)
        if _was_done(answered, manifest.digest):
            return
        found = await read_manifest(repository, tag)
        if is_of(found, manifest.digest):
            return
        _raise_if_refused(repository, answered, found, tag, at_once=number == 0)
        # a yes to other bytes is a write that went wrong on the way: ours alone mend it
        again = _is_yes(answered) or may_change(answered)
        known = not isinstance(found, CannotTell)
        if not (again and known) or not await repository.patience.again(asked_to_wait(answered)):
            raise _unclear(repository, answered, tag)


async def delete_tag(repository: Repository, tag: str, digest: str) -> bool:
    """Remove a tag that is of that digest; whether it is gone, and the manifest is not."""
    if not is_of(await read_manifest(repository, tag), digest):
        return False
    answered = await repository.once(repository.request("DELETE", f"manifests/{tag}", check=tag))
    if isinstance(answered, Silence) or answered.status not in _DONE:
        return False
    # not asked for as absent: some say 403 of what is not there (Artifactory)
    gone = not isinstance(await read_manifest(repository, tag), Present)
    return gone and is_of(await read_manifest(repository, digest), digest)


async def may_push(repository: Repository) -> Denied | CannotTell | None:
    """None if an upload may be started there; it is given up at once."""
    request = repository.request("POST", "blobs/uploads/")
    answered = await repository.ask(request)
    if isinstance(answered, Silence):
        why = repository.session.told(answered)
        return Denied(why=why) if answered.denied else CannotTell(why=why)
    if answered.status == _UPLOAD_STARTED:
        await _give_up(repository, request, answered)
        return None
    plain = answered.status != _NOT_FOUND or says_absent(answered, "manifests")
    if plain and answered.status in _DENIED:
        return Denied(why=repository.session.told(answered) + _DENIED[answered.status])
    return repository.cannot_tell(answered)


async def _give_up(repository: Repository, request: Request, started: Reply) -> None:
    """Cancel an upload, if the registry says where, on its own host: it expires anyway."""
    place = beside(request.url, started.headers.get("location", ""))
    if place is not None and place != request.url:
        await repository.once(Request(method="DELETE", url=place))


def _was_done(answered: Reply | Silence, digest: str) -> bool:
    """A plain yes: one that names another digest is to be looked into."""
    if isinstance(answered, Silence) or answered.status not in _DONE:
        return False
    return answered.headers.get("docker-content-digest", digest) == digest


def _is_yes(answered: Reply | Silence) -> bool:
    return isinstance(answered, Reply) and answered.status in _DONE


def _unclear(repository: Repository, answered: Reply | Silence, tag: str) -> UnclearError:
    other = ", but for other bytes" if _is_yes(answered) else ""
    return UnclearError(
        f"`{repository.path}:{tag}` may or may not be published: "
        f"{repository.session.told(answered)}{other}",
        hint="the same command again finds out, and goes on",
    )


def _raise_if_refused(
    repository: Repository, answered: Reply | Silence, found: Answer, tag: str, *, at_once: bool
) -> None:
    if isinstance(answered, Silence):
        status, refused = _UNAUTHORIZED, answered.denied
    else:
        status = answered.status
        refused = status in _REFUSED and status not in AGAIN
    if refused:
        raise RefusedError(
            f"`{repository.path}:{tag}` is refused: {repository.session.told(answered)}",
            status=status,
            codes=() if isinstance(answered, Silence) else error_codes(answered),
            there=found.digest if isinstance(found, Present) else None,
            at_once=at_once,
        )
