"""A real browser for tests: nothing in, Debian's chromium without a window out.

Where it is missing it is installed from Debian's archive, which takes root.
"""

from __future__ import annotations

import json
import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from debian_packages import install
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selenium.webdriver.remote.webelement import WebElement

PACKAGE = "chromium-driver"  # it brings chromium
_NAMES = ("chromium", "google-chrome")
_SWITCHES = (
    "--headless=new",
    "--disable-dev-shm-usage",
    "--window-size=1280,900",
    "--force-prefers-reduced-motion",  # what is clicked does not glide away
)

__all__ = ["Browser", "Keys", "browser"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Browser:
    """One that runs."""

    driver: webdriver.Chrome

    def open(self, address: str) -> None:
        """Load the page; a page that differs only behind the `#` is loaded as well."""
        self.driver.get("about:blank")
        self.driver.get(address)

    def run(self, script: str) -> Any:
        """What the script returns."""
        return self.driver.execute_script(script)

    def wait(self, script: str) -> Any:
        """What the script hands to `done`."""
        said = f"const done = arguments[arguments.length - 1]; {script}"
        return self.driver.execute_async_script(said)

    def command(self, name: str, **parameters: object) -> Any:
        """A command of the Chrome DevTools protocol."""
        return self.driver.execute_cdp_cmd(name, parameters)

    def find(self, selector: str) -> WebElement:
        """The first element, by CSS."""
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def type(self, *keys: str) -> None:
        """Type where the focus is."""
        self.driver.switch_to.active_element.send_keys(*keys)

    def choose(self, selector: str, value: str) -> None:
        """Choose an option of a select."""
        Select(self.find(selector)).select_by_value(value)

    def complaints(self) -> list[str]:
        """What stands in the console since it was last asked for."""
        return [entry["message"] for entry in self.driver.get_log("browser")]  # type: ignore[no-untyped-call]

    def requests(self) -> list[str]:
        """The addresses that pages asked for since this was last asked."""
        entries = self.driver.get_log("performance")  # type: ignore[no-untyped-call]
        events = [json.loads(entry["message"])["message"] for entry in entries]
        return [
            event["params"]["request"]["url"]
            for event in events
            if event["method"] == "Network.requestWillBeSent"
        ]


@contextmanager
def browser() -> Iterator[Browser]:
    """Start one; it is gone at the end of the `with`.

    Raises:
        DebianPackagesError: it is missing and cannot be installed.
    """
    install(PACKAGE, is_there=lambda: None not in _programs(), left_out_by="not test_catalog_page")
    chromium, driver = _programs()
    options = webdriver.ChromeOptions()
    options.binary_location = str(chromium)
    for switch in (*_SWITCHES, *(("--no-sandbox",) if os.geteuid() == 0 else ())):
        options.add_argument(switch)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    started = webdriver.Chrome(options=options, service=Service(driver))
    try:
        yield Browser(driver=started)
    finally:
        started.quit()


def _programs() -> tuple[str | None, str | None]:
    return next(filter(None, map(shutil.which, _NAMES)), None), shutil.which("chromedriver")
