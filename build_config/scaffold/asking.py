"""What was typed in, a template with a name and all its answers out; asks for what is missing."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from build_config.errors import RepositoryError, UsageError, YardError
from build_config.scaffold import prompts
from build_config.scaffold.names import Name, understand
from build_config.scaffold.questions import DISPLAY_NAME, STANDARD, Question, problems
from build_config.scaffold.rendering import render_text
from build_config.scaffold.taken import Taken, read_taken
from build_config.scaffold.template import Template
from build_config.scaffold.variables import known, with_answers
from build_config.settings import Settings

Ask = Callable[[Question, str], str]
"""A question and its default in, a person's answer out."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Typed:
    """What the command line says; None is not said.

    Attributes:
        answers: of `--answer`, by key.
        terminal: there is somebody to ask.
    """

    template: str | None
    name: str | None
    answers: Mapping[str, str]
    terminal: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """A connector that can be made.

    Attributes:
        answers: to every question, the standard ones included.
        variables: for rendering.
    """

    template: Template
    name: Name
    answers: Mapping[str, str]
    variables: Mapping[str, Any]


def choose(templates: Mapping[str, Template], name: str) -> Template:
    """The template of that name.

    Raises:
        UsageError: there is none; with a guess at what was meant.
    """
    if name in templates:
        return templates[name]
    close = difflib.get_close_matches(name, list(templates), n=1, cutoff=0.5)
    guess = f"did you mean `{close[0]}`? " if close else ""
    raise UsageError(f"there is no template `{name}`", hint=f"{guess}see `invoke generate --list`")


def complete(settings: Settings, templates: Mapping[str, Template], typed: Typed) -> Wanted:
    """Find out everything; nothing is asked before what was typed is seen to be right.

    Raises:
        UsageError: something that was typed cannot be, or nobody is there to say what is missing.
        RepositoryError: the same, several lines of it.
        KeyboardInterrupt: Ctrl-C at a prompt.
    """
    template = None if typed.template is None else choose(templates, typed.template)
    taken = read_taken(settings)
    if template is not None:
        _refuse_wrong(settings, taken, template, typed)
    if not typed.terminal:
        _refuse_missing(template, typed)
    if template is None:
        template = templates[prompts.ask_template(templates.values())]
        _refuse_wrong(settings, taken, template, typed)
    understood = partial(free_name, settings, taken, template)
    text = typed.name
    if text is None:
        about = f"what the {template.kind} connects to, such as: foo bar"
        text = prompts.ask_text("Name", "", partial(_problem, understood), about=about)
    name = understood(text)
    facts = known(settings, template, name)
    ask = partial(_ask, taken, template) if typed.terminal else None
    answers = all_answers(template, facts, typed.answers, ask)
    refuse_claimed(taken, template, answers)
    variables = with_answers(facts, answers)
    return Wanted(template=template, name=name, answers=answers, variables=variables)


def free_name(settings: Settings, taken: Taken, template: Template, typed: str) -> Name:
    """The name that was meant.

    Raises:
        UsageError: it is none.
        RepositoryError: somebody has it; with all who do.
    """
    name = understand(typed, template.kind, settings.namespace)
    taken.refuse(name)
    return name


def refuse_claimed(taken: Taken, template: Template, answers: Mapping[str, str]) -> None:
    """Refuse what has to be this connector's alone and is another's.

    Raises:
        RepositoryError: with all of it.
    """
    found = (
        taken.claim_of_display_name(template.kind, answers["display_name"]),
        taken.claim_of_id(answers["definition_id"]),
    )
    if any(found):
        raise RepositoryError(
            tuple(filter(None, found)),
            hint="say another with `--answer=display_name=…` or `--answer=definition_id=…`",
        )


def refuse_wrong_answers(template: Template, answers: Mapping[str, str]) -> None:
    """Refuse answers that nobody asked for, or that cannot be.

    Raises:
        RepositoryError: with all of them.
    """
    wrong = problems((*STANDARD, *template.questions), answers)
    if wrong:
        raise RepositoryError(tuple(wrong))


def all_answers(
    template: Template, facts: Mapping[str, Any], given: Mapping[str, str], ask: Ask | None
) -> dict[str, str]:
    """An answer to each question: the one given, else what a person says, else the default.

    Raises:
        UsageError: there is none, or the default cannot be one.
    """
    answers: dict[str, str] = {}
    for question in (*STANDARD, *template.questions):
        if question.name in given:
            answers[question.name] = given[question.name]
            continue
        where = f"{template.folder}: default of `{question.name}`"
        default = render_text(question.default or "", with_answers(facts, answers), where)
        if ask is not None and question.asked:
            answers[question.name] = ask(question, default)
            continue
        problem = question.problem(default)
        if problem:
            raise UsageError(
                f"`{question.name}` has no answer: {problem}",
                hint=f"add `--answer={question.name}=…`",
            )
        answers[question.name] = default
    return answers


def _refuse_wrong(settings: Settings, taken: Taken, template: Template, typed: Typed) -> None:
    """All that can be seen to be wrong before anything is asked."""
    refuse_wrong_answers(template, typed.answers)
    if typed.name is not None:
        free_name(settings, taken, template, typed.name)


def _refuse_missing(template: Template | None, typed: Typed) -> None:
    """Everything at once, as the flags that say it."""
    missing = [] if typed.template is not None else ["--template=…"]
    missing += [] if typed.name is not None else ["--name=…"]
    questions: Sequence[Question] = template.questions if template else ()
    missing += [
        f"--answer={question.name}=…"
        for question in questions
        if question.default is None and question.name not in typed.answers
    ]
    if missing:
        flags = ", ".join(f"`{flag}`" for flag in missing)
        raise UsageError(
            f"there is no terminal to ask at, and missing: {flags}",
            hint="add the flags; `invoke generate --list` shows the templates",
        )


def _problem(understood: Callable[[str], Name], text: str) -> str:
    """In words that fit a line of 80 columns: there is no other one for it."""
    try:
        understood(text)
    except YardError as error:
        line = str(error).partition("\n")[0]
        if isinstance(error, UsageError):
            line = line.partition("` ")[2]  # what was typed stands above it
        hint = error.hint.replace(": `--name=…`", "").replace("--name=", "")
        return f"{line}; {hint}" if hint else line
    return ""


def _ask(taken: Taken, template: Template, question: Question, default: str) -> str:
    def problem(text: str) -> str:
        found = question.problem(text)
        if not found and question is DISPLAY_NAME:
            found = taken.claim_of_display_name(template.kind, text)
        return found

    return prompts.ask(question, default, problem)
