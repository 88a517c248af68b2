"""Questions in, answers of a person at a terminal out: arrow keys, and a word on each mistake.

Ctrl-C at any of them raises KeyboardInterrupt; so does Ctrl-D, or a terminal that goes away.
"""

from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

from build_config.scaffold.questions import Question
from build_config.scaffold.template import Template

if TYPE_CHECKING:
    import questionary

Problem = Callable[[str], str]
"""Why a text cannot be the answer; empty where it can. Asked at every key."""

_LABEL: Final = len("  Description: ")
"""What questionary puts before a description; it cuts off what is longer than the line."""


def ask_template(templates: Iterable[Template]) -> str:
    """Which template; each is described while it is pointed at."""
    import questionary

    choices = [
        questionary.Choice(title=template.name, value=template.name, description=_about(template))
        for template in templates
    ]
    return _answered(questionary.select("Template", choices=choices))


def ask_text(prompt: str, default: str, problem: Problem, *, about: str = "") -> str:
    """A line of text; what it is about stands at the foot of the screen."""
    import questionary

    question = questionary.text(
        prompt,
        default=default,
        validate=lambda text: problem(text) or True,
        bottom_toolbar=_folded(about) or None,
    )
    return _answered(question)


def ask(question: Question, default: str, problem: Problem) -> str:
    """The answer to a question of a template."""
    import questionary

    if not question.choices:
        return ask_text(question.prompt, default, problem, about=question.help)
    select = questionary.select(
        question.prompt,
        choices=list(question.choices),
        default=default if default in question.choices else None,
        instruction=f"({question.help})" if question.help else None,
    )
    return _answered(select)


def _answered(question: questionary.Question) -> str:
    try:
        answer: str = question.unsafe_ask()
    except EOFError as error:
        raise KeyboardInterrupt from error
    return answer


def _about(template: Template) -> str:
    mark = ", your own" if template.own else ""
    text = f"{template.description} ({template.kind}, {template.language}{mark})"
    return _folded(text, indent=_LABEL)


def _folded(text: str, *, indent: int = 0) -> str:
    """In lines that are not cut off; all but the first indented."""
    columns = os.get_terminal_size(sys.stdout.fileno()).columns  # COLUMNS is not asked there either
    room = max(columns - indent - 1, 20)
    return f"\n{' ' * indent}".join(textwrap.wrap(text, room))
