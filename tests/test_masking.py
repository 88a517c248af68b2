"""What a build prints of its secrets is hidden; everything else is as it was."""

from __future__ import annotations

import base64

from build_config.masking import MASK, Mask


def test_a_value_is_hidden_once_it_was_read() -> None:
    mask = Mask()
    read = mask.reading(lambda: b"hunter22\n")
    assert mask("login hunter22") == "login hunter22"
    assert read() == b"hunter22\n"
    assert mask("login hunter22, again: hunter22") == f"login {MASK}, again: {MASK}"


def test_lines_base64_and_url_forms_are_hidden_too() -> None:
    mask = Mask()
    mask.hide(b"first/line\nsecond line\n")
    encoded = base64.b64encode(b"second line").decode()
    assert mask(f"first%2Fline {encoded}") == f"{MASK} {MASK}="
    assert mask("a second line") == f"a {MASK}"


def test_short_values_do_not_shred_ordinary_text() -> None:
    mask = Mask()
    mask.hide(b"a\n\n")
    assert mask("a banana") == "a banana"
