"""How a command ends when somebody asks it to."""

import subprocess
import sys

_PROGRAM = """
import os, signal, time
from base_python import command_line

class Dying:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGTERM)

def discover(request):
    {body}
    while True:
        time.sleep(60)

command_line._TIDY_SECONDS = {seconds}
known = {{"connectionSpecification": {{}}}}
connector = command_line.Connector(specification=known, commands={{"discover": discover}})
raise SystemExit(command_line.main(connector, ["discover", "--config=/dev/stdin"]))
"""


def ended(body: str, *, seconds: int) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-c", _PROGRAM.format(body=body, seconds=seconds)]
    return subprocess.run(command, input=b"{}", capture_output=True, timeout=120, check=False)


def test_sigterm_ends_it_and_it_tidies_up() -> None:
    done = ended(
        "try: os.kill(os.getpid(), signal.SIGTERM); time.sleep(60)\n"
        "    finally: print('tidied up', flush=True)",
        seconds=60,
    )
    assert (done.returncode, done.stdout) == (143, b"tidied up\n")


def test_sigterm_ends_it_even_where_python_drops_the_exception() -> None:
    done = ended("Dying()", seconds=1)
    assert b"Exception ignored" in done.stderr
    assert done.returncode == 143
