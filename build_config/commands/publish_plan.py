"""What `invoke publish` knows of the repository in, targets, facts and the complete plan out."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from build_config import git
from build_config.acceptance.config import configured
from build_config.commands.planning import Planned
from build_config.connector import Connector
from build_config.connector import Kind as ImageKind
from build_config.definitions import Definition, read_definition_entries, read_metadata
from build_config.image_labels import REVISION_LABEL
from build_config.machine.bootstrap import BOOTSTRAPPED_LABEL
from build_config.plan import Plan, plan_build
from build_config.plan_publishing import Publish, plan_publishing, without_repeated_tests
from build_config.plan_testing import TESTS, plan_tests
from build_config.publishing.passed import passed
from build_config.publishing.ports import Facts
from build_config.publishing.preflight import Finding
from build_config.publishing.refusals import Conditions
from build_config.publishing.standing import State
from build_config.publishing.target import Target, target_of
from build_config.settings import Settings
from build_config.source_inputs import source_inputs
from build_config.steps import Action

_NOT_OURS = ("dockerRepository", "dockerImageTag")


def targets_of(settings: Settings, planned: Planned) -> dict[str, Target]:
    """Where everything that is selected would be published.

    Raises:
        UsageError: an image's name belongs to another registry.
    """
    sources = source_inputs(planned.plan.builds)
    registry = settings.publishing.registry
    return {
        name: target_of(planned.plan.builds[name].connector, sources[name], registry)
        for name in sorted(planned.selected)
    }


def facts_of(settings: Settings, planned: Planned, *, backport: bool) -> dict[str, Facts]:
    """What is known of each target without an engine.

    Raises:
        RepositoryError: a definition or a metadata.yaml cannot be read.
    """
    entries = {
        (definition.repository, kind): (definition, entry)
        for kind in (ImageKind.SOURCE, ImageKind.DESTINATION)
        for definition, entry in read_definition_entries(settings, kind)
    }
    commit = git.head(settings.root)
    changed = frozenset(planned.snapshot.changed if planned.snapshot else ())
    source = git.remote_url(settings.root) or ""
    facts = {}
    for name in planned.selected:
        connector = planned.plan.builds[name].connector
        found = entries.get((connector.image.name, connector.kind))
        definition, entry = found or (None, {})
        facts[name] = Facts(
            conditions=Conditions(
                commit=commit,
                unclean=tuple(_unclean(planned, connector, definition, changed)),
                definition=definition,
                backport=backport,
                bootstrapped=_is_bootstrapped(settings, planned, connector),
            ),
            local_tag=settings.local_tag,
            source_url=source,
            definition={key: value for key, value in entry.items() if key not in _NOT_OURS},
            tags=_tags(read_metadata(settings, connector)),
        )
    return facts


def plan_of(settings: Settings, planned: Planned, findings: Sequence[Finding]) -> Planned:
    """Build and test what is new, publish what is not settled, and nothing else."""
    graph = planned.repository.graph
    new = frozenset(finding.target.name for finding in findings if finding.is_new)
    seconds = planned.present.seconds
    plan = plan_build(graph, new, planned.present, stale=_built_unclean(planned))
    have_tests = configured(settings.root, planned.repository.connectors)
    plan = plan_tests(plan, new, only=frozenset(TESTS), configured=have_tests, seconds=seconds)
    plan = without_repeated_tests(plan, dict(_passed(settings, planned, plan)))
    by_name = {finding.target.name: _publish(finding) for finding in findings}
    wanted = {name: by_name[name] for name in graph.connectors if name in by_name}
    plan = plan_publishing(plan, wanted, graph.dependencies, seconds)
    # what is finished for another run needs no build, and still its connector
    builds = {**planned.plan.builds, **plan.builds}
    return replace(planned, plan=replace(plan, builds=builds))


def _publish(finding: Finding) -> Publish:
    standing = finding.standing
    if standing.state is State.PUBLISHED:
        action = Action.SKIP if finding.settled else Action.RUN
        reason = finding.why if finding.settled else f"{finding.why}, `latest` is not right"
        return Publish(action=action, reason=reason)
    return Publish(action=Action.RUN, reason=finding.why, doomed=finding.is_doomed)


def _unclean(
    planned: Planned,
    connector: Connector,
    definition: Definition | None,
    changed: frozenset[bytes],
) -> Iterator[str]:
    """Directories that go into the image, and the definition, as far as git says they changed."""
    graph, snapshot = planned.repository.graph, planned.snapshot
    names = graph.with_dependencies(frozenset({connector.name}))
    paths = [graph.connectors[name].path for name in sorted(names)]
    if definition is not None:
        paths.append(definition.path)
    if snapshot is None:
        return
    yield from (p for p in paths if snapshot.is_dirty(p) or os.fsencode(p) in changed)


def _is_bootstrapped(settings: Settings, planned: Planned, connector: Connector) -> bool:
    """As far as the engine knows before the run; the image itself is looked at again."""
    graph = planned.repository.graph
    names = graph.with_dependencies(frozenset({connector.name}))
    bases = {base for name in names for base in graph.externals[name]}
    images = (planned.images.get(base.lookup) for base in bases)
    made = any(i and i.labels.get(BOOTSTRAPPED_LABEL) == "true" for i in images)
    return made and not settings.publishing.bootstrapped


def _built_unclean(planned: Planned) -> dict[str, str]:
    """Images whose label says a commit that they are not: they were built before it was made."""
    stale = {}
    for name, build in planned.plan.builds.items():
        image = planned.images.get(build.connector.image.canonical)
        if image and image.labels.get(REVISION_LABEL, "").endswith("-dirty"):
            stale[name] = "it was built before its sources were committed"
    return stale


def _passed(settings: Settings, planned: Planned, plan: Plan) -> Iterator[tuple[str, str]]:
    for step in plan.work:
        if step.kind in TESTS:
            connector = plan.builds[step.target].connector
            image = planned.images.get(connector.image.canonical)
            record = passed(settings, connector, image.id, step.kind) if image else None
            if record:
                yield step.key, record.when


def _tags(metadata: Mapping[str, Any]) -> tuple[str, ...]:
    tags = metadata.get("tags")
    return tuple(str(tag) for tag in tags) if isinstance(tags, list) else ()
