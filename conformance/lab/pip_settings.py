"""Where pip and uv look for packages: as the user set it in their own environment, never as a folder says
that one stands in.

pip's settings, which uv does not read, become uv's variables. Of uv's files the user's own is read, else the
system's; those of the current folder and its parents are not.
"""

from __future__ import annotations

import ast
import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from ..running import processes

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
PLACES = {
    "UV_FIND_LINKS": ",",
    "UV_INDEX": " ",
    "UV_EXTRA_INDEX_URL": " ",
    "UV_DEFAULT_INDEX": None,
    "UV_INDEX_URL": None,
    "UV_CACHE_DIR": None,
    "UV_CONFIG_FILE": None,
    "UV_CONSTRAINT": " ",
    "UV_OVERRIDE": " ",
    "UV_BUILD_CONSTRAINT": " ",
    "UV_PYTHON_INSTALL_DIR": None,
    "SSL_CERT_FILE": None,
    "SSL_CERT_DIR": None,
    "PIP_CONFIG_FILE": None,
}
"""Variables that may name places by relative paths, and what separates several."""
FOREIGN = (
    "PYTHONPATH",
    "PYTHONHOME",
    "PYTHONSTARTUP",
    "UV_WORKING_DIR",
    "UV_WORKING_DIRECTORY",
    "UV_PROJECT",
)
"""Variables that would lead an installer, or the Python that it starts, back to other folders."""
PIP_SECONDS = 60.0


def pip_config() -> str:
    """What ``pip config list`` prints; empty where there is no pip."""
    for command in ([sys.executable, "-P", "-m", "pip"], ["pip"]):
        try:
            done = processes.run(
                [*command, "config", "list"], PIP_SECONDS, installers_environment(os.environ)
            )
        except (OSError, subprocess.TimeoutExpired):
            continue
        if done.status == 0:
            return done.output
    return ""


def settings(text: str, variables: Mapping[str, str]) -> dict[str, str]:
    """pip's settings by name.

    pip's own order holds: its variables, then those of the command, then the global ones.
    """
    ranked: dict[str, tuple[int, str]] = {}
    for line in text.splitlines():
        key, equals, value = line.partition("=")
        section, dot, name = key.rpartition(".")
        rank = {"global": 0, "install": 1}.get(section)
        if equals and dot and rank is not None and rank >= ranked.get(name, (0, ""))[0]:
            with contextlib.suppress(ValueError, SyntaxError):  # what is no literal is no setting of pip's
                ranked[name] = (rank, str(ast.literal_eval(value)))
    found = {name: value for name, (_, value) in ranked.items()}
    for name in NAMES:
        given = variables.get("PIP_" + name.replace("-", "_").upper())
        if given:
            found[name] = given
    return found


def uv_variables(
    read: Callable[[], str] = pip_config, variables: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """The variables that make uv look where pip does.

    Those of uv's own that the user has set are left alone.
    """
    found = settings(read(), variables)
    passed = {
        variable: separator.join(found[name].split())
        for name, (variable, separator) in NAMES.items()
        if found.get(name) and variable not in variables
    }
    # pip holds all indexes for equal.
    return (
        passed if "UV_INDEX_STRATEGY" in variables else {**passed, "UV_INDEX_STRATEGY": "unsafe-best-match"}
    )


def is_on(value: str) -> bool:
    """Whether a setting is on, in pip's words."""
    return value.strip().lower() in ("1", "true", "yes", "on", "y", "t")


def installers_environment(
    variables: Mapping[str, str], more: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The user's variables for an installer that runs in another folder: their relative paths are made
    absolute.
    """
    found = {name: value for name, value in {**variables, **(more or {})}.items() if name not in FOREIGN}
    for name, separator in PLACES.items():
        if found.get(name):
            parts = found[name].split(separator) if separator else [found[name]]
            found[name] = (separator or "").join(map(absolute, parts))
    # An empty or relative entry means the current folder, in which nothing is to be found.
    found["PATH"] = os.pathsep.join(
        part for part in found.get("PATH", os.defpath).split(os.pathsep) if os.path.isabs(part)
    )
    return found


def absolute(place: str) -> str:
    """A path made absolute if it is a relative one of a file that exists; a URL and everything
    else as it is.
    """
    name, equals, rest = place.partition("=")  # uv's indexes may have names: internal=wheels
    if "://" in name or os.path.isabs(place):
        return place
    if os.path.exists(place):
        return os.path.abspath(place)
    return f"{name}={absolute(rest)}" if equals else place


def configuration(variables: Mapping[str, str] = os.environ) -> list[str]:
    """uv's option for the one file of settings that it is to read: the user's own, else the system's, else
    none.
    """
    if variables.get("UV_CONFIG_FILE"):
        return []  # uv reads that file alone
    for place in configuration_places(variables):
        if place.is_file():
            return ["--config-file", str(place)]
    return ["--no-config"]


def configuration_places(variables: Mapping[str, str]) -> Iterator[Path]:
    """Where uv's settings of the user and of the system lie."""
    if os.name == "nt":
        roots = [variables.get("APPDATA", ""), variables.get("PROGRAMDATA", "")]
    else:
        home = variables.get("HOME", "")
        roots = [variables.get("XDG_CONFIG_HOME") or (f"{home}/.config" if home else "")]
        roots += (variables.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(os.pathsep)
    yield from (Path(root) / "uv" / "uv.toml" for root in roots if os.path.isabs(root))
    if os.name != "nt":
        yield Path("/etc/uv/uv.toml")
