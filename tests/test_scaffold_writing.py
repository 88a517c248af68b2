"""All of a connector or nothing of it: killed, or failing, at every single operation on files."""

from __future__ import annotations

import errno
import os
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import monorepos
import pytest
import repositories
import tiny_templates

from build_config.errors import RepositoryError, YardError
from build_config.scaffold.asking import Typed, complete
from build_config.scaffold.bases import Ground
from build_config.scaffold.files import File
from build_config.scaffold.placing import Placed, place
from build_config.scaffold.record import Record, base_of
from build_config.scaffold.rendering import render
from build_config.scaffold.template import find_templates
from build_config.scaffold.writing import alone, recover, write

LIST = "definitions/sources.yaml"
ENTRIES = (
    "# all of them\r\n"
    "- name: Other\r\n"
    "  sourceDefinitionId: 11111111-2222-4333-8444-555555555555\r\n"
    "  dockerRepository: connectoryard/source-other  # why not\r\n"
)
STATE = ".yard"

MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of its own is made in it

Disk = dict[str, bytes | None]
Stop = Callable[[], None]


@pytest.fixture
def quick(tmp_path: Path) -> Iterator[Path]:
    """A folder where waiting for the disk costs nothing: there are hundreds of runs."""
    if not MEMORY.is_dir():
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=MEMORY, prefix="connector-yard-") as folder:
        yield Path(folder)


def planned(root: Path, *, listed: bool) -> Placed:
    """A connector, its page, its definition, and a base: everything that can be written."""
    definitions = {"source": LIST if listed else "definitions/sources"}
    settings = monorepos.settings(root, definitions=definitions)
    templates = find_templates([tiny_templates.write(root)])
    answers = {"base_url": "https://x", "definition_id": "11111111-2222-4333-8444-000000000000"}
    typed = Typed(template="tiny", name="foo", answers=answers, terminal=False)
    wanted = complete(settings, templates, typed)
    rendered = render(wanted.template, wanted.variables)
    record = Record(template="tiny", answers=wanted.answers, base=base_of(rendered))
    base = {
        "Dockerfile": File(content=b"FROM scratch\n"),
        "a/b": File(content=b"", executable=True),
    }
    ground = Ground(directories={"connectors/bases/base-x": base}, files={})
    return place(settings, wanted.name, rendered, record, ground)


def prepared(root: Path, *, listed: bool) -> Placed:
    fill(root, listed=listed)
    return planned(root, listed=listed)


def fill(root: Path, *, listed: bool) -> None:
    """What is there before."""
    files = {LIST: ENTRIES} if listed else {}
    repositories.write(root, {"docs/integrations/README.md": "x\n", **files})


def disk(root: Path) -> Disk:
    """Everything outside of our own state: contents of files, None for folders."""
    found = (path for path in root.rglob("*") if STATE not in path.relative_to(root).parts)
    return {
        path.relative_to(root).as_posix(): None if path.is_dir() else path.read_bytes()
        for path in found
    }


def written(root: Path, placed: Placed) -> None:
    with alone(root / STATE) as folder:
        recover(root, folder)
        write(root, folder, placed)


def at_operation(number: int, stop: Stop, only: frozenset[str] | None = None) -> None:
    """Do something before the operation on files of that number, counted from 0."""
    left = [number]

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if not event.startswith(("open", "os.", "shutil.", "fcntl.")) or event == "os.kill":
            return
        if only is not None and event not in only:
            return
        if event == "open" and only is not None and arguments[1] in {"r", "rb", None}:
            return
        left[0] -= 1
        if left[0] < 0:
            stop()

    sys.addaudithook(hook)


def in_a_child(work: Callable[[], object]) -> int:
    """Run it in a process of its own; its exit code, or minus the signal that ended it.

    0: it was done. 3: it said that it could not. 5: it was done, and `work` gave something.
    """
    child = os.fork()
    if child == 0:
        code = 70
        try:
            code = 5 if work() else 0
        except YardError:
            code = 3
        except BaseException:
            traceback.print_exc()
            raise
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def numbered(root: Path) -> Iterator[Path]:
    for number in range(1000):
        folder = root / str(number)
        folder.mkdir(parents=True)
        yield folder


def killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def full() -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("listed", [False, True])
def test_killed_anywhere_it_leaves_nothing_or_all_of_it(quick: Path, listed: bool) -> None:  # noqa: FBT001 - a case
    outcomes = set()
    placed = prepared(quick, listed=listed)
    for number, root in enumerate(numbered(quick / "runs")):
        fill(root, listed=listed)
        before = disk(root)

        def work(root: Path = root, placed: Placed = placed, number: int = number) -> None:
            at_operation(number, killed)
            written(root, placed)

        code = in_a_child(work)
        assert code in {0, -signal.SIGKILL}
        connector = root / "connectors" / "source-foo"
        whole = {p.relative_to(connector).as_posix() for p in connector.rglob("*") if p.is_file()}
        assert whole in (set(), set(placed.directories["connectors/source-foo"]))
        with alone(root / STATE) as folder:
            notes = recover(root, folder)
            assert sorted(path.name for path in folder.iterdir()) == ["lock"]
        after = disk(root)
        outcomes.add((after == before, bool(notes)))
        if after == before:
            written(root, placed)
            after = disk(root)
        assert {path for path in after if after[path] is not None} - set(before) == {
            *placed.paths
        } - {LIST}
        if code == 0:
            break
    assert outcomes == {(True, False), (True, True), (False, False)}
    assert number > 50


@pytest.mark.parametrize("lasting", [False, True])
@pytest.mark.parametrize("listed", [False, True])
def test_failing_anywhere_everything_is_as_it_was(
    quick: Path,
    listed: bool,  # noqa: FBT001 - a case
    lasting: bool,  # noqa: FBT001 - a case
) -> None:
    """Once, at any operation; or from one on for good, as on a full disk that only renames."""
    making = frozenset(("open", "os.mkdir")) if lasting else None
    placed = prepared(quick, listed=listed)
    for number, root in enumerate(numbered(quick / "runs")):
        fill(root, listed=listed)
        before = disk(root)

        def work(root: Path = root, placed: Placed = placed, number: int = number) -> bool:
            failed = []

            def fail() -> None:
                failed.append(True)
                if lasting or len(failed) == 1:
                    full()

            at_operation(number, fail, making)
            written(root, placed)
            return bool(failed)

        code = in_a_child(work)
        assert code in {0, 3, 5}
        if code == 3:
            assert disk(root) == before
        else:
            assert (root / "connectors/source-foo/Dockerfile").is_file()
        if code == 0:
            break
    assert number > 10


def test_what_a_person_has_changed_since_is_not_taken_back(tmp_path: Path) -> None:
    placed = prepared(tmp_path, listed=False)
    before = disk(tmp_path)
    page = "docs/integrations/sources/foo.md"

    def work() -> None:
        at_operation(0, killed, frozenset(("os.rename",)))
        written(tmp_path, placed)

    for number in range(1, 9):

        def later(number: int = number) -> None:
            at_operation(number, killed, frozenset(("os.rename",)))
            written(tmp_path, placed)

        assert in_a_child(later) == -signal.SIGKILL
        if (tmp_path / page).exists():
            break
    (tmp_path / page).write_text("mine\n")
    with alone(tmp_path / STATE) as folder:
        assert recover(tmp_path, folder)
    kept = {"docs/integrations/sources": None, page: b"mine\n"}
    assert disk(tmp_path) == {**before, **kept}


def test_the_list_of_definitions_keeps_every_byte(tmp_path: Path) -> None:
    written(tmp_path, prepared(tmp_path, listed=True))
    content = (tmp_path / LIST).read_bytes().decode()
    assert content.startswith(ENTRIES)
    assert content.removeprefix(ENTRIES).splitlines()[:2] == [
        "- sourceDefinitionId: 11111111-2222-4333-8444-000000000000",
        "  name: Foo",
    ]
    assert "\n" not in content.replace("\r\n", "")


@pytest.mark.parametrize("text", ["{}\n", "- a\n", "[{name: x}]\n", "name: x\n", "- [\n"])
def test_a_list_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    repositories.write(tmp_path, {LIST: text})
    with pytest.raises(RepositoryError, match="not a YAML list"):
        planned(tmp_path, listed=True)


@pytest.mark.parametrize("text", ["", "[]\n", "# none yet\n", "- name: x", "  - name: x\n"])
def test_a_list_may_be_empty_indented_or_end_without_a_line_end(tmp_path: Path, text: str) -> None:
    repositories.write(tmp_path, {LIST: text})
    written(tmp_path, planned(tmp_path, listed=True))
    settings = monorepos.settings(tmp_path, definitions={"source": LIST})
    from build_config.connector import Kind
    from build_config.definitions import read_definitions

    repository = "connectoryard/source-foo"
    assert read_definitions(settings, Kind.SOURCE)[-1].repository == repository


def test_executable_files_are_written_so(tmp_path: Path) -> None:
    written(tmp_path, prepared(tmp_path, listed=False))
    assert os.access(tmp_path / "connectors/bases/base-x/a/b", os.X_OK)
    assert not os.access(tmp_path / "connectors/source-foo/Dockerfile", os.X_OK) or os.geteuid()
