"""Graph, selection and what the engine has in; a complete plan, with reasons, out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from build_config.connector import Connector
from build_config.context import ContextFile
from build_config.discovery import NAME_LABEL, VERSION_LABEL
from build_config.engine import LocalImage
from build_config.fingerprint import BASES_LABEL, FINGERPRINT_LABEL, Inputs, differences
from build_config.graph import Graph
from build_config.image import Reference
from build_config.step_order import usual_seconds
from build_config.steps import Action, Kind, Step

GRADLE_TARGET = "distributions"
"""All Gradle builds of a run are one step: one start of Gradle serves every image."""

GRADLE_OUTPUT = "build/"
"""Where, within a connector's directory, Gradle leaves what its Dockerfile copies."""

_MOST_REASONS = 3
_GUESS = 1.0  # seconds of a build, where none was ever recorded


@dataclass(frozen=True, kw_only=True, slots=True)
class Sources:
    """The files of one image: `context` is sent to the builder, `gradle` is read by Gradle.

    What Gradle leaves under `GRADLE_OUTPUT` is sent too, and is no source: it is not in here.
    """

    context: tuple[ContextFile, ...]
    gradle: tuple[ContextFile, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Base:
    """An image that another stands on, as far as it is known before the run.

    Attributes:
        step: key of the step that makes or fetches it; None when it is there.
        token: what it adds to the fingerprint; None when the step has to say.
        id: what the engine calls it; None when the step has to say.
    """

    step: str | None
    token: str | None
    id: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Build:
    """One image of the plan: what it is made from."""

    connector: Connector
    sources: Sources
    bases: Mapping[str, Base]
    no_cache: bool = False

    @property
    def _version(self) -> dict[str, str]:
        return {VERSION_LABEL: self.connector.version} if self.connector.version else {}

    def inputs(self, tokens: Mapping[str, str | None]) -> Inputs | None:
        """Its inputs; None while the token of a base is not known."""
        known = {name: token for name, token in tokens.items() if token}
        if len(known) < len(tokens):
            return None
        return Inputs(
            files=_listing(self.sources.context),
            sources=_listing(self.sources.gradle),
            build_args=dict(self.connector.build_args),
            bases=known,
            labels={NAME_LABEL: self.connector.image.name, **self._version},
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What will be done: steps in an order in which they can run, and the images they are about.

    Attributes:
        builds: by connector name, skipped ones included; bases before what stands on them.
        inputs: of the images whose inputs are all known beforehand.
    """

    steps: tuple[Step, ...]
    builds: Mapping[str, Build]
    inputs: Mapping[str, Inputs]

    @property
    def work(self) -> tuple[Step, ...]:
        """The steps that will run."""
        return tuple(step for step in self.steps if step.action is Action.RUN)

    @property
    def images(self) -> tuple[Step, ...]:
        """Those of them that build an image."""
        return tuple(step for step in self.work if step.kind is Kind.BUILD)


@dataclass(frozen=True, kw_only=True, slots=True)
class Present:
    """What is known before the run.

    Attributes:
        images: canonical reference -> image on the engine; None when no engine answered.
        sources: the files of every image that is wanted, by connector name.
        remembered: (name, fingerprint) -> the inputs of that build, where still known.
        seconds: step key -> how long it took last time.
    """

    images: Mapping[str, LocalImage] | None
    sources: Mapping[str, Sources]
    remembered: Callable[[str, str], Inputs | None] = lambda _name, _fingerprint: None
    seconds: Mapping[str, float] = field(default_factory=dict)


def plan_build(
    graph: Graph,
    selected: frozenset[str],
    present: Present,
    *,
    force: bool = False,
    stale: Mapping[str, str] | None = None,
) -> Plan:
    """Plan to bring `selected`, and all they stand on, up to date.

    Args:
        graph: of the whole repository.
        selected: names; their bases come with them.
        present: what is known before the run.
        force: build `selected` again whatever the engine has, and without its cache.
        stale: name -> why an image that looks up to date has to be built all the same.
    """
    forced = selected if force else frozenset()
    usual = usual_seconds(Kind.BUILD, present.seconds, _GUESS)
    planner = _Planner(
        graph=graph, present=present, forced=forced, stale=stale or {}, usual_seconds=usual
    )
    wanted = graph.with_dependencies(selected)
    for name, connector in graph.connectors.items():
        if name in wanted:
            planner.decide(connector)
    return Plan(
        steps=tuple(_prerequisites(planner, present.seconds)) + tuple(planner.steps.values()),
        builds=planner.builds,
        inputs=planner.inputs,
    )


@dataclass(kw_only=True, slots=True)
class _Planner:
    graph: Graph
    present: Present
    forced: frozenset[str]
    stale: Mapping[str, str]
    usual_seconds: float
    steps: dict[str, Step] = field(default_factory=dict)
    builds: dict[str, Build] = field(default_factory=dict)
    inputs: dict[str, Inputs] = field(default_factory=dict)

    def decide(self, connector: Connector) -> None:
        build = Build(
            connector=connector,
            sources=self.present.sources[connector.name],
            bases=dict(self._bases(connector)),
            no_cache=connector.name in self.forced,
        )
        inputs = build.inputs({name: base.token for name, base in build.bases.items()})
        reason = self._reason_to_build(build, inputs)
        self.builds[connector.name] = build
        if inputs:
            self.inputs[connector.name] = inputs
        self.steps[connector.name] = self._step(build, reason)

    def _step(self, build: Build, reason: str | None) -> Step:
        name = build.connector.name
        needs = [base.step for base in build.bases.values() if base.step]
        if build.connector.gradle:
            needs.append(f"{Kind.GRADLE} {GRADLE_TARGET}")
        step = Step(
            kind=Kind.BUILD,
            target=name,
            action=Action.RUN if reason else Action.SKIP,
            reason=reason or "up to date",
            needs=tuple(needs) if reason else (),
        )
        return replace(step, seconds=self.present.seconds.get(step.key, self.usual_seconds))

    def _bases(self, connector: Connector) -> Iterator[tuple[str, Base]]:
        for name in self.graph.dependencies[connector.name]:
            owner = self.graph.connectors[name]
            runs = self.steps[name].action is Action.RUN
            inputs = self.inputs.get(name)
            image = self._image(owner.image)
            yield (
                str(owner.image),
                Base(
                    step=self.steps[name].key if runs else None,
                    token=inputs.fingerprint if inputs else None,
                    id=None if runs or image is None else image.id,
                ),
            )
        unknown = self.present.images is None
        for reference in self.graph.externals[connector.name]:
            image = self._image(reference)
            recorded = _recorded_bases(self._image(connector.image)).get(str(reference))
            yield (
                str(reference),
                Base(
                    step=None if image or unknown else f"{Kind.PULL} {reference}",
                    token=image.identity if image else recorded,
                    id=image.identity if image else recorded,
                ),
            )

    def _image(self, reference: Reference) -> LocalImage | None:
        return (self.present.images or {}).get(reference.lookup)

    def _reason_to_build(self, build: Build, inputs: Inputs | None) -> str | None:
        """Why the image has to be built; None when it is up to date."""
        connector = build.connector
        image = self._image(connector.image)
        if self.present.images is None:
            return "unknown: no engine"
        if connector.name in self.forced:
            return "forced"
        if image is None:
            return "not built yet"
        fingerprint = image.labels.get(FINGERPRINT_LABEL)
        if fingerprint is None:
            return f"`{connector.image}` on the engine was not built by this tool"
        if inputs and inputs.fingerprint != fingerprint:
            return self._what_changed(connector.name, fingerprint, inputs)
        return self.stale.get(connector.name) or self._base_trouble(build, image)

    def _what_changed(self, name: str, fingerprint: str, inputs: Inputs) -> str:
        before = self.present.remembered(name, fingerprint)
        if before is None:
            return "its content differs from what the image was built from"
        found = list(differences(before, inputs))
        more = f" and {len(found) - _MOST_REASONS} more" if len(found) > _MOST_REASONS else ""
        return ", ".join(found[:_MOST_REASONS]) + more

    def _base_trouble(self, build: Build, image: LocalImage) -> str | None:
        """A base that is built in this run, that was replaced since, or that nobody knows."""
        recorded = _recorded_bases(image)
        for name, base in build.bases.items():
            if base.token is None:
                return f"its base `{name}` is not here yet"
            if base.step and base.step.startswith(Kind.BUILD):
                return f"stands on `{base.step.partition(' ')[2]}`, which is built again"
            if base.id and recorded.get(name) != base.id:
                return f"its base `{name}` was replaced since"
        return None


def _prerequisites(planner: _Planner, seconds: Mapping[str, float]) -> Iterator[Step]:
    """The pulls and the Gradle build that the images to be built ask for."""
    users: dict[str, list[str]] = {}
    for step in planner.steps.values():
        for key in step.needs:
            users.setdefault(key, []).append(step.target)
    for key, names in sorted(users.items(), reverse=True):
        kind, _, target = key.partition(" ")
        if kind != Kind.BUILD:
            verb = "stands on it" if len(names) == 1 else "stand on it"
            reason = "copied by" if kind == Kind.GRADLE else f"not here, and {verb}:"
            yield Step(
                kind=Kind(kind),
                target=target,
                action=Action.RUN,
                reason=f"{reason} {_some(names)}",
                seconds=seconds.get(key, 10.0),
            )


def _some(names: list[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:_MOST_REASONS])
    more = len(names) - _MOST_REASONS
    return f"{shown} and {more} more" if more > 0 else shown


def _recorded_bases(image: LocalImage | None) -> dict[str, str]:
    """The ids that the images under it had when it was built; a foreign label counts as none."""
    try:
        recorded = json.loads(image.labels[BASES_LABEL]) if image else {}
    except (KeyError, ValueError, RecursionError):
        return {}
    return recorded if isinstance(recorded, dict) else {}


def _listing(files: tuple[ContextFile, ...]) -> dict[str, str]:
    return {file.path: f"{file.mode:o} {file.digest}" for file in files}
