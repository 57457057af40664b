//! Steps of fixes that several causes share: exact commands for this server, nothing to fill in.

use super::started;
use crate::doctor::facts::{DeployedBundle, Deployment, DeploymentState, Fact, Facts};
use crate::report::diagnosis::{FixCommand, Step};
use crate::systemd::{Setting, normal};
use crate::update::documented_paths::{self, SHARED_PACKAGE, SHARED_SOURCE};

/// A command line of plain words.
pub(crate) fn command(words: &[&str]) -> FixCommand {
    FixCommand::new(words.iter().copied())
}

/// `systemctl VERB UNIT`.
pub(crate) fn systemctl(verb: &str, facts: &Facts) -> FixCommand {
    command(&["systemctl", verb, &facts.places.unit])
}

/// Starts the agent anew with what is on the disk.
pub(crate) fn restart(facts: &Facts) -> Step {
    Step::safe("start the agent", restart_commands(facts))
}

/// Has systemd read the unit again, and starts the agent.
pub(crate) fn reload_and_restart(facts: &Facts) -> Step {
    let mut commands = vec![command(&["systemctl", "daemon-reload"])];
    commands.extend(restart_commands(facts));
    Step::safe("have systemd read the unit again, and start the agent", commands)
}

fn restart_commands(facts: &Facts) -> Vec<FixCommand> {
    let mut commands = Vec::new();
    // A start limit that was hit refuses every further start (systemd.unit(5), `StartLimitBurst=`).
    if facts.service.known().is_some_and(|service| service.active_state == "failed") {
        commands.push(systemctl("reset-failed", facts));
    }
    commands.push(systemctl("restart", facts));
    commands
}

/// How to see that a fix worked.
pub(crate) fn verify(facts: &Facts) -> Vec<FixCommand> {
    let mut words = vec!["bundle-doctor", "doctor"];
    if facts.places.unit != documented_paths::UNIT {
        words.extend(["--unit", &facts.places.unit]);
    }
    vec![command(&words)]
}

/// A name beside a path that is not taken: with the time of the diagnosis.
pub(crate) fn aside(path: &str, facts: &Facts) -> String {
    let stamp = facts.at.rfc3339().unwrap_or_default();
    let stamp: String = stamp.chars().filter(char::is_ascii_alphanumeric).collect();
    format!("{}.broken-{stamp}", normal(path))
}

/// Edits a file in place by these expressions of sed(1).
pub(crate) fn edit(file: &str, expressions: &[String]) -> FixCommand {
    let mut words = vec!["sed".to_owned(), "-i".to_owned()];
    for expression in expressions {
        words.extend(["-e".to_owned(), expression.clone()]);
    }
    words.push(file.to_owned());
    FixCommand::new(words)
}

/// The expression that replaces a line of a unit file by another, found by its number and its key: after the file was
/// changed it does nothing rather than harm.
pub(crate) fn replace_line(setting: &Setting<'_>, key: &str, value: &str) -> String {
    format!("{}s#^[[:space:]]*{key}[[:space:]]*=.*#{key}={}#", setting.line, replacement(value))
}

/// Text as it stands in the replacement of `s###`.
pub(crate) fn replacement(text: &str) -> String {
    text.replace('\\', "\\\\").replace('#', "\\#").replace('&', "\\&")
}

/// Text as it stands in the pattern of `s###`.
pub(crate) fn pattern(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '.' | '*' | '[' | ']' | '^' | '$' | '\\' | '#') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// The newest backup that would start as the unit is now: a second update moves the bundle into the backup.
pub(crate) fn good_backup(facts: &Facts) -> Option<&Deployment> {
    let backups = facts.nested_backup.iter().chain([&facts.backup]);
    backups.into_iter().find(|backup| started::would_start(facts, backup))
}

/// The commands that take a bundle out of the way.
fn clear(facts: &Facts) -> Option<Vec<FixCommand>> {
    let bundle = normal(&facts.places.bundle);
    Some(match facts.deployment.state.known()? {
        DeploymentState::Absent => Vec::new(),
        DeploymentState::Empty => vec![command(&["rmdir", &bundle])],
        DeploymentState::NotADirectory(_) | DeploymentState::Present(_) => {
            vec![command(&["mv", &bundle, &aside(&bundle, facts)])]
        }
    })
}

/// Puts the backup back, if it would start.
pub(crate) fn rollback(facts: &Facts) -> Option<Step> {
    let backup = good_backup(facts)?;
    let mut commands = clear(facts)?;
    commands.push(command(&["mv", &normal(&backup.path), &normal(&facts.places.bundle)]));
    let version = backup.inspected().and_then(|inspected| inspected.report.package.as_ref()?.version.clone());
    let version = version.map(|version| format!(" ({version})")).unwrap_or_default();
    Some(Step::risky(format!("put the backup{version} back: it would start"), commands))
}

