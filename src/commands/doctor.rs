//! `doctor`: look at the server, judge what was seen, report.

use super::captured;
use super::failure::Failure;
use super::keys;
use super::session::{Configured, Session};
use super::waiting::Patience;
use crate::check::authentication::Trust;
use crate::cli::doctor::Doctor;
use crate::doctor::capture::{BundleListing, Capture, Noted, SeenServer};
use crate::doctor::diagnose;
use crate::doctor::facts::{ServerPolicy, SignatureDemand};
use crate::doctor::probe::{self, BundleJudge, HearsTree, ProbeOptions, RulesJudge};
use crate::doctor::questions::{Disk, Server};
use crate::doctor::recording::Recorder;
use crate::doctor::report::DoctorReport;
use crate::doctor::shown;
use crate::redact::{GivenPatterns, Redactor};
use crate::report::format::ReportFormat;
use crate::report::policy::Policy;
use crate::report::server_report::ServerReport;
use crate::report::verdict::FailOn;
use crate::report::words::UnitName;
use crate::tree::limits::Limits;
use crate::tree::names::ConfiguredNames;
use crate::tree::nodes::Tree;
use crate::update::documented_paths;
use crate::{exit_code, host, render, text};
use anyhow::{Context, Result, bail};
use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, Instant};

/// The control plane's public key, in the agent's home: it signs what the agent is sent.
const CONTROL_PLANE_KEY: &str = "cp-public-key.pem";

/// What naming a key demands: that a changed bundle is told of, whatever a configuration says.
const DEMANDED_BY_KEY: [&str; 5] =
    ["signature-missing", "signature-invalid", "signature-untrusted", "checksum-mismatch", "tampered-files"];

