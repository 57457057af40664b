"""Archives that are a few steps away from a good one: fields and bytes of headers changed with and without their checksums
repaired, records moved, repeated, swapped and left out, extended headers put in, streams cut and wrapped anew.

All of it comes from one `random.Random`, so a case is its number.
"""

from __future__ import annotations

import gzip
from random import Random
from typing import Callable

from tarbytes import BLOCK, FIELDS, END, base256, file, folder, gnu_long, gz, hardlink, header, octal, pad, pax, record, summed, symlink

# A record is a header and its data; the last one of an archive is its end marker.
Records = list[bytes]

# Contents larger than this only slow the run down: what headers say is what extractors part over.
MOST_DATA = 4 * BLOCK


def records_of(archive: bytes) -> Records:
    """The records of a good archive, large contents shortened. Nothing for one that is not made of plain records."""
    data = gzip.decompress(archive)
    records = []
    at = 0
    while data[at : at + BLOCK].strip(b"\0"):
        block = data[at : at + BLOCK]
        field = block[124:136]
        size = int.from_bytes(field[1:], "big") if field[0] == 0x80 else int(field.rstrip(b"\0 ") or b"0", 8)
        body = data[at + BLOCK : at + BLOCK + size]
        at += BLOCK + -(-size // BLOCK) * BLOCK
        if block[156:157] in b"0\0" and size > MOST_DATA:
            body = body[: MOST_DATA - 12]
            block = summed(block[:124] + octal(len(body), 12) + block[136:])
        records.append(block + pad(body))
    return records + [END]


def is_extension(block: bytes) -> bool:
    return block[156:157] in (b"x", b"g", b"L", b"K")


def text(block: bytes, name: str) -> bytes:
    at, width = FIELDS[name]
    return block[at : at + width].split(b"\0")[0]


def with_field(block: bytes, name: str, value: bytes, repaired: bool = True) -> bytes:
    at, width = FIELDS[name]
    changed = block[:at] + value[:width].ljust(width, b"\0") + block[at + width :]
    return summed(changed[:BLOCK]) + changed[BLOCK:] if repaired else changed


def at_random(chance: Random, records: Records) -> int:
    """The number of a record that is not the end marker."""
    return chance.randrange(max(1, len(records) - 1))


def a_name(chance: Random, records: Records) -> bytes:
    """A name that is likely to meet another: one of the archive's own, written differently, or an odd one."""
    known = text(records[at_random(chance, records)], "name") or b"dist/index.js"
    return chance.choice(
        (
            known,
            b"./" + known,
            known + b"/",
            known.rstrip(b"/"),
            known.rstrip(b"/") + b"/x",
            known.upper(),
            known.replace(b"/", b"//", 1),
            known.replace(b"/", b"/./", 1),
            known.rpartition(b"/")[0] or b"dist",
            known + b" ",
            known + b"\\",
            b"/" + known,
            b"../" + known,
            b"dist/main.js/x",
            b"dist",
            b".",
            b"./",
            b"",
            b"dist/caf\xc3\xa9",
            b"dist/\xe9",
            b"dist/a\nb",
            b"n" * 100,
        )
    )


NUMBERS = (b"0", b"00000000000", b"1", b"777", b"00000001000", b"644 ", b" 644", b"7777777", b"00000000012", b"0000644\0", b"8", b"-1", b"+1",
           b"0x10", b"", b" ", b"        ", b"77777777777", b"777777777777", b"00000000001 ", b"1\0junk", base256(1, 12), base256(1, 8),
           base256(5, 12, 0xC0), base256(-1, 12, 0xFF), base256(-1, 8, 0xFF), base256(3_000_000, 8), base256(4294967295, 8), base256(4294967296, 8),
           base256(1 << 33, 12), base256(-(1 << 33), 12), base256(1 << 60, 12), b"\x80", b"+AAB", b"1777", b"4755", b"100644", b"040755")
TYPES = b"0123456789\0LKxgXSVDMNAIZ"
MAGICS = ((b"ustar\0", b"00"), (b"ustar ", b" \0"), (b"ustar\0", b"  "), (b"ustar\0", b"01"), (b"ustar ", b"00"), (b"\0" * 6, b"\0\0"), (b"USTAR\0", b"00"))


def change_field(chance: Random, records: Records, _: list[Records]) -> None:
    at = at_random(chance, records)
    name = chance.choice(("name", "mode", "uid", "gid", "size", "mtime", "type", "linkname", "magic", "uname", "gname", "devmajor", "prefix", "tail"))
    repaired = chance.random() < 0.95
    if name == "magic":
        magic, version = chance.choice(MAGICS)
        records[at] = with_field(with_field(records[at], "magic", magic), "version", version, repaired)
        return
    if name == "type":
        value = bytes([chance.choice(TYPES)])
    elif name in ("name", "linkname", "prefix"):
        value = a_name(chance, records)
    elif name in ("uname", "gname", "tail"):
        value = chance.choice((b"root", b"dev", b"", b"d\xc3\xa9v", b"\0root", b"x" * 32))
    else:
        value = chance.choice(NUMBERS)
    records[at] = with_field(records[at], name, value, repaired)


def change_bytes(chance: Random, records: Records, _: list[Records]) -> None:
    at = at_random(chance, records)
    block = bytearray(records[at])
    for _ in range(chance.randint(1, 3)):
        where = chance.choice((0, 99, 100, 107, 108, 116, 124, 134, 135, 136, 147, 148, 155, 156, 157, 256, 257, 262, 263, 264, 265, 345, 499,
                               chance.randrange(BLOCK), chance.randrange(BLOCK)))
        block[where] = chance.choice((chance.randrange(256), block[where] ^ 1 << chance.randrange(8), *b"\0 /.0123457LKxgVS+-\x80\xff"))
    changed = bytes(block)
    records[at] = summed(changed[:BLOCK]) + changed[BLOCK:] if chance.random() < 0.8 else changed


def change_body(chance: Random, records: Records, _: list[Records]) -> None:
    """Bytes of an extended header's body, if there is one; else of a file's."""
    extensions = [n for n, r in enumerate(records) if is_extension(r) and len(r) > BLOCK]
    at = chance.choice(extensions) if extensions else at_random(chance, records)
    body = bytearray(records[at][BLOCK:])
    if body:
        used = len(body.rstrip(b"\0")) + 2
        body[chance.randrange(min(used, len(body)))] = chance.choice((chance.randrange(256), *b"\0\n =0123456789/."))
        records[at] = records[at][:BLOCK] + bytes(body)


def move(chance: Random, records: Records, _: list[Records]) -> None:
    records.insert(at_random(chance, records), records.pop(at_random(chance, records)))


def repeat(chance: Random, records: Records, _: list[Records]) -> None:
    records.insert(at_random(chance, records), records[at_random(chance, records)])


def leave_out(chance: Random, records: Records, _: list[Records]) -> None:
    if len(records) > 2:
        del records[at_random(chance, records)]


def splice(chance: Random, records: Records, seeds: list[Records]) -> None:
    """A few records of another archive."""
    other = chance.choice(seeds)
    start = chance.randrange(len(other))
    records[at_random(chance, records):0] = other[start : start + chance.randint(1, 3)]


def extend(chance: Random, records: Records, _: list[Records]) -> None:
    """An extended header before an entry."""
    name = a_name(chance, records) or b"dist/x"
    number = chance.choice((b"0", b"1", b"2", b"4294967294", b"4294967295", b"4294967296", b"BINARY", b"512", b"1024", b"00", b"-0", b"+1", b"1000.5", b""))
    keyword = chance.choice((b"path", b"linkpath", b"size", b"uid", b"gid", b"uname", b"gname", b"mtime", b"atime", b"comment", b"SCHILY.ino",
                             b"SCHILY.xattr.user.x", b"LIBARCHIVE.xattr.user.x", b"LIBARCHIVE.creationtime", b"GNU.sparse.name",
                             b"GNU.sparse.realsize", b"hdrcharset", b"SCHILY.fflags", b"SCHILY.realsize", b"VENDOR.x", b"SCHILY.acl.access",
                             b"RHT.security.selinux", b"SUN.holesdata", b"charset"))
    value = name if keyword in (b"path", b"linkpath", b"GNU.sparse.name", b"uname") else number
    made = chance.choice(
        (
            lambda: pax((keyword, value)),
            lambda: pax((keyword, value), (b"mtime", b"1700000000.25")),
            lambda: pax((keyword, value), type=b"g"),
            lambda: pax((b"hdrcharset", b"BINARY"), (keyword, value)),
            lambda: pax(body=record(keyword, value) + chance.choice((b"\0", b"\n", b"0", b"", record(keyword, value)))),
            lambda: gnu_long(name),
            lambda: gnu_long(name, b"K"),
            lambda: gnu_long(b"", body=name),
        )
    )
    records.insert(at_random(chance, records), made())


def add(chance: Random, records: Records, _: list[Records]) -> None:
    """A well-formed entry whose name meets others."""
    name, target = a_name(chance, records)[:100], a_name(chance, records)[:100]
    made = chance.choice(
        (
            lambda: file(name, b"other\n"),
            lambda: file(name, b""),
            lambda: folder(name, mode=chance.choice((0o755, 0o700, 0o777, 0))),
            lambda: symlink(name, target),
            lambda: hardlink(name, target),
            lambda: header(name, type=b"6"),
        )
    )
    records.insert(chance.randrange(len(records)), made())


def zeros(chance: Random, records: Records, _: list[Records]) -> None:
    records.insert(chance.randrange(len(records) + 1), bytes(BLOCK) * chance.choice((1, 1, 2, 3, 20)))


OPERATIONS: tuple[tuple[Callable[[Random, Records, list[Records]], None], int], ...] = (
    (change_field, 30),
    (change_bytes, 20),
    (change_body, 8),
    (move, 8),
    (repeat, 8),
    (leave_out, 5),
    (splice, 8),
    (extend, 12),
    (add, 12),
    (zeros, 3),
)


def cut(chance: Random, data: bytes) -> bytes:
    return data[: chance.choice((chance.randrange(len(data) + 1), chance.randrange(len(data) // BLOCK + 1) * BLOCK))]


def packed(chance: Random, data: bytes) -> bytes:
    """The gzip around it: mostly plain, sometimes odd itself."""
    kind = chance.random()
    if kind < 0.88:
        return gz(data, level=1)
    half = chance.randrange(len(data) + 1)
    if kind < 0.92:
        return gz(data[:half], level=1) + gz(data[half:], level=chance.choice((0, 1, 9)))
    if kind < 0.95:
        return gz(data) + chance.choice((b"\0", bytes(700), b"x", b"\x1f\x8b", gz(b""), gz(END), b"\n"))
    if kind < 0.97:
        return gz(data, flags=chance.choice((1, 2, 4, 8, 16, 32)), extra=chance.choice((b"name\0", b"\2\0ab", b"")))
    whole = bytearray(gz(data))
    whole[chance.randrange(len(whole))] ^= 1 << chance.randrange(8)
    return bytes(whole)


def mutation(number: int, seeds: list[Records]) -> bytes:
    """The archive of that number: one to three changes to one of the seeds."""
    chance = Random(number)
    records = list(chance.choice(seeds))
    operations, weights = zip(*OPERATIONS)
    for operation in chance.choices(operations, weights, k=chance.choice((1, 1, 2, 3))):
        operation(chance, records, seeds)
    data = b"".join(records)
    return packed(chance, cut(chance, data) if chance.random() < 0.03 else data)
