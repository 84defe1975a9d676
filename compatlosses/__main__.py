"""The command ``compatlosses``, also as ``python -m compatlosses``."""

from __future__ import annotations

import sys

from .conformance.errors import internal_error


def main() -> None:
    """Run the command line; say what to install where its libraries are missing."""
    try:
        from .cli import app

        app()
    except ModuleNotFoundError as error:
        if error.name not in ("typer", "rich", "mpmath", "packaging", "jinja2"):
            raise SystemExit(internal_error()) from None
        print(
            f"compatlosses: the command line needs {error.name}, which is not installed. "
            f"Install it with: pip install 'compatlosses[conformance]'",
            file=sys.stderr,
        )
        raise SystemExit(2) from None
    except Exception:
        raise SystemExit(internal_error()) from None


if __name__ == "__main__":
    main()
