"""Many servers, as docs/fleet.md has it: the real Ansible against booted servers, and a real Prometheus with the real node exporter.

Five servers are booted, two of them broken, and a sixth is in the inventory and not there. Every command of the guide is
typed as it stands. `FLEET="update"` runs the cases with one of these words, after the collection and the program are installed.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import tarfile
import time
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Iterator

import container
import deployed
import server as servers
from container import Container
from harness import BINARY, HOME, REPO, Mismatch, Part, Ran, environment, must, remove, run as execute, scratch, write
from packages_guide import VERSION, sections

SUITE = "bookworm"
WELL = ("alpha", "beta", "gamma")
# The first of each is the cause that doctor must name.
BROKEN = {
    "nested": ("unit-nested-paths", "sed -i 's#agent-bundle$#agent-bundle/apps/agent#' $U\nsystemctl daemon-reload\nrestart\n"),
    "missing": ("entry-point-missing", "rollback\nrm $B/dist/index.js\nrestart\n"),
}
# It is the first in the inventory, and switched off. Its name is no path.
GONE = "rack7/omega"
AFTER = "0.1.28"
TEXTFILES = "/var/lib/prometheus/node-exporter"
VENV = HOME / "ansible"
WANTED = ("ansible-core==2.19.*", "ansible-lint==26.*")
DEBIAN = {"prometheus": "prometheus", "prometheus-node-exporter": "prometheus-node-exporter"}
PYTHON = HOME / "cache" / f"python-{SUITE}"
PROMETHEUS, EXPORTER = "127.0.0.1:19090", "127.0.0.1:19100"
GUIDE = sections("fleet")
ONLY = os.environ.get("FLEET", "").split()


def tools() -> None:
    """Ansible, and Prometheus, whose services are not started: what the lab runs it runs by hand."""
    mark = VENV / "installed"
    if not mark.is_file() or mark.read_text() != " ".join(WANTED):
        remove(VENV)
        must("python3", "-m", "venv", VENV)
        must(VENV / "bin/pip", "install", "--quiet", "--disable-pip-version-check", *WANTED)
        mark.write_text(" ".join(WANTED))
    missing = [package for tool, package in DEBIAN.items() if execute("sh", "-c", f"command -v {tool}").code != 0]
    if missing:
        must("apt-get", "update", "-qq")
        must("apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing, DEBIAN_FRONTEND="noninteractive", RUNLEVEL="1")


def python() -> Path:
    """A layer with what Ansible needs on a server: Python, and apt's bindings."""
    if PYTHON.is_dir():
        return PYTHON
    with scratch("python") as folder:
        merged, upper = folder / "merged", folder / "upper"
        for sub in ("merged", "upper", "work"):
            (folder / sub).mkdir()
        must("mount", "-t", "overlay", "overlay", "-o", f"lowerdir={container.root(SUITE)},upperdir={upper},workdir={folder}/work", merged)
        try:
            must("cp", "/etc/resolv.conf", merged / "etc/resolv.conf")
            install = "apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3 python3-apt && apt-get clean"
            must("chroot", merged, "sh", "-ec", install, timeout=900)
            (merged / "etc/resolv.conf").unlink()
        finally:
            must("umount", merged)
        remove(upper / "var/lib/apt/lists")
        partial = PYTHON.with_suffix(".partial")
        remove(partial)
        must("cp", "-a", upper, partial)
    partial.rename(PYTHON)
    return PYTHON


def package() -> Path:
    """The .deb of the program that is judged."""
    cache = {"XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache"))}
    must(REPO / "packaging/build", "deb", BUNDLE_DOCTOR=BINARY, timeout=1200, **cache)
    return next((REPO / "target/packages").glob(f"bundle-doctor_{VERSION}_*.deb"))


