"""`invoke build --watch`: saved files in, one round of building for each batch out, until Ctrl-C.

A round plans what the saved files touch, with the same planning as without `--watch`: there is no
second truth. Rounds follow each other; what is saved during one is kept, and is the next one's.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any

from build_config.commands.one_build import build_planned
from build_config.commands.planning import Planned, Wish, check_secrets, plan_for
from build_config.commands.running import RunOptions, run
from build_config.commands.test import show_cases, with_tests
from build_config.errors import RepositoryError, YardError
from build_config.graph import Graph
from build_config.plan_testing import TESTS
from build_config.report import EXIT_INTERRUPTED, headline
from build_config.repository import Repository
from build_config.saves import Saved, listening
from build_config.settings import Settings
from build_config.streams import Streams
from build_config.touched import SETTINGS, differing, is_noise, touched, touched_tests
from build_config.wording import counted, harmless


@dataclass(frozen=True, kw_only=True, slots=True)
class _Watch:
    """What stays the same from round to round."""

    settings: Settings
    streams: Streams
    wish: Wish
    options: RunOptions
    tests: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class _Known:
    """What a round leaves to the next one.

    Attributes:
        graph: of the last repository that could be planned for; None before the first.
        waiting: saved paths that no plan has seen, as the repository was broken; None for any.
        told: the trouble that stands on the screen.
        exit_code: with which to end; None to go on.
    """

    graph: Graph | None = None
    waiting: frozenset[str] | None = frozenset()
    told: str = ""
    exit_code: int | None = None


def watch(
    settings: Settings, streams: Streams, wish: Wish, options: Mapping[str, Any], *, tests: bool
) -> int:
    """Build what is stale, then again and again what saved files touch; ends by Ctrl-C alone.

    Args:
        settings: of the repository; what is saved in `invoke.yaml` does not change them.
        streams: where to write.
        wish: what to watch over.
        options: the fields of `RunOptions`, for each round.
        tests: also test what was built, and what has other tests.

    Raises:
        YardError: the first round could not begin, for another reason than a broken repository.
    """
    how = RunOptions(**options)
    place = _Watch(settings=settings, streams=streams, wish=wish, options=how, tests=tests)
    with listening(settings.root, is_noise) as batches:
        known = _first_round(place, options)
        # what was said once is not said in each round; nor is everything forced again
        quiet = Streams(out=streams.out, notes=io.StringIO(), environ=streams.environ)
        later = replace(wish, force=False)
        while known.exit_code is None:
            known = _round(replace(place, wish=later), known, next(batches), quiet)
    return known.exit_code


def _first_round(place: _Watch, options: Mapping[str, Any]) -> _Known:
    """A normal run; only a broken repository is waited for, as it is being edited."""
    streams = place.streams
    try:
        planned = plan_for(place.settings, streams, place.wish)
    except RepositoryError as error:
        return _trouble(place, _Known(waiting=None), error)
    if place.tests:
        planned = _with_tests(place, planned, frozenset())
    code = build_planned(place.settings, streams, planned, options)
    if code == EXIT_INTERRUPTED:
        return _Known(exit_code=code)
    watched = f" of {counted(len(planned.selected), 'image')}" if planned.selected else ""
    streams.note(f"watching the files{watched}; Ctrl-C ends it")
    return _Known(graph=planned.repository.graph)


def _round(place: _Watch, known: _Known, saved: Saved, quiet: Streams) -> _Known:
    """Plan and run what was saved; says nothing when no image is to be built."""
    _tell_of_settings(place, saved)
    paths = None if saved.paths is None or known.waiting is None else saved.paths | known.waiting
    known = replace(known, waiting=paths)

    def among(repository: Repository) -> frozenset[str]:
        return _among(place, known, repository)

    try:
        planned = plan_for(place.settings, quiet, place.wish, among)
        check_secrets(planned.plan, place.options.secrets)
        if place.tests:
            planned = _with_tests(place, planned, paths)
        work = planned.plan.work
        if known.told:
            place.streams.note(f"put right{'' if work else ': nothing to build'}")
        code = _build(place, planned, saved, paths) if work else 0
    except YardError as error:
        return _trouble(place, known, error)
    return _Known(
        graph=planned.repository.graph, exit_code=code if code == EXIT_INTERRUPTED else None
    )


def _build(place: _Watch, planned: Planned, saved: Saved, paths: frozenset[str] | None) -> int:
    """Only what runs is shown, and that in one line in the end."""
    planned = replace(planned, plan=replace(planned.plan, steps=planned.plan.work))
    options = replace(place.options, begin=saved.at)
    report = run(place.settings, place.streams, planned, options)
    if options.display != "json":
        show_cases(report, place.streams, options)
        style = "green" if report.exit_code == 0 else "bold red"
        line = f"{headline(report)} since {_named(paths)} saved"
        place.streams.console.print(line, style=style, soft_wrap=True)
    return report.exit_code


def _among(place: _Watch, known: _Known, repository: Repository) -> frozenset[str]:
    """What the saved files may change, and all that stands on it."""
    graph = repository.graph
    if known.waiting is None or known.graph is None:
        return frozenset(graph.connectors)
    own = touched(place.settings.root, repository.connectors, known.waiting)
    names = graph.with_dependents(own | differing(known.graph, graph))
    tested = touched_tests(repository.connectors, known.waiting) if place.tests else frozenset()
    return names | tested


def _with_tests(place: _Watch, planned: Planned, saved: frozenset[str] | None) -> Planned:
    """With the tests of what is built, and of what has other tests now."""
    own = frozenset(step.target for step in planned.plan.images)
    others = touched_tests(planned.repository.connectors, _not_ignored(planned, saved or ()))
    tested = replace(planned, selected=planned.selected & (own | others))
    tested = with_tests(place.settings, tested, frozenset(TESTS))
    return replace(tested, selected=planned.selected)


def _not_ignored(planned: Planned, saved: Iterable[str]) -> list[str]:
    """Without what git ignores: caches and reports of tools that a person runs by hand."""
    ignored = planned.snapshot.ignored if planned.snapshot else ()
    shown = tuple(path.decode(errors="surrogateescape") for path in ignored)
    folders = tuple(path for path in shown if path.endswith("/"))
    return [path for path in saved if path not in shown and not f"{path}/".startswith(folders)]


def _named(paths: frozenset[str] | None) -> str:
    """`main.py` was; a new folder is told by what is in it."""
    if paths is None:
        return "many files were"
    folders = {str(folder) for path in paths for folder in PurePosixPath(path).parents}
    files = paths - folders
    if len(files) > 1:
        return f"{counted(len(files), 'file')} were"
    return f"`{harmless(next(iter(files)))}` was"


def _trouble(place: _Watch, known: _Known, error: YardError) -> _Known:
    """Say in one line why nothing can be built now; the same is not said twice."""
    lines = error.defects if isinstance(error, RepositoryError) else (str(error),)
    more = f" (and {len(lines) - 1} more)" if len(lines) > 1 else ""
    told = f"error: {lines[0]}{more}; waiting until it is put right"
    if told != known.told:
        place.streams.note(told)
    return replace(known, told=told)


def _tell_of_settings(place: _Watch, saved: Saved) -> None:
    for path in sorted(SETTINGS.intersection(saved.paths or ())):
        place.streams.note(
            f"`{path}` was saved: what it says counts after a restart (Ctrl-C, then the same again)"
        )
