//! What the agent sees otherwise than everybody, what stands on its way to the control plane, what is left beside the bundle and the
//! unit, and ends that are not the agent's own words.

use super::*;
use crate::doctor::facts::ProxyServer;
use crate::report::diagnosis::FixCommand;
use crate::systemd::UnitFile;

fn typed(report: &DoctorReport) -> String {
    let steps = report.diagnoses.iter().flat_map(|one| &one.fix);
    steps.flat_map(|step| &step.commands).map(FixCommand::typed).collect::<Vec<_>>().join("\n")
}

fn through_a_proxy(f: &mut Facts, line: &str) {
    f.connections().own.clear();
    let Fact::Known(Some(plane)) = &mut f.control_plane else { panic!("there is one") };
    plane.proxies = vec![ProxyServer {
        variable: "HTTPS_PROXY".into(),
        place: "/etc/default/agent".into(),
        host: "proxy.lan".into(),
        port: 3128,
        addresses: vec!["10.0.0.9".parse().unwrap()],
    }];
    f.journal().entries.push(entry(ago(3), Speaker::Agent, "now", line));
}

#[test]
fn the_proxy_that_refuses_is_named_with_its_place() {
    let cases: [(&str, Make, &str); 4] = [
        (
            "it refuses",
            |f| through_a_proxy(f, "[connection] WebSocket error: connect ECONNREFUSED 10.0.0.9:3128"),
            "by way of the proxy `proxy.lan:3128`, which `HTTPS_PROXY` in /etc/default/agent names: nothing listens there",
        ),
        (
            "its name leads nowhere",
            |f| through_a_proxy(f, "WebSocket error: getaddrinfo ENOTFOUND proxy.lan"),
            "by way of the proxy `proxy.lan:3128`, which `HTTPS_PROXY` in /etc/default/agent names: its name leads nowhere",
        ),
        (
            "it wants a password",
            |f| through_a_proxy(f, "WebSocket error: Unexpected server response: 407"),
            "a name and a password (407)",
        ),
        (
            "the control plane itself",
            |f| through_a_proxy(f, "WebSocket error: connect ECONNREFUSED 10.0.0.1:4000"),
            "`http://cp.example:4000`: nothing listens there",
        ),
    ];
    for (case, make, says) in cases {
        let report = judged(make);
        assert_eq!(roots(&report), ["control-plane-unreachable"], "{case}");
        let summary = &report.diagnoses.first().unwrap().summary;
        assert!(summary.contains(says), "{case}: {summary}");
    }
    // What another program of the agent's does not reach while the agent is connected is its own matter.
    let connected = judged(|f| {
        let own = f.connections().own.clone();
        through_a_proxy(f, "connect ECONNREFUSED 10.0.0.9:3128");
        f.journal().entries.push(entry(ago(9), Speaker::Agent, "now", "connect ECONNREFUSED 10.0.0.9:3128"));
        f.connections().own = own;
    });
    assert_eq!(connected.health, Health::Healthy);
}

fn missing_unit(f: &mut Facts, left: &str) {
    f.stopped();
    f.service().load_state = "not-found".into();
    f.unit().unit.files.clear();
    let path = "/etc/systemd/system/server-flow-agent.service.d/old.conf";
    f.unit().left_drop_ins = vec![UnitFile::parse(path, left)];
    f.guards.push(Guard { path: path.into(), hold: Hold::Roots });
}

#[test]
fn drop_ins_that_are_left_are_part_of_the_plan_where_they_would_undo_it() {
    let cases: [(&str, Make, bool); 5] = [
        ("another folder", |f| missing_unit(f, "[Service]\nWorkingDirectory=/opt/gone\n"), true),
        ("another command", |f| missing_unit(f, "[Service]\nExecStart=\nExecStart=/usr/bin/node /opt/x.js\n"), true),
        (
            "a second command",
            |f| missing_unit(f, &format!("[Service]\nExecStart=/usr/bin/node {BUNDLE}/dist/index.js\n")),
            true,
        ),
        (
            "this bundle's command",
            |f| {
                missing_unit(f, &format!("[Service]\nExecStart=\nExecStart=/usr/bin/node {BUNDLE}/dist/index.js --x\n"))
            },
            false,
        ),
        ("something else", |f| missing_unit(f, "[Service]\nNice=5\n"), false),
    ];
    for (case, make, is_edited) in cases {
        let report = judged(make);
        assert_eq!(report.diagnoses.first().unwrap().cause, "unit-missing", "{case}");
        assert_eq!(typed(&report).contains("old.conf"), is_edited, "{case}: {}", typed(&report));
    }
}

#[test]
fn what_people_have_kept_is_a_way_back_where_a_fix_may_touch_it() {
    let kept = format!("{HOME}/agent-bundle.old");
    for (hold, is_one) in [
        (Hold::Roots, true),
        (Hold::Unseen, false),
        (Hold::Anyones { at: kept.clone(), why: "mode 0777".into() }, false),
    ] {
        let mut facts = healthy();
        facts.found("shared-package-missing", "node_modules/@server-flow/shared");
        facts.kept = vec![bundle(&kept)];
        facts.guards.push(Guard { path: kept.clone(), hold });
        let report = diagnose(facts, &policy());
        let back = typed(&report).contains(&format!("mv -T -- {kept} {BUNDLE}"));
        assert_eq!(back, is_one, "{}", typed(&report));
    }
}

/// What Node prints of an error that nobody caught in a program of somebody's.
const OF_ANOTHER: [&str; 8] = [
    "file:///srv/app/index.mjs:1",
    "import 'express';",
    "^",
    "Error [ERR_MODULE_NOT_FOUND]: Cannot find package '@server-flow/shared' imported from /srv/app/index.mjs",
    "    at packageResolve (node:internal/modules/esm/resolve:873:9)",
    "  code: 'ERR_MODULE_NOT_FOUND'",
    "}",
    "Node.js v20.20.2",
];