def boot(name: str) -> Container:
    """A server whose agent is connected, or which is broken by then."""
    server = Container([deployed.layer(), python(), container.root(SUITE)])
    server.boot()
    npmrc = "".join(f"{key.removeprefix('npm_config_').replace('_', '-')}={value}\n" for key, value in deployed.OFFLINE.items())
    write(server.path("/root/.npmrc"), npmrc)
    server.shell(f"hostname {name}; echo {name} >/etc/hostname; echo 127.0.0.1 {name} >>/etc/hosts; mkdir -p {TEXTFILES}")
    servers.until(lambda: bool(servers.connections(server)), 60, "the agent does not connect", server)
    if name in BROKEN:
        server.shell(deployed.PRELUDE + BROKEN[name][1], env=deployed.OFFLINE)
    return server


class Fleet:
    """The servers, and the folder of whoever looks after them."""

    def __init__(self, folder: Path, booted: dict[str, Container]) -> None:
        self.folder, self.servers = folder, booted
        (HOME / "log" / "fleet").unlink(missing_ok=True)
        write(folder / "servers.ini", f"{GONE} lab_leader=0\n" + "".join(f"{name} lab_leader={server.leader}\n" for name, server in booted.items()) +
              "[all:vars]\nansible_connection=container\nansible_python_interpreter=/usr/bin/python3\n")
        must("cp", "-r", REPO / "ansible", folder / "ansible")
        must("cp", package(), folder / "bundle-doctor.deb")
        must(BINARY, "keygen", "--no-passphrase", "--no-config", "-o", "release", cwd=folder)
        block = next(block for block in sections("fleet", "yaml")["Install on many servers"] if "roles:" in block)
        write(folder / "install.yml", block)

    def bundle(self, change: str = "", signed: bool = True, version: str = deployed.NEXT) -> None:
        """The bundle that is to be rolled out, as agent-bundle.tar.gz; `change` stands at the top of what is started."""
        with scratch("offered") as folder:
            made = deployed.write_bundle(folder / "bundle", version, ship_shared=True)
            entry = made / "dist/index.js"
            entry.write_text(change + entry.read_text())
            with tarfile.open(self.folder / "agent-bundle.tar.gz", "w:gz") as tar:
                tar.add(made, ".", filter=of_root)
        remove(self.folder / "agent-bundle.tar.gz.minisig")
        remove(self.folder / "agent-bundle.tar.gz.sig")
        if signed:
            must(BINARY, "sign", "--no-config", "--key", "release.key", "agent-bundle.tar.gz", cwd=self.folder)

    def type(self, line: str, timeout: float = 900) -> Ran:
        """Types a line of the guide on the controller."""
        env = environment(
            PATH=f"{VENV}/bin:{Path(BINARY).parent}:{os.environ['PATH']}",
            HOME=str(self.folder),
            ANSIBLE_HOME=str(self.folder / ".ansible"),
            ANSIBLE_COLLECTIONS_PATH=str(self.folder / ".ansible/collections"),
            ANSIBLE_CONNECTION_PLUGINS=str(REPO / "tests/lab/ansible"),
            ANSIBLE_FORKS="8",
            ANSIBLE_PIPELINING="true",
            ANSIBLE_NOCOLOR="1",
            ANSIBLE_RETRY_FILES_ENABLED="false",
        )
        began = time.monotonic()
        done = subprocess.run(["sh", "-c", line], cwd=self.folder, env=env, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout)
        ran = Ran(done.returncode, done.stdout, done.stderr)
        with (HOME / "log" / "fleet").open("a") as log:
            log.write(f"$ {line}\n{ran.text}\n({time.monotonic() - began:.1f} s)\n\n")
        return ran

    def typed(self, line: str, code: int = 0) -> dict[str, dict[str, int]]:
        """[`type`], with the exit code that is expected; what Ansible counts of each server."""
        ran = self.type(line)
        if ran.code != code:
            raise Mismatch(f"`{line}` exited {ran.code}, not {code}:\n{ran.text[-3500:]}")
        return recap(ran)

    def versions(self) -> dict[str, str]:
        found = {}
        for name, server in self.servers.items():
            found[name] = json.loads(server.run("cat", f"{deployed.BUNDLE}/package.json").out)["version"]
        return found

    def processes(self) -> dict[str, str]:
        shown = ("systemctl", "show", "-p", "MainPID", "--value", deployed.UNIT)
        return {name: server.run(*shown).text.strip() for name, server in self.servers.items()}


