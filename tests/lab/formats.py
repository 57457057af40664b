"""What other programs read: JSON, SARIF, JUnit, workflow commands, completions, the man page, and the CI guide's examples.

Each is checked by a reader that is not ours: the official schemas, an XML parser, the shells, mandoc and groff.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
import xml.etree.ElementTree as xml
from pathlib import Path

import mistakes
from harness import BINARY, HOME, REPO, Mismatch, Part, archive, copy, must, remove, run as execute, scratch, write

SCHEMA_CHECKER = HOME / "venv/bin/check-jsonschema"
FORMS = ("human", "json", "sarif", "junit", "github", "html", "markdown")
SARIF_SCHEMA = REPO / "tests/schemas/sarif-2.1.0.json"
CHECK_SCHEMA = REPO / "docs/check.schema.json"
RULES_SCHEMA = REPO / "docs/rules.schema.json"

# A name with everything that a format must escape: XML, Markdown, workflow commands, terminals, JSON.
NASTY = "dist/a&b<c>\"d'e%0A::error ::f,g=|`h\u001b[31m\u202e\n]]>.js"


def valid(schema: Path | str, *documents: Path) -> None:
    """The documents stand against the schema; a name instead of a path is one that check-jsonschema brings along."""
    way = ("--builtin-schema", schema) if isinstance(schema, str) else ("--schemafile", schema)
    # The official SARIF schema has a pattern that is not a regular expression in Unicode mode.
    ran = execute(SCHEMA_CHECKER, "--regex-variant", "nonunicode", *way, *documents)
    if ran.code != 0:
        raise Mismatch(ran.text[:1500])


def subjects(work: Path) -> dict[str, list[Path]]:
    """What is judged in every format: by name, the paths of one run."""
    good = mistakes.clean_bundle(work / "good")
    packed = archive(good, work / "agent-bundle.tar.gz")
    bad = mistakes.with_several(good, work / "bad")
    nasty = copy(good, work / "nasty")
    write(nasty / NASTY, "x")
    os.symlink("/c/Users/\u001b]0;x\u0007/<b>", nasty / "dist/link\n::warning ::x")
    page = write(work / "page.tar.gz", "<!DOCTYPE html><html><body>404</body></html>")
    return {
        "a good folder": [good],
        "a good archive": [packed],
        "a bad folder": [bad],
        "a bad archive": [archive(bad, work / "bad.tar.gz", "--owner=dev:197121")],
        "odd names in a folder": [nasty],
        "odd names in an archive": [archive(nasty, work / "nasty.tar.gz")],
        "an HTML page": [page],
        "several": [packed, bad, page],
        "a path that is not there": [work / "nothing.tar.gz"],
        "a good one and one that is not there": [packed, work / "nothing.tar.gz"],
    }


def render(form: str, paths: list[Path], *options: str, **env: str):
    return execute(BINARY, "check", "--no-config", "--format", form, *options, *paths, **env)


def one_run(work: Path, paths: list[Path]) -> None:
    """Every format judges alike, and says it in a form that its reader takes."""
    runs = {form: render(form, paths) for form in FORMS}
    codes = {form: ran.code for form, ran in runs.items()}
    if len(set(codes.values())) != 1:
        raise Mismatch(f"exit codes differ: {codes}")
    code = codes["json"]
    document = work / "document"
    valid(CHECK_SCHEMA, write(document.with_suffix(".json"), runs["json"].out))
    valid(SARIF_SCHEMA, write(document.with_suffix(".sarif"), runs["sarif"].out))
    judged = json.loads(runs["json"].out)
    findings = [f for s in judged.get("subjects", []) for f in s["findings"]]
    junit(runs["junit"].out, findings, code)
    github(runs["github"].out, findings, code)
    sarif(runs["sarif"].out, findings, code)
    for form, ran in runs.items():
        if re.search(rb"\x1b|\xe2\x80\xae|\xc2[\x80-\x9f]", ran.out + ran.err):
            raise Mismatch(f"{form} lets a control character through: {ran.text[:400]!r}")
    for form in FORMS:
        out = work / f"output.{form}"
        ran = render(form, paths, "--output", str(out))
        # For people, a run that could not judge says so on stderr alone: there is nothing to write.
        written = out.read_bytes() if out.exists() else b""
        if ran.code != code or ran.out or written != runs[form].out:
            raise Mismatch(f"{form}: --output gives something else than stdout (exit {ran.code}, {len(ran.out)} bytes on stdout)")
        out.unlink(missing_ok=True)


def junit(data: bytes, findings: list[dict], code: int) -> None:
    root = xml.fromstring(data)
    if root.tag != "testsuites":
        raise Mismatch(f"JUnit's root is <{root.tag}>")
    suites = root.findall("testsuite")
    cases = [c for s in suites for c in s.findall("testcase")]
    for suite in suites:
        for name, tag in (("tests", "testcase"), ("failures", "testcase/failure"), ("errors", "testcase/error")):
            if int(suite.get(name, "0")) != len(suite.findall(tag)):
                raise Mismatch(f"<testsuite {name}={suite.get(name)!r}> has {len(suite.findall(tag))}")
    if any(not c.get("name") or not c.get("classname") for c in cases):
        raise Mismatch("a <testcase> without the name or classname that GitLab groups by")
    told = len([c for c in cases if c.find("failure") is not None or c.find("error") is not None])
    if (told > 0) != (code != 0):
        raise Mismatch(f"{told} failed test cases beside exit {code}")
    failed = {f["rule"] for f in findings if f["severity"] == "error"}
    named = {c.get("name") for c in cases if c.find("failure") is not None}
    if code == 1 and not all(any(rule in name for name in named) for rule in failed):
        raise Mismatch(f"failed test cases {sorted(named)} do not name {sorted(failed)}")


def github(data: bytes, findings: list[dict], code: int) -> None:
    """One workflow command a line, its values escaped (the documented toCommandValue and toCommandProperty)."""
    lines = data.decode().splitlines()
    commands = [m for m in (re.fullmatch(r"::(error|warning|notice)(?: ([^:\r\n]*?))?::(.*)", line) for line in lines) if m]
    odd = [line for line in lines if line.startswith("::") and not re.fullmatch(r"::(error|warning|notice|group|endgroup|add-mask)\b[^\r\n]*", line)]
    if odd:
        raise Mismatch(f"not a workflow command: {odd[0]!r}")
    for command in commands:
        keys = [pair.split("=", 1)[0] for pair in (command.group(2) or "").split(",") if pair]
        if set(keys) - {"file", "line", "endLine", "col", "endColumn", "title"} or len(keys) != len(set(keys)):
            raise Mismatch(f"properties {keys} of {command.group(0)!r}")
    for severity, word in (("error", "error"), ("warning", "warning"), ("info", "notice")):
        want = len([f for f in findings if f["severity"] == severity])
        got = len([c for c in commands if c.group(1) == word])
        if got < want or (severity == "error" and code != 2 and got != want):
            raise Mismatch(f"{got} ::{word}:: for {want} findings")


def sarif(data: bytes, findings: list[dict], code: int) -> None:
    (run,) = json.loads(data)["runs"]
    results = run.get("results", [])
    rules = {r["id"]: r for r in run["tool"]["driver"]["rules"]}
    if code != 2 and sorted(r["ruleId"] for r in results) != sorted(f["rule"] for f in findings):
        raise Mismatch("SARIF and JSON have different findings")
    for result in results:
        rule = rules.get(result["ruleId"])
        if rule is None or not rule.get("shortDescription") or not rule.get("help", {}).get("text"):
            raise Mismatch(f"no metadata or help for {result['ruleId']}")
        if not result.get("partialFingerprints"):
            raise Mismatch(f"no fingerprint for {result['ruleId']}")
        if not result["locations"]:
            raise Mismatch(f"no location for {result['ruleId']}: code scanning takes none without")
    invocation = run["invocations"][0]
    if invocation["executionSuccessful"] != (code != 2):
        raise Mismatch(f"executionSuccessful is {invocation['executionSuccessful']} at exit {code}")


def fingerprints(work: Path, bad: Path) -> None:
    """The same faults in another archive at another place have the same fingerprints."""

    def prints(path: Path) -> list[str]:
        (run,) = json.loads(render("sarif", [path]).out)["runs"]
        return sorted(json.dumps(r["partialFingerprints"], sort_keys=True) for r in run["results"])

    first = archive(bad, work / "first.tar.gz", "--sort=name")
    (work / "elsewhere").mkdir()
    second = archive(bad, work / "elsewhere/second.tar.gz", "--mtime=@0")
    if prints(first) != prints(second) or len(set(prints(first))) != len(prints(first)):
        raise Mismatch("fingerprints are not stable, or not of one finding each")


def summary(work: Path, paths: list[Path]) -> None:
    """GITHUB_STEP_SUMMARY: appended once, only by `github`, and stdout stays as it was."""
    bare = render("github", paths)
    out = write(work / "summary.md", "# before\n")
    ran = render("github", paths, GITHUB_STEP_SUMMARY=str(out))
    text = out.read_text()
    if ran.out != bare.out or ran.code != bare.code:
        raise Mismatch("the summary changes stdout or the exit code")
    if not text.startswith("# before\n") or len(text) <= len("# before\n"):
        raise Mismatch(f"nothing was appended: {text[:200]!r}")
    findings = [f for s in json.loads(render("json", paths).out).get("subjects", []) for f in s["findings"]]
    missing = {f["rule"] for f in findings} - set(re.findall(r"[a-z]+(?:-[a-z]+)+", text))
    if missing:
        raise Mismatch(f"the summary does not name {sorted(missing)}")
    # Within a code span nothing is markup.
    markup = re.sub(r"(`+).+?\1", "", text)
    if re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text) or re.search(r"<[cb]>", markup):
        raise Mismatch("the summary lets a name through unescaped")
    again = render("github", paths, GITHUB_STEP_SUMMARY=str(out))
    if again.code != bare.code or not out.read_text().startswith(text):
        raise Mismatch("a second run does not append")
    size = out.stat().st_size
    render("json", paths, GITHUB_STEP_SUMMARY=str(out))
    if out.stat().st_size != size:
        raise Mismatch("the format json writes a summary")


def allowed(work: Path, bad: Path) -> None:
    """Allowances are counted and shown in every format, and the documents stay valid."""
    config = write(
        work / "bundle-doctor.toml",
        '[rules]\nworld-writable = "error"\n\n[[allow]]\nrule = "secret-file"\npath = ".env"\nreason = "a <sample> & no secret"\n',
    )
    for form, schema in (("json", CHECK_SCHEMA), ("sarif", SARIF_SCHEMA)):
        ran = execute(BINARY, "check", "--config", config, "--format", form, bad)
        if ran.code != 1:
            raise Mismatch(f"{form}: exit {ran.code}: {ran.text[:300]}")
        valid(schema, write(work / f"allowed.{form}", ran.out))
        if form == "json":
            document = json.loads(ran.out)
            left = {(f["rule"], f["severity"]) for s in document["subjects"] for f in s["findings"]}
            if document["summary"]["allowed"] != 1 or ("world-writable", "error") not in left:
                raise Mismatch(f"summary {document['summary']}, findings {sorted(left)}")
    xml.fromstring(execute(BINARY, "check", "--config", config, "--format", "junit", bad).out)


def completion(shell: str) -> bytes:
    return must(BINARY, "completions", shell).out


def completions(part: Part, work: Path) -> None:
    """The shells themselves read the scripts, and bash and fish complete a word by them."""
    for shell in ("bash", "zsh", "fish"):

        def syntax(shell: str = shell) -> None:
            must(shell, "-n", write(work / f"completions.{shell}", completion(shell)))

        part.case(f"completions: {shell} -n", syntax)

    def bash() -> None:
        script = (
            'source "$1"; COMP_WORDS=(bundle-doctor ch); COMP_CWORD=1; [[ $(complete -p bundle-doctor) =~ -F\\ ([^\\ ]+) ]];'
            ' "${BASH_REMATCH[1]}" bundle-doctor ch bundle-doctor; echo "${COMPREPLY[@]}"'
        )
        said = must("bash", "-c", script, "bash", work / "completions.bash").out.decode().split()
        if said != ["check"]:
            raise Mismatch(f"bash completes `ch` to {said}")

    def fish() -> None:
        said = must("fish", "-c", f"source {work}/completions.fish; complete -C 'bundle-doctor ch'", HOME=str(work)).out.decode()
        if not said.startswith("check"):
            raise Mismatch(f"fish completes `ch` to {said!r}")

    def powershell() -> None:
        # PowerShell is not in Debian; its script is only looked at for what it must register.
        text = completion("powershell").decode()
        for want in ("Register-ArgumentCompleter -Native -CommandName 'bundle-doctor'", "'bundle-doctor;check'"):
            if want not in text:
                raise Mismatch(f"no {want!r}")

    part.case("completions: bash completes", bash)
    part.case("completions: fish completes", fish)
    part.case("completions: powershell registers", powershell)


def man_page(part: Part, work: Path) -> None:
    page = write(work / "bundle-doctor.1", must(BINARY, "man").out)
    folder = work / "man1"
    folder.mkdir()
    must(BINARY, "man", "--output-dir", folder)
    pages = sorted(folder.iterdir())

    def mandoc() -> None:
        # A program that was built without its commit has no date.
        ran = execute("mandoc", "-Tlint", "-Wwarning", *pages)
        told = [line for line in ran.text.splitlines() if "missing date" not in line]
        if told or len(pages) < 10:
            raise Mismatch(f"{len(pages)} pages: {told[:9]}")

    def groff() -> None:
        for each in pages:
            if (ran := must("groff", "-ww", "-man", "-Tutf8", "-Kutf8", each)).err:
                raise Mismatch(f"{each.name}: {ran.err.decode()[:800]}")
        ran = must("groff", "-ww", "-man", "-Tutf8", "-Kutf8", page)
        text = ran.out.decode()
        for want in ("bundle-doctor", "check", "--fail-on"):
            if want not in re.sub(r"\x1b\[[0-9;]*m|.\x08", "", text).replace("\u2010", "-").replace("\u2212", "-"):
                raise Mismatch(f"the page does not name {want}")

    part.case("man page: mandoc -Tlint", mandoc)
    part.case("man page: groff -ww", groff)


def fences(language: str) -> list[tuple[str, str]]:
    """The fenced blocks of one language in README.md and docs/: where each stands, and its text."""
    found = []
    for page in [REPO / "README.md", *sorted((REPO / "docs").rglob("*.md"))]:
        if page.exists():
            for n, text in enumerate(re.findall(rf"^```{language}\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)):
                found.append((f"{page.relative_to(REPO)} {language} {n + 1}", text))
    return found


def guide(part: Part, work: Path, packed: Path) -> None:
    """The CI guide's examples: pipelines by their schemas, configuration by the program, commands by running them."""
    # A configuration of pre-commit is run by pre-commit itself, in part `packages`; what docs/fleet.md has is Ansible's and
    # Prometheus' own, in part `fleet`.
    others = lambda name, text: re.search(r"^repos:", text, re.MULTILINE) or name.startswith("docs/fleet.md")  # noqa: E731
    pipelines = [(name, text) for name, text in fences("yaml") if not others(name, text)]
    kinds = set()
    for name, text in pipelines:
        kind = "vendor.github-workflows" if re.search(r"^(on|jobs):", text, re.MULTILINE) else "vendor.gitlab-ci"
        kinds.add(kind)
        part.case(f"{name}: {kind}", lambda text=text, kind=kind: valid(kind, write(work / "pipeline.yml", text)))
    part.case("the guide has a job for both", lambda: kinds == {"vendor.github-workflows", "vendor.gitlab-ci"} or bad(f"only {kinds}"))

    repository = work / "repository"
    public = repository / "apps/control-plane/public"
    public.mkdir(parents=True)
    copy(packed, public / "agent-bundle.tar.gz")
    copy(packed, repository / "agent-bundle.tar.gz")
    # As a job checks them out that takes its configuration from the branch that is merged into.
    (repository / "change").symlink_to(".")
    write(repository / "base/bundle-doctor.toml", "[rules]\n")
    (work / "bin").mkdir()
    (work / "bin/bundle-doctor").symlink_to(BINARY)
    path = f"{work}/bin:{os.environ['PATH']}"

    for name, text in fences("toml"):
        if "[[allow]]" in text or "[rules]" in text or "[bundle]" in text:

            def config(text: str = text) -> None:
                tomllib.loads(text)
                ran = execute(BINARY, "check", "--config", write(work / "guide.toml", text), packed)
                if ran.code == 2:
                    raise Mismatch(ran.text[:600])

            part.case(f"{name}: the configuration is taken", config)

    # The commands of the jobs and of the guide's own lines that call the program, on a bundle that is good.
    for name, text in pipelines + [f for f in fences("sh") if f[0].startswith("docs/ci.md")]:
        calls = [c for c in re.findall(r"^(?:\s*(?:-\s+)?(?:run:\s+)?)(bundle-doctor check .*(?:\n  jq .*)?)$", text, re.MULTILINE)]
        for call in calls:

            def works(call: str = call) -> None:
                env = {"BUNDLE": "apps/control-plane/public/agent-bundle.tar.gz", "PATH": path, "GITHUB_STEP_SUMMARY": str(work / "step.md")}
                must("bash", "-eo", "pipefail", "-c", call, cwd=repository, **env)

            part.case(f"{name}: `{call.splitlines()[0][:60]}`", works)


def bad(why: str) -> None:
    raise Mismatch(why)


def run(part: Part) -> None:
    with scratch("formats") as work:
        judged = subjects(work)
        for name, paths in judged.items():
            part.case(f"every format: {name}", lambda paths=paths: one_run(work, paths))
        part.case("fingerprints are stable", lambda: fingerprints(work, judged["a bad folder"][0]))
        for name in ("a good archive", "several", "odd names in an archive"):
            part.case(f"GITHUB_STEP_SUMMARY: {name}", lambda name=name: summary(work, judged[name]))
        part.case("allowances and severities", lambda: allowed(work, judged["a bad folder"][0]))
        part.case("the schemas are schemas", lambda: must(SCHEMA_CHECKER, "--check-metaschema", CHECK_SCHEMA, RULES_SCHEMA))
        part.case("`rules` by its schema", lambda: valid(RULES_SCHEMA, write(work / "rules.json", must(BINARY, "rules", "--format", "json").out)))
        completions(part, work)
        man_page(part, work)
        guide(part, work, judged["a good archive"][0])
        remove(work / "repository")
