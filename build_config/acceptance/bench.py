"""The test bench of one connector: runs it with a test's files, and remembers what was learned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from build_config.acceptance import fixtures
from build_config.acceptance.conversation import Answer, Listen, converse
from build_config.engine import Tell
from build_config.sandbox.request import FILES, MIB, Container, Limits, Mount, Volume

if TYPE_CHECKING:
    from build_config.acceptance.config import Test
    from build_config.acceptance.record_sets import RecordSet
    from build_config.acceptance.subject import Subject
    from build_config.connector_protocol.catalog import ConfiguredCatalog, StreamKey

    Records = Mapping[StreamKey, RecordSet]

_SECONDS: Final = {"spec": 30.0, "check": 60.0, "discover": 60.0}
_LONG_SECONDS: Final = 300.0
_OUTPUT: Final = 1024 * MIB


@dataclass(kw_only=True, slots=True)
class Bench:
    """A connector on the bench.

    Attributes:
        volumes: for the `folders` of `x-sandbox`, made before the first run.
        answers: what commands without side effects said, by command and config path: each is
            asked once however many cases look at it.
    """

    subject: Subject
    tell: Tell
    volumes: tuple[Volume, ...] = ()
    answers: dict[tuple[str, str], Answer] = field(default_factory=dict)
    _reads: dict[tuple[str, str, bytes], Records] = field(default_factory=dict)

    def container(
        self,
        command: str,
        test: Test,
        *,
        files: Mapping[str, bytes] | None = None,
        stdin: bool = False,
    ) -> Container:
        """A run of the connector: each file becomes an argument, `config.json` `--config=…`.

        Args:
            command: of the protocol, such as `check`.
            test: its time limit and deployment mode count.
            files: content by name; the name without its ending is the option.
            stdin: something will be written to it.

        Raises:
            FixtureError: a mount of `x-sandbox` leads nowhere.
        """
        files = files or {}
        return Container(
            image=self.subject.image.id,
            arguments=(command, *_options(files)),
            files=files,
            stdin=stdin,
            mounts=self._mounts(),
            volumes=self.volumes,
            environment=self._environment(test),
            network=self.subject.settings.sandbox.network,
            limits=self._limits(command, test),
        )

    def config(self, test: Test) -> dict[str, Any]:
        """The connector's config for this test.

        Raises:
            FixtureError: the file is not there or no JSON object.
        """
        return fixtures.read_object(self.subject.folder, test.config_path)

    def config_bytes(self, test: Test) -> bytes:
        """The same as it stands in the file, which need not be JSON.

        Raises:
            FixtureError: the file is not there.
        """
        return fixtures.read_bytes(self.subject.folder, test.config_path)

    async def spec(self, test: Test) -> Answer:
        """What `spec` says; asked once.

        Raises:
            StepError: the engine cannot start the container.
            EngineUnavailableError: the engine went away.
        """
        return await self._ask_once("spec", test, {})

    async def check(self, test: Test) -> Answer:
        """What `check` says of the test's config; asked once for each config.

        Raises:
            FixtureError: the config is not there.
            StepError: the engine cannot start the container.
            EngineUnavailableError: the engine went away.
        """
        return await self._ask_once("check", test, {"config.json": self.config_bytes(test)})

    async def discover(self, test: Test) -> Answer:
        """What `discover` says with the test's config; asked once for each config.

        Raises:
            FixtureError: the config is not there.
            StepError: the engine cannot start the container.
            EngineUnavailableError: the engine went away.
        """
        return await self._ask_once("discover", test, {"config.json": self.config_bytes(test)})

    async def ask(self, container: Container, *, listen: Listen | None = None) -> Answer:
        """Run the connector to its end and say so.

        Raises:
            StepError: the engine cannot start the container.
            EngineUnavailableError: the engine went away.
        """
        self.tell.activity(" ".join(container.arguments[:1]))
        level = self.subject.settings.level
        return await converse(self.subject.containers, container, level=level, listen=listen)

    def remember(self, test: Test, catalog: ConfiguredCatalog, records: Records) -> None:
        """What a good read of the catalog without a state gave, for `remembered`."""
        self._reads[test.config_path, test.deployment_mode, catalog.to_bytes()] = records

    def remembered(self, test: Test, catalog: ConfiguredCatalog) -> Records | None:
        """The records of a read that was the same but for ignored fields: with none, it was."""
        if test.ignored_fields:
            return None
        return self._reads.get((test.config_path, test.deployment_mode, catalog.to_bytes()))

    async def _ask_once(self, command: str, test: Test, files: Mapping[str, bytes]) -> Answer:
        key = (command, "" if command == "spec" else f"{test.config_path} {test.deployment_mode}")
        if key not in self.answers:
            self.answers[key] = await self.ask(self.container(command, test, files=files))
        return self.answers[key]

    def _mounts(self) -> tuple[Mount, ...]:
        found = (
            (fixtures.inside(self.subject.folder, mount.source), mount)
            for mount in self.subject.settings.sandbox.mounts
        )
        return tuple(
            Mount(source=str(path), target=mount.target, read_only=not mount.writable)
            for path, mount in found
        )

    def _environment(self, test: Test) -> dict[str, str]:
        mode = {"DEPLOYMENT_MODE": test.deployment_mode} if test.deployment_mode else {}
        return {**self.subject.settings.environment, **mode}

    def _limits(self, command: str, test: Test) -> Limits:
        memory = self.subject.settings.sandbox.memory_mb
        seconds = test.timeout_seconds or _SECONDS.get(command, _LONG_SECONDS)
        is_long = command not in _SECONDS
        usual = Limits()
        return Limits(
            seconds=seconds,
            memory=memory * MIB if memory else usual.memory,
            output_bytes=_OUTPUT if is_long else usual.output_bytes,
        )


def _options(files: Mapping[str, bytes]) -> list[str]:
    """`--config /config/config.json`: two words each, as the platform passes them."""
    options: list[str] = []
    for name in files:
        options += [f"--{name.partition('.')[0]}", f"{FILES}/{name}"]
    return options
