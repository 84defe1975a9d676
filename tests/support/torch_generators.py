"""The sample inputs that the installed torch ships for its own tests.

They lie beside torch's test cases, whose base class is another package's. Nothing here runs such a case, so
where that package is missing an empty module stands in for it.
"""

from __future__ import annotations

import importlib.util
import sys
import types
import unittest
from typing import Any

if importlib.util.find_spec("expecttest") is None:
    stand_in: Any = types.ModuleType("expecttest")
    stand_in.TestCase = unittest.TestCase
    sys.modules["expecttest"] = stand_in

from torch.testing._internal.common_methods_invocations import op_db
from torch.testing._internal.common_modules import module_db

OPERATIONS: dict[str, Any] = {info.name: info for info in op_db}
MODULES: dict[type, Any] = {info.module_cls: info for info in module_db}
