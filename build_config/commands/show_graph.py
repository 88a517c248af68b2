"""`invoke graph`: what stands on what, without engine and network."""

from __future__ import annotations

from collections.abc import Sequence

from build_config.errors import one_of
from build_config.listings import GRAPH_FORMATS
from build_config.repository import load
from build_config.settings import Settings
from build_config.streams import Streams


def show_graph(
    settings: Settings, streams: Streams, *, connector: Sequence[str], output: str
) -> int:
    """Print the graph, or the part that the named connectors stand on or hold up."""
    one_of("--format", output, tuple(GRAPH_FORMATS))
    repository = load(settings)
    graph = repository.graph
    selected = repository.select(connector)
    shown = graph.with_dependencies(selected) | graph.with_dependents(selected)
    text = GRAPH_FORMATS[output](graph, shown)
    if text:
        streams.say(text)
    for pin in graph.pins:
        streams.note(
            f"`{pin.connector}` uses `{pin.reference}`, not what `{pin.local.path}` builds"
            + (f" (version {pin.local.version})" if pin.local.version else "")
        )
    return 0
