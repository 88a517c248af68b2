"""The images of a run, as publishing needs them: the tested one, pushed; another run's, pulled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from build_config.acceptance.config import FILE, configured
from build_config.acceptance.conversation import converse
from build_config.connector import Kind as ImageKind
from build_config.connector_protocol.level import Level
from build_config.engine import Tell
from build_config.errors import StepError
from build_config.performers.workshop import Workshop
from build_config.plan_testing import TESTS, what_is_missing
from build_config.publishing.passed import passed
from build_config.publishing.ports import Tested
from build_config.publishing.refusals import of_the_image
from build_config.publishing.target import Target
from build_config.sandbox.request import Container, Limits
from build_config.steps import Kind
from build_config.test_records import TestRecord

_SPEC_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnImages:
    """See `publishing.ports.Images`.

    Attributes:
        image_id: what the engine calls the target's image; empty where it has none.
    """

    target: Target
    workshop: Workshop
    image_id: str

    async def tested(self, tell: Tell) -> Tested:
        """The image that was built and tested, if nothing speaks against it."""
        if not self.image_id:
            raise StepError(
                "this machine has no image of it",
                hint=f"`invoke test --connector={self.target.name}`, and again",
            )
        tell.activity("looking at the image")
        document = await self.workshop.builder.inspect(self.image_id)
        allowed = self.workshop.settings.publishing.bootstrapped
        against = of_the_image(document, allowed=allowed)
        for refusal in against:
            raise StepError(refusal.why, hint=refusal.hint)
        tests = self._records()
        spec = await self._spec(self.image_id)
        return Tested(id=self.image_id, platform=_platform(document), spec=spec, tests=tests)

    async def push(self, image_id: str, tag: str, tell: Tell) -> str:
        """By its id, with the engine's own login."""
        builder = self.workshop.builder
        return await builder.push(image_id, self.target.repository, tag, tell)

    async def pulled(self, digest: str, tell: Tell) -> Tested:
        """By its digest; it was tested where it was staged, which may have been here."""
        image = await self.workshop.builder.pull(f"{self.target.repository}@{digest}", tell)
        document = await self.workshop.builder.inspect(image.id)
        spec = await self._spec(image.id)
        tests = {k.value: asdict(found) for k in TESTS if (found := self._passed(image.id, k))}
        return Tested(id=image.id, platform=_platform(document), spec=spec, tests=tests)

    def _passed(self, image_id: str, kind: Kind) -> TestRecord | None:
        return passed(self.workshop.settings, self.target.connector, image_id, kind)

    def _records(self) -> Mapping[str, Mapping[str, Any]]:
        """What the tests said of this very image.

        Raises:
            StepError: a kind of test that it has did not pass.
        """
        connector, settings = self.target.connector, self.workshop.settings
        has = connector.name in configured(settings.root, [connector])
        found = {}
        for kind in TESTS:
            if what_is_missing(kind, connector, configured=has):
                continue
            record = self._passed(self.image_id, kind)
            if record is None:
                raise StepError(
                    f"its {kind} tests did not pass for {self.image_id[:19]}",
                    hint=f"`invoke test --connector={connector.name}`",
                )
            found[kind.value] = asdict(record)
        if not found and connector.kind is not ImageKind.BASE:
            raise StepError("it has no tests at all", hint=f"write `{connector.path}/{FILE}`")
        return found

    async def _spec(self, image_id: str) -> Mapping[str, Any] | None:
        """What the image says of itself, in the sandbox.

        Raises:
            StepError: it does not say exactly one SPEC.
        """
        if self.target.connector.kind is ImageKind.BASE:
            return None
        limits = Limits(seconds=_SPEC_SECONDS)
        request = Container(image=image_id, arguments=("spec",), limits=limits)
        answer = await converse(self.workshop.containers, request, level=Level.CURRENT)
        if answer.counts["SPEC"] != 1 or not answer.ending.is_good:
            raise StepError(f"`spec` of {image_id[:19]} {answer.story}", hint="see `invoke test`")
        specification: Mapping[str, Any] = answer.of("SPEC")[0]
        return specification


def _platform(document: Mapping[str, Any]) -> str:
    return f"{document.get('Os', '')}/{document.get('Architecture', '')}"
