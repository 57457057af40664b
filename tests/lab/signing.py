"""Signatures against other people's tools: minisign, OpenSSL, Node and sha256sum, and every command of docs/signing.md.

Both ways each time: they verify what we sign, we verify what they sign; and they refuse what was changed, so that a tool
that accepts everything cannot pass for a judge.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Callable

import mistakes
from harness import BINARY, REPO, Mismatch, Part, Ran, archive, must, run as execute, scratch, shell, write

PASSPHRASE = "correct horse battery staple"
# Sizes around the blocks of SHA-512 and BLAKE2b (128 bytes) and beyond every buffer.
CONTENTS = {"empty": b"", "one byte": b"\0", "127 bytes": b"a" * 127, "128 bytes": b"b" * 128, "1 MiB": bytes(range(256)) * 4096}

NODE_VERIFY = """
import { createPublicKey, verify } from 'node:crypto'
import { readFileSync } from 'node:fs'
const [key, file, signature, form] = process.argv.slice(1)
const raw = readFileSync(signature)
const bytes = form === 'base64' ? Buffer.from(raw.toString('latin1').trim(), 'base64') : raw
process.exit(verify(null, readFileSync(file), createPublicKey(readFileSync(key)), bytes) ? 0 : 1)
"""
NODE_SIGN = """
import { createPrivateKey, sign } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
const [key, file, signature, form, passphrase] = process.argv.slice(1)
const made = sign(null, readFileSync(file), createPrivateKey({ key: readFileSync(key), passphrase }))
writeFileSync(signature, form === 'base64' ? made.toString('base64') : made)
"""
NODE_KEYS = """
import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
const { publicKey, privateKey } = generateKeyPairSync('ed25519')
writeFileSync('node.pub.pem', publicKey.export({ type: 'spki', format: 'pem' }))
writeFileSync('node.key', privateKey.export({ type: 'pkcs8', format: 'pem' }))
const cipher = { cipher: 'aes-256-cbc', passphrase: process.argv[1] }
writeFileSync('node-encrypted.key', privateKey.export({ type: 'pkcs8', format: 'pem', ...cipher }))
"""


def doctor(*words: object, cwd: Path, **env: str) -> Ran:
    """The binary without keys or settings of the machine's."""
    return execute(BINARY, *words, "--no-config", cwd=cwd, **{"HOME": str(cwd), "BUNDLE_DOCTOR_KEYS": "", **env})


def signs(work: Path, key: str, file: str, *options: str, **env: str) -> dict:
    ran = doctor("sign", file, "--key", key, "--json", "--force", *options, cwd=work, **env)
    if ran.code != 0:
        raise Mismatch(f"sign {file} {options} exited {ran.code}: {ran.text}")
    return json.loads(ran.out)


def verifies(work: Path, file: str, key: str, form: str, signature: str | None = None) -> dict:
    named = ("--signature", signature) if signature else ()
    ran = doctor("verify", file, "--key", key, "--json", *named, cwd=work)
    if ran.code != 0:
        raise Mismatch(f"verify {file} by {key} exited {ran.code}: {ran.text}")
    found = json.loads(ran.out)["signature"]
    if (found["status"], found["format"]) != ("verified", form):
        raise Mismatch(f"verified as {found}, not as {form}")
    return found


def refuses(work: Path, file: str, key: str, signature: str | None = None) -> None:
    named = ("--signature", signature) if signature else ()
    ran = doctor("verify", file, "--key", key, *named, cwd=work)
    if ran.code != 1 or " verified: " in ran.text:
        raise Mismatch(f"{file}, changed, gives exit {ran.code}: {ran.text}")


def accepted(ran: Ran, who: str) -> None:
    if ran.code != 0:
        raise Mismatch(f"{who} refuses what we signed: {ran.text[:600]}")


def changed(work: Path, file: str) -> str:
    """A copy with one byte more, under another name but the same last part."""
    (work / "changed").mkdir(exist_ok=True)
    return str(write(work / "changed" / file, (work / file).read_bytes() + b"!").relative_to(work))


def tool_refuses(ran: Ran, who: str) -> None:
    if ran.code == 0:
        raise Mismatch(f"{who} accepts changed content, so it judges nothing")


# --- The other tools' words -------------------------------------------------------------------------------------------


