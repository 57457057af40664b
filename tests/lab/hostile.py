"""Hand-made odd and hostile archives: the table of docs/reference/gnu-tar.md line by line, its file-system meanings, its
rules, and limits.

Each says what must come of it: `accept` (the manifest is GNU tar's tree, byte for byte), `refuse` (an archive-* error and
an empty manifest), or `either`, where both are right as long as no wrong tree is believed.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Iterator

from tarbytes import END, base256, file, folder, gnu_long, gz, hardlink, header, octal, pad, pax, record, summed, symlink

ACCEPT, REFUSE, EITHER = "accept", "refuse", "either"

AMBIGUOUS = "archive-ambiguous"
UNREADABLE = "archive-unreadable"
UNSAFE = "archive-unsafe-path"
ESCAPE = "archive-link-escape"
SPECIAL = "archive-special-file"
LARGE = "archive-too-large"
# Where the contract leaves open which of the two it is: the header is damaged, or extractors read it differently.
DAMAGED = f"{AMBIGUOUS} {UNREADABLE}"


@dataclass
class Odd:
    """One archive. `tar` is what the gzip holds; `raw` is the file itself, when the gzip is what is odd."""

    name: str
    tar: bytes = b""
    verdict: str = REFUSE
    rules: str = ""
    raw: bytes | None = None

    def bytes(self) -> bytes:
        return gz(self.tar) if self.raw is None else self.raw


GOOD_JS = b"import '@server-flow/shared';\n"
EVIL_JS = b"process.exit(1); // not what the checker saw\n"
INDEX = folder(b"dist/") + file(b"dist/index.js", GOOD_JS)
# What a wrong reader would take for the data of the entry before it.
HIDDEN = file(b"hidden.js", EVIL_JS)


def ends(*entries: bytes) -> bytes:
    return b"".join(entries) + END


# Accepted, with a warning that node-tar alone leaves something out: here the link that closes the ring.
WARNED = frozenset({"two links in a ring"})


def odd(name: str, *entries: bytes, rules: str = "", verdict: str = REFUSE) -> Odd:
    """The good entry, then the odd ones, then the end."""
    return Odd(name, ends(INDEX, *entries), verdict, rules)


def good(name: str, *entries: bytes) -> Odd:
    return odd(name, *entries, verdict=ACCEPT)


def either(name: str, *entries: bytes, rules: str = "") -> Odd:
    return odd(name, *entries, verdict=EITHER, rules=rules)


def sizes() -> Iterator[Odd]:
    """A size on what is not a file: GNU tar reads the "data" as headers."""
    data = HIDDEN
    for what, type, link in (
        ("a folder", b"5", b""),
        ("a symbolic link", b"2", b"index.js"),
        ("a hard link", b"1", b"dist/index.js"),
        ("a FIFO", b"6", b""),
        ("a character device", b"3", b""),
        ("a block device", b"4", b""),
    ):
        rules = AMBIGUOUS if type in b"125" else f"{AMBIGUOUS} {SPECIAL}"
        yield odd(f"a size on {what}", header(b"dist/odd", size=len(data), type=type, linkname=link) + data, rules=rules)
    yield odd("a PAX size on a folder", pax((b"size", b"1024")), folder(b"odd/"), HIDDEN, rules=AMBIGUOUS)
    yield odd("a PAX size on a link", pax((b"size", b"1024")), symlink(b"odd", b"dist"), HIDDEN, rules=AMBIGUOUS)
    yield good("a PAX size of 0 on a folder", pax((b"size", b"0")), folder(b"odd/"))
    yield odd("a file whose name ends in /, with data", header(b"odd/", size=len(data)) + data, rules=AMBIGUOUS)
    yield odd("an old file type whose name ends in /, with data", header(b"odd/", size=len(data), type=b"\0") + data, rules=AMBIGUOUS)
    yield odd("a file whose name ends in /, empty", header(b"odd/"), rules=AMBIGUOUS)
    yield odd("a PAX path that ends in / on a file with data", pax((b"path", b"odd/")), file(b"odd", data), rules=AMBIGUOUS)
    yield odd("a GNU name that ends in / on a file with data", gnu_long(b"odd/"), file(b"odd", data), rules=AMBIGUOUS)
    yield odd("a link whose name ends in /", symlink(b"odd/", b"dist"), rules=AMBIGUOUS)


def pax_headers() -> Iterator[Odd]:
    f = file(b"dist/a.js", b"a\n")
    yield odd("g with a path", pax((b"path", b"dist/g.js"), type=b"g"), f, HIDDEN, rules=AMBIGUOUS)
    yield odd("g with a size", pax((b"size", b"512"), type=b"g"), f, HIDDEN, rules=AMBIGUOUS)
    yield odd("g with a linkpath", pax((b"linkpath", b"/etc"), type=b"g"), f, rules=AMBIGUOUS)
    yield odd("g with an owner", pax((b"uid", b"1000"), type=b"g"), f, rules=AMBIGUOUS)
    yield good("g with a comment, as git archive writes", pax((b"comment", b"4d7a4d7a"), type=b"g"), f)
    yield odd("g between x and its entry", pax((b"path", b"dist/b.js")), pax((b"comment", b"c"), type=b"g"), f, rules=AMBIGUOUS)
    yield odd("g between L and its entry", gnu_long(b"dist/b.js"), pax((b"comment", b"c"), type=b"g"), f, rules=AMBIGUOUS)
    yield odd("g between K and its entry", gnu_long(b"index.js", b"K"), pax((b"comment", b"c"), type=b"g"), symlink(b"dist/l", b"a"), rules=AMBIGUOUS)
    for key, first, second in ((b"path", b"dist/1.js", b"dist/2.js"), (b"size", b"2", b"2"), (b"mtime", b"1", b"2"), (b"comment", b"1", b"2")):
        yield odd(f"the keyword {key.decode()} twice", pax((key, first), (key, second)), f, rules=AMBIGUOUS)
    yield odd("a newline in a PAX path", pax((b"path", b"dist/a\nb.js")), f, rules=AMBIGUOUS)
    yield odd("a record within a PAX value", pax((b"comment", b"x\n20 path=dist/evil.js")), f, rules=AMBIGUOUS)
    yield odd("a NUL in a PAX path", pax((b"path", b"dist/a.js\0.txt")), f, rules=f"{AMBIGUOUS} {UNSAFE}")
    yield odd("a NUL in a PAX linkpath", pax((b"linkpath", b"a\0b")), symlink(b"l", b"a"), rules=f"{AMBIGUOUS} {UNSAFE}")
    for value in (b"-0", b"+0", b"-1", b" 2", b"2 ", b"0x2", b"02", b"2.0", b"", b"2e0", b"18446744073709551618"):
        yield odd(f"a PAX size of {value.decode()!r}", pax((b"size", value)), f, rules=DAMAGED + " " + LARGE)
    for value in (b"1000 ", b"-1", b"+5", b"abc", b"18446744073709551616"):
        yield odd(f"a PAX uid of {value.decode()!r}", pax((b"uid", value)), f, rules=DAMAGED)
    for value, verdict in ((b"1700000000.123456789", ACCEPT), (b"0", ACCEPT), (b"1e5", REFUSE), (b"-1.5", EITHER), (b"1.", EITHER), (b".5", EITHER), (b"", REFUSE)):
        yield odd(f"a PAX mtime of {value.decode()!r}", pax((b"mtime", value)), f, rules=DAMAGED, verdict=verdict)
    body = record(b"path", b"dist/b.js")
    for what, bad in (
        ("a blank before the length", b" " + body),
        ("a leading zero", b"0" + body),
        ("a sign", b"+" + body),
        ("a tab after the length", body.replace(b" ", b"\t", 1)),
        ("two blanks", b"19  path=dist/b.js\n"),
        ("no =", b"12 pathdist\n"),
        ("an empty keyword", b"14 =dist/b.js\n"),
        ("no final newline", body[:-1] + b"x"),
        ("a length too short", b"10" + body[2:]),
        ("a length too long", b"99" + body[2:]),
        ("a length of 0", b"0 path=dist/b.js\n"),
        ("a length of 4 GiB more", b"4294967314 path=dist/b.js\n"),
        ("NULs after the record", body + b"\0\0\0"),
        ("a second record cut off", body + b"30 comment=x\n"),
        ("nothing but a newline", b"\n"),
        ("no body", b""),
    ):
        yield odd(f"a PAX record with {what}", pax(body=bad), f, rules=DAMAGED, verdict=EITHER if what == "no body" else REFUSE)
    yield odd("a PAX header with nothing after it", pax((b"path", b"dist/b.js")), rules=DAMAGED)
    yield odd("two PAX headers for one entry", pax((b"path", b"dist/1.js")), pax((b"path", b"dist/2.js")), f, rules=AMBIGUOUS)
    for value in (4294967296, 1 << 40, (1 << 63) - 1):
        for key in (b"uid", b"gid"):
            owner = pax((key, b"%d" % value))
            for what, entry in (("a file", f), ("a folder", folder(b"d/")), ("a link", symlink(b"l", b"dist"))):
                yield odd(f"a PAX {key.decode()} of {value} on {what}", owner, entry, rules=AMBIGUOUS)
    yield good("the largest PAX uid", pax((b"uid", b"4294967294")), f)
    yield good("a PAX uid that changes nothing", pax((b"uid", b"4294967295"), (b"gid", b"4294967295")), f)
    yield good("a vendor's keyword", pax((b"VENDOR.rename", b"x")), f)
    yield good("a vendor's keyword of any bytes, before a path", pax((b"VENDOR.x", b"\0a\n\xff\n"), (b"path", b"dist/b.js")), f)
    yield odd("a record within a vendor's value", pax((b"VENDOR.x", b"a\n20 path=dist/evil.js")), f, rules=AMBIGUOUS)
    yield odd("an unknown keyword in small letters", pax((b"rename", b"x")), f, rules=AMBIGUOUS)
    yield odd("a vendor in small letters", pax((b"vendor.rename", b"x")), f, rules=AMBIGUOUS)
    yield odd("star's size", pax((b"SCHILY.realsize", b"1")), f, rules=AMBIGUOUS)
    yield odd("Solaris' holes", pax((b"SUN.holesdata", b" 0 2")), f, rules=AMBIGUOUS)
    for what, access in (("an access list", b"user::rw-,group::r--,other::r--"), ("an access list as bsdtar writes it", b"user::rw-,group::r--,other::r--,user:dev:rwx:1000,mask::rwx"), ("an access list in lines", b"user::rw-\nuser:1000:rwx\t#effective:r--\ngroup::r--\nmask::r--\nother::r--\n")):
        yield good(what, pax((b"SCHILY.acl.access", access)), f)
    for what, access in (("gives less", b"user::rw-,group::---,other::r--"), ("is not whole", b"user::rw-"), ("is not one", b"1")):
        yield odd(f"an access list that {what}", pax((b"SCHILY.acl.access", access)), f, rules=AMBIGUOUS)
    yield good("a folder's access list for what is made in it", pax((b"SCHILY.acl.default", b"user::rwx,group::rwx,other::rwx")), folder(b"d/"), file(b"d/x.js", b"x"))
    yield good("file flags", pax((b"SCHILY.fflags", b"schg,nodump")), f)
    yield good("bytes for a name, as the header says it", pax((b"hdrcharset", b"BINARY"), (b"path", b"dist/\xff.js")), file(b"dist/\xff.js", b"a\n"))
    yield odd("bytes for a name, and another one in the header", pax((b"hdrcharset", b"BINARY"), (b"path", b"dist/\xff.js")), f, rules=AMBIGUOUS)
    yield odd("bytes for a link's target, and another one in the header", pax((b"hdrcharset", b"BINARY"), (b"linkpath", b"\xff.js")), symlink(b"l", b"a"), rules=AMBIGUOUS)
    yield either("hdrcharset=BINARY", pax((b"hdrcharset", b"BINARY"), (b"path", b"dist/\xff.js")), f, rules=AMBIGUOUS)
    yield either("charset", pax((b"charset", b"ISO-IR 8859 1 1998"), (b"path", b"dist/b.js")), f, rules=AMBIGUOUS)
    yield good("node-tar's SCHILY.dev, ino, nlink", pax((b"SCHILY.dev", b"64512"), (b"SCHILY.ino", b"131"), (b"SCHILY.nlink", b"1"), (b"atime", b"1700000000.5"), (b"ctime", b"1700000000.25")), f)
    yield good("macOS' attributes with NUL and newline", pax((b"LIBARCHIVE.xattr.com.apple.provenance", b"AQIA"), (b"SCHILY.xattr.com.apple.provenance", b"\x01\x02\0\n9 y\n")), f)
    yield odd("a record within an attribute's value", pax((b"SCHILY.xattr.com.apple.provenance", b"\x01\x02\0\n9 path=x\n")), f, rules=AMBIGUOUS)
    yield good("a PAX path over a cut name", pax((b"path", b"dist/" + b"n" * 130)), file(b"dist/nnnn", b"long\n"))
    yield good("a PAX path in UTF-8", pax((b"path", "dist/日本.js".encode())), f)
    yield either("a PAX path that is not UTF-8", pax((b"path", b"dist/\xff\xfe.js")), f, rules=AMBIGUOUS)
    yield either("a PAX path without a value", pax((b"path", b"")), f, rules=f"{AMBIGUOUS} {UNSAFE}")
    yield good("a PAX linkpath over 100 bytes", pax((b"linkpath", b"t" * 150)), symlink(b"dist/l", b"t" * 100))
    yield good("a PAX size that agrees", pax((b"size", b"2")), f)
    yield odd("a PAX size that disagrees", pax((b"size", b"514")), file(b"dist/a.js", b"a\n"), HIDDEN, verdict=EITHER, rules=AMBIGUOUS)
    yield good("PAX owners", pax((b"uid", b"3000000"), (b"gid", b"3000000"), (b"uname", "dév".encode()), (b"gname", b"dev")), f)
    for key, value in ((b"GNU.sparse.size", b"4096"), (b"GNU.sparse.name", b"dist/index.js"), (b"GNU.sparse.major", b"1"), (b"GNU.sparse.realsize", b"4096"), (b"GNU.sparse.map", b"0,2"), (b"GNU.sparse.numblocks", b"1")):
        yield odd(f"the keyword {key.decode()}", pax((key, value)), f, rules=f"{AMBIGUOUS} {SPECIAL}")
    sparse = pax((b"GNU.sparse.major", b"1"), (b"GNU.sparse.minor", b"0"), (b"GNU.sparse.name", b"dist/renamed.js"), (b"GNU.sparse.realsize", b"2"))
    yield odd("GNU.sparse 1.0 that renames", sparse, file(b"GNUSparseFile/a.js", pad(b"1\n0\n2\n") + b"a\n"), rules=f"{AMBIGUOUS} {SPECIAL}")
    yield odd("GNU.volume.label in g", pax((b"GNU.volume.label", b"agent"), type=b"g"), f, rules=f"{AMBIGUOUS} {SPECIAL}")
    yield odd("GNU.dumpdir", pax((b"GNU.dumpdir", b"Yindex.js\0\0")), folder(b"dist/"), rules=f"{AMBIGUOUS} {SPECIAL}")
    yield odd("a PAX body of more than 1 MiB", pax((b"comment", b"c" * (1 << 20))), f, rules=f"{AMBIGUOUS} {LARGE}")
    yield odd("a PAX header with v7 magic", pax((b"path", b"dist/b.js"), magic=bytes(6), version=bytes(2)), f, rules=DAMAGED)


def gnu_headers() -> Iterator[Odd]:
    f = file(b"dist/a.js", b"a\n")
    l = symlink(b"dist/l", b"a.js")
    yield odd("a PAX path and a GNU name", pax((b"path", b"dist/p.js")), gnu_long(b"dist/l.js"), f, rules=AMBIGUOUS)
    yield odd("a GNU name and a PAX path", gnu_long(b"dist/l.js"), pax((b"path", b"dist/p.js")), f, rules=AMBIGUOUS)
    yield odd("a PAX linkpath and a GNU target", pax((b"linkpath", b"p.js")), gnu_long(b"k.js", b"K"), l, rules=AMBIGUOUS)
    yield either("a PAX mtime and a GNU name", pax((b"mtime", b"1.5")), gnu_long(b"dist/l.js"), f, rules=AMBIGUOUS)
    for type, entry in ((b"L", f), (b"K", l)):
        t = type.decode()
        for what, body in (("a NUL within", b"dist/l.js\0.txt\0"), ("no NUL", b"dist/l.js"), ("two NULs", b"dist/l.js\0\0"), ("nothing but a NUL", b"\0"), ("no body", b"")):
            yield odd(f"{t} with {what}", gnu_long(b"", type, body=body), entry, rules=f"{DAMAGED} {UNSAFE}")
        yield odd(f"{t} twice", gnu_long(b"dist/1.js", type), gnu_long(b"dist/2.js", type), entry, rules=AMBIGUOUS)
        yield odd(f"{t} with nothing after it", gnu_long(b"dist/1.js", type), rules=DAMAGED)
        yield odd(f"{t} with v7 magic", gnu_long(b"dist/l.js", type, magic=bytes(6), version=bytes(2)), entry, rules=DAMAGED)
        yield either(f"{t} with ustar magic", gnu_long(b"dist/l.js", type, magic=b"ustar\0", version=b"00"), entry, rules=AMBIGUOUS)
    yield good("L and K for one link", gnu_long(b"dist/" + b"l" * 120), gnu_long(b"t" * 120, b"K"), symlink(b"dist/l", b"t"))
    yield good("K and L for one link", gnu_long(b"t" * 120, b"K"), gnu_long(b"dist/" + b"l" * 120), symlink(b"dist/l", b"t"))
    yield either("K before a file", gnu_long(b"target", b"K"), f, rules=AMBIGUOUS)
    yield good("L for a folder", gnu_long(b"dist/" + b"d" * 120 + b"/"), folder(b"dist/d/"))
    yield good("the name of L is short", gnu_long(b"dist/l.js"), f)
    yield odd("L with a name beyond 4,096 bytes", gnu_long(b"/".join([b"d" * 100] * 50)), f, rules=f"{UNSAFE} {LARGE} {AMBIGUOUS}")
    yield odd("L with 100 MB to come", header(b"././@LongLink", size=100_000_000, type=b"L", magic=b"ustar ", version=b" \0"), rules=f"{DAMAGED} {LARGE}")


def fields() -> Iterator[Odd]:
    data = b"12"
    body = pad(data)

    table: dict[str, tuple[bytes, str, str]] = {}

    def size(what: str, value: bytes, verdict: str = REFUSE) -> None:
        block = bytearray(header(b"dist/a.js"))
        block[124:136] = value.ljust(12, b"\0")[:12]
        table[f"a size of {what}"] = (summed(bytes(block)) + body, verdict, f"{DAMAGED} {LARGE}")

    size("base-256, first byte 0x80", base256(2, 12), ACCEPT)
    for first in (0x81, 0xC0, 0xFF, 0xBF, 0xFE):
        size(f"base-256, first byte {first:#x}", base256(2, 12, first))
    size("base-256, negative", b"\xff" * 11 + b"\xfe")
    size("base-256, 2^63", b"\x80\0\0\0" + (1 << 63).to_bytes(8, "big"))
    size("base-64 (+C)", b"+C")
    size("base-64 (-C)", b"-C")
    size("all NUL", b"")
    size("blanks", b" " * 12)
    size("blanks before", b"         2\0 ", ACCEPT)
    size("a blank at the end", b"00000000002 ", ACCEPT)
    size("two blanks at the end", b"0000000002  ", EITHER)
    size("no terminator", b"000000000002", EITHER)
    size("garbage after the number", b"00000000002x")
    size("garbage after the NUL", b"2\0garbage", EITHER)
    size("a digit 8", b"00000000008\0")
    size("a sign", b"-0000000002\0")
    size("hexadecimal", b"0x2\0")
    for name, width in (("uid", 8), ("gid", 8), ("mtime", 12), ("devmajor", 8)):
        odd_field = EITHER if name == "devmajor" else REFUSE
        table[f"{name} all NUL"] = (header(b"dist/a.js", size=2, **{name: bytes(width)}) + body, EITHER if name == "devmajor" else ACCEPT, DAMAGED)
        table[f"{name} base-256"] = (header(b"dist/a.js", size=2, **{name: base256(1, width)}) + body, EITHER if name == "devmajor" else ACCEPT, DAMAGED)
        for first in (0x81, 0xC0, 0xBF, 0xFE):
            table[f"{name} base-256, first byte {first:#x}"] = (header(b"dist/a.js", size=2, **{name: base256(1, width, first)}) + body, odd_field, DAMAGED)
        table[f"{name} garbage"] = (header(b"dist/a.js", size=2, **{name: b"garbage"}) + body, odd_field, DAMAGED)
    for value, verdict in ((3_000_000, ACCEPT), (4294967294, ACCEPT), (4294967295, ACCEPT), (4294967296, REFUSE), (1 << 54, REFUSE), (-1, REFUSE), (-2, REFUSE)):
        for name in ("uid", "gid"):
            number = base256(value, 8, 0x80 if value >= 0 else 0xFF)
            table[f"{name} base-256 of {value}"] = (header(b"dist/a.js", size=2, **{name: number}) + body, verdict, AMBIGUOUS)
    # The last are behind the dates of JavaScript.
    for value, verdict in ((1 << 33, ACCEPT), (1 << 40, ACCEPT), (-1, ACCEPT), (-(1 << 40), ACCEPT), (1 << 53, REFUSE), (1 << 70, REFUSE), (-(1 << 70), REFUSE)):
        number = base256(value, 12, 0x80 if value >= 0 else 0xFF)
        table[f"mtime base-256 of {value}"] = (header(b"dist/a.js", size=2, mtime=number) + body, verdict, AMBIGUOUS)
    for value in (b"", b"garbage", b"+644"):
        block = bytearray(header(b"dist/a.js", size=2))
        block[100:108] = value.ljust(8, b"\0")
        table[f"a mode of {value.decode()!r}"] = (summed(bytes(block)) + body, REFUSE, DAMAGED)
    for value in (b"0100644", b"0107777", b"644 \0", b"   644 "):
        block = bytearray(header(b"dist/a.js", size=2))
        block[100:108] = value.ljust(8, b"\0")
        table[f"a mode of {value.decode()!r}"] = (summed(bytes(block)) + body, EITHER, DAMAGED)
    for bits in (0, 0o4755, 0o2755, 0o1777, 0o7777):
        table[f"a mode of {bits:o}"] = (header(b"dist/a.js", size=2, mode=bits) + body, ACCEPT, "")
    for what, magic, version in (
        ("v7 magic", bytes(6), bytes(2)),
        ("ustar with version blanks", b"ustar\0", b"  "),
        ("ustar with version 01", b"ustar\0", b"01"),
        ("ustar with version NULs", b"ustar\0", bytes(2)),
        ("GNU magic with version 00", b"ustar ", b"00"),
        ("magic in capitals", b"USTAR\0", b"00"),
        ("magic without its NUL", b"ustarX", b"00"),
    ):
        table[what] = (header(b"dist/a.js", size=2, magic=magic, version=version, prefix=b"dist/pre") + body, REFUSE, DAMAGED)
    table["GNU magic"] = (header(b"dist/a.js", size=2, magic=b"ustar ", version=b" \0") + body, ACCEPT, "")
    table["GNU magic with a prefix"] = (header(b"a.js", size=2, magic=b"ustar ", version=b" \0", prefix=b"dist") + body, EITHER, DAMAGED)
    table["ustar with a prefix"] = (header(b"a.js", size=2, prefix=b"dist/pre") + body, ACCEPT, "")
    table["a prefix that ends in /"] = (header(b"a.js", size=2, prefix=b"dist/") + body, EITHER, DAMAGED)
    table["a prefix of /"] = (header(b"a.js", size=2, prefix=b"/") + body, REFUSE, UNSAFE)
    table["a prefix of .."] = (header(b"a.js", size=2, prefix=b"..") + body, REFUSE, UNSAFE)
    table["a prefix of 155 bytes and a name of 100"] = (header(b"n" * 100, size=2, prefix=b"p" * 77 + b"/" + b"q" * 77) + body, ACCEPT, "")
    table["a name of 100 bytes without NUL"] = (header(b"n" * 100, size=2) + body, ACCEPT, "")
    table["garbage after the name's NUL"] = (header(b"dist/a.js\0garbage", size=2) + body, EITHER, DAMAGED)
    table["garbage after the link target's NUL"] = (symlink(b"dist/l", b"a.js\0garbage"), EITHER, DAMAGED)
    table["garbage in the last 12 bytes"] = (header(b"dist/a.js", size=2, tail=b"garbage") + body, EITHER, DAMAGED)
    table["the old type NUL"] = (header(b"dist/a.js", size=2, type=b"\0") + body, ACCEPT, "")
    block = header(b"dist/a.js", size=2)
    table["a wrong checksum"] = (block[:148] + b"000000\0 " + block[156:] + body, REFUSE, DAMAGED)
    table["a checksum of blanks"] = (block[:148] + b" " * 8 + block[156:] + body, REFUSE, DAMAGED)
    table["a signed checksum"] = (header(b"dist/\xe9.js", size=2, signed=True) + body, REFUSE, DAMAGED)
    table["an unsigned checksum of a Latin-1 name"] = (header(b"dist/\xe9.js", size=2) + body, ACCEPT, "")
    table["a checksum with blanks before"] = (header(b"dist/a.js", size=2, form=b"%6o\0 ") + body, EITHER, DAMAGED)
    table["a checksum of 7 digits"] = (header(b"dist/a.js", size=2, form=b"%07o\0") + body, EITHER, DAMAGED)
    table["a checksum in base-256"] = (header(b"dist/a.js", size=2, chksum=base256(1, 8)) + body, REFUSE, DAMAGED)
    for type in b"3467VDMNXSAZaz8 \x01\xff":
        one = bytes([type])
        rules = f"{SPECIAL} {AMBIGUOUS}" + (f" {UNREADABLE}" if type > 127 else "")
        table[f"the type {one!r}"] = (header(b"dist/odd", size=2, type=one) + body, REFUSE, rules)
        table[f"the type {one!r}, empty"] = (header(b"dist/odd", type=one), REFUSE, rules)
    table["an old sparse file"] = (
        summed(header(b"dist/s.js", size=2, type=b"S", magic=b"ustar ", version=b" \0")[:386] + octal(0, 12) + octal(2, 12) + bytes(72 + 1) + octal(4096, 12) + bytes(17)) + body,
        REFUSE,
        f"{SPECIAL} {AMBIGUOUS}",
    )
    table["an unknown user's name"] = (header(b"dist/a.js", size=2, uname=b"dev", gname=b"197121") + body, ACCEPT, "")
    table["root's name with another number"] = (header(b"dist/a.js", size=2, uid=octal(1000, 8), uname=b"root", gname=b"root") + body, ACCEPT, "")
    for what, (entry, verdict, rules) in table.items():
        yield odd(what, entry, HIDDEN, verdict=verdict, rules=rules)


def names() -> Iterator[Odd]:
    def one(name: bytes) -> bytes:
        return pax((b"path", name)) + file(b"short", b"x\n") if len(name) > 100 else file(name, b"x\n")

    for name, verdict, rules in (
        (b"", REFUSE, f"{UNSAFE} {AMBIGUOUS}"),
        (b"/etc/agent.js", REFUSE, UNSAFE),
        (b"//etc/agent.js", REFUSE, UNSAFE),
        (b"../agent.js", REFUSE, UNSAFE),
        (b"dist/../../agent.js", REFUSE, UNSAFE),
        (b"dist/../agent.js", REFUSE, UNSAFE),
        (b"dist/..", REFUSE, f"{UNSAFE} {AMBIGUOUS}"),
        (b"..", REFUSE, f"{UNSAFE} {AMBIGUOUS}"),
        (b".", REFUSE, AMBIGUOUS),
        (b"./", REFUSE, AMBIGUOUS),
        (b"dist/.", REFUSE, f"{AMBIGUOUS} {UNSAFE}"),
        (b"dist/./a.js", EITHER, f"{AMBIGUOUS} {UNSAFE}"),
        (b"dist//a.js", EITHER, f"{AMBIGUOUS} {UNSAFE}"),
        (b".//a.js", EITHER, f"{AMBIGUOUS} {UNSAFE}"),
        (b"././a.js", EITHER, f"{AMBIGUOUS} {UNSAFE}"),
        (b"./dist/a.js", ACCEPT, ""),
        (b"...", ACCEPT, ""),
        (b"..a/b", ACCEPT, ""),
        (b"dist/a..", ACCEPT, ""),
        (b" ", ACCEPT, ""),
        (b"-rf", ACCEPT, ""),
        (b"C:\\Users\\a.js", REFUSE, AMBIGUOUS),
        (b"dist\\..\\..\\a.js", REFUSE, AMBIGUOUS),
        (b"dist/a\nb", ACCEPT, ""),
        (b"dist/a\rb", ACCEPT, ""),
        (b"dist/\x1b[2J", ACCEPT, ""),
        (b"dist/\xff\xfe", ACCEPT, ""),
        (b"dist/\\n", ACCEPT, ""),
        ("dist/\u202ejs.txt".encode(), ACCEPT, ""),
        (b"dist/" + b"c" * 255, ACCEPT, ""),
        (b"dist/" + b"c" * 256, REFUSE, f"{UNSAFE} {LARGE} {AMBIGUOUS}"),
        (b"d/" * 100 + b"a.js", ACCEPT, ""),
        (b"/".join([b"e" * 250] * 15), ACCEPT, ""),
        (b"/".join([b"e" * 250] * 17), REFUSE, f"{UNSAFE} {LARGE} {AMBIGUOUS}"),
        (b"d/" * 10_000 + b"a.js", REFUSE, f"{UNSAFE} {LARGE} {AMBIGUOUS}"),
    ):
        show = repr(name)[1:] if len(name) < 60 else f"{len(name)} bytes, {name.count(b'/')} levels"
        newline = b"\n" in name
        entry = gnu_long(name) + file(b"short", b"x\n") if newline else one(name)
        yield odd(f"the name {show}", entry, verdict=verdict, rules=rules)
    for name in (b"/etc/x/", b"../x/", b"x/../y/"):
        yield odd(f"the folder {name!r}", folder(name), rules=UNSAFE)
    yield good("the folder ./ with a mode and an owner", folder(b"./", mode=0o700, uid=octal(1000, 8), gid=octal(1000, 8)), file(b"./a.js", b"a"))
    yield good("folders without a slash", folder(b"plain"), file(b"plain/a.js", b"a"))
    yield good("files before their folders", file(b"late/a.js", b"a"), folder(b"late/", mode=0o700))
    yield good("no folder entries at all", file(b"x/y/z.js", b"a"))
    yield good("a folder of mode 0", folder(b"shut/", mode=0), file(b"shut/a.js", b"a"))


def replay() -> Iterator[Odd]:
    """What the order of entries does to the tree."""
    a, b = file(b"a.js", b"a\n"), file(b"a.js", b"b\n")
    x = file(b"d/x.js", b"x\n")
    yield good("the same file twice, identical", a, a)
    yield odd("the same file twice, different", a, b, rules=AMBIGUOUS)
    yield odd("the same file twice, ./ and not", a, file(b"./a.js", b"b\n"), rules=AMBIGUOUS)
    yield odd("dist/index.js once more, different", file(b"dist/index.js", EVIL_JS), rules=AMBIGUOUS)
    yield either("the same file twice, another mode", a, file(b"a.js", b"a\n", mode=0o755), rules=AMBIGUOUS)
    yield good("the same folder twice", folder(b"d/"), folder(b"d/"))
    yield odd("the same folder twice, another mode", folder(b"d/"), folder(b"d/", mode=0o700), x, rules=AMBIGUOUS)
    yield odd("the same folder twice, with ./ and another mode", folder(b"./d/"), folder(b"d/", mode=0o700), x, rules=AMBIGUOUS)
    yield either("the same link twice", symlink(b"l", b"a"), symlink(b"l", b"a"), rules=AMBIGUOUS)
    yield odd("the same link twice, another owner", symlink(b"l", b"a"), symlink(b"l", b"a", uid=octal(1000, 8)), rules=AMBIGUOUS)
    yield odd("a link twice, another target", symlink(b"l", b"a"), symlink(b"l", b"b"), rules=AMBIGUOUS)
    yield odd("a file, then a link", a, symlink(b"a.js", b"dist/index.js"), rules=AMBIGUOUS)
    yield odd("a link, then a file", symlink(b"a.js", b"dist/index.js"), a, rules=f"{AMBIGUOUS} {ESCAPE}")
    yield odd("a file, then a folder", file(b"d", b""), folder(b"d/"), rules=AMBIGUOUS)
    yield odd("a folder, then a file", folder(b"d/"), file(b"d", b"x"), rules=AMBIGUOUS)
    yield odd("a full folder, then a file", x, file(b"d", b"x"), rules=AMBIGUOUS)
    yield odd("a file, then one below it", file(b"d", b"x"), x, rules=AMBIGUOUS)
    yield odd("a folder, then a link", folder(b"d/"), symlink(b"d", b"dist"), rules=AMBIGUOUS)
    yield odd("a full folder, then a link", x, symlink(b"d", b"dist"), rules=AMBIGUOUS)
    yield odd("a link, then a folder", symlink(b"d", b"dist"), folder(b"d/"), x, rules=f"{AMBIGUOUS} {ESCAPE}")
    yield odd("written through a relative link", symlink(b"d", b"dist"), file(b"d/index.js", EVIL_JS), rules=f"{ESCAPE} {AMBIGUOUS}")
    yield odd("a folder written through a link", symlink(b"d", b"dist"), folder(b"d/new/"), rules=f"{ESCAPE} {AMBIGUOUS}")
    yield odd("written through a link in the middle", folder(b"p/"), symlink(b"p/d", b"../dist"), file(b"p/d/index.js", EVIL_JS), rules=f"{ESCAPE} {AMBIGUOUS}")
    yield odd("written through an absolute link", symlink(b"d", b"/nowhere"), file(b"d/x.js", b"x"), rules=f"{ESCAPE} {AMBIGUOUS}")
    yield odd("written through a link to ..", symlink(b"d", b".."), file(b"d/x.js", b"x"), rules=f"{ESCAPE} {AMBIGUOUS}")
    yield odd("written through two links", symlink(b"l", b"dist"), symlink(b"m", b"l"), file(b"m/index.js", EVIL_JS), rules=f"{ESCAPE} {AMBIGUOUS}")
    yield odd("written through a hard-linked link", symlink(b"l", b"dist"), hardlink(b"m", b"l"), file(b"m/index.js", EVIL_JS), rules=f"{ESCAPE} {AMBIGUOUS}")
    yield odd("written through a link that differs by ./", symlink(b"./d", b"dist"), file(b"d/index.js", EVIL_JS), rules=f"{ESCAPE} {AMBIGUOUS}")
    yield good("a hard link to an earlier file", a, hardlink(b"h.js", b"a.js"))
    yield good("a hard link to ./ of an earlier file", a, hardlink(b"h.js", b"./a.js"))
    yield good("a hard link to a hard link", a, hardlink(b"h.js", b"a.js"), hardlink(b"i.js", b"h.js"))
    yield odd("a hard link to a later file", hardlink(b"h.js", b"z.js"), file(b"z.js", b"z"), rules=f"{AMBIGUOUS} {ESCAPE}")
    yield odd("a hard link to nothing", hardlink(b"h.js", b"nothing"), rules=f"{AMBIGUOUS} {ESCAPE}")
    yield odd("a hard link to itself", hardlink(b"h.js", b"h.js"), rules=f"{AMBIGUOUS} {ESCAPE}")
    yield odd("a hard link to a folder", hardlink(b"h", b"dist"), rules=f"{AMBIGUOUS} {ESCAPE}")
    yield odd("a hard link out of the bundle", hardlink(b"h", b"../outside"), rules=f"{ESCAPE} {AMBIGUOUS}")
    yield odd("a hard link to an absolute path", hardlink(b"h", b"/etc/hostname"), rules=f"{ESCAPE} {AMBIGUOUS}")
    yield odd("a hard link to a symbolic link", symlink(b"l", b"a.js"), hardlink(b"h", b"l"), rules=f"{ESCAPE} {AMBIGUOUS}")
    yield odd("a hard link through a symbolic link", symlink(b"d", b"dist"), hardlink(b"h", b"d/index.js"), rules=f"{ESCAPE} {AMBIGUOUS}")
    yield odd("a hard link without a target", hardlink(b"h", b""), rules=f"{ESCAPE} {AMBIGUOUS} {UNSAFE}")
    yield odd("a hard link over its target, then the target anew", a, hardlink(b"h.js", b"a.js"), b, rules=AMBIGUOUS)
    yield odd("a hard link, then a file over it", a, hardlink(b"h.js", b"a.js"), file(b"h.js", b"new"), rules=AMBIGUOUS)
    yield either("a hard link to an entry given twice", a, a, hardlink(b"h.js", b"a.js"), rules=AMBIGUOUS)
    yield odd("a link without a target", symlink(b"l", b""), rules=f"{AMBIGUOUS} {ESCAPE}")
    yield odd("a link named .", symlink(b".", b"dist"), rules=f"{AMBIGUOUS} {ESCAPE} {UNSAFE}")
    yield odd("an absolute link", symlink(b"l", b"/etc"), rules=ESCAPE)
    yield odd("a link to ..", symlink(b"l", b".."), rules=ESCAPE)
    yield odd("a link out of the bundle and back in", symlink(b"dist/l", b"../../agent-bundle/dist"), rules=ESCAPE)
    yield good("a link to .", symlink(b"l", b"."))
    yield good("a link to itself", symlink(b"l", b"l"))
    yield good("two links in a ring", symlink(b"l", b"m"), symlink(b"m", b"l"))
    yield good("a link with .. that stays inside", folder(b"p/"), symlink(b"p/l", b"../dist/index.js"))
    yield either("a link whose target ends in /", symlink(b"l", b"dist/"), rules=AMBIGUOUS)
    yield odd("a link made of links that leaves", folder(b"p/"), symlink(b"p/up", b".."), symlink(b"out", b"p/up/.."), rules=ESCAPE)


def blocks() -> Iterator[Odd]:
    """The stream of blocks: its end, and what is cut or added."""
    yield Odd("no end marker", INDEX, REFUSE, DAMAGED)
    yield Odd("one zero block at the end", INDEX + bytes(512), REFUSE, DAMAGED)
    yield Odd("a lone zero block in the middle", INDEX + bytes(512) + HIDDEN + END, REFUSE, DAMAGED)
    yield Odd("entries after the end marker", INDEX + END + HIDDEN + END, REFUSE, DAMAGED)
    yield Odd("text after the end marker", INDEX + END + pad(b"text"), REFUSE, DAMAGED)
    yield Odd("one byte after the end marker", INDEX + END + b"x", REFUSE, DAMAGED)
    yield Odd("zeros after the end marker", INDEX + END + bytes(20 * 512), ACCEPT)
    yield Odd("a million zeros after the end marker", INDEX + END + bytes(1 << 20), ACCEPT)
    yield Odd("zeros that are no whole block", INDEX + END + bytes(100), EITHER, DAMAGED)
    yield Odd("the end marker only", END, REFUSE, DAMAGED)
    yield Odd("20 zero blocks", bytes(10240), REFUSE, DAMAGED)
    yield Odd("less than a block", b"agent", REFUSE, DAMAGED)
    yield Odd("nothing", b"", REFUSE, UNREADABLE)
    yield Odd("only the folder ./", ends(folder(b"./")), EITHER, DAMAGED)
    yield Odd("cut within a header", INDEX[:-400], REFUSE, DAMAGED)
    yield Odd("cut within the data", (INDEX + file(b"large", b"l" * 5000))[:-3000], REFUSE, DAMAGED)
    yield Odd("cut within the padding", INDEX[:-100], REFUSE, DAMAGED)
    yield Odd("cut after a header with data to come", INDEX + header(b"dist/a.js", size=1000), REFUSE, DAMAGED)
    yield Odd("text instead of blocks", pad(b"hello, this is not a tar archive\n" * 40), REFUSE, DAMAGED)
    yield Odd("a header of noise in the middle", ends(INDEX, pad(b"noise" * 100), HIDDEN), REFUSE, DAMAGED)
    yield Odd("padding that is not zero", ends(INDEX, header(b"dist/a.js", size=2) + b"a\n" + b"p" * 510), ACCEPT)
    yield Odd("two archives one after the other", ends(INDEX) + ends(HIDDEN), REFUSE, DAMAGED)
    yield Odd("100 GB to come, octal impossible", INDEX + header(b"dist/huge", size=100 << 30), REFUSE, f"{LARGE} {DAMAGED}")
    yield Odd("8 GiB less one to come", INDEX + header(b"dist/huge", size=(8 << 30) - 1), REFUSE, f"{LARGE} {DAMAGED}")
    yield Odd("a PAX size of 100 GB", ends(INDEX, pax((b"size", b"107374182400")), header(b"dist/huge")), REFUSE, f"{LARGE} {DAMAGED}")
    yield Odd("8 EiB to come", INDEX + header(b"dist/huge", size=(1 << 63) - 1), REFUSE, f"{LARGE} {DAMAGED}")
    yield Odd("a PAX header of 100 GB to come", INDEX + header(b"x", size=100 << 30, type=b"x"), REFUSE, f"{LARGE} {DAMAGED}")


def members() -> Iterator[Odd]:
    """What is odd in the gzip around a good tar."""
    tar = ends(INDEX, file(b"dist/a.js", b"a\n"))
    one = gz(tar)
    half = len(tar) // 2 // 512 * 512

    def raw(name: str, data: bytes, verdict: str = REFUSE, rules: str = UNREADABLE) -> Odd:
        return Odd(name, raw=data, verdict=verdict, rules=rules)

    yield raw("two members, cut between blocks", gz(tar[:half]) + gz(tar[half:]), ACCEPT)
    yield raw("two members, cut within a block", gz(tar[:700]) + gz(tar[700:]), ACCEPT)
    yield raw("a hundred members", b"".join(gz(tar[n : n + 41]) for n in range(0, len(tar), 41)), ACCEPT)
    yield raw("an empty member first", gz(b"") + one, ACCEPT)
    yield raw("an empty member last", one + gz(b""), ACCEPT)
    yield raw("a second archive in a second member", one + gz(ends(HIDDEN)), rules=DAMAGED)
    yield raw("zeros after the last member", one + bytes(10000), ACCEPT)
    yield raw("one zero after the last member", one + b"\0", ACCEPT)
    yield raw("zeros, then a second member", one + bytes(512) + gz(END), EITHER)
    yield raw("garbage after the last member", one + b"garbage")
    yield raw("garbage that begins like gzip", one + b"\x1f\x8b\x08\x00cut")
    yield raw("one byte of garbage", one + b"x")
    yield raw("garbage between two members", gz(tar[:half]) + b"x" + gz(tar[half:]))
    yield raw("a wrong CRC", gz(tar, crc=1))
    yield raw("a wrong CRC in the first of two members", gz(tar[:half], crc=1) + gz(tar[half:]))
    yield raw("a wrong length", gz(tar, length=1))
    yield raw("no trailer", one[:-8])
    yield raw("half a trailer", one[:-4])
    yield raw("the last byte missing", one[:-1])
    yield raw("the stream cut, trailer kept", one[: len(one) // 2] + one[-8:])
    yield raw("only the header", one[:10])
    yield raw("half a header", one[:5])
    yield raw("a flipped bit in the stream", one[:40] + bytes([one[40] ^ 4]) + one[41:])
    yield raw("a reserved flag", gz(tar, flags=0x20))
    yield raw("all reserved flags", gz(tar, flags=0xE0))
    yield raw("another method than deflate", gz(tar, method=7))
    yield raw("a file name in the header", gz(tar, flags=8, extra=b"agent-bundle.tar\0"), ACCEPT)
    yield raw("a comment in the header", gz(tar, flags=16, extra=b"agent\0"), ACCEPT)
    yield raw("an extra field in the header", gz(tar, flags=4, extra=b"\x04\0ABCD"), ACCEPT)
    yield raw("a name without end", gz(tar, flags=8)[:10] + b"x" * 5000)
    head = b"\x1f\x8b\x08\x02" + bytes(4) + b"\0\xff"
    yield raw("a header CRC that is right", gz(tar, flags=2, extra=(zlib.crc32(head) & 0xFFFF).to_bytes(2, "little")), EITHER)
    yield raw("a header CRC that is wrong", gz(tar, flags=2, extra=b"\x12\x34"), EITHER)
    yield raw("stored blocks", gz(tar, level=0), ACCEPT)
    yield raw("level 9", gz(tar, level=9), ACCEPT)
    yield raw("gzip in gzip", gz(one))
    yield raw("zlib instead of gzip", zlib.compress(tar))
    yield raw("raw deflate", zlib.compressobj(6, zlib.DEFLATED, -15).compress(tar))
    yield raw("a plain tar", tar)


def table() -> list[Odd]:
    return [case for group in (sizes, pax_headers, gnu_headers, fields, names, replay, blocks, members) for case in group()]
