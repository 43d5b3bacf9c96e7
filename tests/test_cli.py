"""The command, through typer's runner and as a real process."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.corpus.audit import read_audit
from pipeline.corpus.lines import iterate_rows

ROOT = Path(__file__).resolve().parents[1]
SEEDS = ROOT / "seeds"
ARTICLE = "社区图书馆开放三年来，每天下午四点以后都坐满了放学的孩子，管理员老吴说，谁把书看坏了，他就戴上老花镜一页一页地补。"


def taosha(*args: str | Path, code: int = 0) -> str:
    result = CliRunner().invoke(app, [str(a) for a in args])
    assert result.exit_code == code, (result.output, result.exception)
    return result.output


def rows(path: Path) -> list[dict[str, Any]]:
    return list(read_audit(path) if path.name.startswith("audit.") else iterate_rows(path))


def process(*args: str | Path, **more: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pipeline", *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, cwd=more.pop("cwd", ROOT), timeout=120, **more)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output folder of a run over the seeds."""
    folder = tmp_path_factory.mktemp("run")
    taosha("clean", SEEDS, "-o", folder / "clean.jsonl", "-q")
    return folder


#: Lines that the gold has not and that stay: credits and advertisements of the paper itself under its article.
LEFT = {"003": 10}


def test_clean_corpus_holds_the_gold(corpus: Path) -> None:
    """No seed was trained on or looked at to choose anything: nothing of the gold is lost, and little else stays."""
    texts = {row["source"]: row["text"] for row in rows(corpus / "clean.jsonl")}
    assert len(texts) == 5
    for source, text in texts.items():
        seed = Path(source).name[:3]
        gold = (ROOT / "tests" / "golden" / f"{seed}.txt").read_text("utf-8").splitlines()
        got = iter(lines := text.rstrip("\n").splitlines())
        assert all(line in got for line in gold), source                # in its order
        assert len(lines) - len(gold) <= LEFT.get(seed, 0), source


def test_lines_fit_the_schema_and_its_order(corpus: Path) -> None:
    schema = json.loads((ROOT / "pipeline" / "data" / "clean.schema.json").read_text("utf-8"))
    for row in rows(corpus / "clean.jsonl"):
        jsonschema.validate(row, schema)
        assert list(row) == schema["required"]


def test_metadata_of_the_seeds(corpus: Path) -> None:
    by_seed = {Path(row["source"]).name[:3]: row for row in rows(corpus / "clean.jsonl")}
    assert by_seed["000"]["title"] == "以“红船精神”为引领 推进基层治理现代化"
    assert by_seed["000"]["published"] == "2019-05-06T17:27"
    assert by_seed["000"]["source_name"] == "中国共产党新闻网"
    assert by_seed["002"]["published"] == "2019-12-05T14:27:22"
    assert by_seed["002"]["source_name"] == "《光明日报》"
    assert by_seed["002"]["script"] == "traditional"
    assert by_seed["004"]["author"] == "刘翠"
    assert {row["script"] for seed, row in by_seed.items() if seed != "002"} == {"simplified"}


def test_every_original_is_restored(corpus: Path, tmp_path: Path) -> None:
    taosha("restore", corpus / "audit.jsonl", "-o", tmp_path / "back")
    for seed in SEEDS.iterdir():
        assert (tmp_path / "back" / "seeds" / seed.name).read_bytes() == seed.read_bytes()
    one = rows(corpus / "audit.jsonl")[0]
    assert json.loads(taosha("restore", corpus / "audit.jsonl", "--id", one["id"]))["source"] == one["source"]
    assert json.loads(taosha("restore", corpus / "audit.jsonl", "--id", one["id"], "-o", "-"))["source"] == one["source"]
    assert "no document has the id" in taosha("restore", corpus / "audit.jsonl", "--id", "nobody", code=3)