/// Fetches the published bundle, judges it, and puts it in the place of what is there; words where the control plane's
/// address is not known.
pub(crate) fn renew(facts: &Facts) -> Vec<Step> {
    let bundle = normal(&facts.places.bundle);
    let archive = facts.places.download.as_str();
    let mut steps = Vec::new();
    if !has_good_download(facts) {
        let Some(url) = started::url(facts) else {
            let text = format!(
                "put a bundle into `{bundle}`: no backup here would start, and the control plane's address is not known"
            );
            return vec![Step::risky(text, Vec::new())];
        };
        let url = format!("{}/agent-bundle.tar.gz", url.trim_end_matches('/'));
        steps.push(Step::safe(
            "fetch the published bundle and judge it; go on only if it is accepted",
            // `-f`, unlike step 1 of the update: without it an error page is saved as the archive
            // (docs/reference/field-facts.md, "The update, as executed by agents in the field").
            vec![command(&["curl", "-fL", &url, "-o", archive]), command(&["bundle-doctor", "check", archive])],
        ));
    }
    let mut commands = clear(facts).unwrap_or_default();
    // Root's tar would give the files to whoever has the number of the machine that packed them
    // (docs/reference/field-facts.md, "Released bundles").
    let extract = command(&["tar", "--no-same-owner", "-xzf", archive, "-C", &bundle]);
    commands.push(command(&["mkdir", "-p", &bundle]));
    commands.push(extract.clone());
    commands.extend(installer(facts));
    // Once more: the installation removes the shared package's copy, which no manifest declares.
    commands.push(extract);
    commands.push(command(&["rm", "-f", archive]));
    steps.push(Step::risky("extract it in place of what is there, and install", commands));
    steps
}

/// Whether the download is still there and is a bundle to which no rule objects.
fn has_good_download(facts: &Facts) -> bool {
    let errors = |report: &crate::report::subject::SubjectReport| {
        report.findings.iter().any(|finding| finding.severity == crate::report::finding::Severity::Error)
    };
    matches!(&facts.download, Fact::Known(Some(download)) if !errors(&download.report))
}

/// Makes the bundle one that starts: the backup, else the published one; then starts the agent.
pub(crate) fn mend(facts: &Facts) -> Vec<Step> {
    let mut steps = match rollback(facts) {
        Some(step) => vec![step],
        None => renew(facts),
    };
    steps.push(restart(facts));
    steps
}

/// The commands that install what the bundle declares (step 5 of the update), with what is on this server.
pub(crate) fn installer(facts: &Facts) -> Vec<FixCommand> {
    let bundle = normal(&facts.places.bundle);
    let found = |name: &str| {
        facts.package_managers.iter().find(|path| path.rsplit('/').next() == Some(name)).map(String::as_str)
    };
    match (found("pnpm"), found("npm")) {
        (Some(pnpm), _) => vec![command(&[pnpm, "-C", &bundle, "install", "--prod", "--ignore-scripts"])],
        (None, Some(npm)) => {
            vec![command(&[npm, "--prefix", &bundle, "install", "--omit=dev", "--ignore-scripts"])]
        }
        (None, None) => vec![
            command(&["apt-get", "install", "-y", "npm"]),
            command(&["npm", "--prefix", &bundle, "install", "--omit=dev", "--ignore-scripts"]),
        ],
    }
}

/// Steps 4 to 6 of the update: installs anew, and keeps or makes the shared package's copy. What is there is removed
/// first, as pnpm believes its own notes of it (`node_modules/.modules.yaml`) and would change nothing.
pub(crate) fn install(facts: &Facts) -> Step {
    let bundle = normal(&facts.places.bundle);
    let modules = format!("{bundle}/node_modules");
    let copy = format!("{modules}/{SHARED_PACKAGE}");
    let scope = copy.rsplit_once('/').map_or(copy.as_str(), |(scope, _)| scope).to_owned();
    let inspected = facts.deployment.inspected();
    let has_copy = inspected.is_some_and(|inspected| inspected.has_modules && !lost_shared(inspected));
    let remove = command(&["rm", "-rf", &modules]);
    let mut commands = Vec::new();
    if has_copy {
        let kept = format!("{}/shared-kept", normal(&facts.places.home));
        commands.push(command(&["rm", "-rf", &kept]));
        commands.push(command(&["cp", "-a", &copy, &kept]));
        commands.push(remove);
        commands.extend(installer(facts));
        commands.push(command(&["mkdir", "-p", &scope]));
        commands.push(command(&["rm", "-rf", &copy]));
        commands.push(command(&["mv", &kept, &copy]));
    } else {
        commands.extend(inspected.filter(|inspected| inspected.has_modules).map(|_| remove));
        commands.extend(installer(facts));
        if inspected.is_some_and(|inspected| inspected.ships_shared) {
            commands.extend(copy_shared(&bundle));
        }
    }
    Step::risky("install what `package.json` declares (needs the network)", commands)
}

