"""A module of tools/, which is no package: what stands there is run by itself."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

__all__ = ["load_tool"]

_TOOLS = Path(__file__).resolve().parents[1] / "tools"


def load_tool(name: str) -> ModuleType:
    """Load it by its path, once a call."""
    spec = spec_from_file_location(f"tool_{name}", _TOOLS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[spec.name] = module_from_spec(spec)       # dataclasses look themselves up there
    spec.loader.exec_module(module)
    return module
