"""Questions in, answers of a person at a terminal out: arrow keys, and a word on each mistake.

Ctrl-C at any of them raises KeyboardInterrupt.
"""

from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import Callable, Iterable
from typing import Final

from build_config.scaffold.questions import Question
from build_config.scaffold.template import Template

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
    answer: str = questionary.select("Template", choices=choices).unsafe_ask()
    return answer


def ask_text(prompt: str, default: str, problem: Problem, *, about: str = "") -> str:
    """A line of text; what it is about stands at the foot of the screen."""
    import questionary

    answer: str = questionary.text(
        prompt,
        default=default,
        validate=lambda text: problem(text) or True,
        bottom_toolbar=about or None,
    ).unsafe_ask()
    return answer


def ask(question: Question, default: str, problem: Problem) -> str:
    """The answer to a question of a template."""
    import questionary

    if not question.choices:
        return ask_text(question.prompt, default, problem, about=question.help)
    answer: str = questionary.select(
        question.prompt,
        choices=list(question.choices),
        default=default if default in question.choices else None,
        instruction=f"({question.help})" if question.help else None,
    ).unsafe_ask()
    return answer


def _about(template: Template) -> str:
    mark = ", your own" if template.own else ""
    text = f"{template.description} ({template.kind}, {template.language}{mark})"
    columns = os.get_terminal_size(sys.stdout.fileno()).columns  # COLUMNS is not asked there either
    room = max(columns - _LABEL - 1, 20)
    return f"\n{' ' * _LABEL}".join(textwrap.wrap(text, room))
