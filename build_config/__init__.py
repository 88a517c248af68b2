"""The build machinery (not settings: those are in `invoke.yaml`).

One way through it, each arrow a function from one immutable value to the next:

    files on disk -> Connectors -> Graph -> Selection -> Plan -> Events -> display, report

`commands` holds one function per task and is the only place where the pieces meet.
"""