def minisign_verify(work: Path, file: str, signature: str, line: str) -> Ran:
    return execute("minisign", "-V", "-m", file, "-x", signature, "-P", line, cwd=work)


def openssl_verify(work: Path, file: str, signature: str, key: str) -> Ran:
    words = ("-verify", "-pubin", "-inkey", key, "-rawin", "-in", file, "-sigfile", signature)
    return execute("openssl", "pkeyutl", *words, cwd=work)


def openssl_sign(work: Path, file: str, signature: str, key: str) -> None:
    must("openssl", "pkeyutl", "-sign", "-inkey", key, "-rawin", "-in", file, "-out", signature, cwd=work)


def node(work: Path, script: str, *words: str) -> Ran:
    return execute("node", "--input-type=module", "-e", script, "--", *words, cwd=work)


# --- Cases ------------------------------------------------------------------------------------------------------------


SUM_FORMS = {
    "two spaces": "{sum}  {name}\n", "a star": "{sum} *{name}\n", "one space": "{sum} {name}\n", "a tab": "{sum}\t{name}\n",
    "a tab and a space": "{sum}\t {name}\n", "upper case": "{SUM}  {name}\n", "CRLF": "{sum}  {name}\r\n",
    "no newline": "{sum}  {name}", "--tag": "SHA256 ({name}) = {sum}\n", "--tag, close": "SHA256({name})={sum}\n",
    "--tag, CRLF": "SHA256 ({name}) = {sum}\r\n", "--tag, a blank behind": "SHA256 ({name}) = {sum} \n",
    "--tag, two blanks": "SHA256  ({name}) = {sum}\n", "--tag, lower case": "sha256 ({name}) = {sum}\n",
    "--tag of another": "SHA512 ({name}) = {sum}\n", "blanks before": " \t{sum}  {name}\n", "a comment": "# x\n{sum}  {name}\n",
    "a comment behind a blank": " # x\n{sum}  {name}\n", "empty lines": "\n\r\n{sum}  {name}\n\n", "a dot": "{sum}  ./{name}\n",
    "dots and slashes": "{sum}  .//./{name}\n", "twice": "{sum}  {name}\n{sum}  ./{name}\n", "65 digits": "{sum}0  {name}\n",
    "63 digits": "{short}  {name}\n", "escaped": "\\{sum}  {name}\n", "an unknown escape": "\\{sum}  {name}\\t\n",
    "two, then one space": "{sum}  {name}\n{sum} {name}\n", "one space, then --tag": "{sum} {name}\nSHA256 ({name}) = {sum}\n",
    "three spaces": "{sum}   {name}\n", "a line of words": "{sum}  {name}\nwords\n", "our line of a link": "#link {sum}  node_modules/x\n{sum}  {name}\n",
}


def forms_of_sha256sum(part: Part, work: Path) -> None:
    """A manifest that `sha256sum -c --strict` takes is taken, and one that it finds fault with is not verified."""

    def case(form: str) -> None:
        folder = work / "sums"
        must("rm", "-rf", folder, cwd=work)
        write(folder / "index.js", b"x")
        digest = must("sha256sum", "index.js", cwd=folder).out.decode()[:64]
        words = {"sum": digest, "SUM": digest.upper(), "short": digest[1:], "name": "index.js"}
        write(folder / "SHA256SUMS", form.format(**words).encode())
        signs(work, "ours.key", "sums/SHA256SUMS")
        theirs = execute("sha256sum", "--check", "--strict", "SHA256SUMS", cwd=folder).code == 0
        ours = doctor("verify", "sums", "--key", "ours.pub.pem", cwd=work)
        if theirs != (ours.code == 0):
            raise Mismatch(f"sha256sum {'takes' if theirs else 'refuses'} it, and verify exits {ours.code}: {ours.text[:400]}")

    for name, form in SUM_FORMS.items():
        part.case(f"sha256sum -c and verify agree: {name}", lambda form=form: case(form))


