//! One generation's update, step by step, to its end or to the first line that fails.

use super::agent::{self, AgentOutcome};
use super::caches::Caches;
use super::control_plane::{Served, StandIn};
use super::diagnose::diagnose;
use super::error::RehearsalError;
use super::extracted::{build_of, copy_in, look, package_name};
use super::failure::{AgentDeath, RehearsalDiagnosis, Shape, ShippedPackage};
use super::installing::{is_refused, wants_another_machine};
use super::key_line::key_line;
use super::node::RehearsalNode;
use super::plan::{Choice, RehearsalPlan, RehearsalSubject, StepObserver};
use super::scene::Scene;
use crate::host::paths::{self, FileKind};
use crate::host::process::{Done, Environment, Keep, ProcessEnd, Request, Streams, run_unless};
use crate::host::{self, files};
use crate::redact::Redactor;
use crate::report::finding::{Finding, Observation, Severity};
use crate::text;
use crate::update::documented_paths;
use crate::update::generation::Generation;
use crate::update::rehearsal::{Ending, RehearsalRun, StepRun, StepStatus};
use crate::update::{Fallback, Manager, StepCommand, StepCondition, StepLine, StepPlace, StepWord, UpdateStep};
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Bytes kept of what a command writes.
const MAX_OUTPUT: usize = 64 * 1024;
/// Lines of it that a report shows.
const MAX_LINES: usize = 40;

/// What a run needs.
pub(super) struct RunSetting<'a> {
    pub plan: &'a RehearsalPlan,
    pub generation: Generation,
    pub scene: &'a Scene,
    pub caches: &'a Caches,
    pub served: Option<PathBuf>,
    pub node: &'a RehearsalNode,
    pub stop: &'a AtomicBool,
    pub tell: StepObserver<'a>,
}

/// Runs the update.
pub(super) fn run(setting: &RunSetting<'_>) -> Result<RehearsalRun, RehearsalError> {
    let served = Served {
        archive_path: documented_paths::PUBLISHED,
        archive: setting.served.clone(),
        connect_path: documented_paths::CONNECT,
    };
    let plane = StandIn::start(served).map_err(RehearsalError::io("listen on 127.0.0.1"))?;
    let mut update = RehearsedUpdate {
        setting,
        plane,
        shipped: ShippedPackage::Nothing,
        build: None,
        shape: Shape::Flat,
        manager: None,
        without_pnpm: false,
        steps: Vec::new(),
        ending: Ending::Starts,
        finding: None,
        aftermath: None,
    };
    for step in UpdateStep::ALL {
        update.step(step)?;
    }
    Ok(RehearsalRun {
        generation: setting.generation,
        package_manager: update.manager.map(Manager::name),
        ending: update.ending,
        steps: update.steps,
        finding: update.finding,
        allowed: None,
        aftermath: update.aftermath,
        kept: None,
    })
}

struct RehearsedUpdate<'a> {
    setting: &'a RunSetting<'a>,
    plane: StandIn,
    shipped: ShippedPackage,
    /// What the shipped copy of the shared package was made of.
    build: Option<u64>,
    shape: Shape,
    manager: Option<Manager>,
    /// Whether npm had to do where every procedure takes pnpm first, since this machine has none.
    without_pnpm: bool,
    steps: Vec<StepRun>,
    ending: Ending,
    finding: Option<Finding>,
    aftermath: Option<&'static str>,
}

/// How a line went wrong.
struct RunFault {
    /// What was seen, in our words.
    what: String,
    /// What the command wrote.
    output: String,
    /// Whose fault it is, where that is known without reading the output.
    machine: Option<String>,
}

