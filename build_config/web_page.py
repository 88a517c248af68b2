"""A page's parts and values in, one HTML file out that asks nobody for anything.

Its policy (CSP) allows the page's own style and script by their hashes and nothing else, so even
a name that escaped the escaping could neither run nor fetch anything.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Template


def render(family: str, **values: object) -> bytes:
    """The page whose parts are `page.html.jinja`, `page.css` and `page.js` of that package.

    Args:
        family: `build_config.catalog`; what all our pages look like stands before its style.
        values: for the template, which also gets `style`, `script` and the hashes of both.
    """
    style = _asset("build_config", "web_page.css") + _asset(family, "page.css")
    script = _asset(family, "page.js")
    text = _template(family).render(
        **values,
        style=style,
        script=script,
        style_hash=_hash(style),
        script_hash=_hash(script),
    )
    return text.encode("utf-8", errors="replace")


@cache
def _template(family: str) -> Template:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.from_string(_asset(family, "page.html.jinja"))


@cache
def _asset(package: str, name: str) -> str:
    return (resources.files(package) / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """As a content security policy names what it allows."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
