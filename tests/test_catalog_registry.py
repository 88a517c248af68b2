from __future__ import annotations

from typing import Any

from published import digest_of, release

from build_config.catalog.histories import histories
from build_config.catalog.registry import registry, versions
from build_config.release import Release


def entry_of(*releases: Release) -> dict[str, Any]:
    ((found,),) = (entries for entries in registry(histories(releases)).values() if entries)
    entry: dict[str, Any] = found
    return entry


def test_an_entry_has_what_airbytes_clients_read() -> None:
    made = release(
        definition={
            "sourceDefinitionId": "5e739d1b-7346-41ad-9b28-8fa9f214a627",
            "name": "Äpfel",
            "documentationUrl": "https://docs.example.com/a",
            "releaseStage": "beta",
            "supportLevel": "community",
            "icon": "a.svg",
        },
        tags=("language:python", "keyword:fruit"),
    )
    assert entry_of(made) == {
        "sourceDefinitionId": "5e739d1b-7346-41ad-9b28-8fa9f214a627",
        "name": "Äpfel",
        "dockerRepository": "ghcr.io/acme/source-a",
        "dockerImageTag": "1.0.0",
        "dockerImageDigest": made.digest,
        "dockerImagePublished": "2026-11-22T10:00:00Z",
        "documentationUrl": "https://docs.example.com/a",
        "language": "python",
        "tags": ["language:python", "keyword:fruit"],
        "releaseDate": "2026-11-22",
        "releaseStage": "beta",
        "supportLevel": "community",
        "icon": "a.svg",
        "tombstone": False,
        "public": True,
        "custom": False,
        "spec": made.spec,
    }


def test_the_definition_has_the_word_on_all_but_the_image() -> None:
    definition = {
        **release().definition,
        "releaseDate": "2020-02-02",
        "public": False,
        "protocolVersion": "0.2.0",
        "dockerImageTag": "9.9.9",
        "iconUrl": None,
    }
    entry = entry_of(release(definition=definition, spec={"protocol_version": "0.5.2"}))
    assert (entry["releaseDate"], entry["public"]) == ("2020-02-02", False)
    assert entry["protocolVersion"] == "0.2.0"
    assert entry["dockerImageTag"] == "1.0.0"
    assert "iconUrl" not in entry


def test_the_release_date_is_that_of_the_first_release() -> None:
    first = release(version="0.1.0", published="2024-03-01T00:00:00Z")
    entry = entry_of(release(), first)
    assert entry["releaseDate"] == "2024-03-01"
    assert entry["dockerImagePublished"] == "2026-11-22T10:00:00Z"


def test_the_language_is_a_tag_and_in_airbytes_word_for_it() -> None:
    declarative = entry_of(release(language="declarative", tags=("keyword:a",)))
    assert declarative["language"] == "manifest-only"
    assert declarative["tags"] == ["keyword:a", "language:manifest-only"]
    tagged = entry_of(release(language="other", tags=("language:rust",)))
    assert (tagged["language"], tagged["tags"]) == ("rust", ["language:rust"])


def test_sources_and_destinations_are_sorted_by_name_and_bases_are_not_there() -> None:
    names = ("source-b", "base-c", "source-a", "destination-z", "destination-a")
    told = registry(histories(release(name) for name in names))
    assert {kind: [e["name"] for e in entries] for kind, entries in told.items()} == {
        "sources": ["A", "B"],
        "destinations": ["A", "Z"],
    }


def test_the_versions_of_an_image_say_what_to_pull_and_whence_it_came() -> None:
    (history,) = histories((release("base-x"), release("base-x", "1.1.0-rc.1")))
    told = versions(history)
    assert (told["name"], told["kind"], told["current"]) == ("base-x", "base", "1.0.0")
    assert [v["version"] for v in told["versions"]] == ["1.1.0-rc.1", "1.0.0"]
    assert [v["prerelease"] for v in told["versions"]] == [True, False]
    digest = digest_of("base-x 1.0.0")
    assert told["versions"][1]["image"] == f"ghcr.io/acme/base-x:1.0.0@{digest}"
    assert told["versions"][1]["sourceUrl"] == "https://github.com/acme/connectors/commit/1.0.0"
