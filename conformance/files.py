"""Files of text, read and written with care: what is no plain file is never replaced and never read without
an end.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import uuid
from collections.abc import Iterable, Sequence
from pathlib import Path

from .errors import SuiteError

LARGEST_FILE = 500_000_000
STANDARD_OUTPUT = ("-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1")


class ResultError(SuiteError):
    """A file of results that cannot be read or written."""


def is_standard_output(path: Path) -> bool:
    """Whether a path stands for standard output, which may be a file that must not be opened a
    second time.
    """
    return str(path) in STANDARD_OUTPUT


def read_text(path: Path, largest: int = LARGEST_FILE) -> str:
    """The text of a plain file. Devices and pipes are refused: they may have no end, or no beginning.

    Raises:
        ResultError: it cannot be read, is no plain file, is too large, or no UTF-8.
    """
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise ResultError(f"{path} cannot be read: it is no plain file")
        # Should a pipe have taken its place since, opening it does not wait for a writer.
        with open(os.open(path, os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_NONBLOCK", 0)), "rb") as file:
            if os.fstat(file.fileno()).st_size > largest:
                raise ResultError(f"{path} is larger than {largest} bytes")
            data = file.read(largest + 1)
    except OSError as error:
        raise ResultError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        if isinstance(error, ResultError):
            raise
        raise ResultError(f"{str(path)!r} cannot be read: {error}") from error
    if len(data) > largest:
        raise ResultError(f"{path} is larger than {largest} bytes")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ResultError(f"{path} is no text in UTF-8: {error}") from error


def write(path: Path, text: str) -> None:
    """Write a text: a plain file whole or not at all, a link's file, a pipe or a device where it stands, - to
    standard output.

    Raises:
        ResultError: it cannot be written.
    """
    data = encoded(text)
    try:
        if is_standard_output(path):
            write_output(data)
        elif in_place(path):
            with open(path, "wb") as file:
                file.write(data)
        else:
            replace(path, data)
    except (OSError, ValueError) as error:
        raise ResultError(f"{path} cannot be written: {said(error)}") from error


def encoded(text: str) -> bytes:
    r"""The bytes that are written.

    A lone surrogate, which UTF-8 lacks, becomes what JSON writes for it: ``\udc80``.
    """
    return text.encode("utf-8", "backslashreplace")


def write_all(files: Iterable[tuple[Path, str]]) -> None:
    """Write each file; one that cannot be written does not keep the others from it.

    Raises:
        ResultError: what could not be written, after the rest was.
    """
    faults = []
    for path, text in files:
        try:
            write(path, text)
        except ResultError as error:
            faults.append(str(error))
    if faults:
        raise ResultError("; ".join(faults))


def check_writable(path: Path) -> None:
    """Refuse, before a long run, a path that cannot be written after it."""
    if is_standard_output(path):
        return
    try:
        real = Path(os.path.realpath(path))  # what a link leads to may not be there yet
        if real.is_dir() or not os.access(real if real.exists() and in_place(path) else real.parent, os.W_OK):
            raise ResultError(
                f"{path} cannot be written: expected a file in a folder that exists and is writable"
            )
    except (OSError, ValueError) as error:
        if isinstance(error, ResultError):
            raise
        raise ResultError(f"{str(path)!r} cannot be written: {said(error)}") from error


def check_all_writable(paths: Sequence[Path]) -> None:
    """Refuse paths that cannot be written, and two that are one plain file."""
    for place, path in enumerate(paths):
        check_writable(path)
        real = os.path.realpath(path)
        if not os.path.exists(real) or os.path.isfile(real):
            twins = [
                other
                for other in paths[:place]
                if os.path.realpath(other) == real and not is_standard_output(other)
            ]
            if twins:
                raise ResultError(f"{path} and {twins[0]} are one file; expected a file for each")


def check_folder(folder: Path) -> None:
    """Make a folder for results, and refuse one that cannot be made or written into."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise ResultError(f"{str(folder)!r} cannot be made: {said(error)}") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ResultError(f"{folder} cannot be written into")


def in_place(path: Path) -> bool:
    """Whether a path is written where it stands: a link, a pipe, a device, or a file of a folder that takes
    no other.
    """
    if path.is_symlink():
        return True
    return path.exists() and not (path.is_file() and os.access(path.parent, os.W_OK))


def write_output(data: bytes) -> None:
    """Write to standard output, after all that was printed."""
    sys.stdout.flush()
    buffer = getattr(sys.stdout, "buffer", None)
    if buffer is None:  # a stream of text alone, such as a notebook's
        sys.stdout.write(data.decode("utf-8"))
    else:
        buffer.write(data)
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        # Else the interpreter complains of it once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise


def replace(path: Path, data: bytes) -> None:
    """Put a plain file in the place of another or of none, with the permissions that it had or that the umask
    leaves.
    """
    mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else None
    file, name = nameless(path.parent)
    try:
        with open(file, "wb") as stream:
            stream.write(data)
            stream.flush()
            if mode is not None:
                os.chmod(file, mode)
            if not name:
                name = linked(file, path.parent)
        os.replace(name, path)
        name = ""
    finally:
        if name:
            with contextlib.suppress(OSError):
                os.unlink(name)


def nameless(folder: Path) -> tuple[int, str]:
    """A new file, open, that goes with the process even if that is killed; its name, where there is none
    without one.
    """
    flag = getattr(os, "O_TMPFILE", 0)  # Linux, on most file systems
    if flag and os.path.isdir("/proc/self/fd"):
        with contextlib.suppress(OSError):
            return os.open(folder, flag | os.O_RDWR | os.O_CLOEXEC, 0o666), ""
    name = fresh(folder)
    return os.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0), 0o666), name


def linked(file: int, folder: Path) -> str:
    """Give a nameless file a name, for the moment until it is renamed."""
    name = fresh(folder)
    within = os.open(folder, os.O_RDONLY)
    try:
        # With a folder's descriptor Python takes the call that follows the link in /proc to the file.
        os.link(f"/proc/self/fd/{file}", name, src_dir_fd=within, follow_symlinks=True)
    finally:
        os.close(within)
    return name


def fresh(folder: Path) -> str:
    """A name that no file of a folder has."""
    return os.path.join(folder, f".{uuid.uuid4().hex}.tmp")


def said(error: Exception) -> str:
    """What an error says, without the path, which is said already."""
    return getattr(error, "strerror", None) or str(error)
