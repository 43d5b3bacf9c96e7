"""`taosha restore`: every original text again, from the corpus and the audit of a run, and into a folder the bytes of its file.

A text has the bytes of its file where these encode back (`pipeline.read.encoded`); else, and where it is a value in a file, UTF-8.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

from pipeline.atomic import open_atomic
from pipeline.corpus.audit import AUDITS, find_audit, read_audit
from pipeline.corpus.json_lines import dump_line
from pipeline.corpus.manifest import NoRunError, corpus_files, find_changed, read_manifest
from pipeline.corpus.originals import Folder
from pipeline.corpus.packed import unpack
from pipeline.corpus.shards import find_shards, has_corpus, iterate_corpus
from pipeline.corpus.targets import check_unread, find_originals_target
from pipeline.errors import AuditError, InputError, UsageError
from pipeline.read.encoded import make_bytes
from pipeline.read.formats import find_plain_name

__all__ = ["audit_of", "audited_documents", "corpus_of", "restore_into", "restored_rows", "tell_changes"]


def corpus_of(folder: Path) -> Path:
    """The corpus of the run in a folder, as its manifest names it; this name may stand for shards."""
    return folder / str(read_manifest(folder)["corpus"])


def audit_of(folder: Path) -> Path:
    """The audit of the run in a folder, as its manifest names it. Raises InputError where it was written without one."""
    name = find_audit(read_manifest(folder)["files"])
    if name is None:
        raise InputError(f"{folder}: this run has no audit (`--audit off`); make the corpus again with one")
    return folder / name


#: What is taken from a row. A sealed audit has an empty digest.
_KINDS: dict[str, type] = {"id": str, "source": str, "fate": str, "sha256": str, "metadata": dict, "notes": list}


def audited_documents(
    audit: Path, corpus: Path, wanted: Callable[[dict[str, Any]], bool] | None = None
) -> Iterator[tuple[dict[str, Any], str]]:
    """Every row of an audit with the clean text of its document; those that are not `wanted` without their edits.

    Corpus and audit of a run stand in one order, so both are read once, side by side. Raises InputError where a file is
    missing, AuditError where the two do not belong together or one of them is damaged.
    """
    for path, is_there in ((audit, audit.is_file()), (corpus, has_corpus(corpus))):
        if not is_there:
            raise InputError(f"{path}: no such file; give the audit.jsonl of a run that has its corpus beside it")
    kept = iterate_corpus(corpus)
    for row in read_audit(audit, wanted):
        if damaged := [name for name, kind in _KINDS.items() if not isinstance(row.get(name), kind)]:
            raise AuditError(f"{audit}: document {row.get('id')}: its {damaged[0]} is damaged; make the corpus again")
        text = row.get("text")
        if row["fate"] == "kept":
            document = next(kept, None)
            if document is None or document.get("id") != row["id"]:
                raise AuditError(f"{audit}: document {row['id']} is not where it should be in {corpus}; are they of one run?")
            text = document.get("text")
        if not isinstance(text, str):
            where = corpus if row["fate"] == "kept" else audit
            raise AuditError(f"{where}: the text of document {row['id']} is damaged; make the corpus again")
        yield row, text
    if next(kept, None) is not None:
        raise AuditError(f"{audit}: {corpus} holds more documents; are they of one run?")


def restored_rows(audit: Path, corpus: Path, id: str | None = None) -> Iterator[dict[str, Any]]:
    """Rows {id, source, text} with the original texts, in the order of the audit, each checked against its digest. Raises as
    `restored_documents`."""
    for row, original in restored_documents(audit, corpus, id):
        yield {"id": row["id"], "source": row["source"], "text": original}


def restored_documents(audit: Path, corpus: Path, id: str | None = None) -> Iterator[tuple[dict[str, Any], str]]:
    """Rows of the audit with the original texts.

    Of an `id`: the document that has it, and those that came with it and got a name of their own, as others have it too. Raises
    as `audited_documents`, AuditError where the audit keeps places only, an original does not come out or documents are gone, and
    InputError at the end where no document has the id.
    """
    def is_wanted(row: dict[str, Any]) -> bool:
        return id is None or id in _names_of(row)

    n, found = 0, id is None
    for row, text in audited_documents(audit, corpus, is_wanted):
        n += 1
        if is_wanted(row):
            found = True
            yield row, _restore(row, text, f"{audit}: document {row['id']}")
    if n != (said := _count_documents(audit, n)):
        raise AuditError(f"{audit}: it has {n:,} documents, and its manifest {said:,}; copy it again, or make the corpus again")
    if not found:
        raise InputError(f"{audit}: no document has the id {id}")


def _count_documents(audit: Path, otherwise: int) -> int:
    """How many documents an audit has by the manifest beside it, where there is one that names it."""
    try:
        manifest = read_manifest(audit.parent)
    except NoRunError:
        return otherwise
    return manifest["counts"].get("documents", 0) if audit.name in manifest["files"] else otherwise


def _restore(row: dict[str, Any], text: str, where: str) -> str:
    """The original of the document of a row, checked. `where` is said of what is wrong."""
    if not row["sha256"]:
        why = "written with `--audit sealed`: what was taken out is gone for good, and the clean text is all there is"
        raise AuditError(f"{where}: {why}")
    try:
        _, original = unpack(text, row["edits"])
    except AuditError as error:
        raise AuditError(f"{where}: {error}") from None
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise AuditError(f"{where}: its edits are damaged ({error!r}); make the corpus again") from error
    if sha256(original.encode()).hexdigest() != row["sha256"]:
        raise AuditError(f"{where} does not come out as it was; the corpus or the audit was changed")
    return original


def _encode(row: dict[str, Any], original: str, where: str) -> bytes:
    """The bytes of the file that an original was read from, where they can be had; else UTF-8. Raises AuditError."""
    try:
        return make_bytes(original, row["metadata"])
    except ValueError as error:
        way_out = "give a name that ends in .jsonl after -o to have its text"
        raise AuditError(f"{where}: the bytes of its file do not come out as they were: {error}; {way_out}") from None


def _names_of(row: dict[str, Any]) -> list[str]:
    """The id of a document, and the one that it came with."""
    return [row["id"], *(note["text"] for note in row["notes"] if note["kind"] == "shared-id")]


def _files_of_run(folder: Path) -> list[Path]:
    """What a run has written into a folder, by its manifest, which is one of them."""
    try:
        return [folder / name for name in (*read_manifest(folder)["files"], "manifest.json")]
    except NoRunError:
        return []


def tell_changes(folder: Path) -> str:
    """Which of corpus and audit are not as the manifest of their run says, for people; empty where all are, or no run is."""
    try:
        manifest = read_manifest(folder)
        audit = find_audit(manifest["files"])
        changed = find_changed(folder, [*corpus_files(manifest), *([audit] if audit else [])])
    except NoRunError:
        return ""
    return f"{folder}: {', '.join(changed)}: changed since the run ended" if changed else ""


def restore_into(
    audit: Path, corpus: Path | None, id: str | None, output: str, show: Callable[[dict[str, Any]], None], *, force: bool = False
) -> None:
    """Write the originals to a JSONL file, or, for a folder, each to a file of its own; without an output, `show` them.

    Raises as `restored_rows`, UsageError for an output of another kind, OutputError where files of others would be replaced without
    `force`.
    """
    if audit.is_dir():
        audit = audit_of(audit)
    elif audit.name == AUDITS[0] and not audit.exists() and (other := audit.with_name(AUDITS[1])).exists():
        audit = other
    corpus = corpus or corpus_of(audit.parent)
    own = (audit, corpus, *find_shards(corpus), *_files_of_run(audit.parent))
    if output and os.path.realpath(output) in map(os.path.realpath, own):
        raise UsageError(f"{output}: this is a file of the run that the originals are made from; name another output")
    if output and not os.path.isdir(output):
        check_unread(Path(output), own)
    if not output:
        for row in restored_rows(audit, corpus, id):
            show(row)
    elif output.endswith("/") or os.path.isdir(output) or not Path(output).suffix:
        with Folder(Path(output), force=force, read=own) as folder:
            for row, text in restored_documents(audit, corpus, id):
                data = _encode(row, text, f"{audit}: document {row['id']}")
                folder.write(find_plain_name(row["source"]), row["id"], data)
    else:
        with open_atomic(find_originals_target(output, force=force)) as file:
            for row in restored_rows(audit, corpus, id):
                file.write(dump_line(row))