def they_verify_ours(part: Part, work: Path, line: str) -> None:
    for case, content in CONTENTS.items():
        file = write(work / "content", content).name

        def by_minisign() -> None:
            signs(work, "ours.key", file)
            accepted(minisign_verify(work, file, f"{file}.minisig", line), "minisign")
            tool_refuses(minisign_verify(work, changed(work, file), f"{file}.minisig", line), "minisign")
            verifies(work, file, "ours.pub.pem", "minisign", f"{file}.minisig")

        def by_the_plain_ones(form: str) -> Callable[[], None]:
            def do() -> None:
                signs(work, "ours.key", file, "--signature-format", form)
                signature = f"{file}.sig"
                accepted(node(work, NODE_VERIFY, "ours.pub.pem", file, signature, form), "node")
                tool_refuses(node(work, NODE_VERIFY, "ours.pub.pem", changed(work, file), signature, form), "node")
                if form == "base64":
                    decoded = must("openssl", "base64", "-d", "-A", "-in", signature, cwd=work).out
                    signature = write(work / "decoded.sig", decoded).name
                # OpenSSL 3.0's pkeyutl cannot take an empty file: "Error reading input Data".
                if content:
                    accepted(openssl_verify(work, file, signature, "ours.pub.pem"), "openssl")
                tool_refuses(openssl_verify(work, changed(work, file), signature, "ours.pub.pem"), "openssl")
                verifies(work, file, "ours.pub.pem", form, f"{file}.sig")

            return do

        part.case(f"minisign verifies ours: {case}", by_minisign)
        part.case(f"openssl and node verify ours, raw: {case}", by_the_plain_ones("raw"))
        part.case(f"openssl and node verify ours, base64: {case}", by_the_plain_ones("base64"))


def we_verify_minisign(part: Part, work: Path) -> None:
    must("minisign", "-G", "-W", "-p", "plain.pub", "-s", "plain.sec", cwd=work)
    # The passphrase twice, as minisign asks for it; without a terminal it reads stdin.
    twice = f"{PASSPHRASE}\n{PASSPHRASE}\n".encode()
    must("minisign", "-G", "-p", "locked.pub", "-s", "locked.sec", cwd=work, stdin=twice)
    for kind in ("plain", "locked"):
        for form, options in (("minisign", ()), ("minisign-legacy", ("-l",))):
            for case, content in CONTENTS.items():
                file = write(work / "content", content).name
                signature = f"{kind}.{form}.minisig"

                def theirs() -> None:
                    words = ("-S", *options, "-s", f"{kind}.sec", "-m", file, "-x", signature, "-t", "their words")
                    must("minisign", *words, cwd=work, stdin=f"{PASSPHRASE}\n".encode())
                    found = verifies(work, file, f"{kind}.pub", form, signature)
                    if found["comment"] != "their words":
                        raise Mismatch(f"the trusted comment is {found['comment']!r}")
                    refuses(work, changed(work, file), f"{kind}.pub", signature)
                    bare = write(work / "bare", (work / f"{kind}.pub").read_text().splitlines()[1])
                    verifies(work, file, bare.name, form, signature)

                # Opening an encrypted key takes minisign a second and a gigabyte: once a form is enough.
                if kind == "plain" or case == "1 MiB":
                    part.case(f"we verify minisign's, {form}, {kind} key: {case}", theirs)

        def ours_with_their_key() -> None:
            file = write(work / "content", b"content").name
            made = signs(work, f"{kind}.sec", file, BUNDLE_DOCTOR_PASSPHRASE=PASSPHRASE)
            line = (work / f"{kind}.pub").read_text().splitlines()[1]
            accepted(minisign_verify(work, file, f"{file}.minisig", line), "minisign")
            found = verifies(work, file, f"{kind}.pub", "minisign", f"{file}.minisig")
            # minisign prints the number without leading zeros.
            theirs_id = int((work / f"{kind}.pub").read_text().split()[5], 16)
            if found["key_id"] != made["signature"]["key_id"] or int(found["key_id"], 16) != theirs_id:
                raise Mismatch(f"the key has several ids: {found} {made}")

        part.case(f"we sign with minisign's {kind} key", ours_with_their_key)

    def wrong_passphrase() -> None:
        ran = doctor("sign", "content", "--force", "--key", "locked.sec", cwd=work, BUNDLE_DOCTOR_PASSPHRASE="wrong one")
        if ran.code != 2 or "wrong one" in ran.text:
            raise Mismatch(f"exit {ran.code}: {ran.text}")

    part.case("a wrong passphrase for minisign's key", wrong_passphrase)


