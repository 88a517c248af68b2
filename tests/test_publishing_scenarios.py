"""Scenarios of docs/publishing.md that need a registry in memory, real git, and no engine."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from fault_proxy import FaultProxy, Rule, before, fault_proxy, status
from memory_registry import MemoryRegistry, memory_registry
from publications import SPEC, FakeImages, MadeImage, Publisher, digest, publisher_of
from repositories import git

from build_config import git_refs
from build_config.errors import ConflictError, RepositoryError, StepError, UnclearError, YardError
from build_config.ledger import Ledger

PATH = "connectoryard/source-x"
STAGED = 4
"""The how-manieth HEAD of a blob is the first after all three were sent."""


@dataclass(frozen=True, kw_only=True, slots=True)
class House:
    """A publisher, and a registry behind a proxy."""

    publisher: Publisher
    registry: MemoryRegistry
    proxy: FaultProxy

    def run(self, version: str = "1.0.0", content: str = "a", **how: object) -> str:
        """Publish; what was done."""
        return asyncio.run(self.publisher.publish(version, content, **how))  # type: ignore[arg-type]

    def run_through(self, *rules: Rule, version: str = "1.0.0") -> None:
        """Publish while these go wrong; it must not end well."""
        self.proxy.forget(*rules)
        with pytest.raises(YardError):
            self.run(version)
        assert all(rule.applied for rule in rules)
        self.proxy.forget()

    def versions(self) -> dict[str, str]:
        """Tags that people see."""
        tags = self.registry.tags(PATH)
        return {tag: found for tag, found in tags.items() if tag != "staging"}

    def recorded(self) -> dict[str, str]:
        """Version -> digest in the ledger."""
        releases = self.publisher.ledger.read().releases.values()
        return {release.version: release.digest for release in releases}

    def digest(self, version: str = "1.0.0", **how: str) -> str:
        """Of the image of a version."""
        return digest(self.publisher.image(version, **how).manifest)

    def images(self, made: MadeImage) -> FakeImages:
        """An engine that has this image."""
        return FakeImages(host=self.publisher.host, path=PATH, image=made, spec=SPEC)

    def nothing(self) -> None:
        """Neither people nor the ledger see anything."""
        assert not self.versions()
        assert not self.recorded()

    def is_published(self, version: str = "1.0.0") -> None:
        """The version is there, written down, and `latest`."""
        assert self.versions()[version] == self.versions()["latest"] == self.recorded()[version]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with memory_registry() as registry, fault_proxy(registry.host) as proxy:
        publisher = publisher_of(tmp_path, proxy.host)
        yield House(publisher=publisher, registry=registry, proxy=proxy)


def test_scenario_12_a_layer_that_was_cut_short_in_the_registry_is_never_tagged(
    house: House,
) -> None:
    layer = next(iter(house.publisher.image("1.0.0").blobs))

    def cut() -> None:
        house.registry.blobs[layer] = house.registry.blobs[layer][:-1]

    house.run_through(Rule(method="HEAD", path="/blobs/", nth=STAGED, action=before(cut)))
    house.nothing()


@pytest.mark.parametrize(("reads", "ends_well"), [(3, True), (12, False)])
def test_scenario_13_a_registry_that_shows_things_late_is_waited_for_and_not_for_ever(
    house: House, reads: int, *, ends_well: bool
) -> None:
    house.registry.profile = replace(house.registry.profile, lagging=reads)
    if ends_well:
        house.run()
    else:
        with pytest.raises(UnclearError):
            house.run()
        assert not house.recorded()
        for _ in range(10):
            with suppress(UnclearError):
                house.run()
                break
    house.is_published()


def test_scenario_14_a_registry_without_room_leaves_nothing_and_is_retried_later(
    house: House,
) -> None:
    full = Rule(method="PUT", path="/blobs/uploads/", action=status(507), times=None)
    house.run_through(full)
    house.nothing()
    house.run()
    house.is_published()


def test_scenario_15_a_registry_that_dies_in_an_upload_has_its_blobs_the_next_time(
    house: House,
) -> None:
    dying = before(house.registry.stop)
    house.run_through(Rule(method="PUT", path="/blobs/uploads/", nth=2, action=dying))
    house.registry.start()
    house.nothing()
    images = house.images(house.publisher.image("1.0.0"))
    house.run(images=images)
    house.is_published()
    assert len(images.uploaded) == 2, "the first one was there"


def test_scenario_16_bytes_that_were_collected_before_they_had_a_tag_are_sent_again(
    house: House,
) -> None:
    layer = list(house.publisher.image("1.0.0").blobs)[1]

    def collect() -> None:
        house.registry.lose(PATH, layer)

    house.run_through(Rule(method="PUT", path="/manifests/1.0.0", action=before(collect)))
    house.nothing()
    images = house.images(house.publisher.image("1.0.0"))
    house.run(images=images)
    house.is_published()
    assert images.uploaded == [layer]


def test_scenario_16_whoever_sends_them_again_the_version_is_what_was_claimed(house: House) -> None:
    """The same image may be packed otherwise by another engine: other bytes of the manifest."""
    made = house.publisher.image("1.0.0")
    layer = list(made.blobs)[1]

    def collect() -> None:
        house.registry.lose(PATH, layer)

    house.run_through(Rule(method="PUT", path="/manifests/1.0.0", action=before(collect)))
    otherwise = doctored(made, annotations={"packed": "by another engine"})
    house.run(images=house.images(otherwise))
    house.is_published()
    assert house.registry.tags(PATH)["1.0.0"] == digest(made.manifest)


def test_scenario_17_a_tag_that_leads_nowhere_is_absent(house: House) -> None:
    lost = house.registry.push(PATH, "1.0.0", content="half a retag")
    house.registry.lose_manifest(PATH, lost)
    assert "1.0.0" in house.registry.tags(PATH)
    house.run()
    house.is_published()


def doctored(made: MadeImage, **changes: object) -> MadeImage:
    """The image with another manifest."""
    document = {**json.loads(made.manifest), **changes}
    return replace(made, manifest=json.dumps(document).encode())


def with_layers(media_type: str) -> Callable[[MadeImage], MadeImage]:
    def doctor(made: MadeImage) -> MadeImage:
        layers = json.loads(made.manifest)["layers"]
        return doctored(made, layers=[{**layer, "mediaType": media_type} for layer in layers])

    return doctor


def for_another_machine(made: MadeImage) -> MadeImage:
    document = json.loads(made.manifest)
    config = json.loads(made.blobs[made.id]) | {"architecture": "arm64"}
    blob = json.dumps(config).encode()
    described = {**document["config"], "digest": digest(blob), "size": len(blob)}
    blobs = {name: b for name, b in made.blobs.items() if name != made.id} | {digest(blob): blob}
    return replace(doctored(made, config=described), blobs=blobs)


def without_types(made: MadeImage) -> MadeImage:
    layers = json.loads(made.manifest)["layers"]
    bare = [{"digest": layer["digest"], "size": layer["size"]} for layer in layers]
    return doctored(made, layers=bare)


@pytest.mark.parametrize(
    ("doctor", "told"),
    [
        (with_layers("application/vnd.oci.image.layer.v1.tar+zstd"), "not every engine can pull"),
        (
            with_layers("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"),
            "not every engine can pull",
        ),
        (for_another_machine, "it is for linux/arm64, and was tested as linux/amd64"),
        (without_types, "is no single image"),
    ],
)
def test_scenario_26_what_not_every_engine_can_pull_is_refused(
    house: House, doctor: Callable[[MadeImage], MadeImage], told: str
) -> None:
    images = house.images(doctor(house.publisher.image("1.0.0")))
    with pytest.raises(StepError, match=told):
        house.run(images=images)
    house.nothing()


def test_scenario_30_without_ledger_and_claims_the_registry_says_what_was_published(
    house: House,
) -> None:
    house.run()
    root = house.publisher.place.root
    for ref in git(root, "for-each-ref", "--format=%(refname)").splitlines():
        if "main" not in ref:
            git(root, "update-ref", "-d", ref)
    with pytest.raises(ConflictError, match="made from something else"):
        house.run(content="b")
    house.run(built="another time")
    house.is_published()
    assert house.recorded()["1.0.0"] == house.digest()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "Expecting value"),
        ('{"format": 1, "name"', "Expecting"),
        ('{"format": 99}', "not a release record of this format"),
        ("\ufeff{}", "BOM|not a release record"),
        ("[]", "not a release record"),
    ],
)
def test_scenario_30_and_41_a_record_that_cannot_be_read_is_named_and_stops_everything(
    house: House, text: str, told: str
) -> None:
    house.run()
    written = len(house.registry.written)
    path = f"releases/{PATH}/1.0.0.json"
    overwrite(house, path, text.encode())
    with pytest.raises(RepositoryError, match=told) as caught:
        house.run("1.1.0")
    assert f"{branch(house)}:{path}" in str(caught.value)
    assert len(house.registry.written) == written


def test_scenario_41_what_a_later_version_wrote_into_a_record_stays_byte_for_byte(
    house: House,
) -> None:
    house.run()
    path = f"releases/{PATH}/1.0.0.json"
    root = house.publisher.place.root
    document = json.loads(git(root, "show", f"{branch(house)}:{path}"))
    content = json.dumps({**document, "of_tomorrow": {"a": 1}}, indent=3).replace("\n", "\r\n")
    overwrite(house, path, content.encode())
    house.run("1.1.0")
    kept = git(root, "cat-file", "blob", f"{branch(house)}:{path}")
    assert kept == content
    house.is_published("1.1.0")


def branch(house: House) -> str:
    """Of the ledger."""
    return Ledger(place=house.publisher.place, registry=house.publisher.registry).branch


def overwrite(house: House, path: str, content: bytes) -> None:
    """What is in the ledger, by somebody's hand."""
    place = house.publisher.place
    tip = git_refs.tip(place, branch(house))
    commit = git_refs.commit_of(place, tip, {path: content}, said="by hand", at=1)
    assert git_refs.swap(place, branch(house), old=tip, new=commit)


