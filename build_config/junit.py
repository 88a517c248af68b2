"""Steps and cases of a run in, JUnit XML out: what CI systems show on their own pages.

The dialect is the common one (testsuites > testsuite > testcase), a suite for each connector.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from xml.etree import ElementTree as ET

from build_config.acceptance.case import CaseResult, Verdict
from build_config.report import Ending, Report, Result
from build_config.steps import Kind

# Everything that XML 1.0 (section 2.2) does not allow, not even escaped.
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_xml(report: Report) -> str:
    """The document, with its XML declaration."""
    root = ET.Element("testsuites", time=f"{report.seconds:.3f}")
    suites: dict[str, ET.Element] = {}
    for result in report.results:
        if result.step.kind is Kind.PULL:
            continue
        suite = suites.get(result.step.target)
        if suite is None:
            suite = suites[result.step.target] = ET.SubElement(root, "testsuite")
            suite.set("name", _legal(result.step.target))
        suite.extend(_cases(report, result))
    for suite in suites.values():
        _count(suite)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _cases(report: Report, result: Result) -> Iterator[ET.Element]:
    """The cases of an acceptance step; any other step is a case of its own."""
    found = [heard.case for heard in report.cases if heard.key == result.step.key]
    if found:
        yield from (_case(result.step.target, case) for case in found)
        return
    element = ET.Element("testcase", classname=_legal(result.step.target), name=result.step.kind)
    element.set("time", f"{result.seconds:.3f}")
    if result.ending is Ending.FAILED:
        ET.SubElement(element, "failure", message=_legal(result.why)).text = _legal(result.hint)
    elif result.ending is not Ending.DONE:
        ET.SubElement(element, "skipped", message=_legal(result.why or result.ending))
    yield element


def _case(connector: str, case: CaseResult) -> ET.Element:
    element = ET.Element("testcase", classname=_legal(f"{connector}.{case.category}"))
    element.set("name", _legal(case.name))
    element.set("time", f"{case.seconds:.3f}")
    if case.verdict is Verdict.FAILED:
        failure = ET.SubElement(element, "failure", message=_legal(case.message))
        failure.text = _legal("\n".join(case.details))
    elif case.verdict is Verdict.SKIPPED:
        ET.SubElement(element, "skipped", message=_legal(case.message))
    return element


def _count(suite: ET.Element) -> None:
    cases = suite.findall("testcase")
    suite.set("tests", str(len(cases)))
    for name, tag in (("failures", "failure"), ("skipped", "skipped")):
        suite.set(name, str(_number(case.find(tag) is not None for case in cases)))
    suite.set("time", f"{sum(float(case.get('time', '0')) for case in cases):.3f}")


def _number(flags: Iterable[bool]) -> int:
    return sum(flags)


def _legal(text: str) -> str:
    return _ILLEGAL.sub("\ufffd", text)
