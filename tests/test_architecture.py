"""The shape of `build_config`: who may import whom, what has one home, how long things get."""

from __future__ import annotations

import ast
import graphlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

PACKAGE = "build_config"
ROOT = Path(__file__).resolve().parent.parent / PACKAGE

# Each paragraph may import from those above it, and a family (a folder) from itself. A new module
# gets its place here; a module of a family that the core needs is named by itself.
LAYERS = """
    atomic_files buildkit child_process defect errors event_loop expansion file_lock fingerprint
    git_output git_process gradle_projects ignore_pattern image masking streams web_page wording
    yaml_files

    acceptance.case build_records columns docker_credentials dockerfile dockerignore edits git
    needed_jobs release saved_work settings_values steps versions

    cache_settings connector context events parsed_dockerfiles publish_settings step_order
    test_records

    build_secrets connector_protocol context_tar engine git_changes git_refs graph image_rows
    logs machine report saves selection settings

    catalog definitions discovery displays docker_progress engine_endpoint history junit
    ledger machine_display run_record teller

    registry run_recording run_table sandbox timeline

    affected bake docker_pull docker_push github image_labels plan scheduler step_summary sync

    acceptance docker_engine listings plan_testing repository source_inputs touched

    matrix plan_publishing publishing

    cache

    checks cleaning performers

    bumping scaffold

    commands

    program
"""

# What reaches out of this process, or is slow to import, has a home.
HOMES = {
    "docker": "docker_credentials docker_engine machine",
    "requests": "docker_engine machine",
    "dockerfile": "dockerfile",
    "grpclib": "buildkit",
    "httpx": "registry",
    "invoke": "program",
    "jinja2": "scaffold.rendering web_page",
    "questionary": "scaffold.prompts",
    "rich": "acceptance.table displays machine_display report streams sync.display",
    "subprocess": "checks.hadolint docker_credentials git git_changes git_process git_refs machine",
    "threading": "displays.live",
    "yaml": "acceptance yaml_files",
    "signal": "child_process event_loop machine.process",
    "multiprocessing": "",
    "concurrent": "",
    "unittest": "",
    "watchfiles": "saves",
}

MODULE_CAP = 300
FUNCTION_CAP = 40