/// Whether an installation makes the bundle whole: it cannot bring back a shared package that nothing here has.
pub(crate) fn can_install(facts: &Facts) -> bool {
    facts
        .deployment
        .inspected()
        .is_some_and(|inspected| inspected.ships_shared || (!lost_shared(inspected) && inspected.has_modules))
}

fn lost_shared(inspected: &DeployedBundle) -> bool {
    ["shared-package-missing", "shared-package-linked"].iter().any(|rule| inspected.stopper(rule).is_some())
}

/// Step 6 of the update, which also makes the folder that `cp` needs.
pub(crate) fn copy_shared(bundle: &str) -> Vec<FixCommand> {
    let copy = format!("{bundle}/node_modules/{SHARED_PACKAGE}");
    let scope = copy.rsplit_once('/').map_or(copy.as_str(), |(scope, _)| scope);
    vec![
        command(&["mkdir", "-p", scope]),
        command(&["rm", "-rf", &copy]),
        // `cp -r` onto a folder that is there would copy into it, hence the line before.
        command(&["cp", "-r", &format!("{bundle}/{SHARED_SOURCE}"), &copy]),
    ]
}

/// Points the unit's lines of the old layout to the flat one: only the paths change, options stay.
pub(crate) fn flatten_unit(facts: &Facts) -> Option<Step> {
    let unit = &started::unit(facts)?.unit;
    let bundle = normal(&facts.places.bundle);
    let name = bundle.rsplit('/').next().unwrap_or(&bundle);
    let expression = format!("s#{}/apps/agent#{}#g", pattern(name), replacement(name));
    let mut commands = Vec::new();
    for setting in [unit.setting("Service", "WorkingDirectory"), unit.exec_start()].into_iter().flatten() {
        let edit = edit(&setting.file.path, std::slice::from_ref(&expression));
        if setting.value.contains(&format!("{name}/apps/agent")) && !commands.contains(&edit) {
            commands.push(edit);
        }
    }
    (!commands.is_empty()).then(|| Step::safe("point the unit to the flat layout", commands))
}

/// Writes the unit as the source document has it; what is there is kept beside it. Words where the control plane's
/// address is not known.
pub(crate) fn write_unit(facts: &Facts) -> Vec<Step> {
    let Some(url) = started::url(facts) else {
        let text = "install the agent's unit again: nothing on this server knows its control plane's address";
        return vec![Step::safe(text, Vec::new())];
    };
    let path = format!("/etc/systemd/system/{}", facts.places.unit);
    let mut commands = Vec::new();
    let exists = facts.unit.known().is_some_and(|unit| unit.unit.files.iter().any(|file| file.path == path));
    if exists {
        commands.push(command(&["cp", "-p", &path, &aside(&path, facts)]));
    }
    commands.push(command(&["tee", &path]).reading(document(facts, &url)));
    commands.push(command(&["systemctl", "daemon-reload"]));
    let enabled = facts.unit.known().is_some_and(|unit| unit.enabled) && exists;
    if !enabled {
        commands.push(systemctl("enable", facts));
    }
    let text = if exists { "write the documented unit; the old one is kept" } else { "write the documented unit" };
    let step = if exists { Step::risky(text, commands) } else { Step::safe(text, commands) };
    vec![step, restart(facts)]
}

/// The unit of the source document (docs/reference/update-mechanism.md, "Fichiers Clés", 4) for this server.
fn document(facts: &Facts, url: &str) -> String {
    let bundle = normal(&facts.places.bundle);
    let program = started::program(facts).filter(|program| !started::is_missing(program)).map(|program| &program.path);
    let node = program.or_else(|| facts.other_nodes.first().map(|node| &node.path));
    let node = node.map_or("/usr/bin/node", String::as_str);
    format!(
        "[Unit]\nDescription=ServerFlow Agent\nAfter=network.target\n\n[Service]\nType=simple\nUser=root\n\
         WorkingDirectory={bundle}\nExecStart={node} {bundle}/{entry} --url {url}\nRestart=always\nRestartSec=10\n\
         Environment=NODE_ENV=production\n\n[Install]\nWantedBy=multi-user.target\n",
        entry = documented_paths::ENTRY_POINT,
    )
}
