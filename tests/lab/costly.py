"""Inputs made to be costly: bombs, hundreds of thousands of entries, names and headers without end, units without end."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterator

from hostile import ACCEPT, AMBIGUOUS, EITHER, INDEX, LARGE, REFUSE, SPECIAL, UNREADABLE, UNSAFE, ends
from tarbytes import END, file, folder, gnu_long, gz, hardlink, header, pax, symlink


@dataclass
class Large:
    """An input made to be costly: it must be judged within the memory of docs/reference/contract.md, "Details fixed", and
    refused or accepted as said."""

    name: str
    make: Callable[[Path], None]
    verdict: str = REFUSE
    rules: str = LARGE
    # Whether large files of code are in it: parsing them may take what the contract allows beside.
    is_code: bool = False


def repeated(chunk: bytes, times: int, first: bytes = b"", last: bytes = b"") -> Callable[[Path], None]:
    """A gzip of `chunk` many times over, compressed once: each time is a member of its own."""

    def make(out: Path) -> None:
        member = gz(chunk)
        with out.open("wb") as stream:
            stream.write(gz(first))
            for _ in range(times):
                stream.write(member)
            stream.write(gz(last))

    return make


def streamed(pieces: Callable[[], Iterator[bytes]]) -> Callable[[Path], None]:
    """A gzip of one member from pieces that would not fit into memory."""

    def make(out: Path) -> None:
        with gzip.open(out, "wb", compresslevel=1) as stream:
            for piece in pieces():
                stream.write(piece)

    return make


def many(entry: Callable[[int], bytes], count: int) -> Callable[[Path], None]:
    def pieces() -> Iterator[bytes]:
        yield INDEX
        for at in range(0, count, 1000):
            yield b"".join(entry(n) for n in range(at, min(at + 1000, count)))
        yield END

    return streamed(pieces)


ZEROS = bytes(16 << 20)


def one_file(name: bytes, mib: int, fill: bytes = ZEROS) -> Callable[[Path], None]:
    """One file of many MiB."""
    return repeated(fill, mib // 16, INDEX + header(name, size=mib << 20), END)


# What may be said of a bundle whose code is odd, and none of it reached.
CODE = "undeclared-dependency unresolved-import module-syntax-error module-format-mismatch missing-export"


def of_code(content: bytes, count: int) -> Callable[[Path], None]:
    """So many files of the agent's own code, which are parsed whether or not anything imports them."""
    return many(lambda n: file(b"dist/c%d.js" % n, content), count)


PACKAGE = f"{CODE} workspace-protocol runtime-dependency-missing package-json-invalid shared-package-json-invalid"
EXPORTS = f"{PACKAGE} archive-ambiguous"


def each(text: str, count: int, between: str = "") -> str:
    """A text so many times, with the number in the place of `#`."""
    return between.join(text.replace("#", str(n)) for n in range(count))


def of_entries(*entries: bytes) -> Callable[[Path], None]:
    return lambda out: out.write_bytes(gz(ends(*entries))) and None


def of_names(index: str, other: str = "") -> Callable[[Path], None]:
    """An agent of two files with many names, of which each is looked up."""
    manifest = file(b"package.json", b'{"name":"a","version":"1.0.0","type":"module","main":"dist/index.js"}')
    return of_entries(file(b"dist/index.js", index.encode()), file(b"dist/a.js", other.encode()), manifest)


def of_manifest(text: str) -> Callable[[Path], None]:
    return of_entries(INDEX, file(b"package.json", text.encode()))


def asked(fields: str, by: str) -> Callable[[Path], None]:
    """The shared package with these fields, and an agent that imports of it so many times."""
    shared = '{"name":"@server-flow/shared","version":"1.0.0",%s}' % fields
    return of_entries(
        file(b"package.json", b'{"name":"a","version":"1.0.0","type":"module"}'),
        file(b"dist/index.js", each(by, 20_000).encode()),
        file(b"node_modules/@server-flow/shared/package.json", shared.encode()),
    )