def test_scenario_31_the_clock_orders_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = 86_400.0
    times = {"1.0.0": 2e9, "1.10.0": 0.0, "1.9.0": 2e9 + day, "1.2.0": 2e9 - day}
    for version, now in times.items():
        monkeypatch.setattr("time.time", lambda now=now: now)
        house.run(version, backport=True)
    assert house.versions()["latest"] == house.recorded()["1.10.0"]
    assert house.recorded().keys() == times.keys()


def test_scenario_36_a_prerelease_and_an_older_line_leave_latest_where_it_is(house: House) -> None:
    house.run("2.0.0")
    house.run("1.1.9", backport=True)
    house.run("2.1.0-rc.1")
    assert house.versions()["latest"] == house.recorded()["2.0.0"]
    assert house.recorded().keys() == {"2.0.0", "1.1.9", "2.1.0-rc.1"}


def test_scenario_37_who_reads_the_ledger_meanwhile_can_pull_all_that_is_in_it(
    house: House,
) -> None:
    ended = threading.Event()
    wrong, looked = [], []

    def read() -> None:
        while not ended.is_set():
            for version, found in house.recorded().items():
                looked.append(version)
                if house.registry.tags(PATH).get(version) != found:
                    wrong.append(version)
                document = json.loads(house.registry.manifest(PATH, found))
                parts = (document["config"], *document["layers"])
                wrong.extend(part for part in parts if part["digest"] not in house.registry.blobs)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for number in range(25):
            house.run(f"1.{number}.0")
    finally:
        ended.set()
        reader.join()
    assert looked
    assert not wrong


