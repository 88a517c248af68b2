"""`invoke why`: the very file, base or setting for which an image would be built again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from build_config.commands.planning import Planned, Wish, plan_for
from build_config.errors import UsageError
from build_config.fingerprint import FINGERPRINT_LABEL, Inputs, differences
from build_config.settings import Settings
from build_config.steps import Action, Kind, Step
from build_config.streams import Streams
from build_config.wording import counted


def why(settings: Settings, streams: Streams, *, connector: Sequence[str]) -> int:
    """Say of each named connector, and of what it stands on, why it would be built or not."""
    if not connector:
        raise UsageError("`--connector` is missing", hint="invoke why --connector=NAME")
    planned = plan_for(settings, streams, Wish(connector=connector, engine_needed=False))
    for line in explained(planned):
        streams.say(line)
    return 0


def explained(planned: Planned) -> Iterator[str]:
    """The same as lines: of each selected image the verdict, and below it what it is based on."""
    steps = {s.target: s for s in planned.plan.steps if s.kind is Kind.BUILD}
    for name in sorted(planned.selected):
        yield from _explain(planned, steps, name)


def _explain(
    planned: Planned, steps: Mapping[str, Step], name: str, stood_on: str | None = None
) -> Iterator[str]:
    """The verdict, what differs, and the same of each base that is another one now, indented.

    Args:
        planned: with what is remembered.
        steps: by name of the image.
        name: of the image.
        stood_on: fingerprint that it had when something was built on it; None for what the engine
            has of it.
    """
    step, inputs = steps[name], planned.plan.inputs.get(name)
    if step.action is Action.RUN:
        yield f"{name}: would be built: {step.reason}"
    elif stood_on is None:
        yield from _up_to_date(name, planned.plan.inputs[name])
        return
    else:
        yield f"{name}: is up to date, but was another one then"
    before = None
    since = stood_on or _fingerprint(planned, name)
    if since and inputs and since != inputs.fingerprint:
        before = planned.present.remembered(name, since)
        yield from (f"    {line}" for line in _differences(planned, name, before, inputs))
    graph = planned.repository.graph
    for base in graph.dependencies[name]:
        image = str(graph.connectors[base].image)
        then = before.bases.get(image) if before else None
        changed = then and inputs and then != inputs.bases.get(image)
        if changed or steps[base].action is Action.RUN:
            yield from (f"    {line}" for line in _explain(planned, steps, base, then))


def _up_to_date(name: str, inputs: Inputs) -> Iterator[str]:
    yield f"{name}: up to date: the engine's image carries the fingerprint of these sources"
    files = counted(len(inputs.files) + len(inputs.sources), "file")
    yield f"    fingerprint {inputs.fingerprint[:12]}, {files}"


def _fingerprint(planned: Planned, name: str) -> str | None:
    """Of the image that the engine has."""
    image = planned.images.get(planned.repository.graph.connectors[name].image.canonical)
    return image.labels.get(FINGERPRINT_LABEL) if image else None


def _differences(
    planned: Planned, name: str, before: Inputs | None, inputs: Inputs
) -> Iterator[str]:
    if before is None:
        yield "what the image was built from is not remembered here (built elsewhere?)"
        return
    moved = {}
    for reference in map(str, planned.repository.graph.externals[name]):
        then, now = before.bases.get(reference), inputs.bases.get(reference)
        if then and now and then != now:
            yield f"base `{reference}` moved: {then[:19]} -> {now[:19]}"
            moved[reference] = now
    yield from differences(replace(before, bases={**before.bases, **moved}), inputs)