def test_order_and_workers_change_no_byte(corpus: Path, tmp_path: Path) -> None:
    names = [str(p) for p in SEEDS.iterdir()]
    lines = [{"id": f"n{i}", "text": f"{ARTICLE}第{i}次。{ARTICLE if i % 3 else ''}"} for i in range(60)]
    outputs = []
    for turn, workers in enumerate([1, 2]):
        random.Random(turn).shuffle(names)
        random.Random(turn).shuffle(lines)
        pages = tmp_path / "pages.jsonl"
        pages.write_text("".join(json.dumps(x) + "\n" for x in lines), "utf-8")
        folder = tmp_path / str(turn)
        done = process("clean", *names, pages, "-o", folder / "clean.jsonl", "--workers", str(workers))
        assert done.returncode == 0, done.stderr
        outputs.append([(folder / name).read_bytes() for name in ("clean.jsonl", "audit.jsonl", "quarantine.jsonl")])
    assert outputs[0] == outputs[1]


def test_duplicates_are_named_and_restored(tmp_path: Path) -> None:
    body = "\n".join(f"{ARTICLE}这是第{i}段，讲的是第{i}件小事。" for i in "一二三四五六")
    pages = tmp_path / "pages.jsonl"
    copies = {"long": body + "\n最后，大家都说这样的图书馆越多越好。", "copy": body, "other": "今天下雨，" + ARTICLE[::-1]}
    pages.write_text("".join(json.dumps({"id": k, "text": v}) + "\n" for k, v in copies.items()), "utf-8")
    output = taosha("clean", pages, "-o", tmp_path / "clean.jsonl")
    assert {r["id"]: r["duplicates"] for r in rows(tmp_path / "clean.jsonl")} == {"long": ["copy"], "other": []}
    fate = {r["id"]: r for r in rows(tmp_path / "audit.jsonl")}["copy"]
    assert (fate["fate"], fate["kept"]) == ("duplicate", "long")
    assert 0.5 < fate["similarity"] <= 1
    assert "1 duplicate dropped" in output
    restored = [json.loads(line) for line in taosha("restore", tmp_path / "audit.jsonl").splitlines()]
    assert {r["id"]: r["text"] for r in restored} == copies