def test_scenario_38_an_older_commit_after_a_newer_one_changes_nothing(house: House) -> None:
    house.run("1.0.0")
    house.run("1.1.0", "b")
    before_it = house.versions()
    assert house.run("1.0.0").endswith("`latest` is 1.1.0")
    with pytest.raises(StepError, match=r"1\.0\.1 is below 1\.1\.0"):
        house.run("1.0.1")
    assert house.versions() == before_it


def test_scenario_39_a_tag_that_was_deleted_comes_back_with_its_bytes_or_not_at_all(
    house: House,
) -> None:
    house.run()
    published = house.versions()["1.0.0"]
    house.registry.delete_tag(PATH, "1.0.0")
    with pytest.raises(ConflictError, match="with other content"):
        house.run(content="b")
    house.run(built="another time")
    assert house.versions()["1.0.0"] == published
    house.registry.delete(PATH, published)
    with pytest.raises(ConflictError, match="the registry lost it"):
        house.run()


def behind_a_remote(house: House, folder: Path, refusals: int) -> tuple[House, Path]:
    """The same with a ledger that refuses so many writes; and the hook that does it."""
    remote = folder / "remote.git"
    git(folder, "init", "--quiet", "--bare", str(remote))
    hook = remote / "hooks" / "update"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(
        f"#!/bin/sh\ncase $1 in refs/heads/*) echo >> {folder}/tries\n"
        f"[ $(wc -l < {folder}/tries) -gt {refusals} ] || exit 1 ;; esac\n"
    )
    hook.chmod(0o755)
    place = replace(house.publisher.place, remote=str(remote))
    return replace(house, publisher=replace(house.publisher, place=place)), hook


def test_scenario_40_a_ledger_that_refuses_five_times_is_tried_again(
    house: House, tmp_path: Path
) -> None:
    shared, _ = behind_a_remote(house, tmp_path, 5)
    shared.run()
    shared.is_published()
    assert len((tmp_path / "tries").read_text()) == 6


def test_scenario_40_a_ledger_that_always_refuses_is_given_up_and_finished_later(
    house: House, tmp_path: Path
) -> None:
    shared, hook = behind_a_remote(house, tmp_path, 1000)
    with pytest.raises(UnclearError):
        shared.run()
    assert shared.versions().keys() == {"1.0.0"}
    hook.unlink()
    shared.run()
    shared.is_published()


def test_scenario_43_a_run_that_ended_before_the_ledger_is_finished_with_the_images_own_spec(
    house: House, tmp_path: Path
) -> None:
    shared, hook = behind_a_remote(house, tmp_path, 1000)
    with pytest.raises(UnclearError):
        shared.run()
    hook.unlink()
    shared.run(built="another time")
    shared.is_published()
    release = next(iter(shared.publisher.ledger.read().releases.values()))
    assert (release.spec, release.digest) == (SPEC, shared.digest())


def test_scenario_43_another_spec_is_other_content_and_needs_another_version(
    house: House,
) -> None:
    house.run()
    with pytest.raises(ConflictError, match="with other content"):
        house.run(content="one with another spec")
    house.is_published()