impl RehearsedUpdate<'_> {
    fn step(&mut self, step: UpdateStep) -> Result<(), RehearsalError> {
        let generation = self.setting.generation;
        let mut report = StepRun {
            number: step.number(),
            id: step.id(),
            title: step.title(),
            status: StepStatus::NotReached,
            took: Duration::ZERO,
            commands: Vec::new(),
            note: None,
            help: None,
            output: None,
        };
        if self.ending == Ending::Starts {
            (self.setting.tell)(generation, step);
            report.status = StepStatus::NotNeeded;
            for line in step.lines(generation) {
                if !self.holds(line.when) {
                    continue;
                }
                report.status = StepStatus::Done;
                if let Err(fault) = self.line(line, &mut report)? {
                    self.fail(step, &fault, &mut report);
                    break;
                }
            }
            if step == UpdateStep::Extract {
                let bundle = self.setting.scene.bundle();
                (self.shipped, self.shape) = look(&bundle);
                self.build = build_of(&copy_in(&bundle));
            }
        }
        self.steps.push(report);
        Ok(())
    }

    /// Whether a line is to be run: the agent asks the disk, following links.
    fn holds(&self, when: StepCondition) -> bool {
        let bundle = self.setting.scene.bundle();
        let copy = copy_in(&bundle);
        match when {
            StepCondition::Always => true,
            StepCondition::Copied => copy.exists(),
            StepCondition::Aside => self.place(StepPlace::Aside).exists(),
            StepCondition::OnlySource => bundle.join(documented_paths::SHARED_SOURCE).exists() && !copy.exists(),
        }
    }

    fn line(&mut self, line: &StepLine, report: &mut StepRun) -> Result<Result<(), RunFault>, RehearsalError> {
        let directory = line.directory.map(|place| self.place(place));
        match line.run {
            StepCommand::Command(words) => self.command(words, directory, report),
            StepCommand::Install { pnpm, npm, fallback } => self.install(pnpm, npm, fallback, directory, report),
            StepCommand::WriteUnit => self.write_unit(report),
            // The unit is read where the agent is started; the machine's own systemd is left alone.
            StepCommand::Reload => Ok(Ok(())),
            StepCommand::Restart => self.restart(report),
        }
    }

    fn place(&self, place: StepPlace) -> PathBuf {
        self.setting.scene.place(place, &self.plane.address()).into()
    }

    fn fill(&self, word: &StepWord) -> OsString {
        match (word, &self.setting.plan.subject) {
            (StepWord::Is(text), _) => text.into(),
            (StepWord::At(StepPlace::ControlPlane, _), RehearsalSubject::Address(address)) => address.into(),
            (StepWord::At(place, rest), _) => {
                let mut filled = self.setting.scene.place(*place, &self.plane.address());
                filled.push(rest);
                filled
            }
        }
    }

    fn command(
        &mut self,
        words: &[StepWord],
        directory: Option<PathBuf>,
        report: &mut StepRun,
    ) -> Result<Result<(), RunFault>, RehearsalError> {
        let (done, shown) = self.execute(words, None, directory, report)?;
        match done {
            None => Ok(Err(missing(&shown))),
            Some(done) if done.end.is_success() => Ok(Ok(())),
            Some(done) => Ok(Err(fault(&shown, &done))),
        }
    }

    fn install(
        &mut self,
        pnpm: &[StepWord],
        npm: &[StepWord],
        fallback: Fallback,
        directory: Option<PathBuf>,
        report: &mut StepRun,
    ) -> Result<Result<(), RunFault>, RehearsalError> {
        let mut before = String::new();
        if self.setting.plan.choice != Choice::Only(Manager::Npm) {
            let (done, shown) = self.execute(pnpm, Some(Manager::Pnpm), directory.clone(), report)?;
            let only = self.setting.plan.choice == Choice::Only(Manager::Pnpm);
            match done {
                Some(done) if done.end.is_success() => {
                    self.manager = Some(Manager::Pnpm);
                    return Ok(Ok(()));
                }
                Some(done) => {
                    self.manager = Some(Manager::Pnpm);
                    let fault = fault(&shown, &done);
                    if only || fallback == Fallback::Stop {
                        return Ok(Err(fault));
                    }
                    let words = key_line(&fault.output).unwrap_or("it failed").to_owned();
                    report.note = Some(printable(&format!("pnpm failed, so npm was tried: {words}")));
                    before = fault.output;
                }
                None if only => return Ok(Err(missing(&shown))),
                None => {
                    self.without_pnpm = true;
                    report.note = Some("there is no pnpm here, so npm was used".to_owned());
                }
            }
        }
        let (done, shown) = self.execute(npm, Some(Manager::Npm), directory, report)?;
        match done {
            None => Ok(Err(missing(&shown))),
            Some(done) => {
                self.manager = Some(Manager::Npm);
                if done.end.is_success() {
                    return Ok(Ok(()));
                }
                let mut fault = fault(&shown, &done);
                fault.output = format!("{before}{}", fault.output);
                Ok(Err(fault))
            }
        }
    }

    /// Runs a command line in the agent's environment; nothing where there is no such program.
    fn execute(
        &self,
        words: &[StepWord],
        manager: Option<Manager>,
        directory: Option<PathBuf>,
        report: &mut StepRun,
    ) -> Result<(Option<Done>, String), RehearsalError> {
        let mut argv = words.iter().map(|word| self.fill(word));
        let program = argv.next().unwrap_or_default();
        let args: Vec<_> = argv.collect();
        let scene = self.setting.scene;
        let shown = shown(&program, &args);
        report.commands.push(printable(&shown));
        let request = Request {
            args,
            environment: Environment::Only(self.setting.caches.environment(&scene.home(), &scene.temporary(), manager)),
            directory: Some(directory.unwrap_or_else(|| scene.home())),
            timeout: Duration::from_secs(if manager.is_some() { 900 } else { 300 }),
            most_output: MAX_OUTPUT,
            keep: Keep::End,
            streams: Streams::Together,
            ..Request::new(program, &[])
        };
        match run_unless(&request, self.setting.stop) {
            _ if self.setting.stop.load(Ordering::Relaxed) => Err(RehearsalError::Interrupted),
            Ok(done) => {
                report.took += done.took;
                Ok((Some(done), shown))
            }
            // The directory is there: the step before made it.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok((None, shown)),
            Err(source) => Err(RehearsalError::Io { what: format!("run `{shown}`"), source }),
        }
    }

    fn write_unit(&self, report: &mut StepRun) -> Result<Result<(), RunFault>, RehearsalError> {
        let (path, node) = (self.setting.scene.unit(), self.setting.node);
        report.commands.push(format!("tee {}", path.display()));
        if !node.documented {
            let words =
                format!("the unit starts {}, as there is no {} here", node.path.display(), documented_paths::NODE);
            report.note = Some(printable(&words));
        }
        self.put_unit(&path)?;
        Ok(Ok(()))
    }

    fn put_unit(&self, path: &Path) -> Result<(), RehearsalError> {
        let bundle = self.setting.scene.bundle().display().to_string();
        let node = self.setting.node.path.display().to_string();
        let unit = documented_paths::unit_file("root", &bundle, &node, &self.plane.address());
        host::write_whole(path, |out| out.write_all(unit.as_bytes()))
            .map_err(RehearsalError::io(format!("write {}", path.display())))
    }

    fn restart(&self, report: &mut StepRun) -> Result<Result<(), RunFault>, RehearsalError> {
        let RunSetting { scene, plan, stop, .. } = *self.setting;
        let path = scene.unit();
        if !path.exists() {
            report.note =
                Some("this procedure writes no unit: the documented one stands for the server's own".to_owned());
            self.put_unit(&path)?;
        }
        let text = files::read_whole(&path).map_err(RehearsalError::io(format!("read {}", path.display())))?;
        let watch = agent::Watch { plane: &self.plane, hold: plan.hold, patience: plan.patience, stop };
        let (outcome, took, command) = agent::start(&String::from_utf8_lossy(&text), scene, &watch)?;
        report.commands.push(printable(&command));
        report.took += took;
        match outcome {
            AgentOutcome::Held => Ok(Ok(())),
            AgentOutcome::Failed { what, output } => Ok(Err(RunFault { what, output, machine: None })),
        }
    }

    /// Notes a fault, and names it.
    fn fail(&mut self, step: UpdateStep, fault: &RunFault, report: &mut StepRun) {
        let bundle = self.setting.scene.bundle();
        let package = package_name(&bundle);
        let failure = AgentDeath {
            package: package.as_deref(),
            step,
            output: &fault.output,
            bundle: &bundle.display().to_string(),
            shipped: self.shipped,
            shape: self.shape,
            empty_entry: paths::look_through(&bundle.join(documented_paths::ENTRY_POINT))
                .is_ok_and(|found| found.kind == FileKind::File && found.size == 0),
            no_manifest: !bundle.join("package.json").exists(),
            replaced: self.shipped == ShippedPackage::Copy && build_of(&copy_in(&bundle)) != self.build,
        };
        let diagnosis = match &fault.machine {
            Some(help) => RehearsalDiagnosis::Machine { what: fault.what.clone(), help: help.clone() },
            None => self.not_fetched(step, fault).unwrap_or_else(|| diagnose(&failure)),
        };
        report.status = StepStatus::Failed;
        report.note = Some(printable(&fault.what));
        report.output = Some(tail(&fault.output)).filter(|output| !output.is_empty());
        self.ending = Ending::Fails;
        match diagnosis {
            RehearsalDiagnosis::Machine { what, help } => {
                report.status = StepStatus::Inconclusive;
                (report.note, report.help) = (Some(printable(&what)), Some(help));
                self.ending = Ending::Inconclusive;
            }
            RehearsalDiagnosis::Rule { id, path } => {
                let severity = self.severity(id, &fault.output);
                let finding = finding(self.setting.generation, step, id, path, &fault.output);
                self.finding = Some(Finding { severity, ..finding });
            }
            RehearsalDiagnosis::Other => {}
        }
        if self.ending == Ending::Fails {
            self.aftermath = Some(step.stopped());
        }
    }

    /// An address that gives no bundle says nothing of one: it does not resolve, refuses, or answers with an error, whose
    /// page step 1 saves as the archive, since its `curl` has no `--fail`.
    fn not_fetched(&self, step: UpdateStep, fault: &RunFault) -> Option<RehearsalDiagnosis> {
        let RehearsalSubject::Address(address) = &self.setting.plan.subject else { return None };
        let what = match step {
            UpdateStep::Download => fault.what.clone(),
            UpdateStep::Extract => {
                let args = ["-fsSL", "--range", "0-0", "-o", "/dev/null", "--", address.as_str()];
                let scene = self.setting.scene;
                let request = Request {
                    environment: Environment::Only(self.setting.caches.environment(
                        &scene.home(),
                        &scene.temporary(),
                        None,
                    )),
                    timeout: Duration::from_secs(60),
                    ..Request::new("curl", &args)
                };
                let end = run_unless(&request, self.setting.stop).ok()?.end;
                // 22: the server answered with 400 or more (curl(1), "Exit codes").
                matches!(end, ProcessEnd::Exit(22)).then(|| "the address answers with an HTTP error".to_owned())?
            }
            _ => return None,
        };
        let help = format!("see what it answers: `{}`", crate::text::typed(["curl", "-fIL", "--", address.as_str()]));
        Some(RehearsalDiagnosis::Machine { what, help })
    }

    /// How bad a fault is that one generation has and another has not, as `check` weighs it: an error where the generation
    /// decides and the fault is not npm's alone.
    fn severity(&self, rule: &str, output: &str) -> Severity {
        let RunSetting { plan, generation, .. } = *self.setting;
        let package = package_name(&self.setting.scene.bundle());
        let refused = rule == "package-json-invalid" && is_refused(output, package.as_deref());
        // What both of them ask of Node is no fault of npm's alone.
        let by_npm = refused && wants_another_machine(output, package.as_deref()) && !output.contains("{\"node\":");
        let npms_alone = self.without_pnpm && (generation == Generation::InPlace || by_npm);
        let differs = refused || rule == "update-drops-shared";
        let mild = differs && (npms_alone || !plan.updates.decides(generation));
        if mild { Severity::Warning } else { Severity::Error }
    }
}

