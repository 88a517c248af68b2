"""What BuildKit and a pull report in, the words of a step out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from build_config.buildkit import progress
from build_config.buildkit.failures import BuildFailedError
from build_config.engine import Tell
from build_config.errors import StepError
from build_config.image import parse
from build_config.masking import Mask
from build_config.wording import one_line

NO_LOGIN = ("no basic auth credentials", "unauthorized", "authentication required")
"""How engines say that a registry wants to know who asks."""


def tell_build(tell: Tell, mask: Mask, context_bytes: int, news: progress.Progress) -> None:
    """One event of the builder, in the words of a step and without its secrets."""
    match news:
        case progress.ContextSent(sent=sent):
            tell.activity("sending the context", sent, max(context_bytes, sent))
        case progress.VertexStarted(vertex=vertex):
            tell.activity(_without_flags(vertex))
            tell.line(f"> {vertex}")
        case progress.VertexFinished():
            _tell_end(tell, mask, news)
        case progress.LogLine(text=text):
            tell.line(mask(text))
        case progress.Transfer(vertex=vertex, current=current, total=total):
            tell.activity(_without_flags(vertex), current, total or None)
        case progress.BuildWarning(message=message, line=line):
            tell.line(f"warning: {message}" + (f" (line {line})" if line else ""))


def _tell_end(tell: Tell, mask: Mask, news: progress.VertexFinished) -> None:
    tell.phase(_without_flags(news.vertex), news.seconds, cached=news.cached)
    if news.cached:
        tell.line(f"> {news.vertex}: cached")
    elif news.error and not news.cancelled:
        tell.line(mask(f"> {news.vertex}: {news.error}"))


def build_error(error: BuildFailedError, mask: Mask) -> StepError:
    """The failure of a build, naming the instruction that failed."""
    vertex = f"`{one_line(error.vertex)}`: " if error.vertex else ""
    message = f"{vertex}{one_line(str(error))}"
    if error.exit_code is not None and error.vertex:
        message = f"`{one_line(error.vertex)}` ended with exit code {error.exit_code}"
    return StepError(mask(message), hint=_hint(str(error)), line=error.line)


def tell_pull(reference: str, news: Mapping[str, Any], say: Callable[..., object]) -> None:
    """One message of a pull; the SDK never raises, failures are messages too (docker-py#2226).

    Raises:
        StepError: the message is a failure.
    """
    if failure := failure_in(news):
        raise pull_error(reference, failure)
    detail = news.get("progressDetail") or {}
    text = f"{news.get('status', '')} {news.get('id', '')}".strip()
    if detail.get("units"):  # else they are bytes: a containerd store unpacks for so many seconds
        detail = {}
    say(text, detail.get("current"), detail.get("total"))


def failure_in(news: Mapping[str, Any]) -> str:
    """What went wrong; empty for news of another kind.

    `error` is deprecated, and will be left out some day; `errorDetail` has its message in all
    engines that we know (Docker Engine API, `CreateImageInfo` and `PushImageInfo`).
    """
    return str((news.get("errorDetail") or {}).get("message") or news.get("error") or "")


def pull_error(reference: str, said: str) -> StepError:
    """The failure of a pull."""
    hint = "`invoke setup` tells what can be done on this machine"
    if any(words in said.lower() for words in NO_LOGIN):
        hint = f"`docker login {parse(reference).domain}`"
    return StepError(f"`{reference}` cannot be pulled: {one_line(said)}", hint=hint)


_FLAGS = re.compile(r"(?<=\b[A-Z]{3} )(?:--\S+ +)+")


def _without_flags(vertex: str) -> str:
    """`[2/3] RUN pip install x`: what is run says more in a narrow row than how it is mounted."""
    return _FLAGS.sub("", one_line(vertex))


_HINTS = {
    "no space left on device": "free some disk: `docker system df` shows what takes it",
    "certificate verify failed": "the build does not trust this network's certificates: mount the "
    "secret `ca-bundle` in that RUN (README, company proxies)",
    "no match for platform": "the base image does not exist for this machine's platform",
    "failed to solve with frontend": "see the message above",
}


def _hint(message: str) -> str:
    lowered = message.lower()
    return next((hint for said, hint in _HINTS.items() if said in lowered), "")
