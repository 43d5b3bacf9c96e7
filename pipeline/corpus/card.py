"""What stands beside a corpus for those who load it: a card that Hugging Face's `datasets` reads, and a Croissant description.

The rule of this file: both are made from the manifest and the one list of columns, and name the files of the corpus alone, so that
the audit beside them is never taken for data. A file that is not as the last run left it is somebody's own, and stays.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from pipeline.corpus.columns import SIGNAL_COLUMNS, Column, columns_of
from pipeline.corpus.manifest import NoRunError, corpus_files, read_manifest
from pipeline.corpus.shards import glob_shards, split_suffix
from pipeline.read.reading import read_whole

__all__ = ["CARDS", "describe_corpus", "find_ours"]

#: Names of the two files.
CARDS = ("README.md", "croissant.json")
#: Upper bounds of Hugging Face's size categories, smallest first.
_SIZES = (
    (10**3, "n<1K"), (10**4, "1K<n<10K"), (10**5, "10K<n<100K"), (10**6, "100K<n<1M"), (10**7, "1M<n<10M"), (10**8, "10M<n<100M"),
)
_MEDIA = {
    ".jsonl": "application/jsonlines", ".gz": "application/jsonlines",      # readers see by themselves that it is compressed
    ".parquet": "application/x-parquet", ".zst": "application/zstd",
}


def describe_corpus(manifest: Mapping[str, Any]) -> dict[str, bytes]:
    """Both files as bytes, by name."""
    croissant = orjson.dumps(_croissant(manifest), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    return {"README.md": _card(manifest).encode(), "croissant.json": croissant}


def find_ours(folder: Path) -> list[str]:
    """Which of the two a run may write in a folder: those that are not there, or are as the last run left them."""
    try:
        said = read_manifest(folder).get("cards", {})
    except NoRunError:
        said = {}
    return [name for name in CARDS if _is_ours(folder / name, said.get(name))]


def _is_ours(path: Path, digest: str | None) -> bool:
    try:
        return not path.is_symlink() and hashlib.sha256(read_whole(path)).hexdigest() == digest
    except FileNotFoundError:
        return True
    except OSError:
        return False


def _columns(manifest: Mapping[str, Any]) -> list[Column]:
    """The columns of this corpus."""
    has_extra = any(key.startswith("extra/") for key in manifest["counts"])
    signals = manifest["options"]["signals"]["in_jsonl"]
    return columns_of(parquet=manifest["corpus"].endswith(".parquet"), signals=signals, extra=has_extra)


def _card(manifest: Mapping[str, Any]) -> str:
    corpus, counts, files = manifest["corpus"], manifest["counts"], corpus_files(manifest)
    n = sum(manifest["files"][name]["lines"] for name in files)
    named = corpus if files == [corpus] else glob_shards(corpus)
    size = next((name for bound, name in _SIZES if n < bound), "100M<n<1B")
    features = "\n".join(f"  - name: {c.name}\n    {_feature(c, corpus)}" for c in _columns(manifest))
    path = orjson.dumps(named).decode()         # a JSON string is one of YAML
    return f"""---
language:
- zh
task_categories:
- text-generation
size_categories:
- {size}
configs:
- config_name: default
  data_files:
  - split: train
    path: {path}
dataset_info:
  features:
{features}
---
# A corpus of {n:,} documents

Chinese text, cleaned and deduplicated by `taosha` {manifest["versions"]["taosha"]}.
Of {counts.get("documents", 0):,} documents {n:,} were kept. `{named}` holds them; `manifest.json` says what made it,
and the audit, where one was written, accounts for every character that was taken out.
The next run replaces this page, unless it was edited.