#[test]
fn a_block_about_code_of_others_is_not_taken_for_nodes_own() {
    let report = judged(|f| f.dies(Speaker::Agent, &OF_ANOTHER, Exit::Code(1)));
    assert_eq!(roots(&report), ["unknown-crash"]);
    assert!(report.diagnoses.first().unwrap().summary.contains("last words"));
    // What an option of Node's loads is the agent's, wherever it is.
    let preloaded = judged(|f| {
        f.unit_says("Environment=NODE_ENV=production", "Environment=\"NODE_OPTIONS=--import /srv/app/index.mjs\"");
        f.dies(Speaker::Agent, &OF_ANOTHER, Exit::Code(1));
    });
    assert!(preloaded.diagnoses.first().unwrap().summary.contains("dies of an error"));
}

#[test]
fn what_does_not_parse_as_data_is_no_file_of_the_agents() {
    let report = judged(|f| {
        let lines = [
            "<anonymous_script>:1",
            "SyntaxError: Unexpected token '",
            "', \"",
            "\"... is not valid JSON",
            "    at JSON.parse (<anonymous>)",
            "    at settings (file:///root/.server-flow/agent-bundle/dist/settings.js:11:46)",
            "Node.js v20.20.2",
        ];
        f.dies(Speaker::Agent, &lines, Exit::Code(1));
    });
    assert_eq!(roots(&report), ["unknown-crash"]);
}

#[test]
fn a_port_that_systemd_holds_is_a_socket_units() {
    let report = judged(|f| {
        f.crashes(&["Error: listen EADDRINUSE: address already in use 0.0.0.0:3001"]);
        f.listeners = Fact::Known(vec![Listener { port: 3001, pid: Some(1), command: None, unit: None }]);
    });
    assert!(report.diagnoses.first().unwrap().summary.contains("socket unit"));
    assert!(typed(&report).contains("systemctl list-sockets"), "{}", typed(&report));
}

#[test]
fn a_port_that_the_units_own_old_process_holds_is_said_to_be_so() {
    let report = judged(|f| {
        f.crashes(&["Error: listen EADDRINUSE: address already in use 0.0.0.0:3001"]);
        let unit = Some(f.places.unit.clone());
        f.listeners = Fact::Known(vec![Listener { port: 3001, pid: Some(57), command: None, unit }]);
    });
    assert!(report.diagnoses.first().unwrap().summary.contains("an old one of the unit itself"));
}

#[test]
fn a_unit_that_nobody_may_start_by_hand_is_not_started_by_a_fix() {
    for (value, refuses) in [("yes", true), ("no", false)] {
        let mut facts = healthy();
        facts.stopped();
        facts.unit_says("After=network.target", &format!("After=network.target\nRefuseManualStart={value}"));
        let report = diagnose(facts, &policy());
        assert_eq!(!typed(&report).contains("systemctl restart"), refuses, "{}", typed(&report));
    }
}

#[test]
fn a_bundle_without_a_file_is_one_fact() {
    let report = judged(|f| {
        f.crashes(&["Error: Cannot find module '/root/.server-flow/agent-bundle/dist/index.js'"]);
        f.found("entry-point-missing", "dist/index.js");
        f.found("shared-entry-missing", "node_modules/@server-flow/shared/dist/index.js");
        f.inspected().is_bare = true;
    });
    assert_eq!(roots(&report), ["deployment-missing"]);
}

#[test]
fn what_is_mounted_into_the_bundle_is_why_node_does_not_find_it() {
    for (line, cause) in [
        ("BindPaths=/srv/empty:/root/.server-flow/agent-bundle/node_modules", "unit-confinement"),
        ("BindPaths=/srv/data:/root/.server-flow/agent-bundle/data", "module-not-found"),
    ] {
        let mut facts = healthy();
        facts.unit_says("Environment=NODE_ENV=production", line);
        let by = "imported from /root/.server-flow/agent-bundle/dist/index.js";
        facts.crashes(&[&format!("Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'fastify' {by}")]);
        let report = diagnose(facts, &policy());
        assert_eq!(report.diagnoses.first().unwrap().cause, cause, "{line}");
    }
}

#[test]
fn a_file_of_variables_that_others_read_stays_as_it_is() {
    for is_shared in [true, false] {
        let mut facts = healthy();
        let mut file = UnitFile { path: "/etc/default/agent".into(), ..UnitFile::default() };
        file.assignments = UnitFile::parse("x", "[Service]\nNODE_OPTIONS=--no-such\n").assignments;
        file.text = "NODE_OPTIONS=--no-such\n".into();
        // The line of the file, which has no section.
        file.assignments.iter_mut().for_each(|found| found.line = 1);
        facts.unit().shared_variables = if is_shared { vec![file.path.clone()] } else { Vec::new() };
        facts.unit().variables = vec![file];
        let drop_in = "/etc/systemd/system/server-flow-agent.service.d/zz-bundle-doctor.conf";
        facts
            .guards
            .extend(["/etc/default/agent", drop_in].map(|path| Guard { path: path.to_owned(), hold: Hold::Roots }));
        let refused = "/usr/bin/node: --no-such is not allowed in NODE_OPTIONS";
        facts.dies(Speaker::Agent, &[refused], Exit::Code(9));
        let report = diagnose(facts, &policy());
        let typed = typed(&report);
        assert_eq!(typed.contains("UnsetEnvironment=NODE_OPTIONS"), is_shared, "{typed}");
        assert_eq!(typed.contains("sed -i"), !is_shared, "{typed}");
    }
}
