"""What comes from an address is what was announced, and a server that cannot give it now is not a file that is not there."""

from __future__ import annotations

import gzip
import json
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from pipeline.errors import UsageError
from pipeline.read.damage import PassingError
from pipeline.read.paths import find_inputs
from pipeline.read.remote import open_remote
from pipeline.read.units import plan_units, read_unit
from pipeline.record import Record
from tests.test_cli import ARTICLE, taosha

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")

LINES = [json.dumps({"text": f"第{n}篇，{ARTICLE}"}, ensure_ascii=False).encode() + b"\n" for n in range(8)]
WHOLE, HALF = b"".join(LINES), b"".join(LINES[:4])


class Answer(NamedTuple):
    """What a server says: its status, and what it sends; the length that it says, where it is another; more headers."""

    status: int = 200
    body: bytes = WHOLE
    length: int | None = -1     # None for none
    headers: tuple[tuple[str, str], ...] = ()


def packed(_: str, n: int) -> Answer:
    return Answer(body=gzip.compress(WHOLE), headers=(("Content-Encoding", "gzip"),))


def refuse(status: int, _: str, n: int) -> Answer:
    return Answer(status, b"")


#: By the first part of a path: the answer to a method, and how many requests there were for it.
ANSWERS: dict[str, Callable[[str, int], Answer]] = {
    "whole": lambda method, n: Answer(),
    "short": lambda method, n: Answer() if method == "HEAD" else Answer(body=HALF),
    "long": lambda method, n: Answer(body=HALF) if method == "HEAD" else Answer(),
    "nothing": lambda method, n: Answer() if method == "HEAD" else Answer(body=b""),
    "grow": lambda method, n: Answer(body=WHOLE * n),
    "packed": packed,
    "packed-on-its-way": lambda method, n: Answer() if method == "HEAD" else packed(method, n),
    "no-length": lambda method, n: Answer(length=None),
    "no-length-yet": lambda method, n: Answer(body=b"") if method == "HEAD" else Answer(),
    "no-head": lambda method, n: Answer(405, b"") if method == "HEAD" else Answer(),
    "breaks-off": lambda method, n: Answer(body=HALF, length=len(WHOLE)),
    "flaky": lambda method, n: Answer(503, b"") if n % 2 else Answer(),
    "fails-later": lambda method, n: Answer() if n == 1 else Answer(503, b""),
    "gone-later": lambda method, n: Answer() if n == 1 else Answer(404, b""),
    **{str(status): partial(refuse, status) for status in (401, 403, 404, 408, 410, 429, 500, 502, 503)},
}


