"""A part of each campaign, in a few minutes; `python tests/campaigns/proof.py` has all of them."""

from __future__ import annotations

import campaigns
import faults
import pytest
from campaigns import Figure

pytestmark = pytest.mark.timeout(1800)


def nothing_is_wrong(figure: Figure, *, least: int) -> None:
    assert not figure.count.failures, "\n".join(figure.count.failures[:20])
    assert figure.count.cases >= least, figure


def test_after_a_thousand_faults_the_state_is_allowed_and_one_more_run_converges() -> None:
    figure = campaigns.all_faults(everything=False)
    nothing_is_wrong(figure, least=1000)
    assert {"ok", "StepError", "UnclearError"} <= set(figure.count.ended)


def test_the_registry_in_memory_goes_wrong_as_debians_does() -> None:
    nothing_is_wrong(campaigns.debian_faults(everything=False), least=40)


@pytest.mark.parametrize("action", ["reset after", "delay"])
def test_with_the_ledger_in_git_it_is_the_same(action: str) -> None:
    loop = faults.Loop(situation="nothing is there", action=action, always=False, git=True, step=3)
    count = faults.run(loop)
    assert not count.failures, "\n".join(count.failures)
    assert count.cases >= 7


@pytest.mark.long
def test_a_tag_that_lands_after_its_client_gave_up_changes_nothing() -> None:
    loop = faults.Loop(situation="claimed, no tag yet", action="delay", always=True)
    count = faults.run(loop)
    assert not count.failures, "\n".join(count.failures)
    assert count.ended["UnclearError"]


def test_a_kill_at_any_effect_leaves_nothing_torn_and_nothing_locked() -> None:
    nothing_is_wrong(campaigns.all_kills(everything=False), least=40)


def test_hundreds_of_rounds_of_two_publishers_publish_nothing_twice_and_lose_nothing() -> None:
    nothing_is_wrong(campaigns.all_races(everything=False), least=300)


def test_two_processes_publish_one_version_once() -> None:
    nothing_is_wrong(campaigns.all_process_races(everything=False), least=20)