def test_bad_input_is_quarantined_and_the_rest_goes_on(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    (source / "good.txt").write_text(ARTICLE, "utf-8")
    (source / "empty.txt").write_bytes(b"")
    (source / "binary.txt").write_bytes(bytes(range(256)) * 64)
    (source / "loop").symlink_to(source, target_is_directory=True)
    good = json.dumps({"id": "1", "text": ARTICLE + "一"})
    (source / "pages.jsonl").write_text(good + '\n{"id": "1", "text": "x"}\n{"id": "2"}\n{"id', "utf-8")
    out = tmp_path / "out" / "clean.jsonl"
    assert taosha("clean", source, "-o", out, "-q") == ""
    taosha("clean", source, "-o", out, "-q", "--strict", code=1)
    found = {(r["source"], r["reason"]) for r in rows(out.with_name("quarantine.jsonl"))}
    assert found == {
        ("in/empty.txt", "empty-file"), ("in/binary.txt", "no-known-encoding"), ("in/loop", "folder-loop"),
        ("in/pages.jsonl", "no-text"), ("in/pages.jsonl", "json-cut"),
    }
    assert all(r["message"] for r in rows(out.with_name("quarantine.jsonl")))
    assert len(rows(out)) == 2


def test_page_of_boilerplate_is_empty_and_the_audit_says_so(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("首页\n新闻\n登录 注册\n版权所有 京ICP备12345678号-1\n友情链接：\n", "utf-8")
    taosha("clean", tmp_path / "x.txt", "-o", tmp_path / "clean.jsonl", "-q")
    assert rows(tmp_path / "clean.jsonl") == []
    (audit,) = rows(tmp_path / "audit.jsonl")
    assert audit["fate"] == "empty"
    assert [n["kind"] for n in audit["notes"]] == ["only-boilerplate"]
    assert json.loads(taosha("restore", tmp_path / "audit.jsonl"))["text"].startswith("首页\n新闻")


@pytest.mark.parametrize("audit", ["spans", "off"])
def test_smaller_audits(tmp_path: Path, audit: str) -> None:
    taosha("clean", SEEDS / "004_13978814e2116c1b.txt", "-o", tmp_path / "clean.jsonl", "-q", "--audit", audit)
    if audit == "off":
        assert not (tmp_path / "audit.jsonl").exists()
    else:
        steps = [step for r in rows(tmp_path / "audit.jsonl") for step in r["edits"]]
        assert all(step.keys() == {"step", "stage", "places"} for step in steps)
        assert all(start <= end for step in steps for places in step["places"].values() for start, end in places)
        assert "--audit full" in taosha("restore", tmp_path / "audit.jsonl", code=5)


def test_stages_and_dry_run(tmp_path: Path) -> None:
    page = tmp_path / "x.txt"
    page.write_text("坚持党(dǎng)建引领，\u3000為人民服務。", "utf-8")
    shown = taosha("clean", page, "-o", tmp_path / "o" / "clean.jsonl", "--dry-run", "--stages", "pinyin")
    assert "[-(dǎng)-]" in shown
    assert not (tmp_path / "o").exists()
    taosha("clean", page, "-o", tmp_path / "clean.jsonl", "-q", "--stages", "script")
    assert rows(tmp_path / "clean.jsonl")[0]["text"] == "坚持党(dǎng)建引领，\u3000为人民服务。"
    assert "no stage is called 'pinyn'" in taosha("clean", page, "--stages", "pinyn", code=2)


def test_line_separators_are_escaped(tmp_path: Path) -> None:
    page = tmp_path / "x.jsonl"
    page.write_text(json.dumps({"id": "a", "text": "一\u2028二\u2029三\x85四"}) + "\n", "utf-8")
    taosha("clean", page, "-o", tmp_path / "clean.jsonl", "-q", "--stages", "script")
    raw = (tmp_path / "clean.jsonl").read_text("utf-8")
    assert len(raw.splitlines()) == 1
    assert json.loads(raw)["text"] == "一\u2028二\u2029三\x85四"


def test_json_and_manifest_agree_and_name_no_machine(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["clean", str(SEEDS), "-o", str(tmp_path / "clean.jsonl"), "--json"])
    shown = json.loads(result.stdout)
    assert all(json.loads(line)["phase"] for line in result.stderr.splitlines()), "how far it is"
    text = (tmp_path / "manifest.json").read_text("utf-8")
    assert shown == json.loads(text)
    assert str(ROOT) not in text
    assert str(tmp_path) not in text
    assert shown["counts"]["fate/kept"] == 5
    assert shown["files"]["clean.jsonl"]["lines"] == 5


def test_explain_shows_cuts_and_metadata() -> None:
    shown = taosha("explain", SEEDS / "004_13978814e2116c1b.txt")
    assert "author: 刘翠" in shown
    assert "[-责任编辑:王杰-]" in shown
    account = json.loads(taosha("explain", SEEDS / "001_9f4ad6f3cf333a91.txt", "--json"))
    assert sum(e["stage"] == "pinyin" for e in account["edits"]) >= 100
    assert "no such file" in taosha("explain", "nowhere.txt", code=2)


def test_standard_input(tmp_path: Path) -> None:
    done = process("clean", "-", "-o", tmp_path / "clean.jsonl", input=json.dumps({"id": "a", "text": ARTICLE}) + "\n")
    assert done.returncode == 0, done.stderr
    assert rows(tmp_path / "clean.jsonl")[0]["id"] == "a"


def test_help_is_quick_and_complete() -> None:
    before = os.times()
    done = process("--help")
    after = os.times()
    assert all(word in done.stdout for word in ("clean", "explain", "restore", "check", "Exit codes"))
    assert after.children_user + after.children_system - before.children_user - before.children_system < 0.3     # 0.09 here
    heavy = "('numba', 'numpy', 'pyarrow', 'opencc', 'ftfy', 'pydantic', 'rich', 'orjson')"
    code = f"import sys, pipeline.cli; print([m for m in {heavy} if m in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert loaded.stdout.strip() == "[]"


def test_the_listing_of_commands_is_the_help() -> None:
    files = {p.stem for p in (ROOT / "pipeline" / "commands").glob("*.py")} - {"__init__"}
    assert set(re.findall(r"^  ([a-z]+)  +[A-Z]", taosha("-h").partition("Commands:")[2], re.M)) == files
    for name in files:
        assert taosha(name, "-h") == taosha(name, "--help")


def test_a_shell_is_told_how_to_complete() -> None:
    typed = {"taosha cl": "clean", "taosha clean x --stages enc": "encoding", "taosha clean x --format j": "jsonl"}
    for words, wanted in typed.items():
        more = {"_TAOSHA_COMPLETE": "complete_bash", "COMP_WORDS": words}
        environment = os.environ | more | {"COMP_CWORD": str(words.count(" "))}
        code = "import sys; sys.argv = ['taosha']; from pipeline.cli import main; main()"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, env=environment, check=True)
        assert wanted in done.stdout.split()


def test_unwritable_output_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    done = process("clean", SEEDS, "-o", tmp_path / "file" / "clean.jsonl")
    assert done.returncode == 4
    assert done.stderr.strip().splitlines()[-1].startswith("taosha: ")
    assert "Traceback" not in done.stderr


def test_killed_run_leaves_no_half_corpus_and_goes_on(tmp_path: Path) -> None:
    pages = tmp_path / "pages.jsonl"
    text = json.dumps({"text": (ARTICLE * 4 + "\n") * 40}, ensure_ascii=False)[:-1]
    pages.write_text("".join(f'{text}, "id": "{i}"}}\n' for i in range(1500)), "utf-8")
    out = tmp_path / "out"
    command = [sys.executable, "-m", "pipeline", "clean", str(pages), "-o", str(out / "clean.jsonl"), "--workers", "1"]
    running = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not list(out.glob(".taosha-*/clean/*.arrow")) and time.monotonic() < deadline and running.poll() is None:
        time.sleep(0.02)
    running.send_signal(signal.SIGKILL)
    running.wait()
    assert not (out / "clean.jsonl").exists()
    assert list(out.glob(".taosha-*/clean/*.arrow")), "it was killed after its first part"
    done = process("clean", pages, "-o", out / "clean.jsonl", "--workers", "1")
    assert "taosha: 0 %" not in done.stderr, "what was done is not done again"
    assert done.returncode == 0, done.stderr
    assert sorted(p.name for p in out.iterdir()) == [
        "README.md", "audit.jsonl", "clean.jsonl", "croissant.json", "manifest.json", "quarantine.jsonl",
    ]
    assert len(rows(out / "audit.jsonl")) == 1500


def test_index_of_an_earlier_corpus(corpus: Path, tmp_path: Path) -> None:
    index, new = tmp_path / "index", tmp_path / "new.jsonl"
    assert "5 documents added" in taosha("index", index, "--add", corpus)
    assert "0 documents added" in taosha("index", index, "--add", corpus)
    assert "all as they were written" in taosha("index", index, "--check")
    old = rows(corpus / "clean.jsonl")[4]
    news = {"again": old["text"].replace("治理", "管理", 1), "fresh": ARTICLE * 2, "short": "今天下雨。"}
    new.write_text("".join(json.dumps({"id": k, "text": v}) + "\n" for k, v in news.items()), "utf-8")
    shown = taosha("clean", new, "-o", tmp_path / "o" / "clean.jsonl", "--against", index)
    assert "1 in the index" in shown
    assert {r["id"] for r in rows(tmp_path / "o" / "clean.jsonl")} == {"fresh", "short"}
    fates = {r["id"]: r for r in rows(tmp_path / "o" / "audit.jsonl")}
    assert (fates["again"]["fate"], fates["again"]["kept"]) == ("duplicate", old["id"])
    restored = [json.loads(line) for line in taosha("restore", tmp_path / "o" / "audit.jsonl").splitlines()]
    assert {r["id"]: r["text"] for r in restored} == news
    taosha("clean", new, "-o", tmp_path / "m" / "clean.jsonl", "--against", index, "--seen", "mark", "-q")
    marked = {r["id"]: r for r in rows(tmp_path / "m" / "audit.jsonl")}
    assert (marked["again"]["fate"], marked["again"]["seen"]["id"]) == ("kept", old["id"])
    (tmp_path / "taosha.toml").write_text("[near]\nseed = 2\n", "utf-8")
    config = ("--config", tmp_path / "taosha.toml")
    assert "seed 1, here 2" in taosha("clean", new, "-o", tmp_path / "x" / "c.jsonl", "--against", index, *config, code=6)


def test_compare_shows_what_differs(tmp_path: Path) -> None:
    body = "\n".join(f"{ARTICLE}这是第{i}段，讲的是第{i}件小事。" for i in "一二三四五六")
    pages = tmp_path / "pages.jsonl"
    copies = {"long": body + "\n最后，大家都说这样的图书馆越多越好。", "copy": body.replace("老花镜", "近视镜", 1)}
    pages.write_text("".join(json.dumps({"id": k, "text": v}) + "\n" for k, v in copies.items()), "utf-8")
    taosha("clean", pages, "-o", tmp_path / "clean.jsonl", "-q")
    shown = taosha("compare", "copy", "--run", tmp_path)
    assert "copy was dropped for long" in shown
    assert "[-近视-]{+老花+}" in shown
    assert "was not dropped" in taosha("compare", "long", "--run", tmp_path, code=3)


def test_lines_that_recur_over_a_site_are_learned(tmp_path: Path) -> None:
    lines = []
    for i in range(60):
        dice = random.Random(i)
        body = "。".join("".join(dice.choices("的一是在不了有和人这中大为上个国我以要他时来用们生到", k=40)) for _ in range(8))
        text = f"岚川县第{i}期简报\n{body}。\n第{i}期的事情就说到这里了。\n岚川融媒出品 必属精品"
        lines.append({"id": f"n{i:02}", "text": text, "url": f"http://lan.example/{i}"})
    lines.append({"id": "z", "text": f"别处的一期简报\n{ARTICLE[5:]}\n岚川融媒出品 必属精品", "url": "http://other.example/1"})
    outputs = []
    for turn, workers in enumerate("12"):
        random.Random(turn).shuffle(lines)
        pages = tmp_path / "pages.jsonl"
        pages.write_text("".join(json.dumps(x) + "\n" for x in lines), "utf-8")
        taosha("clean", pages, "-o", tmp_path / workers / "clean.jsonl", "-q", "--workers", workers)
        outputs.append([(tmp_path / workers / name).read_bytes() for name in ("clean.jsonl", "audit.jsonl")])
    assert outputs[0] == outputs[1]
    texts = {r["id"]: r["text"] for r in rows(tmp_path / "1" / "clean.jsonl")}
    assert not any("必属精品" in text for id, text in texts.items() if id != "z")
    assert "必属精品" in texts["z"], "one page of another site teaches nothing"
    manifest = json.loads((tmp_path / "1" / "manifest.json").read_text("utf-8"))
    assert manifest["recurring_lines"] == [{"line": "岚川融媒出品 必属精品", "documents": 60}]
    originals = {r["id"]: r["text"] for r in map(json.loads, taosha("restore", tmp_path / "1" / "audit.jsonl").splitlines())}
    assert originals == {x["id"]: x["text"] for x in lines}


def test_output_never_overwrites_what_it_should_not(tmp_path: Path) -> None:
    pages = tmp_path / "pages.jsonl"
    pages.write_text(json.dumps({"id": "a", "text": ARTICLE}) + "\n", "utf-8")
    assert "would be overwritten" in taosha("clean", pages, "-o", pages, code=2)
    before = pages.read_bytes()
    with open(pages, "rb") as given:
        done = process("clean", "-", "-o", pages, "--force", stdin=given)
    assert (done.returncode, "would be overwritten" in done.stderr, pages.read_bytes()) == (2, True, before)
    assert "name is taken" in taosha("clean", pages, "-o", tmp_path / "audit.jsonl", code=2)
    taosha("clean", pages, "-o", tmp_path / "o" / "one.jsonl", "-q")
    assert "holds the run of one.jsonl" in taosha("clean", pages, "-o", tmp_path / "o" / "two.jsonl", code=2)
    assert json.loads(taosha("restore", tmp_path / "o" / "audit.jsonl"))["text"] == ARTICLE
    before = (tmp_path / "o" / "one.jsonl").read_bytes()
    assert "unknown-format" not in taosha("clean", tmp_path / "empty.pdf", "-o", tmp_path / "o" / "one.jsonl", code=2)
    (tmp_path / "empty.txt").write_bytes(b"")
    assert "holds no byte" in taosha("clean", tmp_path / "empty.txt", "-o", tmp_path / "o" / "one.jsonl", code=3)
    assert (tmp_path / "o" / "one.jsonl").read_bytes() == before
    taosha("clean", pages, "-o", tmp_path / "o" / "one.jsonl", "-q", "--audit", "off")
    assert not (tmp_path / "o" / "audit.jsonl").exists()


def test_files_of_others_and_odd_urls(tmp_path: Path) -> None:
    pages = tmp_path / "pages.jsonl"
    urls = ["http://[bad", "https://例子／x/", "http://ok.example/1"]
    pages.write_text("".join(json.dumps({"id": u, "text": ARTICLE + u, "url": u}) + "\n" for u in urls) + "{broken\n", "utf-8")
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "manifest.json").write_text('{"name": "my app"}', "utf-8")
    assert "is of no run" in taosha("clean", pages, "-o", tmp_path / "web" / "clean.jsonl", code=2)
    taosha("clean", pages, "-o", tmp_path / "o" / "clean.jsonl", "-q")
    assert {r["id"] for r in rows(tmp_path / "o" / "clean.jsonl")} == set(urls)
    assert "n_chars" not in taosha("explain", f"{pages}#http://ok.example/1"), "a bad line elsewhere is no matter"
    taosha("report", tmp_path / "o")
    taosha("clean", pages, "-o", tmp_path / "o" / "clean.jsonl", "-q")
    assert (tmp_path / "o" / "report.html").exists(), "the same run stands there already: nothing is done"
    pages.write_text(pages.read_text("utf-8") + "{more\n", "utf-8")
    said = process("clean", pages, "-o", tmp_path / "o" / "clean.jsonl").stderr
    assert said.count("report.html was about the last run and is gone") == 1
    assert not (tmp_path / "o" / "report.html").exists(), "a page of an earlier run would not fit"
    (tmp_path / "empty.txt").write_bytes(b"")
    taosha("clean", tmp_path / "empty.txt", "-o", tmp_path / "n" / "clean.jsonl", code=3)
    assert [p.name for p in (tmp_path / "n").iterdir()] == ["quarantine.failed.jsonl"]


