"""`invoke publish` on a real engine, stopped at the worst moments: it says so, and then goes on."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from signal import SIGINT, SIGKILL, SIGTERM

import fault_proxy
import pytest
from docker_registry import docker_registry
from fault_proxy import FaultProxy, Rule
from publishing_yard import PublishingYard
from yard import Running, Yard

pytestmark = pytest.mark.engine

UPLOAD = ("POST", "blobs/uploads", 2)
"""The first one only asks whether it may push."""
TAG = ("PUT", "manifests/0\\.1\\.0", 1)
LATEST = ("PUT", "manifests/latest", 1)


@pytest.fixture
def proxy() -> Iterator[FaultProxy]:
    with (
        docker_registry() as registry,
        fault_proxy.fault_proxy(registry.url.removeprefix("http://")) as made,
    ):
        yield made


@pytest.fixture
def house(yard: Yard, shell: str, proxy: FaultProxy) -> PublishingYard:
    return PublishingYard(yard=yard, shell=shell, host=proxy.host)


@dataclass(frozen=True, kw_only=True, slots=True)
class Stop:
    """Who stops it, and when."""

    where: tuple[str, str, int]
    how: Callable[[Callable[[], object]], fault_proxy.Action]
    signals: tuple[signal.Signals, ...]

    @property
    def codes(self) -> frozenset[int]:
        """What it exits with."""
        if SIGKILL in self.signals:
            return frozenset({-SIGKILL})
        # the second one may come when all is said, and only Python has to end
        return frozenset({130, *(-number for number in self.signals[1:])})


STOPS = {
    "Ctrl-C in the push": Stop(where=UPLOAD, how=fault_proxy.before, signals=(SIGINT,)),
    "SIGTERM twice in it": Stop(where=UPLOAD, how=fault_proxy.after, signals=(SIGTERM, SIGTERM)),
    "SIGTERM before the tag": Stop(where=TAG, how=fault_proxy.before, signals=(SIGTERM,)),
    "Ctrl-C twice after it": Stop(where=TAG, how=fault_proxy.after, signals=(SIGINT, SIGINT)),
    "SIGKILL after the tag": Stop(where=TAG, how=fault_proxy.after, signals=(SIGKILL,)),
    "SIGKILL before `latest`": Stop(where=LATEST, how=fault_proxy.before, signals=(SIGKILL,)),
}


@pytest.mark.parametrize("stop", STOPS.values(), ids=STOPS)
def test_whoever_stops_it_wherever_the_same_command_goes_on(
    house: PublishingYard, proxy: FaultProxy, stop: Stop
) -> None:
    house.commit(house.connector("source-a"))
    begun: list[Running] = []

    def send() -> None:
        for number in stop.signals:
            with suppress(ProcessLookupError):
                begun[0].interrupt(number)
            time.sleep(0.2)

    method, path, nth = stop.where
    proxy.forget(Rule(action=stop.how(send), method=method, path=path, nth=nth))
    words = ("publish", f"--registry={house.host}", "--progress=plain")
    with house.yard.started(*words) as running:
        begun.append(running)
        ended = running.finish()
    assert proxy.faults, ended
    assert ended.code in stop.codes, ended
    assert "Traceback" not in ended.err, ended
    tagged = house.versions("source-a").get("0.1.0")
    proxy.forget()
    again = house.publish()
    assert again.code == 0, again
    written = house.ledger()["source-a", "0.1.0"]
    assert house.versions("source-a") == {"0.1.0": written, "latest": written}
    assert house.release("source-a", "0.1.0").tests.keys() == {"unit"}
    assert tagged in {None, written}
    assert not list((house.yard.root / ".git").rglob("*.lock"))
