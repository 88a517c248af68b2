"""Results as CI systems read them."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from build_config.acceptance.case import CaseResult, Category, Verdict
from build_config.events import CaseFinished
from build_config.junit import junit_xml
from build_config.report import Ending, Report, Result
from build_config.steps import Action, Kind, Step


def result(kind: Kind, target: str, ending: Ending, *, why: str = "", hint: str = "") -> Result:
    step = Step(kind=kind, target=target, action=Action.RUN, reason="selected")
    return Result(step=step, ending=ending, seconds=1.5, why=why, hint=hint)


def case(verdict: Verdict, *, message: str = "", details: tuple[str, ...] = ()) -> CaseFinished:
    judged = CaseResult(
        category=Category.SPEC,
        name=f"it {verdict}",
        verdict=verdict,
        seconds=0.25,
        message=message,
        details=details,
    )
    return CaseFinished(key="acceptance source-a", at=0.0, case=judged)


def read(*results: Result, cases: tuple[CaseFinished, ...] = ()) -> ET.Element:
    text = junit_xml(Report(results=results, seconds=2.0, cases=cases))
    assert text.startswith("<?xml")
    return ET.fromstring(text)  # noqa: S314 - ours


def test_each_connector_is_a_suite_and_each_case_a_case() -> None:
    root = read(
        result(Kind.BUILD, "source-a", Ending.DONE),
        result(Kind.ACCEPTANCE, "source-a", Ending.FAILED, why="1 of 3 cases failed"),
        result(Kind.UNIT, "source-b", Ending.DONE),
        cases=(
            case(Verdict.PASSED),
            case(Verdict.FAILED, message="no SPEC", details=("line one", "line two")),
            case(Verdict.SKIPPED, message="it takes long"),
        ),
    )
    suites = {suite.get("name"): suite for suite in root}
    assert list(suites) == ["source-a", "source-b"]
    first = suites["source-a"]
    names = ("tests", "failures", "skipped", "time")
    assert [first.get(name) for name in names] == ["4", "1", "1", "2.250"]
    assert [c.get("classname") for c in first] == ["source-a", *["source-a.spec"] * 3]
    (failure,) = first.iter("failure")
    assert (failure.get("message"), failure.text) == ("no SPEC", "line one\nline two")
    (skipped,) = first.iter("skipped")
    assert skipped.get("message") == "it takes long"


def test_a_step_without_cases_is_a_case_of_its_own() -> None:
    root = read(
        result(Kind.BUILD, "source-a", Ending.FAILED, why="no `main.py`", hint="add it"),
        result(Kind.ACCEPTANCE, "source-a", Ending.SKIPPED, why="the build failed"),
        result(Kind.UNIT, "source-a", Ending.NOT_STARTED),
    )
    assert [c.get("name") for c in root.iter("testcase")] == ["build", "acceptance", "unit"]
    (failure,) = root.iter("failure")
    assert (failure.get("message"), failure.text) == ("no `main.py`", "add it")
    assert [s.get("message") for s in root.iter("skipped")] == ["the build failed", "not started"]


def test_images_that_are_pulled_are_nobodys_suite() -> None:
    assert list(read(result(Kind.PULL, "python:3.11", Ending.DONE))) == []


def test_what_xml_cannot_hold_is_replaced() -> None:
    root = read(
        result(Kind.ACCEPTANCE, "source-a", Ending.FAILED),
        cases=(case(Verdict.FAILED, message='\x1b[31m<&"\ud800', details=("\x00",)),),
    )
    (failure,) = root.iter("failure")
    assert (failure.get("message"), failure.text) == ('\ufffd[31m<&"\ufffd', "\ufffd")
