"""Numbers in, release records out: a catalog of any size, as real ones look."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from itertools import islice, product
from typing import Any

from build_config.release import Release
from build_config.test_records import TestRecord

_SYSTEMS = """Adyen Airtable Amplitude Asana Auth0 BambooHR BigQuery Braintree Braze Chargebee
ClickHouse Confluence Datadog Dremio DuckDB DynamoDB Elasticsearch Facebook Firebolt Freshdesk
GitHub GitLab Greenhouse Harvest HubSpot Instagram Intercom Iterable Jira Kafka Klaviyo Kustomer
LinkedIn Mailchimp Marketo Mixpanel MongoDB MySQL NetSuite Notion Okta OneSignal Outreach PagerDuty
Paypal Pinterest Pipedrive Postgres Qualtrics QuickBooks Recurly Redis Redshift S3 Salesforce Sentry
Shopify Slack Snowflake Square Stripe SurveyMonkey Trello Twilio Typeform Vertica Xero Zendesk
Zoom Zuora""".split()
_EDITIONS = ("", "Ads", "Analytics", "Files", "Marketing", "Events", "Support", "Billing", "Lite")
_LANGUAGES = ("python", "declarative", "java", "python", "declarative")
_KINDS = ("source", "source", "destination", "source")
_STAGES = ("alpha", "generally_available", "beta")
_START = datetime(2025, 1, 6, 9, 30, tzinfo=UTC)
_SPEC: Mapping[str, Any] = {
    "documentationUrl": "https://docs.example.com/",
    "connectionSpecification": {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "required": ["host"],
        "properties": {
            "host": {"type": "string", "title": "Host", "order": 0},
            "port": {"type": "integer", "title": "Port", "order": 1},
            "password": {"type": "string", "title": "Password", "airbyte_secret": True},
        },
    },
}
_PASSED = TestRecord(
    passed=True,
    when="2026-11-22T09:58:00+00:00",
    cases={"passed": 42, "failed": 0, "skipped": 1},
)


def digest_of(text: str) -> str:
    """A digest that differs for different texts."""
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def release(name: str = "source-a", version: str = "1.0.0", **other: Any) -> Release:
    """A sound release; `other` are fields that shall be different."""
    kind = other.get("kind", name.partition("-")[0])
    definition = {
        f"{kind}DefinitionId": str(uuid.uuid5(uuid.NAMESPACE_DNS, name)),
        "name": name.partition("-")[2].title(),
        "documentationUrl": f"https://docs.example.com/{kind}s/{name}",
    }
    given: dict[str, Any] = {
        "name": name,
        "kind": kind,
        "language": "python",
        "repository": f"ghcr.io/acme/{name}",
        "version": version,
        "digest": digest_of(f"{name} {version}"),
        "image_id": digest_of(f"image {name} {version}"),
        "size": 48_300_000,
        "commit": hashlib.sha256(version.encode()).hexdigest()[:40],
        "source_url": f"https://github.com/acme/connectors/commit/{version}",
        "fingerprint": digest_of(f"inputs {name} {version}"),
        "inputs": "{}",
        "published": "2026-11-22T10:00:00Z",
        "definition": {} if kind == "base" else definition,
        "spec": None if kind == "base" else dict(_SPEC),
        "tests": {"acceptance": asdict(_PASSED), "unit": asdict(replace(_PASSED, cases={}))},
    }
    return Release(**{**given, **other})


def many(connectors: int, versions: int) -> tuple[Release, ...]:
    """The releases of that many connectors, with so many versions each."""
    titles = (f"{system} {edition}".strip() for edition, system in product(_EDITIONS, _SYSTEMS))
    return tuple(
        _one(number, title, index)
        for number, title in enumerate(islice(titles, connectors))
        for index in range(versions)
    )


def _one(number: int, title: str, index: int) -> Release:
    kind = _KINDS[number % len(_KINDS)]
    name = f"{kind}-{title.lower().replace(' ', '-')}"
    published = _START + timedelta(days=number % 97 + index * 23, minutes=number)
    definition = {
        f"{kind}DefinitionId": str(uuid.uuid5(uuid.NAMESPACE_DNS, name)),
        "name": title,
        "documentationUrl": f"https://docs.example.com/{kind}s/{name}",
        "releaseStage": _STAGES[number % len(_STAGES)],
    }
    return release(
        name,
        f"{index // 12}.{index % 12 // 4}.{index % 4}",
        kind=kind,
        language=_LANGUAGES[number % len(_LANGUAGES)],
        published=published.strftime("%Y-%m-%dT%H:%M:%SZ"),
        definition=definition,
        tags=("keyword:sales",) if number % 3 == 0 else (),
        size=31_000_000 + number * 411_000,
    )