# Literal tables, and what is hardly more than its inner functions.
LONGER_FUNCTIONS = {
    "buildkit.session._methods",
    "connector_protocol.schemas._payload_schemas",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Module:
    """One file, parsed.

    Attributes:
        imported: dotted names of everything imported, inside of functions too.
    """

    name: str
    lines: int
    tree: ast.Module
    imported: frozenset[str]

    @property
    def ours(self) -> frozenset[str]:
        """The modules of this package among them."""
        known = {name for name in self.imported if name.startswith(f"{PACKAGE}.")}
        return frozenset(filter(None, (_module_of(name) for name in known)))


def _imports(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        assert node.level == 0, "imports are absolute"
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _module_of(name: str) -> str | None:
    """`build_config.a.b.thing` -> `a.b`, whichever of them is a file; None for a bare package."""
    parts = name.split(".")[1:]
    for end in range(len(parts), 0, -1):
        if ROOT.joinpath(*parts[:end]).with_suffix(".py").is_file():
            return ".".join(parts[:end])
    return None


def _modules() -> Iterator[Module]:
    for file in sorted(ROOT.rglob("*.py")):
        parts = file.relative_to(ROOT).with_suffix("").parts
        if "templates" not in parts and parts[-1] != "__init__":
            text = file.read_text(encoding="utf-8")
            tree = ast.parse(text, str(file))
            yield Module(
                name=".".join(parts),
                lines=len(text.splitlines()),
                tree=tree,
                imported=frozenset(name for node in ast.walk(tree) for name in _imports(node)),
            )


MODULES = tuple(_modules())
LAYER_OF = {
    name: number for number, layer in enumerate(LAYERS.split("\n\n")) for name in layer.split()
}


def unit(name: str) -> str:
    """What of `LAYERS` a module belongs to: itself, else its family."""
    return name if name in LAYER_OF else name.partition(".")[0]


def family(name: str) -> tuple[Module, ...]:
    """The modules of a folder, or the one module of that name."""
    return tuple(module for module in MODULES if module.name.partition(".")[0] == name)


def names(node: ast.AST) -> set[str]:
    """Every name and attribute that is used in it."""
    nodes = tuple(ast.walk(node))
    return {n.attr for n in nodes if isinstance(n, ast.Attribute)} | {
        n.id for n in nodes if isinstance(n, ast.Name)
    }


def test_every_module_has_its_place_and_every_place_its_module() -> None:
    assert {unit(module.name) for module in MODULES} == set(LAYER_OF)
    assert len(LAYERS.split()) == len(LAYER_OF)


def test_a_module_imports_from_above_or_from_its_family() -> None:
    wrong = [
        f"{module.name} imports {name}"
        for module in MODULES
        for name in module.ours
        if LAYER_OF[unit(name)] >= LAYER_OF[unit(module.name)]
        and name.partition(".")[0] != module.name.partition(".")[0]
    ]
    assert wrong == []


def test_nothing_goes_round_in_circles() -> None:
    order = graphlib.TopologicalSorter({module.name: module.ours for module in MODULES})
    assert set(order.static_order()) == {module.name for module in MODULES}


def test_buildkit_stands_alone() -> None:
    known = {unit(name) for module in family("buildkit") for name in module.ours}
    assert known == {"buildkit"}


@pytest.mark.parametrize("consumer", ["logs", "report", "history", "junit", "displays"])
def test_what_consumes_events_knows_no_engine_and_no_plan(consumer: str) -> None:
    known = {unit(name) for module in family(consumer) for name in module.ours}
    assert known
    assert known & {"engine", "docker_engine", "buildkit", "plan", "scheduler", "git"} == set()


@pytest.mark.parametrize("library", HOMES)
def test_a_library_stays_at_home(library: str) -> None:
    homes = HOMES[library].split()
    users = {
        module.name
        for module in MODULES
        if any(name.partition(".")[0] == library for name in module.imported)
    }
    astray = {n for n in users if not any(n == home or n.startswith(f"{home}.") for home in homes)}
    assert astray == set()


def test_only_the_scheduler_makes_an_event_loop() -> None:
    makers = {"new_event_loop", "run_until_complete", "get_event_loop"}
    users = {module.name for module in MODULES if names(module.tree) & makers}
    assert users == {"scheduler", "event_loop"}


def test_nothing_prints_by_itself() -> None:
    """What is said goes through `Streams`, or a console that was handed in."""
    silent = {"print", "input", "breakpoint"}
    called = {
        f"{module.name}: {node.func.id}"
        for module in MODULES
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in silent
    }
    assert called == set()


def test_every_module_says_what_it_is() -> None:
    assert [module.name for module in MODULES if not ast.get_docstring(module.tree)] == []


def test_no_module_is_a_drawer() -> None:
    drawers = {"utils", "helpers", "common", "misc", "manager"}
    assert [module.name for module in MODULES if drawers & set(module.name.split("."))] == []


def test_modules_stay_short() -> None:
    assert {m.name: m.lines for m in MODULES if m.lines > MODULE_CAP} == {}


def test_functions_stay_short() -> None:
    """Docstrings are not counted; an exception that is not needed any more has to go."""
    lengths = {name: lines for module in MODULES for name, lines in _functions(module)}
    assert {name for name, lines in lengths.items() if lines > FUNCTION_CAP} == LONGER_FUNCTIONS


def _functions(module: Module) -> Iterator[tuple[str, int]]:
    """Name and length, without the docstring, of each function of a module."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0]
            has_docstring = ast.get_docstring(node) is not None
            said = (first.end_lineno or 0) - first.lineno + 1 if has_docstring else 0
            yield f"{module.name}.{node.name}", (node.end_lineno or 0) - node.lineno + 1 - said
