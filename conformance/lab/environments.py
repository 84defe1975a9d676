"""Environments that hold one version of a framework: made by uv, kept in the user's cache folder, whole or
not there at all.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import distribution
from pathlib import Path

from ..running import processes
from .pip_settings import configuration, installers_environment, is_on, uv_variables
from .recipes import LabError, Recipe, Release

try:
    import fcntl
except ImportError:  # Windows: two runs there take turns only by the rename of a whole environment
    fcntl = None  # type: ignore[assignment]

MARK = "compatlosses-environment.json"
MAKING = ".making-"
LOCK = ".lock"
LAYOUT = 2
"""Part of an environment's name.

Environments of layout 1 were made where a folder's uv.toml counted: none is used again.
"""
INSTALL_SECONDS = 3600.0
INTERPRETER_SECONDS = 60.0
LOCK_SECONDS = 0.2
SHIM_NEEDS = ("numba>=0.60",)
"""What the shim's compiled kernel needs beside NumPy."""


@dataclass(frozen=True)
class Environment:
    """What an environment is made from. Its folder's name tells all of it apart."""

    release: str
    python: str
    requirements: tuple[str, ...]

    @property
    def name(self) -> str:
        told = hashlib.sha256(json.dumps([LAYOUT, asdict(self)]).encode()).hexdigest()[:8]
        return f"{self.release.replace('==', '-')}-py{self.python}-{told}"


def environment_of(release: Release, recipe: Recipe) -> Environment:
    """The environment in which a release is run."""
    extra = SHIM_NEEDS if recipe.shim else ()
    return Environment(str(release), recipe.python, (release.requirement, *recipe.pins, *extra))


def folder() -> Path:
    """Where the environments lie; LabError where what knows the user's folders is not installed."""
    try:
        from platformdirs import user_cache_path
    except ImportError as error:
        raise LabError(
            "the lab needs platformdirs, which is not installed: pip install 'compatlosses[lab]'"
        ) from error
    return user_cache_path("compatlosses") / "environments"


def python_in(place: Path) -> Path:
    """An environment's interpreter."""
    return place / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def made(environment: Environment, within: Path | None = None) -> Path:
    """The environment's folder, made if it is not there yet.

    It is made under another name and renamed when it is whole, so that an interrupted one is never taken for
    it.

    Raises:
        LabError: it cannot be made; with the installer's last words.
        Halted: the installation was interrupted.
    """
    within = within or folder()
    place = within / environment.name
    if (place / MARK).is_file():
        return place
    try:
        within.mkdir(parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(prefix=environment.name + MAKING, dir=within))
    except OSError as error:
        raise LabError(f"no environment can be made in {within}: {error.strerror}") from error
    try:
        uv("venv", "--python", interpreter(environment.python), str(making), "--allow-existing")
        uv("pip", "install", "--python", str(python_in(making)), "--", *environment.requirements)
        (making / MARK).write_text(json.dumps(asdict(environment)), encoding="utf-8")
        # Where another process was quicker, its environment is as good as this one.
        with contextlib.suppress(OSError):
            making.rename(place)
    finally:
        shutil.rmtree(making, ignore_errors=True)
    if not (place / MARK).is_file():
        raise LabError(f"{place} is in the way: it is no environment of the lab; remove it")
    return place


def put_shim(place: Path) -> None:
    """Install the compatlosses that is running here into an environment, anew each time: it is
    what changes.
    """
    uv(
        "pip",
        "install",
        "--python",
        str(python_in(place)),
        "--no-deps",
        "--reinstall-package",
        "compatlosses",
        *own_source(),
    )


def own_source() -> list[str]:
    """What gives the installer this very installation: the folder or archive that it came from, else its
    version.
    """
    own = distribution("compatlosses")
    origin = json.loads(own.read_text("direct_url.json") or "{}")
    url = origin.get("url")
    if url and origin.get("dir_info", {}).get("editable"):
        return ["--editable", url.removeprefix("file://")]
    return [f"compatlosses @ {url}" if url else f"compatlosses=={own.version}"]


def uv(*arguments: str) -> None:
    """Run uv, which looks where pip does; LabError with its last words if it fails.

    The current folder has no say in it.
    """
    try:
        from uv import find_uv_bin
    except ImportError as error:
        raise LabError(
            "making environments needs uv, which is not installed: pip install 'compatlosses[lab]'"
        ) from error
    try:
        variables = installers_environment(os.environ, uv_variables())
        command = [find_uv_bin(), *configuration(), "--no-progress", "--color", "never", *arguments]
        if arguments[:2] == ("pip", "install") and is_on(variables.get("UV_NO_INDEX", "")):
            command.insert(command.index("install") + 1, "--no-index")  # not every uv has a variable for it
        done = processes.run(command, INSTALL_SECONDS, variables)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise LabError(f"uv could not be run to its end: {error}") from error
    if done.status:
        raise LabError(last_words(done.errors) or f"uv ended with status {done.status}")


