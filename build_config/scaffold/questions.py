"""What a template wants to know: text of template.yaml in, questions that judge answers out."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from build_config.errors import UsageError
from build_config.wording import harmless, shorten

_KEYS = ("name", "prompt", "help", "default", "choices", "pattern")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_LONGEST = 2000

_LETTERS = r"[^\W_](?:[\w .&+()/'-]*[\w.)+])?"
_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


class QuestionError(ValueError):
    """A template.yaml says something that cannot be; the message says what."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """One thing to know before a template can be rendered; all answers are text.

    Attributes:
        name: what it is called in `--answer` and in templates.
        default: a Jinja text, rendered with what is known so far; None where one must answer.
        choices: the only answers there are; empty where any text is one.
        pattern: a regular expression that the whole answer matches.
        asked: a person is prompted for it; what has a good default need not be.
    """

    name: str
    prompt: str
    help: str = ""
    default: str | None = None
    choices: tuple[str, ...] = ()
    pattern: str | None = None
    asked: bool = True

    def problem(self, answer: str) -> str:
        """Why this cannot be the answer; empty where it can."""
        if self.choices:
            return "" if answer in self.choices else f"one of {', '.join(self.choices)}"
        if any(ord(character) < ord(" ") for character in answer):
            return "one line of text, without control characters"
        if len(answer) > _LONGEST:
            return f"longer than {_LONGEST} characters"
        if not answer.strip() and self.default != "":
            return "must not be empty"
        if self.pattern and not re.fullmatch(self.pattern, answer):
            return self.help or f"must match {self.pattern}"
        return ""


DISPLAY_NAME = Question(
    name="display_name",
    prompt="Display name",
    help="at most 60 letters, digits, spaces and .&+()/'-; no word like `null` or `yes`",
    default="{{ display_name }}",
    pattern=rf"(?i)(?!(?:true|false|null|yes|no|on|off)$)(?=.*[^\W\d_])(?=.{{1,60}}$){_LETTERS}",
)
DOCUMENTATION_URL = Question(
    name="documentation_url",
    prompt="Documentation URL",
    help="an address that starts with https:// or http://, without spaces and quotes",
    default="{{ documentation_url }}",
    pattern=r"https?://[A-Za-z0-9][A-Za-z0-9.-]*(?::\d+)?(?:/[\w.~:/?@!$&()*+,;=%-]*)?",
)
DEFINITION_ID = Question(
    name="definition_id",
    prompt="Definition id",
    help="a UUID in lower case",
    default="{{ definition_id }}",
    pattern=_UUID,
    asked=False,
)
DATE = Question(
    name="date",
    prompt="Date",
    help="a date as 2026-01-31",
    default="{{ date }}",
    pattern=r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])",
    asked=False,
)
STANDARD = (DISPLAY_NAME, DOCUMENTATION_URL, DEFINITION_ID, DATE)
"""What every template wants to know; all of it has a default."""


def read_question(document: object) -> Question:
    """Read one entry of `questions`.

    Raises:
        QuestionError: it is none.
    """
    if not isinstance(document, Mapping):
        raise QuestionError("a question must be a mapping")
    name = str(document.get("name") or "")
    if not _NAME.fullmatch(name) or name in {question.name for question in STANDARD}:
        raise QuestionError(f"`{name}` cannot be the name of a question")
    unknown = [key for key in document if key not in _KEYS]
    if unknown:
        raise QuestionError(f"question `{name}`: `{unknown[0]}` is unknown")
    pattern = document.get("pattern")
    try:
        re.compile(str(pattern or ""))
    except re.error as error:
        raise QuestionError(f"question `{name}`: `pattern`: {error}") from error
    return Question(
        name=name,
        prompt=str(document.get("prompt") or name),
        help=str(document.get("help") or ""),
        default=None if document.get("default") is None else _text(document["default"]),
        choices=_choices(name, document.get("choices")),
        pattern=None if pattern is None else str(pattern),
    )


def read_answers(typed: Sequence[str]) -> dict[str, str]:
    """`key=value` texts, as `--answer` takes them.

    Raises:
        UsageError: another shape, or one key twice.
    """
    answers: dict[str, str] = {}
    for text in typed:
        key, equals, value = text.partition("=")
        if not equals or not key.strip():
            raise UsageError(f"`--answer={text}` is no answer", hint="write `--answer=key=value`")
        key = key.strip().replace("-", "_")
        if key in answers:
            raise UsageError(f"`--answer={key}=…` is there twice")
        answers[key] = value
    return answers


def problems(questions: Sequence[Question], answers: Mapping[str, str]) -> list[str]:
    """What is wrong with answers that were given, each as one line."""
    by_name = {question.name: question for question in questions}
    found = []
    for name, answer in answers.items():
        question = by_name.get(name)
        if question is None:
            close = difflib.get_close_matches(name, list(by_name), n=1)
            guess = f"did you mean `{close[0]}`?" if close else f"known: {', '.join(by_name)}"
            found.append(f"`--answer={name}=…`: nobody asks for `{name}`; {guess}")
        elif problem := question.problem(answer):
            shown = shorten(harmless(answer), 40)
            found.append(f"`--answer={name}={shown}`: {problem}")
    return found


def _choices(name: str, value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not value:
        raise QuestionError(f"question `{name}`: `choices` must be a list")
    return tuple(map(_text, value))


def _text(value: object) -> str:
    """As it is written in YAML: answers are text, and templates print `true`, not `True`."""
    return str(value).lower() if isinstance(value, bool) else str(value)
