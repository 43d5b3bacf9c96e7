"""The site of these pages: `make docs`. Sphinx with MyST and furo; nothing is fetched, neither here nor by the site.

The pages are plain Markdown, so that they read well on a forge too. What only a site needs is added here: its table of contents, and
the code below the list of examples.
"""

import tomllib
from pathlib import Path

DOCS = Path(__file__).parent

project = "Taosha"
release = tomllib.loads((DOCS.parent / "pyproject.toml").read_text("utf-8"))["project"]["version"]

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
myst_heading_anchors = 3
root_doc = "index"
exclude_patterns = ["style", "package.md"]      # what an index of packages shows
smartquotes = False     # two hyphens before an option are two
default_role = "code"
autodoc_member_order = "bysource"
python_use_unqualified_type_names = True

html_theme = "furo"
html_title = "Taosha 淘沙"
html_static_path = ["style"]
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False

#: The table of contents: of the first page by parts, and of pages that list others.
PARTS = {
    "Begin": ["start", "中文 <zh>"],
    "Guides": ["checking", "formats", "audit", "downstream", "examples/README", "personal", "adding"],
    "How it works": ["policy", "encoding", "boilerplate", "repeats", "pinyin", "script", "near-duplicates", "signals"],
    "Reference": ["reference/commands", "reference/options", "rules/README", "reference/api"],
    "The project": ["measurements", "dependencies", "decisions/README", "changelog"],
}
LISTS = {"rules/README": "TS*", "decisions/README": "[0-9]*"}


def _list(title: str, entries: list[str], glob: bool = False) -> str:
    lines = ["", "```{toctree}", ":hidden:", ":maxdepth: 1", *([":glob:"] if glob else []), *([f":caption: {title}"] if title else [])]
    return "\n".join([*lines, "", *entries, "```", ""])


def _add(app: object, name: str, source: list[str]) -> None:
    if name == root_doc:
        source[0] += "".join(_list(title, entries) for title, entries in PARTS.items())
    elif name in LISTS:
        source[0] += _list("", [LISTS[name]], glob=True)
    elif name == "examples/README":
        for path in sorted((DOCS / "examples").glob("*.py")):
            source[0] += f"\n## {path.name}\n\n```{{literalinclude}} {path.name}\n:language: python\n```\n"
    elif name == "changelog":
        source[0] = (DOCS.parent / "CHANGELOG.md").read_text("utf-8").replace("](docs/", "](")


def _set_language(app: object, name: str, template: str, context: dict[str, object], tree: object) -> None:
    context["language"] = "zh" if name == "zh" else "en"


def setup(app) -> None:
    app.connect("source-read", _add)
    app.connect("html-page-context", _set_language)
