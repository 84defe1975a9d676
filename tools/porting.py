"""Write docs/porting.md: how to port each loss between each two APIs.

    python tools/porting.py            write the page
    python tools/porting.py --check    end with 1 where the page is out of date

No framework is imported.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from compatlosses.conformance.porting.text import page

PAGE = Path(__file__).resolve().parent.parent / "docs" / "porting.md"


def main() -> None:
    """Write the page, or compare it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="end with 1 where the page is out of date")
    if parser.parse_args().check:
        sys.exit(PAGE.read_text(encoding="utf-8") != page() and "docs/porting.md is out of date")
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
