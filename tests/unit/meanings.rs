//! What `explain` makes of a line of a log, held against the recorded servers: the line that `doctor` quotes leads to the cause.

use super::servers;
use crate::check::rules::RULES;
use crate::doctor::causes::CAUSES;
use crate::doctor::meanings::meanings;
use crate::report::diagnosis::EvidenceSource;

/// What only these agents say, and nobody else's log.
const OWN_WORDS: [&str; 2] = ["no database", "connected to the control plane"];
/// Where nothing that is known explains the end, its line leads anywhere.
const UNEXPLAINED: [&str; 2] = ["unknown-crash", "service-crash-loop"];

/// A place in a file, which Node prints above what happened there.
fn is_place(line: &str) -> bool {
    line.rsplit_once(':')
        .is_some_and(|(_, number)| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

#[test]
fn the_line_that_is_quoted_of_a_server_leads_to_its_cause() {
    let (mut wrong, mut asked) = (Vec::new(), 0);
    servers::each(|name, report, _| {
        for diagnosis in report.diagnoses.iter().filter(|one| !UNEXPLAINED.contains(&one.cause)) {
            for evidence in diagnosis.evidence().iter().filter(|one| one.source == EvidenceSource::Journal) {
                let line = &evidence.detail;
                if is_place(line) || OWN_WORDS.iter().any(|words| line.contains(words)) {
                    continue;
                }
                let found = meanings(line);
                asked += 1;
                if !found.contains(&diagnosis.cause) {
                    wrong.push(format!("{name}: {line}\n  is {}, and may mean {found:?}", diagnosis.cause));
                }
            }
        }
    });
    assert!(wrong.is_empty(), "{} of {asked}\n{}", wrong.len(), wrong.join("\n"));
    assert!(asked > 60, "{asked}");
}

/// What no recorded server says, and what comes first of it.
#[test]
fn what_other_programs_say_leads_somewhere() {
    for (line, first) in [
        ("/usr/bin/env: 'node': No such file or directory", "executable-missing"),
        ("x.service: Unable to locate executable '/usr/bin/node': No such file or directory", "executable-missing"),
        ("x.service: Main process exited, code=dumped, status=31/SYS", "unit-confinement"),
        ("type=AVC msg=audit(1.1:1): avc:  denied  { execute } for  pid=1 comm=\"(node)\"", "permission-denied"),
        ("audit: type=1400 apparmor=\"DENIED\" operation=\"open\" profile=\"node\"", "permission-denied"),
        ("Memory cgroup out of memory: Killed process 71 (node) total-vm:1kB, UID:0", "out-of-memory"),
        ("sending SIGTERM to process 71 uid 0 \"node\": oom_score 812, VmRSS 912 MiB", "out-of-memory"),
        ("low memory! at or below SIGTERM limits: mem 10.00%, swap 10.00%", "out-of-memory"),
        (
            "a.target: Job a.service/start deleted to break ordering cycle starting with a.target/start",
            "service-stopped",
        ),
        ("a.target: Found ordering cycle on a.service/start", "service-stopped"),
        ("traps: node[71] trap invalid opcode ip:1 sp:2 error:0 in node[400000+1000]", "unknown-crash"),
        ("audit: type=1326 audit(1.2:3): pid=71 comm=\"node\" sig=31 arch=c000003e syscall=50", "unit-confinement"),
        ("tar: x: Cannot change ownership to uid 1000, gid 1000: Operation not permitted", "permission-denied"),
        ("curl: (23) Failure writing output to destination", "disk-full"),
        ("#  Fatal process out of memory: Failed to reserve virtual memory for CodeRange", "unit-confinement"),
        ("FATAL ERROR: v8::ToLocalChecked Empty MaybeLocal", "unknown-crash"),
        ("  code: 'ERR_OSSL_EVP_UNSUPPORTED'", "unknown-crash"),
        (
            "error Couldn't find package \"@server-flow/shared@workspace:*\" required by \"agent@0.1.27\"",
            "workspace-protocol",
        ),
        ("➤ YN0001: │ Error: @server-flow/shared@workspace:*: Workspace not found", "workspace-protocol"),
        ("error: Workspace dependency \"@server-flow/shared\" not found", "workspace-protocol"),
        ("Error: Cannot find matching keyid: {\"signatures\":[{\"sig\":\"x\"}]}", "dependencies-not-installed"),
        (
            "Internal Error: Error when performing the request; see https://github.com/nodejs/corepack",
            "dependencies-not-installed",
        ),
        ("[MODULE_TYPELESS_PACKAGE_JSON] Warning: Module type of file:///x is not specified", "module-format-mismatch"),
        (
            "Error [ERR_PACKAGE_PATH_NOT_EXPORTED]: Package subpath './x' is not defined by \"exports\"",
            "unresolved-import",
        ),
        ("Error [ERR_UNSUPPORTED_DIR_IMPORT]: Directory import '/a/b' is not supported", "unresolved-import"),
        ("TypeError [ERR_IMPORT_ATTRIBUTE_MISSING]: Module \"x\" needs an import attribute", "unresolved-import"),
        ("error:0308010C:digital envelope routines::unsupported", "unknown-crash"),
        ("Segmentation fault (core dumped)", "unknown-crash"),
        ("Illegal instruction (core dumped)", "unknown-crash"),
        (
            "node: error while loading shared libraries: libatomic.so.1: cannot open shared object file: No such file or directory",
            "executable-missing",
        ),
        ("npm warn EBADENGINE Unsupported engine {", "node-too-old"),
        ("a.service: Failed to set up mount namespacing: /run/x: No such file or directory", "unit-confinement"),
        ("a.service: Unit configuration has fatal error, unit will not be started.", "unit-invalid"),
        ("a.service: State 'stop-sigterm' timed out. Killing.", "process-frozen"),
        ("a.service: Failed with result 'watchdog'.", "unit-confinement"),
        ("a.service: Current command vanished from the unit file, execution won't be resumed.", "unit-not-reloaded"),
        ("Job for a.service failed because the control process exited with error code.", "helper-command-failed"),
        ("a.service: Main process exited, code=exited, status=137/n/a", "out-of-memory"),
        ("WebSocket was closed before the connection was established", "control-plane-unreachable"),
        ("Warning: Detected unsettled top-level await at file:///x", "unknown-crash"),
        ("tar: Unexpected EOF in archive", "archive-unreadable"),
        ("tar: dist: Cannot mkdir: Permission denied", "permission-denied"),
        ("tar: Exiting with failure status due to previous errors", "archive-unreadable"),
        ("tar: node_modules/@server-flow/shared: Cannot create symlink to 'x': File exists", "shared-package-linked"),
        ("Failed to connect to bus: No such file or directory", "systemd-unavailable"),
        ("Signature verification failed", "signature-invalid"),
    ] {
        let found = meanings(line);
        assert_eq!(found.first(), Some(&first), "{line}: {found:?}");
        // What every program's errors end in says nothing by itself.
        assert!(
            first.starts_with("signature") || !found.iter().any(|id| id.starts_with("signature")),
            "{line}: {found:?}"
        );
        let known = |id: &&str| RULES.iter().any(|rule| rule.id == *id) || CAUSES.iter().any(|cause| cause.id == *id);
        assert!(found.iter().all(known), "{found:?}");
    }
}

/// The end of a line that a page had to break stands in many a log, and says nothing by itself.
#[test]
fn the_rest_of_a_broken_line_is_no_sign() {
    for line in ["ls: cannot access 'x': No such file or directory", "open x: no such file or directory"] {
        assert!(!meanings(line).contains(&"nested-layout"), "{:?}", meanings(line));
    }
}