def of_root(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = "root"
    return entry


def recap(ran: Ran) -> dict[str, dict[str, int]]:
    """The table at the end of a play."""
    found = {}
    for line in ran.text.partition("PLAY RECAP")[2].splitlines():
        match = re.match(r"(\S+)\s+: (ok=.*)", line)
        if match:
            found[match[1]] = {key: int(value) for key, value in (pair.split("=") for pair in match[2].split())}
    return found


def expect(what: str, found: object, wanted: object) -> None:
    if found != wanted:
        raise Mismatch(f"{what}: {wanted} expected, {found} found")


def changed(table: dict[str, dict[str, int]]) -> set[str]:
    return {name for name, counts in table.items() if counts["changed"]}


def line(heading: str, number: int) -> str:
    """A command of the guide."""
    return "\n".join(GUIDE[heading]).strip().splitlines()[number]


def described(fleet: Fleet) -> None:
    """The collection installs, ansible-lint has nothing to say at its strictest, and ansible-doc knows all of it."""
    install, role, update = "\n".join(GUIDE["Ansible"]).strip().splitlines()
    fleet.typed(install)
    told = fleet.type(role).text
    for option in ("bundle_doctor_package", "bundle_doctor_keys", "bundle_doctor_prometheus_timer"):
        if option not in told:
            raise Mismatch(f"`{role}` does not tell of {option}: {told[:900]}")
    if "allow_downgrade" not in (told := fleet.type(update).text) or "bundle_dir" not in told:
        raise Mismatch(f"`{update}`: {told[:900]}")
    for module in ("doctor", "repair"):
        fleet.typed(f"ansible-doc serverflow.bundle_doctor.{module}")
    collection = fleet.folder / ".ansible/collections/ansible_collections/serverflow/bundle_doctor"
    linted = fleet.type(f"cd {collection} && ansible-lint --offline --profile production")
    if linted.code != 0 or "0 failure(s), 0 warning(s)" not in linted.text:
        raise Mismatch(f"ansible-lint: {linted.text[-1800:]}")


def installed(fleet: Fleet) -> None:
    """The role tells in check mode what it would do, does it, and does it once."""
    check, install = line("Install on many servers", 0), line("Install on many servers", 1)
    expect("what check mode would change", changed(fleet.typed(f"{check} --limit beta")), {"beta"})
    if any(fleet.servers["beta"].path(place).exists() for place in ("/usr/bin/bundle-doctor", "/etc/bundle-doctor")):
        raise Mismatch("check mode changed the server")
    # A server that is not reached fails its own part of a play (4), not that of the others.
    expect("what changed", changed(fleet.typed(install, 4)), set(fleet.servers))
    for name, server in fleet.servers.items():
        server.shell(
            "bundle-doctor --version\ntest -s /etc/bundle-doctor/keys.d/release.pub.pem\n"
            "systemctl is-enabled bundle-doctor-prometheus.timer\n! systemctl is-enabled bundle-doctor.timer"
        )
    expect("what changed the second time", changed(fleet.typed(f"{install} --limit beta,nested")), set())
    same = fleet.type(install + " --limit beta -e '{\"bundle_doctor_keys\": [\"a/release.pub.pem\", \"b/release.pub.pem\"]}'")
    if same.code != 2 or "have the same file name" not in same.text:
        raise Mismatch(f"two keys of one name: exit {same.code}: {same.text[-1500:]}")


def diagnosed(fleet: Fleet) -> None:
    """Every server has its report, also the one that is not there; captures are of the broken ones."""
    table = fleet.typed(line("Diagnose many servers", 0))
    expect("what changed", changed(table), set())
    reports = {urllib.parse.unquote(path.stem): json.loads(path.read_text()) for path in (fleet.folder / "bundle-doctor-reports").glob("*.json")}
    verdicts = {name: report["verdict"] for name, report in reports.items()}
    # They have a key by now, and a bundle without a signed manifest: nothing is wrong, and not all could be looked at.
    wanted = {**dict.fromkeys(WELL, "inconclusive"), **dict.fromkeys(BROKEN, "broken"), GONE: "error"}
    unsure = {name: reports[name]["not_checked"] for name, verdict in verdicts.items() if verdict == "inconclusive"}
    if verdicts != wanted:
        raise Mismatch(f"verdicts: {wanted} expected, {verdicts} found; not checked: {unsure}")
    for name, (cause, _) in BROKEN.items():
        expect(f"the cause on {name}", reports[name]["diagnoses"][0]["cause"], cause)
    expect("whose captures there are", {path.name.split(".")[0] for path in (fleet.folder / "bundle-doctor-reports/captures").iterdir()}, set(BROKEN))
    page = (fleet.folder / "bundle-doctor-fleet.html").read_text()
    for word in (*BROKEN, GONE, *(cause for cause, _ in BROKEN.values())):
        if word not in page:
            raise Mismatch(f"the page does not tell of {word}")
    (fleet.folder / "bundle-doctor-fleet.html").unlink()
    expect("who is asked with --limit", set(fleet.typed(line("Diagnose many servers", 0) + " --limit beta")), {"beta"})
    if not (fleet.folder / "bundle-doctor-fleet.html").is_file():
        raise Mismatch("with --limit there is no page")


def repaired(fleet: Fleet) -> None:
    """Check mode shows the plans, the run mends both broken ones and touches no other, and the next has nothing to do."""
    check, repair = line("Repair many servers", 0), line("Repair many servers", 1)
    before = fleet.processes()
    # One by one, and the first is not there: it fails, and keeps no other from its repair.
    expect("whose plan is shown", changed(fleet.typed(check, 2)), set(BROKEN))
    ran = fleet.type(repair)
    failed = {name for name, counts in recap(ran).items() if counts["failed"]}
    if ran.code != 2 or failed != {GONE} or "not reached: " not in ran.text:
        raise Mismatch(f"exit {ran.code}, failed: {failed}: {ran.text[-2500:]}")
    expect("who was repaired", changed(recap(ran)), set(BROKEN))
    for name in BROKEN:
        servers.until(lambda s=fleet.servers[name]: servers.settled(s), 45, f"{name} is not mended", fleet.servers[name])
    after = fleet.processes()
    expect("processes of the others", {name: after[name] for name in WELL}, {name: before[name] for name in WELL})
    expect("who is repaired again", changed(fleet.typed(repair + " -e bundle_doctor_at_once=100%", 2)), set())


def refused(fleet: Fleet) -> None:
    """A bundle without a signature reaches no server; nor does one that `check` refuses."""
    update = line("Update many servers", 1)
    before = fleet.processes()
    fleet.bundle(signed=False)
    for what, change, word in (("unsigned", "", "signature-missing"), ("with an import of nothing", "import 'nothing-at-all';\n", "undeclared-dependency")):
        fleet.bundle(change, signed=bool(change))
        ran = fleet.type(update)
        # What the controller says is said by the first server's name, and no more is asked of any.
        if ran.code != 2 or word not in ran.text or set(recap(ran)) != {GONE} or "Try to reach it" in ran.text:
            raise Mismatch(f"{what}: exit {ran.code}: {ran.text[-1500:]}")
    expect("processes", fleet.processes(), before)


def stopped(fleet: Fleet) -> None:
    """A bundle that dies: the first batch keeps the old one, and no other server is touched."""
    before, versions = fleet.processes(), fleet.versions()
    fleet.bundle("if (process.uptime() >= 0) process.exit(3);\n")
    ran = fleet.type(line("Update many servers", 1))
    table = recap(ran)
    failed = {name for name, counts in table.items() if counts["failed"]}
    if ran.code != 2 or len(failed) != 1 or "not-updated" not in ran.text:
        raise Mismatch(f"exit {ran.code}, failed: {failed}: {ran.text[-2500:]}")
    # Beyond being reached and told apart, nothing was asked of the others.
    expect("servers that were touched", {name for name, counts in table.items() if counts["ok"] > 2} - {GONE}, failed)
    expect("versions", fleet.versions(), versions)
    expect("processes", fleet.processes(), before)


def rolled_out(fleet: Fleet) -> None:
    """A good bundle reaches all, after check mode has told so; the second run changes nothing."""
    check, update = line("Update many servers", 0), line("Update many servers", 1)
    fleet.bundle()
    everybody = set(fleet.servers)
    planned = fleet.type(check)
    expect("what check mode would change", changed(recap(planned)) & everybody, everybody)
    if f"+agent {deployed.NEXT}" not in planned.text:
        raise Mismatch(f"the diff does not show the versions: {planned.text[-1500:]}")
    expect("versions after check mode", set(fleet.versions().values()), {deployed.VERSION})
    # Of a few, judged and signed as for all.
    expect("who is updated with --limit", changed(fleet.typed(f"{update} --limit beta")), {"beta"})
    # The one that is not there fails the run, and is named.
    update += " -e bundle_doctor_batches='[1,\"100%\"]'"
    ran = fleet.type(update)
    if ran.code != 2 or f"Not reached, and not updated: {GONE}" not in ran.text:
        raise Mismatch(f"exit {ran.code}: {ran.text[-2500:]}")
    expect("who was updated", changed(recap(ran)), everybody - {"beta"})
    expect("versions", fleet.versions(), dict.fromkeys(fleet.servers, deployed.NEXT))
    for name, server in fleet.servers.items():
        expect(f"what the control plane of {name} sees", [agent["version"] for agent in servers.connections(server)], [deployed.NEXT])
    before = fleet.processes()
    again = fleet.type(update)
    expect("who is updated again", changed(recap(again)), set())
    expect("processes", fleet.processes(), before)


def lost(fleet: Fleet) -> None:
    """A server that is lost while it updates ends the rollout: no other begins. It goes on by itself, and the next run finds it done."""
    update = line("Update many servers", 1)
    fleet.bundle(version=AFTER)
    first, others = WELL[0], {name: number for name, number in fleet.processes().items() if name != WELL[0]}
    server = fleet.servers[first]
    busy = "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' | grep -q '[b]undle-doctor update '"
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(fleet.type, update)
        servers.until(lambda: server.run("sh", "-c", busy).code == 0, 90, "the update does not begin", server)
        server.path("/run/lab-lost").touch()
        ran = running.result()
    if ran.code != 2 or f"Lost half-way: {first}" not in ran.text:
        raise Mismatch(f"exit {ran.code}: {ran.text[-2500:]}")
    expect("processes of the others", {name: number for name, number in fleet.processes().items() if name != first}, others)
    servers.until(lambda: server.run("sh", "-c", busy).code != 0, 90, "the update does not end", server)
    server.path("/run/lab-lost").unlink()
    expect("the version of the one that was lost", fleet.versions()[first], AFTER)
    again = fleet.type(update + " -e bundle_doctor_batches='[\"100%\"]'")
    expect("who is updated then", changed(recap(again)), set(others))
    expect("versions", fleet.versions(), dict.fromkeys(fleet.servers, AFTER))


def older(fleet: Fleet) -> None:
    """A bundle that is older than what runs: check mode fails as the update does, and nothing changes."""
    check, update = line("Update many servers", 0), line("Update many servers", 1)
    before, versions = fleet.processes(), fleet.versions()
    fleet.bundle(version=deployed.NEXT)
    for command in (check, update):
        ran = fleet.type(command)
        failed = {name for name, counts in recap(ran).items() if counts["failed"]}
        if ran.code != 2 or len(failed) != 1 or "is older than" not in ran.text:
            raise Mismatch(f"`{command}` exited {ran.code}, failed: {failed}: {ran.text[-2500:]}")
    expect("versions", fleet.versions(), versions)
    expect("processes", fleet.processes(), before)
    allowed = fleet.type(check + " -e bundle_doctor_allow_downgrade=true")
    expect("what check mode would change", changed(recap(allowed)), set(fleet.servers))


def asked(path: str) -> dict:
    with urllib.request.urlopen(f"http://{PROMETHEUS}/api/v1/{path}", timeout=5) as answer:
        return json.load(answer)["data"]


@contextlib.contextmanager
def running(*argv: object) -> Iterator[None]:
    """A program beside the lab, ended with it."""
    with (HOME / "log" / f"fleet-{Path(str(argv[0])).name}").open("wb") as log:
        process = subprocess.Popen([str(word) for word in argv], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        yield
    finally:
        process.kill()
        process.wait()


def alerted(fleet: Fleet) -> None:
    """The timer's numbers of a broken server, read by the real exporter and the real Prometheus: the alert names the cause."""
    server = fleet.servers["nested"]
    enable = line("Numbers for Prometheus", 0)
    server.shell(f"{enable}\nsystemctl start bundle-doctor-prometheus.service")
    numbers = server.path(f"{TEXTFILES}/bundle-doctor.prom")
    expect("its mode", oct(numbers.stat().st_mode & 0o777), "0o644")
    said = execute("promtool", "check", "metrics", stdin=numbers.read_bytes())
    if said.code != 0 or said.text.strip():
        raise Mismatch(f"promtool check metrics: {said.text}")
    with scratch("prometheus") as folder:
        # The same rules, of which none waits for minutes.
        rules = re.sub(r"^(\s+for:) .*", r"\1 1s", (REPO / "monitoring/rules.yml").read_text(), flags=re.MULTILINE)
        write(folder / "rules.yml", rules)
        write(folder / "prometheus.yml", "global: {scrape_interval: 1s, evaluation_interval: 1s}\nrule_files: [rules.yml]\n"
              f"scrape_configs: [{{job_name: node, static_configs: [{{targets: ['{EXPORTER}']}}]}}]\n")
        exporter = ("prometheus-node-exporter", f"--web.listen-address={EXPORTER}", "--collector.disable-defaults", "--collector.textfile",
                    f"--collector.textfile.directory={numbers.parent}")
        prometheus = ("prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data", f"--web.listen-address={PROMETHEUS}")
        with running(*exporter), running(*prometheus):
            deadline, alerts = time.monotonic() + 60, []
            while time.monotonic() < deadline:
                time.sleep(0.5)
                with contextlib.suppress(OSError):
                    alerts = [alert["labels"] for alert in asked("alerts")["alerts"] if alert["state"] == "firing"]
                if alerts:
                    break
            expect("alerts", [(alert["alertname"], alert.get("cause")) for alert in alerts], [("ServerFlowAgentBroken", BROKEN["nested"][0])])
            values = asked("query?query=bundle_doctor_verdict==1")["result"]
            expect("the verdict", [value["metric"]["verdict"] for value in values], ["broken"])


def judged_by_promtool(fleet: Fleet) -> None:
    """The rules of monitoring/, with the guide's commands."""
    must("cp", "-r", REPO / "monitoring", fleet.folder / "monitoring")
    place = fleet.folder / "rules/bundle-doctor.yml"
    for command in "\n".join(GUIDE["Alerts and a dashboard"]).strip().splitlines():
        ran = fleet.type(command.replace("sudo ", "").replace("/etc/prometheus/rules/bundle-doctor.yml", str(place)))
        if ran.code != 0 or "FAILED" in ran.text:
            raise Mismatch(f"`{command}`: {ran.text}")


def run(part: Part) -> None:
    container.sweep()
    pool = ThreadPoolExecutor(8)
    try:
        made = pool.submit(package)
        tools()
        python()
        deployed.layer()
        booted = dict(zip((*WELL, *BROKEN), pool.map(boot, (*WELL, *BROKEN))))
        made.result()
        with scratch("fleet") as folder:
            fleet = Fleet(folder, booted)
            for name, case in (
                ("the rules of monitoring/", judged_by_promtool),
                ("the collection, its documentation, and ansible-lint", described),
                ("the role, in check mode, once and twice", installed),
                ("Prometheus, the node exporter and the alert", alerted),
                ("diagnose: reports, captures and the page", diagnosed),
                ("repair: the two that are down", repaired),
                ("update: what is refused reaches no server", refused),
                ("update: a bundle that dies stops at the first batch", stopped),
                ("update: a good one reaches all, once", rolled_out),
                ("update: a server that is lost half-way", lost),
                ("update: an older one", older),
            ):
                if not ONLY or case in (described, installed) or any(word in name for word in ONLY):
                    part.case(name, lambda c=case: c(fleet))
    finally:
        pool.shutdown(cancel_futures=True)
        container.stop_all()
