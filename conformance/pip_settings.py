"""Where pip has been told to look, for uv, which does not read pip's settings."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Callable, Mapping

# uv takes find-links separated by commas, and the others, like pip, by spaces.
NAMES = {
    "index-url": ("UV_DEFAULT_INDEX", " "),
    "extra-index-url": ("UV_INDEX", " "),
    "find-links": ("UV_FIND_LINKS", ","),
    "no-index": ("UV_NO_INDEX", " "),
    "trusted-host": ("UV_INSECURE_HOST", " "),
    "cert": ("SSL_CERT_FILE", " "),
    "timeout": ("UV_HTTP_TIMEOUT", " "),
}
"""By pip's name of a setting, uv's variable and what separates several values."""


def pip_config() -> str:
    """What ``pip config list`` prints; empty where there is no pip."""
    for command in ([sys.executable, "-m", "pip"], ["pip"]):
        try:
            done = subprocess.run([*command, "config", "list"], capture_output=True, text=True, timeout=60, check=True)
        except (OSError, subprocess.SubprocessError):
            continue
        return done.stdout
    return ""


def settings(text: str, variables: Mapping[str, str]) -> dict[str, str]:
    """pip's settings by name. pip's own order holds: its variables, then those of the command, then the global ones."""
    ranked: dict[str, tuple[int, str]] = {}
    for line in text.splitlines():
        key, equals, value = line.partition("=")
        section, dot, name = key.rpartition(".")
        rank = {"global": 0, "install": 1}.get(section)
        if equals and dot and rank is not None and rank >= ranked.get(name, (0, ""))[0]:
            ranked[name] = (rank, str(ast.literal_eval(value)))
    found = {name: value for name, (_, value) in ranked.items()}
    for name in NAMES:
        given = variables.get("PIP_" + name.replace("-", "_").upper())
        if given:
            found[name] = given
    return found


def uv_variables(read: Callable[[], str] = pip_config, variables: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The variables that make uv look where pip does. Those of uv's own that the user has set are left alone."""
    found = settings(read(), variables)
    passed = {
        variable: separator.join(found[name].split())
        for name, (variable, separator) in NAMES.items()
        if found.get(name) and variable not in variables
    }
    # pip holds all indexes for equal.
    return passed if "UV_INDEX_STRATEGY" in variables else {**passed, "UV_INDEX_STRATEGY": "unsafe-best-match"}
