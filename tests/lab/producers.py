"""Archives by every ordinary producer that is here, of every format and with the options people use."""

from __future__ import annotations

import os
import struct
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from harness import NPM, PNPM, TOOLS, must, write, write_json

LONG = "x" * 118
DEEP = "/".join(["level-" + "y" * 54] * 6)


def plain(root: Path) -> None:
    """What every format can say: files, an empty one, folders, an empty one, modes, a link."""
    write_json(root / "package.json", {"name": "server-flow-agent", "version": "0.1.27"})
    write(root / "dist/index.js", "import '@server-flow/shared';\n")
    write(root / "dist/empty.js", "")
    write(root / "dist/exactly-one-block", "b" * 512)
    write(root / "dist/large.js", b"".join(b"// line %d\n" % n for n in range(9000)))
    write(root / "bin/start", "#!/bin/sh\n", 0o755)
    (root / "empty").mkdir()
    (root / "dist/main.js").symlink_to("index.js")


def hard_links(root: Path) -> None:
    plain(root)
    os.link(root / "dist/large.js", root / "dist/twin.js")
    (root / "other").mkdir()
    os.link(root / "dist/large.js", root / "other/twin.js")
    os.link(root / "dist/empty.js", root / "other/empty.js")


def long_names(root: Path) -> None:
    """Beyond ustar's 100 and 255 bytes, in names and in targets."""
    plain(root)
    write(root / f"dist/{LONG}.js", "long\n")
    write(root / DEEP / f"{LONG}.js", "deep\n")
    (root / "dist/to-long").symlink_to(f"{LONG}.js")
    (root / "dist/to-deep").symlink_to(f"../{DEEP}/{LONG}.js")
    os.link(root / f"dist/{LONG}.js", root / "dist/hard")
    os.link(root / DEEP / f"{LONG}.js", root / f"dist/{LONG}-hard.js")


def middle_names(root: Path) -> None:
    """More than 100 bytes in all, which ustar's prefix can hold."""
    plain(root)
    write(root / ("p" * 90) / ("q" * 60) / ("n" * 95), "prefix\n")
    write(root / "exact" / ("e" * 94), "100 bytes\n")


def odd_names(root: Path) -> None:
    plain(root)
    for name in ("café", "日本語", "a b", " lead", "-n", "#x", "a:b", "back\\slash", "new\nline", "tab\there", "~", "emoji-🚀"):
        write(root / "dist" / name, name)


def latin_names(root: Path) -> None:
    plain(root)
    write(Path(os.fsdecode(os.fsencode(root) + b"/dist/latin-\xe9")), "latin-1\n")


def attributes(root: Path) -> None:
    plain(root)
    os.setxattr(root / "dist/index.js", "user.origin", b"https://localhost/\n\0x")


def sparse(root: Path) -> None:
    plain(root)
    with open(root / "dist/sparse", "wb") as hole:
        hole.truncate(1 << 20)
        hole.seek(300_000)
        hole.write(b"island")


def everywhere(root: Path, change: Callable[[Path], None]) -> None:
    """The plain tree, with something done to everything in it, innermost first."""
    plain(root)
    for path in sorted(root.rglob("*"), reverse=True):
        change(path)
    change(root)


def large_owner(root: Path) -> None:
    """A number that octal has no room for, as OpenShift's pods and logins of a directory have."""
    everywhere(root, lambda path: os.chown(path, 1_000_710_000, 3_000_000, follow_symlinks=False))


def old_times(root: Path) -> None:
    everywhere(root, lambda path: os.utime(path, (-86_400.5, -86_400.5), follow_symlinks=False))


def far_times(root: Path) -> None:
    """Behind 2242, where octal has no room either."""
    everywhere(root, lambda path: os.utime(path, (9_000_000_000, 9_000_000_000), follow_symlinks=False))


def access_lists(root: Path) -> None:
    """A file that the user 1000 may also write: the list of acl(5) as the kernel keeps it."""
    plain(root)
    entries = ((1, 6, 0xFFFFFFFF), (2, 6, 1000), (4, 4, 0xFFFFFFFF), (0x10, 6, 0xFFFFFFFF), (0x20, 4, 0xFFFFFFFF))
    kept = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)
    os.setxattr(root / "dist/index.js", "system.posix_acl_access", kept)


Tree = Callable[[Path], None]


@dataclass
class Producer:
    """How an archive is made of a tree, and whether it is one to accept."""

    name: str
    make: Callable[[Path, Path], object]  # the tree's folder, the archive to write
    tree: Tree = plain
    refused: str = ""  # the rules of which one must refuse it
    wrapped: bool = False


