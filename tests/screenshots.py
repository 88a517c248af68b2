"""A run of this repository's own connectors in, the pictures of the README out.

    python tests/screenshots.py

Or those of a run that was: the folder with its `run.json` behind it.

It copies the repository, gives its images names of their own, builds and tests them on the engine,
and takes the pictures of the timeline and of GitHub's summary in chromium (see `browser.py`).
"""

from __future__ import annotations

import base64
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from browser import Browser, browser
from debian_packages import install
from markdown_it import MarkdownIt

from build_config.run_record import read
from build_config.step_summary import step_summary
from build_config.timeline.files import TIMELINE, write_pictures

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
FONT = "fonts-noto-color-emoji"  # for the signs of the summary, which GitHub brings along
FONT_FILE = Path("/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf")
OURS = re.compile(rb"(?<![\w/.])connectoryard(?=/(?:base|source|destination)-)")
NAMESPACE = b"connectoryard-pictures"
WIDTH, HEIGHT = 1280, 1000
SCREEN = {"width": WIDTH, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": False}
LIKE_GITHUB = """
body { margin: 0; padding: 24px; color: #1f2328; background: #fff;
  font: 14px/1.5 -apple-system, "Segoe UI", "Noto Sans", Helvetica, Arial, sans-serif; }
h3 { margin: 0 0 16px; font-size: 1.25em; }
table { border-collapse: collapse; }
th, td { padding: 6px 13px; border: 1px solid #d1d9e0; text-align: left; vertical-align: top; }
tr:nth-child(2n) { background: #f6f8fa; }
code { padding: 0.2em 0.4em; border-radius: 6px; background: #818b981f; font-size: 85%; }
"""


def main(run: Path | None) -> None:
    """Take the pictures of a run, or of a new one."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        logs = run or work_in(copy)
        take(logs, copy)


def work_in(copy: Path) -> Path:
    """Build and test in a copy; the folder with its record."""
    files = subprocess.check_output(("git", "ls-files", "-z"), cwd=ROOT, text=True).split("\0")
    for name in filter(None, files):
        source, target = ROOT / name, copy / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
            _rename_images(target)
    command = (sys.executable, "-m", "invoke", "test", "--profile", "--progress=plain")
    subprocess.run(command, cwd=copy, check=False)
    return copy / ".yard" / "logs" / "latest"


def _rename_images(file: Path) -> None:
    """No image that is in use is touched."""
    content = file.read_bytes()
    renamed = OURS.sub(NAMESPACE, content)
    if renamed != content:
        file.write_bytes(renamed)


def take(logs: Path, scratch: Path) -> None:
    """Photograph the timeline in both modes, and the summary."""
    install(FONT, is_there=FONT_FILE.is_file, left_out_by="")
    record = read(logs)
    write_pictures(scratch, [record])
    html = MarkdownIt("commonmark").render(step_summary([record]))
    page = scratch / "summary.html"
    page.write_text(f"<!doctype html><meta charset=utf-8><style>{LIKE_GITHUB}</style>{html}")
    IMAGES.mkdir(exist_ok=True)
    with browser() as chromium:
        chromium.command("Emulation.setDeviceMetricsOverride", **SCREEN)
        for mode in ("light", "dark"):
            scheme = {"name": "prefers-color-scheme", "value": mode}
            chromium.command("Emulation.setEmulatedMedia", features=[scheme])
            _photograph(chromium, scratch / TIMELINE, f"timeline-{mode}.png")
        _photograph(chromium, page, "summary.png")


def _photograph(chromium: Browser, page: Path, name: str) -> None:
    """The page as it is high, so that nothing below it is shown."""
    chromium.open(page.as_uri())
    high = chromium.run(
        "return document.querySelector('.help, body > :last-child').getBoundingClientRect().bottom"
    )
    wide = chromium.run(
        "return Math.min(innerWidth, (document.querySelector('main, table'))"
        ".getBoundingClientRect().right + 24)"
    )
    clip = {"x": 0, "y": 0, "width": wide, "height": min(high + 16, HEIGHT), "scale": 1}
    shot = chromium.command("Page.captureScreenshot", clip=clip)
    (IMAGES / name).write_bytes(base64.b64decode(shot["data"]))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