/// Diagnoses this server, or the one whose disk is mounted.
pub(super) fn run(options: &Doctor, session: &Session<'_>) -> Result<u8> {
    let format = session.common.format();
    if options.follow && format != ReportFormat::Human {
        let help = "leave out `--follow`, or the format";
        bail!(Failure::new("a machine format is one document, which the live log would break").help(help));
    }
    let started = Instant::now();
    if let Some(path) = &options.from {
        let (report, fail_on) = captured::judged(path, session)?;
        return shown_as(&report, format, fail_on, started, session);
    }
    let prepared = Prepared::new(options, session)?;
    let patience = Patience::new(options.wait, session.shows_progress()).heeding();
    let (report, redactor) = loop {
        let recorder = Recorder::new(&prepared.disk);
        let is_recorded = options.record.is_some() || options.capture.is_some();
        let server: &dyn Server = if is_recorded { &recorder } else { &prepared.disk };
        let listing = BundleListing::default();
        let list = |path: &str, tree: &Tree| listing.add(path, tree);
        let is_captured = options.capture.is_some();
        let listing_of = is_captured.then_some(&list as &HearsTree<'_>);
        let rules = RulesJudge { limits: prepared.limits, trust: &prepared.trust, listing: listing_of };
        let noted = Noted::new(&rules);
        let judge: &dyn BundleJudge = if is_captured { &noted } else { &rules };
        let (report, redactor) = prepared.examined_by(server, judge);
        if is_waited(&report, &patience) {
            continue;
        }
        patience.heed()?;
        if let Some(path) = &options.record {
            record(path, &recorder, &redactor)?;
        }
        let Some(path) = &options.capture else { break (shown::of(&report), redactor) };
        let seen = SeenServer {
            answers: recorder.written(&|text| redactor.clean_document(text)),
            bundles: noted,
            listing: redactor.clean(&listing.text()),
            root: options.root.is_some().then(|| prepared.disk.place("/").display().to_string()),
            options: &prepared.wishes,
            names: &prepared.names,
            policy: &prepared.policy,
        };
        let capture = Capture::of(seen, &report, &redactor);
        captured::written(path, &capture, &GivenPatterns::default(), session)?;
        break (capture.report.unwrap_or_else(|| shown::of(&report)), redactor);
    };
    let code = shown_as(&report, format, prepared.policy.fail_on, started, session)?;
    if options.follow {
        follow(prepared.unit(), &redactor, session)?;
    }
    Ok(code)
}

/// Writes the report, and gives its exit code.
fn shown_as(
    report: &ServerReport,
    format: ReportFormat,
    fail_on: FailOn,
    started: Instant,
    session: &Session<'_>,
) -> Result<u8> {
    let ending = render::server::ending(report, session.style());
    session.write_ending_in(&ending, |out| match format {
        ReportFormat::Prometheus => render::prometheus::doctor(report, Some(started.elapsed()), out),
        _ => render::doctor(format, report, fail_on, session.style(), out),
    })?;
    session.append_summary(|out| render::doctor(ReportFormat::Markdown, report, fail_on, session.style(), out));
    Ok(exit_code::of_server(report, fail_on))
}

/// Whether the time that tells more was waited for.
fn is_waited(report: &DoctorReport, patience: &Patience) -> bool {
    let worth = diagnose::worth_waiting(report).map(Duration::from_secs);
    worth.is_some_and(|wanted| patience.wait(wanted, "it is too early to tell"))
}

/// All that a look at the server needs.
pub(super) struct Prepared {
    disk: Disk,
    wishes: ProbeOptions,
    policy: Policy,
    trust: Trust,
    names: ConfiguredNames,
    limits: Limits,
}

impl Prepared {
    /// What the command line and the configuration say.
    ///
    /// # Errors
    /// Where one of them cannot be used.
    pub(super) fn new(options: &Doctor, session: &Session<'_>) -> Result<Self> {
        let configured = session.configuration()?;
        let demands: &[_] = if options.keys.is_empty() { &[] } else { &DEMANDED_BY_KEY };
        let policy = session.policy(&configured, demands)?;
        let disk = disk(options)?;
        let mut wishes = wishes(options, &configured)?;
        an_instance(&wishes.unit, &disk)?;
        let trust;
        (trust, wishes.policy.signed) = self::trust(options, &configured, &disk, &wishes)?;
        let (names, limits) = (configured.config.names(), configured.config.limits()?);
        Ok(Self { disk, wishes, policy, trust, names, limits })
    }

    /// The unit.
    pub(super) fn unit(&self) -> &str {
        &self.wishes.unit
    }

    /// What the user wants of causes and rules.
    pub(super) const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The server as it is now.
    pub(super) fn look(&self) -> DoctorReport {
        self.examined(&self.disk).0
    }

    /// The server, once time has told.
    pub(super) fn settled(&self, patience: &Patience) -> DoctorReport {
        loop {
            let report = self.look();
            if !is_waited(&report, patience) {
                return report;
            }
        }
    }

    fn examined(&self, server: &dyn Server) -> (DoctorReport, Redactor) {
        self.examined_by(server, &RulesJudge { limits: self.limits, trust: &self.trust, listing: None })
    }

    fn examined_by(&self, server: &dyn Server, judge: &dyn BundleJudge) -> (DoctorReport, Redactor) {
        let (facts, redactor) = probe::examine(server, &self.wishes, &self.names, judge);
        (diagnose::diagnose(facts, &self.policy), redactor)
    }
}

fn disk(options: &Doctor) -> Result<Disk> {
    let Some(root) = &options.root else { return Ok(Disk::live()) };
    let shown = text::printable(&root.to_string_lossy()).into_owned();
    let failure = |what: String| {
        Failure::new(what).at(&shown).help("give the folder at which the other machine's disk is mounted")
    };
    let real = std::fs::canonicalize(root).with_context(|| failure(format!("cannot open {shown}")))?;
    if !real.is_dir() {
        bail!(failure(format!("{shown} is no folder")));
    }
    if !ROOT_SIGNS.iter().any(|sign| real.join(sign).exists()) {
        bail!(failure(format!("{shown} is not the root of a system: it has none of {}", ROOT_SIGNS.join(", "))));
    }
    Ok(Disk::mounted(real))
}

/// One of them is in every system that has ever had the agent (os-release(5), passwd(5), systemd.unit(5)).
const ROOT_SIGNS: [&str; 4] = ["etc/os-release", "usr/lib/os-release", "etc/passwd", "etc/systemd/system"];

/// The command line's wishes, then the configuration's, then the document's.
fn wishes(options: &Doctor, configured: &Configured) -> Result<ProbeOptions> {
    let (unit, home, bundle) = configured.config.server();
    let unit = options.unit.as_deref().or(unit).unwrap_or(documented_paths::UNIT);
    let has_suffix = unit.rsplit_once('.').is_some_and(|(_, suffix)| suffix == "service");
    let named = if has_suffix { unit.to_owned() } else { format!("{unit}.service") };
    // Anything else could be an option, or another path.
    if UnitName::new(&named).is_err() {
        let shown = text::printable(unit).into_owned();
        let help = "give its name, such as `server-flow-agent.service`";
        bail!(Failure::new(format!("`{shown}` is no name of a unit")).help(help));
    }
    let bundle = match options.bundle.as_deref().or(bundle) {
        Some(path) if options.root.is_none() && !path.starts_with(['/', '~']) => {
            let absolute = std::path::absolute(path);
            let absolute = absolute.with_context(|| Failure::new(format!("cannot open {path}")).at(path))?;
            Some(absolute.to_string_lossy().into_owned())
        }
        other => other.map(str::to_owned),
    };
    Ok(ProbeOptions {
        unit: named,
        bundle,
        home: home.map(str::to_owned),
        lines: options.lines,
        since: options.since.clone(),
        policy: policy(options, configured),
    })
}

/// A template is no unit: systemd refuses its name (systemd.unit(5)).
fn an_instance(unit: &str, server: &dyn Server) -> Result<()> {
    let Some(prefix) = unit.strip_suffix("@.service") else { return Ok(()) };
    let known = probe::instances(server, unit);
    let help = match known.first() {
        Some(first) => format!("give one of its instances: --unit {}", text::printable(first)),
        None => format!("give one of its instances, such as `{prefix}@NAME`; none is enabled here"),
    };
    bail!(Failure::new(format!("`{unit}` is a template, not a unit")).help(help));
}

/// What a fix judges a bundle by: what this run was told to judge by.
fn policy(options: &Doctor, configured: &Configured) -> ServerPolicy {
    let absolute = |path: &Path| {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
        path.to_string_lossy().into_owned()
    };
    ServerPolicy {
        config: configured.path.as_deref().map(absolute),
        keys: options.keys.iter().map(|key| absolute(key)).collect(),
        bundle: options.bundle.as_deref().filter(|path| !path.starts_with('~')).map(|path| absolute(Path::new(path))),
        signed: SignatureDemand::None,
    }
}

/// The keys that are trusted here, and the control plane's in the agent's home. Not that of a mounted disk: whoever
/// changed the bundle there could have put their own key beside it.
fn trust(
    options: &Doctor,
    configured: &Configured,
    server: &dyn Server,
    wishes: &ProbeOptions,
) -> Result<(Trust, SignatureDemand)> {
    let home = wishes.home.as_deref().unwrap_or(documented_paths::SERVER_HOME).replacen('~', "/root", 1);
    let own = options.root.is_none().then(|| server.place(&format!("{home}/{CONTROL_PLANE_KEY}")));
    let (trust, named) = keys::trust_on_server(&options.keys, own, configured)?;
    let signed = match named {
        _ if trust.required => SignatureDemand::Required,
        keys::KeyPurpose::BySomebody => SignatureDemand::Expected,
        keys::KeyPurpose::ByNobody => SignatureDemand::None,
    };
    Ok((trust, signed))
}

/// Writes down what was asked and answered.
fn record(path: &Path, recorder: &Recorder<'_>, redactor: &Redactor) -> Result<()> {
    let shown = text::printable(&path.to_string_lossy()).into_owned();
    let written = recorder.written(&|text| redactor.clean_document(text));
    host::write_whole(path, |out| out.write_all(written.as_bytes()))
        .with_context(|| Failure::new(format!("cannot write {shown}")).at(&shown))
}

/// The live log of the document (section "Erreurs Courantes"), secrets taken out, until it is interrupted.
fn follow(unit: &str, redactor: &Redactor, session: &Session<'_>) -> Result<()> {
    session.print(b"\n")?;
    let mut follows = crate::redact::Follows::default();
    let each = |line: &str| {
        let shown = redactor.line(line, &mut follows);
        writeln!(io::stdout(), "{}", text::printable(&shown)).is_ok()
    };
    crate::doctor::questions::follow(unit, each).context("cannot follow the journal")
}