def line(script: str, **env: str) -> Callable[[Path, Path], object]:
    """A shell line run in the tree's folder; OUT is the archive."""
    return lambda root, out: must("bash", "-euo", "pipefail", "-c", script, cwd=root, OUT=str(out), **env)


def gnu(options: str = "", names: str = ".") -> Callable[[Path, Path], object]:
    return line(f'tar {options} -czf "$OUT" {names}')


def bsd(options: str = "", names: str = ".") -> Callable[[Path, Path], object]:
    return line(f'bsdtar {options} -czf "$OUT" {names}')


def python_says(**records: str) -> Callable[[Path, Path], object]:
    """PAX records before every entry; `__` stands for the full stop."""
    said = {keyword.replace("__", "."): value for keyword, value in records.items()}

    def say(member: tarfile.TarInfo) -> tarfile.TarInfo:
        member.pax_headers = dict(said)
        return member

    def make(root: Path, out: Path) -> None:
        with tarfile.open(out, "w:gz", format=tarfile.PAX_FORMAT) as tar:
            tar.add(root, ".", filter=say)

    return make


def python(form: int, names: str) -> Callable[[Path, Path], object]:
    def make(root: Path, out: Path) -> None:
        with tarfile.open(out, "w:gz", format=form) as tar:
            if names == ".":
                tar.add(root, ".")
            else:
                for path in sorted(root.iterdir()):
                    tar.add(path, path.name)

    return make


def node(options: str, names: str = "['.']") -> Callable[[Path, Path], object]:
    code = (
        "const tar = require(process.env.TAR); const fs = require('fs');"
        f"tar.create({{sync: true, gzip: true, file: process.env.OUT, cwd: process.cwd(), {options}}}, {names});"
    )
    return lambda root, out: must("node", "-e", code, cwd=root, OUT=str(out), TAR=str(TOOLS / "tar"))


ALL = "$(ls -A)"
LIST = "fs.readdirSync(process.cwd())"

GNU_FORMATS = ("gnu", "oldgnu", "pax", "posix", "ustar")
GNU_TREES = {"plain": plain, "hard links": hard_links, "long names": long_names, "names of 101 to 255 bytes": middle_names, "odd names": odd_names}
GNU_OPTIONS = {
    "--owner and --group of Windows": "--owner=dev:197121 --group=197121",
    "--sort=name --mtime --numeric-owner": "--sort=name --mtime=@0 --numeric-owner --owner=0 --group=0",
    "--hard-dereference --dereference": "--hard-dereference --dereference",
    "--blocking-factor=1": "-b 1",
    "--blocking-factor=64": "-b 64",
    "--mode of Windows": "--mode=a+rwX",
    "--transform into ./": "--transform=s,^,./,",
    "--no-recursion, files only": "--no-recursion -T <(find . -type f)",
    "-v, as in the document": "-v",
}


