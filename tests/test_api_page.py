"""docs/api.md is what `tools/api.py` makes of the definitions and the editions."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import api
import pytest

ROOT = Path(__file__).resolve().parent.parent


def test_the_page_is_up_to_date() -> None:
    command = [sys.executable, str(ROOT / "tools" / "api.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr


def test_a_page_that_is_out_of_date(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    old = tmp_path / "api.md"
    old.write_text(api.PAGE.read_text().replace("reduction='mean'", "reduction='sum'", 1))
    monkeypatch.setattr(api, "page", api.PAGE.read_text)
    monkeypatch.setattr(api, "PAGE", old)
    monkeypatch.setattr(sys, "argv", ["api.py", "--check"])
    with pytest.raises(SystemExit, match=r"api\.md is out of date"):
        api.main()


def test_every_module_of_an_adapter_that_offers_something_is_public() -> None:
    modules = api.public_modules()
    assert "compatlosses.torch.nn.functional" in modules and "compatlosses.optax" in modules
    assert not [module for module in modules if module.endswith(("library", "host", "adapter"))]


def test_a_name_that_no_definition_has(monkeypatch: pytest.MonkeyPatch) -> None:
    stranger = api.Edition(("compatlosses.torch.hinge_loss",), len)
    monkeypatch.setattr(api, "editions", lambda: [stranger])
    with pytest.raises(SystemExit, match=r"hinge_loss: no definition has this name"):
        api.page()
