"""`invoke why`: the very file, base or setting for which an image would be built again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from build_config import build_records
from build_config.commands.planning import Planned, Wish, plan_for
from build_config.errors import UsageError
from build_config.fingerprint import FINGERPRINT_LABEL, differences
from build_config.settings import Settings
from build_config.steps import Action, Kind, Step
from build_config.streams import Streams
from build_config.wording import counted


def why(settings: Settings, streams: Streams, *, connector: Sequence[str]) -> int:
    """Say of each named connector, and of what it stands on, why it would be built or not."""
    if not connector:
        raise UsageError("`--connector` is missing", hint="invoke why --connector=NAME")
    planned = plan_for(settings, streams, Wish(connector=connector, engine_needed=False))
    steps = {s.target: s for s in planned.plan.steps if s.kind is Kind.BUILD}
    for name in sorted(planned.selected):
        for line in _explain(planned, steps, name, settings):
            streams.say(line)
    return 0


def _explain(
    planned: Planned, steps: dict[str, Step], name: str, settings: Settings
) -> Iterator[str]:
    """The verdict, what differs, and the same of each base that is built again, indented."""
    step = steps[name]
    if step.action is Action.SKIP:
        inputs = planned.plan.inputs[name]
        yield f"{name}: up to date: the engine's image carries the fingerprint of these sources"
        files = counted(len(inputs.files) + len(inputs.sources), "file")
        yield f"    fingerprint {inputs.fingerprint[:12]}, {files}"
        return
    yield f"{name}: would be built: {step.reason}"
    yield from (f"    {line}" for line in _differences(planned, name, settings))
    for base in planned.repository.graph.dependencies[name]:
        if steps[base].action is Action.RUN:
            yield from (f"    {line}" for line in _explain(planned, steps, base, settings))


def _differences(planned: Planned, name: str, settings: Settings) -> Iterator[str]:
    connector = planned.repository.graph.connectors[name]
    image = planned.images.get(connector.image.canonical)
    inputs = planned.plan.inputs.get(name)
    if image is None or inputs is None or FINGERPRINT_LABEL not in image.labels:
        return
    fingerprint = image.labels[FINGERPRINT_LABEL]
    if fingerprint == inputs.fingerprint:
        return
    before = build_records.read(settings.state, name, fingerprint)
    if before is None:
        yield "what the image was built from is not remembered here (built elsewhere?)"
        return
    yield from differences(before, inputs)
