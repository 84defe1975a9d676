"""Where a Chromium is for the report's tests. Run as a program, it brings one if there is none."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MISSING = (
    "no Chromium: set COMPATLOSSES_CHROMIUM to one, install your system's (apt-get install chromium), "
    "or run: playwright install chromium"
)


def find() -> str | None:
    """The path of a Chromium: the one that is named, the system's, or Playwright's own."""
    named = os.environ.get("COMPATLOSSES_CHROMIUM")
    if named:
        return named
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    return found or playwrights()


def playwrights() -> str | None:
    """The Chromium that Playwright downloaded, if it did."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def bring() -> None:
    """Install a Chromium: Playwright's own, or, for root on Debian and its like, the system's."""
    commands = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    if hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get"):
        commands += [
            ["apt-get", "update", "-qq"],
            ["apt-get", "install", "-qq", "-y", "--no-install-recommends", "chromium"],
        ]
    for command in commands:
        print("no Chromium for the report's tests yet:", " ".join(command), flush=True)
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(command, check=False, env=environment, stdout=subprocess.DEVNULL, timeout=600)
        if find():
            return


if __name__ == "__main__":
    if find() is None:
        bring()
    print(find() or MISSING)