def test_changed_corpus_is_not_restored(tmp_path: Path) -> None:
    pages = tmp_path / "pages.jsonl"
    pages.write_text(json.dumps({"id": "a", "text": ARTICLE}) + "\n", "utf-8")
    taosha("clean", pages, "-o", tmp_path / "o" / "clean.jsonl", "-q")
    corpus = tmp_path / "o" / "clean.jsonl"
    corpus.write_text(corpus.read_text("utf-8").replace("老吴", "老张"), "utf-8")
    assert "does not come out as it was" in taosha("restore", tmp_path / "o" / "audit.jsonl", code=5)
    assert "this is no audit" in taosha("restore", corpus, "--corpus", corpus, code=5)
    (tmp_path / "o" / "audit.jsonl").write_text("{broken\n", "utf-8")
    assert "line 1: damaged" in taosha("restore", tmp_path / "o" / "audit.jsonl", code=5)


def test_files_changed_since_the_run_are_named(tmp_path: Path) -> None:
    pages, out = tmp_path / "pages.jsonl", tmp_path / "o"
    pages.write_text(json.dumps({"id": "a", "text": ARTICLE, "title": "一"}) + "\n", "utf-8")
    taosha("clean", pages, "-o", out / "clean.jsonl", "-q")
    for command in (("restore", out), ("report", out)):
        assert "changed since" not in process(*command).stderr
    audit = out / "audit.jsonl"
    audit.write_text(audit.read_text("utf-8").replace('"source":"pages.jsonl"', '"source":"another.jsonl"'), "utf-8")
    for command in (("restore", out), ("report", out)):
        said = process(*command)
        assert said.returncode == 0
        assert "audit.jsonl: changed since the run ended" in said.stderr