class _Handler(BaseHTTPRequestHandler):
    """Says what the table says."""

    protocol_version = "HTTP/1.1"
    asked: Counter[str]

    def log_message(self, *_: Any) -> None:
        """Nothing."""

    def do_GET(self) -> None:
        """Answer."""
        key = self.path.split("/")[1]
        self.asked[key] += 1
        answer = ANSWERS[key](self.command, self.asked[key])
        self.send_response(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        if answer.length is not None:
            self.send_header("Content-Length", str(len(answer.body) if answer.length < 0 else answer.length))
        if answer.length != -1:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(answer.body)
        self.close_connection = answer.length != -1

    do_HEAD = do_GET


@pytest.fixture
def server() -> Iterator[str]:
    handler = type("Handler", (_Handler,), {"asked": Counter()})
    own = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=own.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{own.server_port}"
    finally:
        own.shutdown()
        own.server_close()


def read(address: str) -> list[str]:
    listing = find_inputs([address])
    assert not listing.faults
    items = [item for unit in plan_units(listing.inputs) for item in read_unit(unit)]
    return [item.original for item in items if isinstance(item, Record)]


@pytest.mark.parametrize("key", ["whole", "packed", "packed-on-its-way", "no-length", "no-length-yet", "no-head"])
def test_a_file_that_comes_whole_is_read(server: str, key: str) -> None:
    assert len(read(f"{server}/{key}/x.jsonl")) == len(LINES)


@pytest.mark.parametrize(
    ("key", "announced", "came"),
    [("short", WHOLE, HALF), ("nothing", WHOLE, b""), ("long", HALF, WHOLE)],
)
def test_a_file_is_as_long_as_was_announced(server: str, key: str, announced: bytes, came: bytes) -> None:
    address = f"{server}/{key}/x.jsonl"
    with pytest.raises(PassingError) as caught:
        find_inputs([address])
    assert str(caught.value).startswith(f"{address}: {len(announced):,} bytes were announced, and {len(came):,} came; ")


def test_a_file_that_grows_or_breaks_off_is_not_read(server: str) -> None:
    for key in ("grow", "breaks-off"):
        with pytest.raises(PassingError, match=rf"/{key}/x\.jsonl: "):
            read(f"{server}/{key}/x.jsonl")


def test_a_file_is_as_long_as_was_listed(server: str) -> None:
    for key in ("whole", "packed"):
        with open_remote(f"{server}/{key}/x.jsonl", len(WHOLE)) as file:
            assert file.read() == WHOLE
    with pytest.raises(PassingError, match=f"{len(WHOLE) + 1:,} bytes were announced, and {len(WHOLE):,} came"):
        open_remote(f"{server}/whole/x.jsonl", len(WHOLE) + 1).__enter__()


@pytest.mark.parametrize("came", [HALF, WHOLE])
def test_a_file_that_is_sought_in_ends_where_it_was_announced_to(came: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """As those of object stores are, and of web servers with ranges."""
    import fsspec
    from fsspec.implementations.memory import MemoryFile

    store = fsspec.filesystem("memory")
    store.pipe("/truth/x.jsonl", came)
    try:
        with open_remote("memory://truth/x.jsonl", len(came)) as file:
            assert file.read(7) + file.read() == came
            assert (file.seek(len(came) + 9), file.read()) == (len(came) + 9, b"")
        with pytest.raises(PassingError, match=f"{len(came) + 1:,} bytes were announced, and {len(came):,} came"):
            open_remote("memory://truth/x.jsonl", len(came) + 1).__enter__()
        announced = len(WHOLE) + len(HALF) - len(came)
        monkeypatch.setattr(MemoryFile, "size", announced)
        says = f"{announced:,} bytes were announced, and {len(came):,} came"
        with open_remote("memory://truth/x.jsonl") as file, pytest.raises(PassingError, match=says):
            file.read()
    finally:
        store.rm("/truth", recursive=True)


@pytest.mark.parametrize("key", ["408", "429", "500", "502", "503", "flaky", "fails-later"])
def test_a_server_that_cannot_answer_now_ends_the_run(server: str, key: str) -> None:
    status = key if key.isdecimal() else "503"
    for address in [f"{server}/{key}/x.jsonl"] + [f"{server}/{key}/*.jsonl"] * (key == status):
        with pytest.raises(PassingError) as caught:
            find_inputs([address])
        assert str(caught.value).startswith(f"{address}: cannot be read now (ClientResponseError: {status}, ")


@pytest.mark.parametrize(("key", "says"), [
    ("404", "there is no file at this address"), ("401", "cannot be listed"), ("403", "cannot be listed"),
    ("410", "cannot be listed"),
])
def test_what_a_server_says_of_a_file_is_of_the_file(server: str, key: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        find_inputs([f"{server}/{key}/x.jsonl"])


def test_a_file_that_is_gone_when_it_is_opened_is_a_fault(server: str) -> None:
    listing = find_inputs([f"{server}/gone-later/x.jsonl"])
    assert [fault.reason for fault in listing.faults] == ["unreadable-file"]
    assert not listing.inputs


def test_a_server_that_does_not_answer_ends_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    for name in ("x.jsonl", "*.jsonl"):
        with pytest.raises(PassingError, match=r"cannot be read now .*; see that its server answers"):
            find_inputs([f"http://127.0.0.1:{port}/{name}"])
    assert "cannot be read now" in taosha("clean", f"http://127.0.0.1:{port}/x.jsonl", "-o", tmp_path / "o", "-q", code=3)

    def resolve(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(PassingError, match=r"x\.invalid/x\.jsonl: cannot be read now \(Name or service not known\)"):
        find_inputs(["http://x.invalid/x.jsonl"])


def test_a_server_that_hangs_up_ends_the_run() -> None:
    """An error that is no OSError, and that fsspec says to be a file that is not there."""
    with socket.create_server(("127.0.0.1", 0)) as own:
        def hang_up() -> None:
            try:
                while True:
                    own.accept()[0].close()
            except OSError:
                return

        threading.Thread(target=hang_up, daemon=True).start()
        with pytest.raises(PassingError, match="cannot be read now"):
            find_inputs([f"http://127.0.0.1:{own.getsockname()[1]}/x.jsonl"])
        own.shutdown(socket.SHUT_RDWR)


def test_an_object_store_that_does_not_answer_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    for key in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(key, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
    import fsspec

    kind: Any = fsspec.get_filesystem_class("s3")
    kind.clear_instance_cache()
    monkeypatch.setattr(kind, "retries", 1)
    try:
        with pytest.raises(PassingError, match=r"s3://crawl/d/x\.jsonl: cannot be read now"):
            find_inputs(["s3://crawl/d/x.jsonl"])
    finally:
        kind.clear_instance_cache()
