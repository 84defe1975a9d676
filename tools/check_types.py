"""Check the types of the package as it installs: mypy in strict mode on a wheel's contents.

Type checkers do not follow the mapping of ``adapters/`` and ``conformance/`` into the package, so checking the checkout would
pass over them in silence. Here the wheel is laid out in a temporary folder, and mypy must say that it saw every file.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ("compatlosses", "adapters", "conformance")


def main() -> int:
    """Install, check, count. Returns the exit status: 0 if every file was seen and has no error."""
    with tempfile.TemporaryDirectory() as folder:
        # A copy is built: the build folder of an earlier build would bring files that are gone.
        shutil.copytree(ROOT, Path(folder, "source"), ignore=shutil.ignore_patterns(".*", "build", "*.egg-info"))
        installed = Path(folder, "installed")
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(installed)]
        subprocess.run([*pip, str(Path(folder, "source"))], check=True)
        expected = sum(1 for _ in Path(installed, "compatlosses").rglob("*.py"))
        in_checkout = sum(1 for source in SOURCES for _ in installed_sources(ROOT / source))
        if expected != in_checkout:
            print(f"the wheel has {expected} Python files and the checkout {in_checkout}: mend packages in pyproject.toml")
            return 1
        mypy = [
            sys.executable,
            "-m",
            "mypy",
            "--config-file",
            str(ROOT / "pyproject.toml"),
            "--package",
            "compatlosses",
        ]
        cache = ["--cache-dir", str(ROOT / ".mypy_cache")]
        done = subprocess.run([*mypy, *cache], cwd=installed, capture_output=True, text=True)
    print(done.stdout, done.stderr, sep="", end="")
    seen = re.search(r"(?:no issues found in|checked) (\d+) source files", done.stdout)
    if seen is None or int(seen[1]) != expected:
        print(f"mypy was to see {expected} files and saw {seen[1] if seen else 'none'}")
        return 1
    return done.returncode


def installed_sources(folder: Path) -> list[Path]:
    """The Python files of a source folder that belong in the package."""
    return [path for path in folder.rglob("*.py") if "__pycache__" not in path.parts]


if __name__ == "__main__":
    raise SystemExit(main())
