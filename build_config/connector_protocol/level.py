"""The age of the protocol by whose rules a connector is judged."""

from __future__ import annotations

from enum import StrEnum


class Level(StrEnum):
    """A connector is held to what the protocol asked when it was written.

    `YEAR_2021`: six message types; a STATE is `data`; sync modes are optional; a failure is an exit
    code. `CURRENT`: TRACE, CONTROL and states of one stream exist; a failure is told by a TRACE;
    streams tell their status.
    """

    YEAR_2021 = "2021"
    CURRENT = "current"