| column | |
| --- | --- |
""" + "".join(f"| `{c.name}` | {c.about} |\n" for c in _columns(manifest))


def _feature(column: Column, corpus: str) -> str:
    """The type of a column in the words of `datasets`: an object of any shape is `json` there, since 4.7."""
    if column.type == "list":
        return "list: string"
    if column.type == "signals":
        return "struct:\n" + "\n".join(f"    - name: {c.name}\n      dtype: {c.type}" for c in SIGNAL_COLUMNS)
    if column.type == "extra":
        return f"dtype: {'string' if corpus.endswith('.parquet') else 'json'}"
    return f"dtype: {column.type}"


#: What the words of a description mean, as Croissant 1.0 has it.
_CONTEXT = {
    "@language": "en", "@vocab": "https://schema.org/", "citeAs": "cr:citeAs", "column": "cr:column",
    "conformsTo": "dct:conformsTo", "cr": "http://mlcommons.org/croissant/", "data": {"@id": "cr:data", "@type": "@json"},
    "dataBiases": "cr:dataBiases", "dataCollection": "cr:dataCollection", "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/", "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"}, "extract": "cr:extract",
    "field": "cr:field", "fileObject": "cr:fileObject", "fileProperty": "cr:fileProperty", "fileSet": "cr:fileSet",
    "format": "cr:format", "includes": "cr:includes", "isLiveDataset": "cr:isLiveDataset", "jsonPath": "cr:jsonPath",
    "key": "cr:key", "md5": "cr:md5", "parentField": "cr:parentField", "path": "cr:path",
    "personalSensitiveInformation": "cr:personalSensitiveInformation", "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet", "references": "cr:references", "regex": "cr:regex", "repeated": "cr:repeated",
    "replace": "cr:replace", "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/", "separator": "cr:separator", "source": "cr:source",
    "subField": "cr:subField", "transform": "cr:transform",
}


def _croissant(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Croissant 1.0: the files of the corpus with their digests, and its columns but for objects, which it has no type for."""
    corpus, files = manifest["corpus"], corpus_files(manifest)
    media = _MEDIA[Path(corpus).suffix]
    one = files == [corpus]
    parts = [{
        "@type": "cr:FileObject", "@id": name, "name": name, "contentUrl": name, "encodingFormat": media,
        "sha256": manifest["files"][name]["sha256"],
    } for name in files]
    whole = [] if one else _shards(manifest, media)
    source = {"fileObject": {"@id": corpus}} if one else {"fileSet": {"@id": "shards"}}
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": re.sub(r"[^\w-]+", "-", split_suffix(corpus)[0]),     # one class: linear
        "description": f"Chinese text, cleaned and deduplicated by taosha {manifest['versions']['taosha']}.",
        "inLanguage": "zh",
        "distribution": [*parts, *whole],
        "recordSet": [{
            "@type": "cr:RecordSet", "@id": "documents", "name": "documents",
            "field": [_field(c, source) for c in _columns(manifest) if not _is_object(c) or corpus.endswith(".parquet")],
        }],
    }


def _shards(manifest: Mapping[str, Any], media: str) -> list[dict[str, Any]]:
    """The files of a corpus as a set, which Croissant has only inside something: the folder, as a repository."""
    digests = "".join(manifest["files"][name]["sha256"] for name in corpus_files(manifest))
    return [{
        "@type": "cr:FileObject", "@id": "folder", "name": "folder", "contentUrl": ".", "encodingFormat": "git+https",
        "sha256": hashlib.sha256(digests.encode()).hexdigest(),
    }, {
        "@type": "cr:FileSet", "@id": "shards", "name": "shards", "containedIn": {"@id": "folder"}, "encodingFormat": media,
        "includes": glob_shards(manifest["corpus"]),
    }]


def _is_object(column: Column) -> bool:
    return column.type in ("signals", "extra")


def _field(column: Column, source: Mapping[str, Any]) -> dict[str, Any]:
    repeated = {"repeated": True} if column.type == "list" else {}
    return {
        "@type": "cr:Field", "@id": f"documents/{column.name}", "name": column.name, "description": column.about,
        "dataType": {"int64": "sc:Integer", "float64": "sc:Float"}.get(column.type, "sc:Text"), **repeated,
        "source": {**source, "extract": {"column": column.name}},
    }
