"""The build machinery (not settings: those are in `invoke.yaml`).

One way through it, each arrow a function from one immutable value to the next:

    files on disk -> Connectors -> Graph -> Selection -> Plan -> Events -> display, report

`commands` holds one function per task and is the only place where the pieces meet.
"""

import sys

# Invoke writes no bytecode unless it is told to, so that every run of a checkout would compile us.
sys.dont_write_bytecode = bool(sys.flags.dont_write_bytecode)
