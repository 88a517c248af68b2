"""The steps of a plan in, who waits for whom and for how long out."""

from __future__ import annotations

from collections.abc import Mapping

from build_config.steps import Action, Kind, Step


def usual_seconds(kind: Kind, recorded: Mapping[str, float], guess: float) -> float:
    """What a step of this kind takes that was never recorded; `guess` where none ever was.

    The mean, not the median: one long build that is begun last costs more than many short ones that
    are begun too early (benchmarks/scheduling.py).
    """
    known = [seconds for key, seconds in recorded.items() if key.startswith(f"{kind} ")]
    return sum(known) / len(known) if known else guess


def dependents(steps: Mapping[str, Step]) -> dict[str, list[str]]:
    """Keys of the steps that wait for each step directly."""
    found: dict[str, list[str]] = {key: [] for key in steps}
    for key, step in steps.items():
        for need in step.needs:
            found[need].append(key)
    return found


def critical_path(steps: dict[str, Step]) -> dict[str, float]:
    """Seconds from the start of each step to the end of the last that waits for it.

    Steps stand in an order in which they can run, so that one pass backwards is enough.
    """
    behind: dict[str, float] = dict.fromkeys(steps, 0.0)
    for key in reversed(steps):
        step = steps[key]
        behind[key] += step.seconds if step.action is Action.RUN else 0.0
        for need in step.needs:
            behind[need] = max(behind[need], behind[key])
    return behind