def test_originals_replace_no_file_of_the_run(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(ARTICLE, "utf-8")
    taosha("clean", tmp_path / "a.txt", "-o", tmp_path / "o" / "clean.jsonl", "-q")
    before = {p: p.read_bytes() for p in (tmp_path / "o").iterdir()}
    for name in ("quarantine.jsonl", "audit.jsonl", "clean.jsonl"):
        for force in ([], ["--force"]):
            assert "a file of the run" in taosha("restore", tmp_path / "o", "-o", tmp_path / "o" / name, *force, code=2)
    assert {p: p.read_bytes() for p in (tmp_path / "o").iterdir()} == before


def test_every_document_is_restored_to_a_file_of_its_own(tmp_path: Path) -> None:
    ids = ["a/b", "a_b", "A_B", "x" * 300, "..", "nul\0"]
    pages = tmp_path / "pages.jsonl"
    texts = {id: f"{ARTICLE}{i}" for i, id in enumerate(ids)}
    pages.write_text("".join(json.dumps({"id": k, "text": v, "source": "../up.txt"}) + "\n" for k, v in texts.items()), "utf-8")
    taosha("clean", pages, "-o", tmp_path / "o" / "clean.jsonl", "-q")
    for _ in range(2):
        taosha("restore", tmp_path / "o" / "audit.jsonl", "-o", tmp_path / "back")
        files = [p for p in (tmp_path / "back").rglob("*") if p.is_file()]
        assert sorted(p.read_text("utf-8") for p in files) == sorted(texts.values())


def test_records_that_differ_in_metadata_are_not_the_same(tmp_path: Path) -> None:
    lines = [json.dumps({"id": "a", "text": ARTICLE, "title": title}) + "\n" for title in ("一", "二")]
    outputs = []
    for order in (lines, lines[::-1]):
        (tmp_path / "p.jsonl").write_text("".join(order), "utf-8")
        taosha("clean", tmp_path / "p.jsonl", "-o", tmp_path / "o" / "clean.jsonl", "-q")
        outputs.append((tmp_path / "o" / "clean.jsonl").read_bytes())
        fates = [(r["id"][:2], r["fate"]) for r in rows(tmp_path / "o" / "audit.jsonl")]
        assert sorted(fates) == [("a#", "duplicate"), ("a#", "kept")], "of one text, but no twins"
    assert outputs[0] == outputs[1]


def test_many_files_do_not_need_as_many_handles(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    for i in range(300):
        (source / f"{i:03}.jsonl").write_text(json.dumps({"id": str(i), "text": f"{i}{ARTICLE}{i}" * (1 + i % 7)}) + "\n", "utf-8")
    import resource

    done = process(
        "clean", source, "-o", tmp_path / "o" / "clean.jsonl", "-q", "--workers", "1",
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (128, 128)),
    )
    assert done.returncode == 0, done.stderr
    assert len(rows(tmp_path / "o" / "audit.jsonl")) == 300
