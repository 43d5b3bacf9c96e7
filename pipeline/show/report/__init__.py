"""`taosha report`: one self-contained page about a run. What was read, what went and why, what deserves a look, and documents.

The run's files are gathered (`gather`) into one object and a list of documents, which the page carries as JSON, the documents
compressed, and draws itself (`data/report.js`), every text as text: nothing of a document is ever markup. The page loads nothing
from anywhere, and its policy forbids it to.
"""

from __future__ import annotations

import base64
import hashlib
from importlib import resources
from pathlib import Path

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from pipeline.atomic import open_atomic
from pipeline.errors import AuditError
from pipeline.show.report.gather import gather
from pipeline.show.visible import dump_visible

__all__ = ["write_page"]


def write_page(folder: Path, output: Path, *, documents: int = 1000) -> None:
    """Write the page of the run in `folder` with at most `documents` documents: those to look at, then a sample.

    Raises InputError where the folder holds no run, AuditError where a file of it is damaged, OutputError where
    the page cannot be written.
    """
    style, script, words = (_read(f"report{suffix}") for suffix in (".css", ".js", ".json"))
    try:
        run, packed = gather(folder, documents)
    except (KeyError, TypeError, AttributeError) as error:      # a line of JSON that is no longer what a run writes
        raise AuditError(f"{folder}: a file of this run is damaged ({error!r}); make the corpus again") from error
    model = dump_visible(run).replace("<", "\\u003c")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    page = environment.from_string(_read("report.html")).render(
        style=Markup(style), script=Markup(script), words=Markup(words.replace("<", "\\u003c")), model=Markup(model),
        documents=base64.b64encode(packed).decode(), script_hash=_hash(script), style_hash=_hash(style),
    )
    with open_atomic(output) as file:
        file.write(page.encode())


def _read(name: str) -> str:
    return (resources.files("pipeline") / "data" / name).read_text("utf-8")


def _hash(text: str) -> str:
    """As a content security policy names what may run."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