def table() -> list[Large]:
    deep = b"/".join(b"%03d" % n for n in range(100))
    any_of = f"{LARGE} {AMBIGUOUS} {UNSAFE} {UNREADABLE}"
    return [
        Large("a bomb of 3 GiB zeros", one_file(b"dist/bomb", 3072)),
        Large("a bomb of 512 MiB zeros, 1000:1", one_file(b"dist/bomb", 512)),
        Large("a bomb after the end marker", repeated(ZEROS, 128, ends(INDEX)), EITHER, any_of),
        Large("a bomb that is package.json", one_file(b"package.json", 256)),
        Large("a package.json of 64 MiB brackets", repeated(b"[" * (16 << 20), 4, INDEX + header(b"package.json", size=64 << 20), END)),
        Large("200,000 empty files", many(lambda n: header(b"dist/%d.js" % n), 200_000)),
        Large("200,000 links", many(lambda n: symlink(b"dist/%d" % n, b"index.js"), 200_000)),
        Large("200,000 hard links", many(lambda n: hardlink(b"dist/%d" % n, b"dist/index.js"), 200_000)),
        # On ext4 a file has at most 65,000 names.
        Large("65,000 hard links to one file", many(lambda n: hardlink(b"dist/%d" % n, b"dist/index.js"), 65_000)),
        Large("64,999 hard links to one file", many(lambda n: hardlink(b"dist/%d" % n, b"dist/index.js"), 64_999), ACCEPT),
        Large("65,000 hard links to two files", many(lambda n: file(b"dist/b.js") if n == 0 else hardlink(b"dist/%d" % n, b"dist/b.js" if n % 2 else b"dist/index.js"), 65_001), ACCEPT),
        Large("200,000 times the same folder", many(lambda n: folder(b"dist/"), 200_000), EITHER, any_of),
        Large("140,000 empty files", many(lambda n: header(b"dist/%d.js" % n), 140_000), EITHER, any_of),
        Large("140,000 links with targets of 100 bytes", many(lambda n: symlink(b"dist/%d" % n, b"t" * 100), 140_000), EITHER, any_of),
        Large("100,000 files, each 100 levels down a path of its own", many(lambda n: gnu_long(b"%d/" % n + deep) + header(b"x"), 100_000), EITHER, any_of),
        Large("60,000 names of 3,900 bytes", many(lambda n: gnu_long(b"/".join([b"%06d" % n + b"n" * 240] * 15)) + header(b"x"), 60_000), EITHER, any_of),
        Large("2,000 PAX headers of 1 MiB", many(lambda n: pax((b"comment", b"c" * 1_000_000)) + header(b"dist/%d" % n), 600), EITHER, any_of),
        Large("100,000 files that hold a package.json each", many(lambda n: file(b"node_modules/p%d/package.json" % n, b'{"name":"p"}'), 100_000), EITHER, any_of),
        Large("30,000 files of mistakes, one finding each", many(lambda n: symlink(b"node_modules/p%d" % n, b"/c/Users/dev/p"), 30_000), EITHER, any_of),
        Large("30,000 device nodes", many(lambda n: header(b"dist/%d" % n, type=b"3"), 30_000), REFUSE, f"{LARGE} {SPECIAL}"),
        Large("30,000 private keys", many(lambda n: file(b"dist/%d.pem" % n, b"-----BEGIN PRIVATE KEY-----\n"), 30_000), EITHER, any_of),
        Large("a path of 10,000 levels by L", lambda out: out.write_bytes(gz(ends(INDEX, gnu_long(b"d/" * 10_000 + b"x"), header(b"x")))) and None, REFUSE, any_of),
        Large("a header of 100 GB", lambda out: out.write_bytes(gz(INDEX + header(b"dist/huge", size=100 << 30) + bytes(4096))) and None, REFUSE, any_of),
        Large("noise of 64 MiB", repeated(bytes(range(256)) * 4096, 64, INDEX), REFUSE, any_of),
        Large("an HTML page of 64 MiB", lambda out: out.write_bytes(b"<!DOCTYPE html><html>" + b"<p>404</p>" * 6_400_000) and None, REFUSE, UNREADABLE),
        Large("a million empty gzip members", lambda out: out.write_bytes(gz(ends(INDEX)) + gz(b"") * 1_000_000) and None, EITHER, any_of),
        Large("code of 2 MiB, every byte a token", of_code(b";" * (2 << 20), 40), EITHER, f"{any_of} {CODE}", is_code=True),
        Large("500 files of 100 kB of code, as many tokens as can be", of_code(b"a;" * 50_000, 500), EITHER, f"{any_of} {CODE}"),
        Large("files of 2 MiB of imports", of_code(b"import'a';" * 200_000, 40), EITHER, f"{any_of} {CODE}", is_code=True),
        Large("code of 16 MiB", of_code(b"f(1, 2);\n" * ((16 << 20) // 9), 2), EITHER, f"{any_of} {CODE}", is_code=True),
        Large("500 files of 100 kB of imports", of_code(b"import'a';" * 10_000, 500), EITHER, f"{any_of} {CODE}"),
        Large("30,000 files of some imports", of_code(b"import {a, b, c, d} from './index.js';" * 30, 30_000), EITHER, f"{any_of} {CODE}"),
        Large("code nested 2,900 levels deep", of_code(b"[" * 2900 + b"]" * 2900, 2000), EITHER, f"{any_of} {CODE}"),
        Large("code nested a million levels deep", of_code(b"[" * 1_000_000, 20), EITHER, f"{any_of} {CODE}"),
        Large("40,000 paths beside one folder", of_names("import fs from 'fs';import path from 'path';const d=import.meta.dirname;" + each("fs.readFileSync(path.join(d,'x#.html'));", 40_000)), EITHER, f"{any_of} asset-missing", is_code=True),
        Large("40,000 members of an object of another file, each called", of_names("import {o} from './a.js';" + each("o.m#();", 40_000), "export const o={" + each("m#(){return import('./x#.js')},", 40_000) + "}"), EITHER, f"{any_of} {CODE}", is_code=True),
        Large("40,000 names of another file", of_names("import {" + each("e#,", 40_000) + "} from './a.js'", each("export const e#=1;", 40_000)), EITHER, f"{any_of} {CODE}", is_code=True),
        Large("40,000 imports in one variable", of_names("let p;" + each("p=import('./x#.js');await p;", 40_000)), EITHER, f"{any_of} {CODE}", is_code=True),
        Large("30,000 handlers of failures, each of which calls the next", of_names("".join(f"function f{n}(){{f{n + 1}()}};process.on('uncaughtException',f{n});" for n in range(30_000))), EITHER, f"{any_of} {CODE}", is_code=True),
        Large("300 calls of a function of 60,000 calls that loads what it is given", of_names("function a(){}function f(x){import(x);" + each("a();", 60_000) + "}" + each("f('./g#');", 300)), EITHER, f"{any_of} {CODE}", is_code=True),
        Large("10,000 chains of 22 calls, each of what the one before gives", of_names("class A{m(x){return new A(x)}}" + each("new A('#')" + ".m('a')" * 22 + ";", 10_000)), EITHER, f"{any_of} {CODE}", is_code=True),
        Large("JSON of 2 MiB of brackets", many(lambda n: file(b"dist/%d.json" % n, b"[" * (2 << 20)), 20), EITHER, f"{any_of} {CODE}"),
        Large("JSON a million levels deep in package.json", lambda out: out.write_bytes(gz(ends(INDEX, file(b"package.json", b"[" * 1_000_000)))) and None, EITHER, any_of),
        Large("JSON 100,000 objects deep in the shared package's package.json", lambda out: out.write_bytes(gz(ends(INDEX, file(b"node_modules/@server-flow/shared/package.json", b'{"a":' * 100_000 + b"1" + b"}" * 100_000)))) and None, EITHER, any_of),
        Large("10,000 dependencies with `workspace:`", of_manifest('{"dependencies":{%s}}' % each('"d#":"workspace:*"', 10_000, ",")), EITHER, PACKAGE),
        Large("5,000 with `workspace:` that are peers too", of_manifest('{"dependencies":{%s},"peerDependencies":{%s}}' % ((each('"d#":"workspace:*"', 5_000, ","),) * 2)), EITHER, PACKAGE),
        Large("20,000 peers with `workspace:`", of_manifest('{"peerDependencies":{%s}}' % each('"d#":"workspace:*"', 20_000, ",")), EITHER, PACKAGE),
        Large("an `exports` array of 30,000 that 20,000 imports ask", asked('"exports":[%s]' % each('"x#"', 30_000, ","), "import '@server-flow/shared?#';\n"), EITHER, EXPORTS),
        Large("10,000 patterns in `exports` that 20,000 imports ask", asked('"exports":{%s}' % each('"./p#/*":"./x.js"', 10_000, ","), "import '@server-flow/shared/none#';\n"), EITHER, EXPORTS),
    ]


@dataclass
class Disk:
    """A server's disk made to be costly: `doctor --root` judges it within memory and half a minute."""

    name: str
    # Writes below the folder of units of a disk that has the agent's unit.
    make: Callable[[Path], object]
    # Whether the unit is not judged, and that is said.
    refused: bool = True


UNIT = "server-flow-agent.service"


def adds(text: str) -> Callable[[Path], object]:
    """Lines more in the unit."""
    return lambda units: (units / UNIT).write_text((units / UNIT).read_text() + text)


def drop_ins(count: int, text: str) -> Callable[[Path], None]:
    def make(units: Path) -> None:
        folder = units / f"{UNIT}.d"
        folder.mkdir()
        for number in range(count):
            (folder / f"{number}.conf").write_text(text)

    return make


def folders(name: str, count: int) -> Callable[[Path], None]:
    def make(units: Path) -> None:
        for number in range(count):
            (units / name.replace("#", str(number))).mkdir()

    return make


def disks() -> list[Disk]:
    lines = "[Service]\n" + f"Environment=A={'x' * 90}\n" * 9_800
    return [
        Disk("a unit of 20,000 secrets", adds(each("Environment=TOKEN_#=tok3nq7XfR2mPz9LwKd41#\n", 20_000))),
        Disk("a unit of 1,900 secrets", adds(each("Environment=TOKEN_#=tok3nq7XfR2mPz9LwKd41#\n", 1_900)), refused=False),
        Disk("a unit of one line of 1 MiB", adds("Environment=A=" + "x y=z " * 170_000), refused=False),
        Disk("a unit of 300,000 short lines", adds("A=\n" * 300_000)),
        Disk("300 MB of drop-ins", drop_ins(300, lines)),
        Disk("5,000 drop-ins", drop_ins(5_000, "[Service]\nNice=1\n")),
        Disk("3,000 folders of drop-ins of other units", folders("a#.service.d", 3_000)),
        Disk("20,000 folders of other targets", folders("a#.wants", 19_000), refused=False),
        Disk("30,000 names", folders("a#", 30_000)),
    ]