def we_verify_openssl_and_node(part: Part, work: Path) -> None:
    must("openssl", "genpkey", "-algorithm", "ed25519", "-out", "openssl.key", cwd=work)
    must("openssl", "pkey", "-in", "openssl.key", "-pubout", "-out", "openssl.pub.pem", cwd=work)
    write(work / "passphrase", PASSPHRASE + "\n")
    locked = ("-in", "openssl.key", "-passout", "file:passphrase")
    ciphers = {"pbkdf2": ("-v2", "aes-256-cbc"), "scrypt": ("-scrypt",)}
    for name, options in ciphers.items():
        must("openssl", "pkcs8", "-topk8", *locked, *options, "-out", f"openssl-{name}.key", cwd=work)
    ran = node(work, NODE_KEYS, PASSPHRASE)
    if ran.code != 0:
        raise Mismatch(f"node makes no keys: {ran.text}")

    for case, content in CONTENTS.items():
        file = write(work / "content", content).name

        def openssls() -> None:
            openssl_sign(work, file, "openssl.sig", "openssl.key")
            verifies(work, file, "openssl.pub.pem", "raw", "openssl.sig")
            refuses(work, changed(work, file), "openssl.pub.pem", "openssl.sig")

        def nodes() -> None:
            for form in ("raw", "base64"):
                ran = node(work, NODE_SIGN, "node.key", file, "node.sig", form, "")
                accepted(ran, "node")
                verifies(work, file, "node.pub.pem", form, "node.sig")
                refuses(work, changed(work, file), "node.pub.pem", "node.sig")

        if content:
            part.case(f"we verify openssl's: {case}", openssls)
        part.case(f"we verify node's: {case}", nodes)

    def their_private_keys() -> None:
        file = write(work / "content", b"content").name
        keys = [("openssl.key", "openssl"), ("node.key", "node"), ("node-encrypted.key", "node")]
        for key, public in keys + [(f"openssl-{name}.key", "openssl") for name in ciphers]:
            signs(work, key, file, "--signature-format", "raw", "--passphrase-file", "passphrase")
            accepted(openssl_verify(work, file, f"{file}.sig", f"{public}.pub.pem"), f"openssl with {key}")

    part.case("we sign with the private keys of openssl and node, plain and encrypted", their_private_keys)


def they_read_our_keys(part: Part, work: Path) -> None:
    def encrypted() -> None:
        made = doctor("keygen", "-o", "locked", "--passphrase-file", "passphrase", cwd=work)
        accepted(made, "keygen")
        public = (work / "locked.pub.pem").read_bytes()
        words = ("pkey", "-in", "locked.key", "-pubout", "-passin")
        if must("openssl", *words, "file:passphrase", cwd=work).out != public:
            raise Mismatch("openssl finds another public half in our encrypted key")
        tool_refuses(execute("openssl", *words, "pass:wrong", cwd=work), "openssl with a wrong passphrase")
        write(work / "content", b"content")
        accepted(node(work, NODE_SIGN, "locked.key", "content", "node.sig", "raw", PASSPHRASE), "node")
        verifies(work, "content", "locked.pub.pem", "raw", "node.sig")

    def plain() -> None:
        if must("openssl", "pkey", "-in", "ours.key", "-pubout", cwd=work).out != (work / "ours.pub.pem").read_bytes():
            raise Mismatch("openssl finds another public half in our key")
        if must("openssl", "pkey", "-in", "ours.key", cwd=work).out != (work / "ours.key").read_bytes():
            raise Mismatch("our key is not written as openssl writes it")
        if (work / "ours.key").stat().st_mode & 0o777 != 0o600:
            raise Mismatch("the private key is not of mode 0600")

    part.case("openssl and node open our encrypted key", encrypted)
    part.case("openssl reads our plain key", plain)