def gnu_tar() -> list[Producer]:
    made = []
    for form in GNU_FORMATS:
        for tree, build in GNU_TREES.items():
            if form == "ustar" and tree == "long names":
                continue  # GNU tar itself refuses to write them
            for way, names in (("./", "."), ("names", ALL)):
                made.append(Producer(f"GNU tar {form}, {tree}, {way}", gnu(f"--format={form}", names), build))
        for what, options in GNU_OPTIONS.items():
            names = "" if "-T" in options else "."
            made.append(Producer(f"GNU tar {form}, {what}", gnu(f"--format={form} {options}", names), hard_links))
    made += [
        *(
            Producer(f"GNU tar {form}, a Latin-1 name", gnu(f"--format={form}"), latin_names, refused="archive-ambiguous" if form in ("pax", "posix") else "")
            for form in GNU_FORMATS
        ),
        Producer("busybox tar, a Latin-1 name", line('busybox tar -czf "$OUT" .'), latin_names),
        Producer("GNU tar pax, --xattrs", gnu("--format=pax --xattrs"), attributes),
        Producer("GNU tar pax, no atime and ctime", gnu("--format=pax --pax-option=delete=atime,delete=ctime"), long_names),
        Producer("GNU tar pax, exthdr.name", gnu("--format=pax --pax-option=exthdr.name=%d/PaxHeaders/%f"), long_names),
        Producer("GNU tar pax, a global comment", gnu("--format=pax --pax-option=comment=agent"), plain),
        Producer("GNU tar gnu, files before folders", gnu("--no-recursion", '$(find . -type f -o -type l) $(find . -type d)'), plain),
        Producer("GNU tar gnu, --sparse", gnu("--sparse"), sparse, refused="archive-special-file archive-ambiguous"),
        *(
            Producer(f"GNU tar pax, --sparse {v}", gnu(f"--format=pax --sparse --sparse-version={v}"), sparse, refused="archive-special-file archive-ambiguous")
            for v in ("0.0", "0.1", "1.0")
        ),
        Producer("GNU tar v7", gnu("--format=v7"), plain, refused="archive-ambiguous archive-unreadable"),
        Producer("GNU tar gnu, --label", gnu("--label=agent"), plain, refused="archive-special-file archive-ambiguous"),
        Producer("GNU tar pax, --label", gnu("--format=pax --label=agent"), plain, refused="archive-special-file archive-ambiguous"),
        Producer("GNU tar gnu, --listed-incremental", line('tar --listed-incremental="$OUT.snar" -czf "$OUT" .; rm "$OUT.snar"'), plain, refused="archive-special-file archive-ambiguous"),
        Producer("GNU tar, two gzip members", line('tar -cf "$OUT.tar" .; { head -c 3000 "$OUT.tar" | gzip; tail -c +3001 "$OUT.tar" | gzip; } >"$OUT"; rm "$OUT.tar"')),
        Producer("GNU tar, -I 'gzip -9'", line("tar -I 'gzip -9' -cf \"$OUT\" .")),
        Producer("GNU tar, a pipe to gzip --rsyncable", line('tar -cf - . | gzip --rsyncable >"$OUT"')),
        Producer("GNU tar, gzip with a name and zeros after it", line('tar -cf "$OUT.tar" .; gzip -k "$OUT.tar"; head -c 4096 /dev/zero | cat "$OUT.tar.gz" - >"$OUT"; rm "$OUT".tar*')),
        Producer("GNU tar --concatenate of two archives", line('tar -cf "$OUT.a" dist; tar -cf "$OUT.b" package.json; tar -Af "$OUT.a" "$OUT.b"; gzip <"$OUT.a" >"$OUT"; rm "$OUT".?')),
        Producer("GNU tar --append of a changed file", line('tar -cf "$OUT.a" .; echo "// new" >>dist/index.js; tar -rf "$OUT.a" ./dist/index.js; gzip <"$OUT.a" >"$OUT"; rm "$OUT.a"'), refused="archive-ambiguous"),
        Producer("GNU tar from the folder's parent", line('tar -czf "$OUT" -C .. "$(basename "$PWD")"'), wrapped=True),
    ]
    return made


def others() -> list[Producer]:
    made = []
    for form in ("ustar", "pax", "gnutar"):
        for tree, build in GNU_TREES.items():
            if form == "ustar" and tree in ("long names", "odd names"):
                continue  # not writable as ustar
            for way, names in (("./", "."), ("names", ALL)):
                # It writes link targets into the headers of other types, which makes node-tar leave entries out.
                refused = "archive-ambiguous" if (form, tree) == ("gnutar", "long names") else ""
                made.append(Producer(f"bsdtar {form}, {tree}, {way}", bsd(f"--format={form}", names), build, refused))
    made += [
        Producer("bsdtar, its default format", bsd(), hard_links),
        Producer("bsdtar, extended attributes", bsd("--xattrs"), attributes),
        Producer("bsdtar, an owner", bsd("--uid 501 --gid 20 --uname dev --gname staff"), plain),
        Producer("bsdtar cpio", bsd("--format=cpio"), plain, refused="archive-unreadable archive-ambiguous"),
        Producer("bsdtar newc", bsd("--format=newc"), plain, refused="archive-unreadable archive-ambiguous"),
        Producer("bsdtar v7", bsd("--format=v7"), plain, refused="archive-unreadable archive-ambiguous"),
    ]
    for tree, build in GNU_TREES.items():
        made.append(Producer(f"busybox tar, {tree}, ./", line('busybox tar -czf "$OUT" .'), build))
        made.append(Producer(f"busybox tar, {tree}, names", line(f'busybox tar -czf "$OUT" {ALL}'), build))
        for form, number in (("GNU", tarfile.GNU_FORMAT), ("PAX", tarfile.PAX_FORMAT), ("USTAR", tarfile.USTAR_FORMAT)):
            if form == "USTAR" and tree == "long names":
                continue
            made.append(Producer(f"Python tarfile {form}, {tree}, ./", python(number, "."), build))
            made.append(Producer(f"Python tarfile {form}, {tree}, names", python(number, "names"), build))
        for what, options in (("", ""), (", portable", "portable: true,"), (", noPax", "noPax: true,"), (", no mtime", "noMtime: true,")):
            if "noPax" in options and tree in ("long names", "odd names"):
                continue  # it would cut the names
            made.append(Producer(f"node-tar{what}, {tree}, ./", node(options), build))
            made.append(Producer(f"node-tar{what}, {tree}, names", node(options, LIST), build))
    pack = 'mkdir "$OUT.d"; {} --pack-destination "$OUT.d" >/dev/null; mv "$OUT.d"/*.tgz "$OUT"; rmdir "$OUT.d"'
    git = 'git init -q . && git add -A && git -c user.name=dev -c user.email=dev@localhost commit -qm x && git archive --format=tar.gz {} HEAD >"$OUT" && rm -rf .git'
    made += [
        Producer("npm pack", line(pack.format(f'"{NPM}" pack')), wrapped=True),
        Producer("pnpm pack", line(pack.format(f'"{PNPM}" pack')), wrapped=True),
        Producer("git archive", line(git.format("")), plain),
        Producer("git archive, long names", line(git.format("")), long_names),
        Producer("git archive --prefix", line(git.format("--prefix=agent-bundle/")), wrapped=True),
    ]
    return made


