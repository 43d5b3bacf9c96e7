"""The card and the Croissant description beside a corpus: they name it and nothing else, and never replace what is not ours."""

from __future__ import annotations

import json
import re
from hashlib import sha256
from pathlib import Path

import pytest

from pipeline.corpus.columns import columns_of
from tests.run_corpus import clean, make_records, write_records
from tests.test_outputs import write


@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz", ".parquet"])
@pytest.mark.parametrize("extra", [False, True])
def test_they_name_the_corpus_and_its_columns(tmp_path: Path, suffix: str, extra: bool) -> None:
    records = [r | {"lang": k} for k, r in enumerate(make_records(12))] if extra else make_records(12)
    path = tmp_path / "o" / f"党\"x{suffix}"
    write(write_records(tmp_path / "in.jsonl", records), path)
    _, head, body = (tmp_path / "o" / "README.md").read_text("utf-8").split("---\n", 2)
    assert [json.loads(p) for p in re.findall("path: (.*)", head)] == [path.name]
    names = [c.name for c in columns_of(parquet=suffix == ".parquet", extra=extra)]
    assert re.findall("- name: (.*)", head) == names == re.findall("^\\| `(.*?)` \\|", body, re.MULTILINE)
    assert ("dtype: json" in head) == (extra and suffix != ".parquet")
    said = json.loads((tmp_path / "o" / "croissant.json").read_bytes())
    (file,) = said["distribution"]
    assert (file["contentUrl"], file["sha256"]) == (path.name, sha256(path.read_bytes()).hexdigest())
    typed = [name for name in names if name != "extra" or suffix == ".parquet"]      # Croissant has no type for an object
    assert [f["source"]["extract"]["column"] for f in said["recordSet"][0]["field"]] == typed


def test_what_is_not_ours_stays(tmp_path: Path) -> None:
    source, out = write_records(tmp_path / "in.jsonl", make_records(12)), tmp_path / "o"
    out.mkdir()
    (out / "README.md").write_text("mine")
    clean(source, out)
    assert (out / "README.md").read_text() == "mine"
    assert (out / "croissant.json").exists()
    (out / "README.md").unlink()
    other = write_records(tmp_path / "other.jsonl", make_records(14))
    clean(other, out)
    assert "A corpus of 15 documents" in (out / "README.md").read_text("utf-8"), "there is none: it is written"
    clean(source, out)
    card = (out / "README.md").read_text("utf-8")
    assert "A corpus of 13 documents" in card, "ours: it is replaced"
    (out / "README.md").write_text(card + "\nLicence: mine.\n", "utf-8")
    clean(other, out)
    assert (out / "README.md").read_text("utf-8").endswith("Licence: mine.\n"), "it was edited: it stays"
    (out / "croissant.json").unlink()
    (out / "croissant.json").symlink_to(source)
    before = source.read_bytes()
    clean(source, out)
    assert (out / "croissant.json").is_symlink()
    assert source.read_bytes() == before


@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz", ".jsonl.zst", ".parquet"])
def test_datasets_loads_the_folder(tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    datasets = pytest.importorskip("datasets", reason="install taosha[downstream] to test what others load")
    records = [r | {"lang": k if k % 2 else {"a": [k]}} for k, r in enumerate(make_records(30)) if k % 3]
    write(write_records(tmp_path / "in.jsonl", records), tmp_path / "o" / f"clean{suffix}")
    loaded = datasets.load_dataset(f"{tmp_path}/o/", cache_dir=str(tmp_path / "cache"))
    assert list(loaded) == ["train"]
    assert loaded["train"].column_names == [c.name for c in columns_of(parquet=suffix == ".parquet", extra=True)]
    manifest = json.loads((tmp_path / "o" / "manifest.json").read_bytes())
    assert len(loaded["train"]) == manifest["files"][f"clean{suffix}"]["lines"] > 15
