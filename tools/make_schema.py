"""Write `pipeline/data/clean.schema.json` from the one list of columns: a property a line, so that a change is a line of a diff.

    python tools/make_schema.py
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pipeline.corpus.columns import json_schema

PATH = Path(__file__).resolve().parents[1] / "pipeline" / "data" / "clean.schema.json"


def lay_out(schema: dict[str, Any], indent: int = 2) -> str:
    """An object of JSON: what holds properties is opened, all else stays on its line."""
    pad = " " * indent
    lines = [f"{pad}{json.dumps(key)}: {_lay_out_value(key, value, indent)}" for key, value in schema.items()]
    return "{\n" + ",\n".join(lines) + f"\n{pad[2:]}}}"


def _lay_out_value(key: str, value: Any, indent: int) -> str:
    if key == "properties" or (isinstance(value, dict) and "properties" in value):
        return lay_out(value, indent + 2)
    return json.dumps(value, ensure_ascii=False)


if __name__ == "__main__":
    PATH.write_text(lay_out(json_schema()) + "\n", "utf-8")