# Without effect on the tree: flags, access lists and labels of other systems, and what only their own programs read.
WITHOUT_EFFECT = {
    "file flags": {"SCHILY__fflags": "nodump"},
    "an access list for what is made in a folder": {"SCHILY__acl__default": "user::rwx,group::r-x,other::r-x"},
    "a label of SELinux": {"RHT__security__selinux": "system_u:object_r:bin_t:s0"},
    "keywords of libarchive": {"LIBARCHIVE__creationtime": "1700000000", "LIBARCHIVE__xattr__user__x": "AQIA"},
    "keywords of Windows' containers": {"MSWINDOWS__fileattr": "32", "MSWINDOWS__rawsd": "AQAEgBQA"},
    "a vendor's keyword with two lines": {"VENDOR__note": "one\ntwo"},
    "hdrcharset=BINARY": {"hdrcharset": "BINARY"},
    "hdrcharset of UTF-8": {"hdrcharset": "ISO-IR 10646 2000 UTF-8"},
}
WITH_EFFECT = {
    "a sparse file's name": {"GNU__sparse__name": "dist/other.js"},
    "star's size": {"SCHILY__realsize": "1"},
    "Solaris' holes": {"SUN__holesdata": "0 1"},
    "another charset": {"charset": "ISO-IR 8859 1 1998"},
    "another hdrcharset": {"hdrcharset": "ISO-IR 8859 1 1998"},
    "a keyword of POSIX's that is not known": {"realtime": "1"},
}


def beyond_octal() -> list[Producer]:
    """Owners and times that have no room as octal digits, and the keywords of other systems."""
    made = []
    node_formats = (("", ""), (", portable", "portable: true,"), (", noPax", "noPax: true,"))
    for what, build in (("a large owner", large_owner), ("times before 1970", old_times), ("times behind 2242", far_times)):
        made += [Producer(f"GNU tar {form}, {what}", gnu(f"--format={form}"), build) for form in ("gnu", "oldgnu", "pax")]
        made += [Producer(f"bsdtar {form}, {what}", bsd(f"--format={form}"), build) for form in ("gnutar", "pax", "paxr")]
        made += [Producer(f"Python tarfile {form}, {what}", python(number, "."), build) for form, number in (("GNU", tarfile.GNU_FORMAT), ("PAX", tarfile.PAX_FORMAT))]
        if build is not old_times:  # which it stops at
            made += [Producer(f"node-tar{form}, {what}", node(options), build) for form, options in node_formats]
        made.append(Producer(f"busybox tar, {what}", line('busybox tar -czf "$OUT" .'), build))
    for form in ("gnu", "oldgnu", "pax"):
        made += [
            Producer(f"GNU tar {form}, --owner beyond octal", gnu(f"--format={form} --owner=dev:3000000 --group=dev:4294967294")),
            Producer(f"GNU tar {form}, --mtime before 1970", gnu(f"--format={form} --mtime=@-1")),
            Producer(f"GNU tar {form}, --mtime behind 2242", gnu(f"--format={form} --mtime=@8589934592")),
        ]
    made += [Producer(f"Python tarfile, {what}", python_says(**records)) for what, records in WITHOUT_EFFECT.items()]
    made += [Producer(f"Python tarfile, {what}", python_says(**records), refused="archive-ambiguous") for what, records in WITH_EFFECT.items()]
    made += [
        Producer("GNU tar pax, --acls", gnu("--format=pax --acls"), access_lists),
        Producer("bsdtar pax, --acls", bsd("--format=pax --acls"), access_lists),
        # Without a locale, as in most containers, bsdtar takes every name beyond ASCII for bytes.
        *(Producer(f"bsdtar {form} without a locale, {tree}", line(f'bsdtar --format={form} -czf "$OUT" .', LC_ALL="C"), build) for form in ("pax", "paxr") for tree, build in (("odd names", odd_names), ("Latin-1 names", latin_names))),
    ]
    return made


def table() -> list[Producer]:
    return gnu_tar() + others() + beyond_octal()
