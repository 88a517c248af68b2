"""Whose container it is: only what its own run cannot remove any more may be removed by others."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from build_config.sandbox.owner import is_left_over, labels

LABELS = """\
import json
from build_config.sandbox.owner import labels
print(json.dumps(labels("x")), flush=True)
input()
"""
ELSEWHERE = ("unshare", "--pid", "--fork", "--mount-proc")
"""Runs a command where process ids are others, as in a container; the machine's name is one."""


def test_what_is_ours_is_not_left_over() -> None:
    assert not is_left_over(labels("x"))


@pytest.mark.parametrize(
    "command", [(), ELSEWHERE if os.geteuid() == 0 else (*ELSEWHERE, "--map-root-user")]
)
def test_what_a_run_has_is_left_over_once_it_has_ended_and_not_before(
    command: tuple[str, ...],
) -> None:
    words = (*command, sys.executable, "-c", LABELS)
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        said = process.stdout.readline()
        if command and not said:
            pytest.skip("this machine has no PID namespaces for us")
        found = json.loads(said)
        while_it_runs = is_left_over(found)
        process.communicate("\n")
    assert not while_it_runs
    assert is_left_over(found) is (not command)  # what ended elsewhere cannot be seen from here


def test_what_is_two_days_old_is_left_over_wherever_it_comes_from() -> None:
    host = {"dev.connectoryard.host": "another", "dev.connectoryard.born": "1"}
    assert is_left_over(host)
    assert not is_left_over({**labels("x"), "dev.connectoryard.host": "another"})
