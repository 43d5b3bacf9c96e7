"""Write docs/rules/ from the table of rules: `python tools/make_rules.py` in the root of the checkout."""

from __future__ import annotations

from pathlib import Path

from pipeline.show.rules import make_pages


def main(folder: Path = Path("docs/rules")) -> None:
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.md"):
        old.unlink()
    for name, page in make_pages().items():
        (folder / name).write_text(page, "utf-8")


if __name__ == "__main__":
    main()