fn finding(
    generation: Generation,
    step: UpdateStep,
    rule: &'static str,
    path: Option<String>,
    output: &str,
) -> Finding {
    let message = match step {
        UpdateStep::Restart => {
            format!("Updated by an agent of the generation `{}`, the new agent does not start", generation.name())
        }
        step => {
            format!("The update by an agent of the generation `{}` stops at step {}", generation.name(), step.number())
        }
    };
    let mut seen = Observation::new(message).help(format!("`bundle-doctor explain {rule}` says how to mend it"));
    if let Some(path) = path {
        seen = seen.at(path);
    }
    if let Some(line) = key_line(output) {
        seen = seen.evidence(Redactor::new().clean(line));
    }
    let Observation { message, path, line, evidence, help, severity, detail, caveat, further } = seen;
    let (severity, places) = (severity.unwrap_or(Severity::Error), further + 1);
    Finding { rule, severity, message, path, line, evidence, help, places, detail, caveat }
}

fn missing(shown: &str) -> RunFault {
    let program = shown.split(' ').next().unwrap_or_default();
    RunFault {
        what: format!("there is no `{program}` in PATH"),
        output: String::new(),
        machine: Some("install it, then rehearse again".to_owned()),
    }
}

fn fault(shown: &str, done: &Done) -> RunFault {
    let how = match done.end {
        ProcessEnd::Exit(code) => format!("exited with {code}"),
        ProcessEnd::Signal(signal) => format!("was ended by signal {signal}"),
        ProcessEnd::TimedOut => format!("had not ended after {} s", done.took.as_secs()),
        ProcessEnd::Stopped => "was stopped".to_owned(),
    };
    let words = shown.split(' ').take(2).collect::<Vec<_>>().join(" ");
    RunFault { what: format!("`{words}` {how}"), output: done.stdout.text(), machine: None }
}

fn shown(program: &OsString, args: &[OsString]) -> String {
    let words: Vec<_> = std::iter::once(program).chain(args).map(|word| word.to_string_lossy().into_owned()).collect();
    shlex::try_join(words.iter().map(String::as_str)).unwrap_or_else(|_| words.join(" "))
}

/// Printable, and without what looks like a secret: a registry's address may have a password in it.
fn printable(words: &str) -> String {
    text::printable(&Redactor::new().clean(words)).into_owned()
}

/// The last lines of an output, each printable.
fn tail(output: &str) -> String {
    let output = Redactor::new().clean(output);
    let lines: Vec<_> = output.lines().map(str::trim_end).collect();
    let end = lines.iter().rposition(|line| !line.is_empty()).map_or(0, |last| last + 1);
    let start = end.saturating_sub(MAX_LINES);
    let kept = lines.get(start..end).unwrap_or_default().iter();
    kept.map(|line| text::printable(line)).collect::<Vec<_>>().join("\n")
}