@contextlib.contextmanager
def locked(environment: Environment, within: Path | None = None) -> Iterator[None]:
    """Hold an environment for one run: what makes, uses or removes it waits for its turn.

    The lock is the system's own and goes with the process that holds it, however that ends.

    Raises:
        LabError: its file cannot be made.
        Halted: the wait was interrupted.
    """
    within = within or folder()
    path = within / (environment.name + LOCK)
    try:
        within.mkdir(parents=True, exist_ok=True)
        held = lock_of(path)
        if held is None:
            print(
                f"{environment.release}: another run uses {environment.name}; this one waits for it",
                file=sys.stderr,
            )
        while held is None:
            processes.check_halt()
            time.sleep(LOCK_SECONDS)
            held = lock_of(path)
    except OSError as error:
        raise LabError(f"{path} cannot be locked: {error.strerror}") from error
    try:
        yield
    finally:
        released(path, held)


def lock_of(path: Path) -> int | None:
    """The open file of a lock, if nobody else holds it."""
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        if fcntl is not None:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Who held it before may have removed the file that was opened: a lock on that one keeps nobody out.
        if os.path.samestat(os.fstat(file), os.stat(path)):
            return file
    except (BlockingIOError, FileNotFoundError):
        pass
    except BaseException:
        os.close(file)
        raise
    os.close(file)
    return None


def released(path: Path, file: int) -> None:
    """Give a lock back; its file goes while it is still held."""
    with contextlib.suppress(OSError):
        path.unlink()
    os.close(file)


def last_words(text: str, most: int = 1200) -> str:
    """What an installer said in the end: from its last error on, without what it warned of before."""
    lines = text.strip().splitlines()
    errors = [number for number, line in enumerate(lines) if line.lstrip().startswith(("error:", "\u00d7"))]
    return "\n".join(lines[errors[-1] if errors else -10 :]).strip()[:most]


def interpreter(version: str) -> str:
    """A Python of this version: on the path, or of pyenv; else its number, for uv to find or to fetch."""
    for candidate in candidates(version):
        code = "import sys; print('%d.%d' % sys.version_info[:2])"
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            said = processes.run([candidate, "-I", "-c", code], INTERPRETER_SECONDS)
            if said.status == 0 and said.output.strip() == version:
                return candidate
    return version


def candidates(version: str) -> Iterator[str]:
    """Where such a Python may be."""
    if version == f"{sys.version_info[0]}.{sys.version_info[1]}":
        yield str(Path(sys.base_prefix) / "bin" / f"python{version}")
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    for place in sorted(root.glob(f"versions/{version}.*"), reverse=True):
        yield str(python_in(place))
    found = shutil.which(f"python{version}")
    if found and os.path.isabs(found):  # not one of the current folder
        yield found


@dataclass(frozen=True)
class Kept:
    """An environment in the cache."""

    name: str
    path: Path
    whole: bool
    size: int
    """Bytes; files that uv shares among environments count in each."""


def kept(within: Path | None = None) -> list[Kept]:
    """What lies in the cache."""
    within = within or folder()
    places = sorted(place for place in within.iterdir() if place.is_dir()) if within.is_dir() else []
    return [
        Kept(place.name, place, (place / MARK).is_file() and MAKING not in place.name, size_of(place))
        for place in places
    ]


def size_of(place: Path) -> int:
    """Bytes of the files in a folder."""
    total = 0
    for root, _, files in os.walk(place):
        for name in files:
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(root, name)).st_size
    return total


def removed(names: Sequence[str], within: Path | None = None) -> list[Kept]:
    """Remove environments by name, or by the release that they hold; what was removed.

    Raises:
        LabError: a name that no environment has, or one that a run uses. Nothing is removed then.
    """
    within = within or folder()
    there = kept(within)
    chosen = []
    for name in names:
        mine = [
            one for one in there if one.name == name or one.name.startswith(name.replace("==", "-") + "-py")
        ]
        if not mine:
            raise LabError(
                f"there is no environment {name!r}; there are "
                f"{', '.join(one.name for one in there) or 'none'}"
            )
        chosen += [one for one in mine if one not in chosen]
    with contextlib.ExitStack() as stack:
        for name in {one.name.partition(MAKING)[0] for one in chosen}:
            path = within / (name + LOCK)
            held = lock_of(path)
            if held is None:
                raise LabError(f"{name} is in use by a run; wait for it, or end it")
            stack.callback(released, path, held)
        for one in chosen:
            try:
                shutil.rmtree(one.path)
            except OSError as error:
                raise LabError(f"{one.path} cannot be removed: {error.strerror}") from error
    return chosen
