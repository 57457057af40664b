"""What is not the archive it is named: `archive-unreadable` must say what it is instead, and nothing else."""

from __future__ import annotations

import http.server
import re
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from harness import Expect, Mismatch, Part, archive, check, ids, must, scratch, write


@dataclass
class NotAnArchive:
    """A file that is not the archive it is named; `says` is what the message must name, without regard to case."""

    name: str
    make: Callable[[Path, Path, Path], object]  # the good archive, the good folder, the file to make
    says: str


def served(out: Path) -> None:
    """Step 1 of the update against a control plane that answers 404: `curl -L` without --fail saves its page."""

    class NotFound(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = b"<!DOCTYPE html>\n<html><head><title>404 Not Found</title></head><body><h1>Not Found</h1></body></html>\n"
            self.send_response(404)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), NotFound) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            url = f"http://127.0.0.1:{server.server_address[1]}/agent-bundle.tar.gz"
            must("curl", "-sS", "--noproxy", "*", "-L", url, "-o", out)
        finally:
            server.shutdown()
            thread.join()


LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "4d7a" * 16 + "\nsize 46512\n"


def cut(count: int) -> Callable[[Path, Path, Path], object]:
    return lambda good, _folder, out: write(out, good.read_bytes()[:-count])


def patched(at: int) -> Callable[[Path, Path, Path], object]:
    def make(good: Path, _folder: Path, out: Path) -> None:
        data = bytearray(good.read_bytes())
        data[at] ^= 1
        write(out, bytes(data))

    return make


def piped(script: str) -> Callable[[Path, Path, Path], object]:
    """A shell line over GOOD (the archive), FOLDER and OUT."""
    return lambda good, folder, out: must(
        "bash", "-euo", "pipefail", "-c", script, GOOD=str(good), FOLDER=str(folder), OUT=str(out)
    )


UNREADABLE = [
    NotAnArchive("an HTML error page, by curl -L", lambda good, folder, out: served(out), "html"),
    NotAnArchive("an empty file", lambda good, folder, out: write(out, b""), "empty"),
    NotAnArchive("one byte", lambda good, folder, out: write(out, b"\x1f"), "truncated|cut|short|ends|not gzip|not a gzip|byte"),
    NotAnArchive("cut in the middle", lambda good, folder, out: write(out, good.read_bytes()[: good.stat().st_size // 2]), "truncated|cut|ends"),
    NotAnArchive("cut by one byte", cut(1), "truncated|cut|ends"),
    NotAnArchive("cut by its trailer", cut(8), "truncated|cut|ends"),
    NotAnArchive("a wrong CRC", patched(-8), "crc|checksum"),
    NotAnArchive("a wrong length", patched(-4), "length|size"),
    NotAnArchive("xz under the name .tar.gz", piped('tar -cJf "$OUT" -C "$FOLDER" .'), "xz"),
    NotAnArchive("zstd under the name .tar.gz", piped('tar -c --zstd -f "$OUT" -C "$FOLDER" .'), "zstd|zstandard"),
    NotAnArchive("bzip2 under the name .tar.gz", piped('tar -cjf "$OUT" -C "$FOLDER" .'), "bzip2"),
    NotAnArchive("zip under the name .tar.gz", piped('cd "$FOLDER" && zip -qry - . >"$OUT"'), "zip"),
    NotAnArchive("compress (.Z) under the name .tar.gz", piped('tar -c -C "$FOLDER" . | compress -c >"$OUT"'), r"compress|\.Z|lzw"),
    NotAnArchive("gzip in gzip", piped('gzip -c <"$GOOD" >"$OUT"'), "gzip"),
    NotAnArchive("a plain tar under the name .tar.gz", piped('tar -cf "$OUT" -C "$FOLDER" .'), "plain tar|uncompressed|not compressed|tar"),
    NotAnArchive("a Git LFS pointer", lambda good, folder, out: write(out, LFS), "lfs"),
    NotAnArchive("JSON from the control plane", lambda good, folder, out: write(out, '{"error":"not found"}'), "json|text|not gzip|gzip"),
    NotAnArchive("garbage after the archive", piped('cat "$GOOD" >"$OUT"; printf garbage >>"$OUT"'), "follows|after|trailing|garbage"),
    NotAnArchive("gzip of a text", piped('printf "hello\\n" | gzip -c >"$OUT"'), "tar"),
    NotAnArchive("gzip of nothing", piped('gzip -c </dev/null >"$OUT"'), "empty|nothing|tar"),
]


def judge(part: Part, good: Path) -> None:
    """Each is `archive-unreadable`, and the message says what it is instead."""
    with scratch("unreadable") as work:
        packed = archive(good, work / "good.tar.gz")
        for case in UNREADABLE:

            def do(case: NotAnArchive = case) -> None:
                out = work / "agent-bundle.tar.gz"
                out.unlink(missing_ok=True)
                case.make(packed, good, out)
                verdict = check(out)
                Expect(ids("archive-unreadable"), may_warn=frozenset()).judge(verdict)
                (finding,) = verdict.subject["findings"]
                words = " ".join(str(finding.get(k)) for k in ("message", "evidence", "help"))
                if not re.search(case.says, words, re.IGNORECASE):
                    raise Mismatch(f"the message does not name it ({case.says}): {words}")

            part.case(f"not an archive: {case.name}", do)