def manifests(part: Part, work: Path, line: str) -> None:
    bundle = mistakes.clean_bundle(work / "bundle")
    for name in ("odd\nname", "back\\slash", " space ", "été", "*star", "#hash"):
        write(bundle / "dist" / name, name)

    def accepted_by_sha256sum() -> None:
        signs(work, "ours.key", "bundle")
        must("sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS", cwd=bundle)
        accepted(minisign_verify(bundle, "SHA256SUMS", "SHA256SUMS.minisig", line), "minisign")
        listing = "find . -type f ! -name 'SHA256SUMS*' -printf '%P\\0' | LC_ALL=C sort -z | xargs -0r sha256sum --"
        if shell(listing, bundle, LC_ALL="C").out != (bundle / "SHA256SUMS").read_bytes():
            raise Mismatch("the manifest is not what sha256sum writes for the same files")
        verifies(work, "bundle", "ours.pub.pem", "minisign")

    def through_an_archive() -> None:
        archive(bundle, work / "agent-bundle.tar.gz")
        (work / "out").mkdir()
        must("tar", "-xzf", "agent-bundle.tar.gz", "-C", "out", cwd=work)
        verifies(work, "out", "ours.pub.pem", "minisign")
        write(work / "out/dist/été", "changed")
        refuses(work, "out", "ours.pub.pem")
        tool_refuses(execute("sha256sum", "--check", "--quiet", "SHA256SUMS", cwd=work / "out"), "sha256sum")

    part.case("sha256sum and minisign accept a folder that we signed", accepted_by_sha256sum)
    forms_of_sha256sum(part, work)
    part.case("the folder verifies after extraction, and not after a change", through_an_archive)


# --- The page ---------------------------------------------------------------------------------------------------------


def page_fences() -> list[tuple[str, str]]:
    text = (REPO / "docs/signing.md").read_text()
    return re.findall(r"^```(sh|js)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def the_page(part: Part) -> None:
    """The page alone, in a repository with a bundle and nothing else."""
    with scratch("signing-page") as work:
        (work / "apps/agent").mkdir(parents=True)
        mistakes.clean_bundle(work / "apps/agent/bundle")
        (work / "bin").mkdir()
        os.symlink(BINARY, work / "bin/bundle-doctor")
        env = {"PATH": f"{work / 'bin'}:{os.environ['PATH']}", "HOME": str(work / "home"), "BUNDLE_DOCTOR_KEYS": ""}
        type_page(part, work, env, "docs/signing.md")


def type_page(part: Part, work: Path, env: dict[str, str], page: str) -> None:
    """Every command of docs/signing.md, in order, in a repository with a bundle; each shell block starts at its root."""
    fences = page_fences()
    if len(fences) < 15:
        part.fail(page, f"only {len(fences)} blocks were found")

    def block(language: str, text: str) -> Callable[[], None]:
        def do() -> None:
            if language == "js":
                name = re.match(r"// (\S+)\n", text)
                if not name:
                    raise Mismatch("the block does not say which file it is")
                write(work / name[1], text)
                return
            secrets = {}
            if "$RELEASE_KEY" in text:
                secrets["RELEASE_KEY"] = (work / "release.key").read_text()
                secrets["BUNDLE_DOCTOR_PASSPHRASE"] = (work / "release.passphrase").read_text().rstrip("\n")
            shell(text, work, **env, **secrets)

        return do

    for number, (language, text) in enumerate(fences, 1):
        part.case(f"{page}, block {number}: {text.splitlines()[0]}", block(language, text))

    def what_it_promises() -> None:
        """The by-hand ways refuse a changed archive too, and the dropped key is refused by its id."""
        bundle = work / "agent-bundle.tar.gz"
        bundle.write_bytes(bundle.read_bytes() + b"\0")
        by_hand = [text for _, text in fences if re.match(r"(minisign -V|openssl pkeyutl|node verify-bundle)", text)]
        if len(by_hand) != 3:
            raise Mismatch(f"{len(by_hand)} ways by hand were found")
        for text in by_hand:
            tool_refuses(execute("bash", "-euo", "pipefail", "-c", text, cwd=work, **env), text.split()[0])
        old = execute(BINARY, "verify", "deployed", cwd=work, **env)
        if old.code != 1 or "signature-untrusted" not in old.text:
            raise Mismatch(f"what the dropped key signed gives exit {old.code}: {old.text}")

    part.case(f"{page}: a changed archive is refused by hand, a dropped key by its id", what_it_promises)


def run(part: Part) -> None:
    with scratch("signing") as work:
        made = doctor("keygen", "--no-passphrase", "-o", "ours", "--json", cwd=work)
        accepted(made, "keygen")
        line = json.loads(made.out)["public_key"]
        they_verify_ours(part, work, line)
        we_verify_minisign(part, work)
        we_verify_openssl_and_node(part, work)
        they_read_our_keys(part, work)
        manifests(part, work, line)
    the_page(part)
