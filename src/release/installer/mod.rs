//! The units that an installer's shell script writes, read out of it as far as that can be told without running it: here
//! documents, quoted texts that are written to a file, and files that are copied.

mod script;
mod variables;

use crate::systemd::Unit;
use crate::update::documented_paths;
use script::{ScriptPiece, ShellQuoting, pieces};
use variables::{ScriptVariables, UNKNOWN};

/// A unit that a script writes.
#[derive(Clone, Debug)]
pub(crate) struct WrittenUnit {
    /// The line of the script, from 1.
    pub line: u32,
    /// What is known of it.
    pub known: KnownUnit,
}

/// What is known of a unit that a script writes.
#[derive(Clone, Debug)]
pub(crate) enum KnownUnit {
    /// It can be judged.
    Unit(Box<Unit>),
    /// It is this file, as the script names it.
    File(String),
    /// It cannot be told, for this reason.
    Unclear(String),
}

/// The units of the agent that a script writes.
#[must_use]
pub(crate) fn units(name: &str, text: &str) -> Vec<WrittenUnit> {
    let variables = ScriptVariables::of(text);
    let mut found: Vec<WrittenUnit> = Vec::new();
    for ScriptPiece { line, quoting, text } in pieces(text) {
        let known = match quoting {
            ShellQuoting::Command => of_command(&text, &variables),
            quoting if is_unit(&text) && is_agents(&variables.expand(&text)) => {
                Some(of_text(name, &text, quoting, &variables))
            }
            _ => None,
        };
        found.extend(known.map(|known| WrittenUnit { line, known }));
    }
    // A quote that is read otherwise than the shell does may hide it. A comment writes nothing.
    let said = |line: &&str| !line.trim_start().starts_with('#');
    let without_comments = text.lines().filter(said).collect::<Vec<_>>().join("\n");
    if found.is_empty() && is_unit(&without_comments) && is_agents(&without_comments) {
        let places = text.lines().zip(1..).filter(|(line, _)| said(line));
        let mut places = places.filter(|(line, _)| line.contains("[Service]"));
        let line = places.next().map_or(1, |(_, number)| number);
        let why = "it writes a unit in a way that is not understood".to_owned();
        found.push(WrittenUnit { line, known: KnownUnit::Unclear(why) });
    }
    // A redirection names the file that a text or a copy already told of.
    let told = found.iter().any(|unit| !matches!(unit.known, KnownUnit::Unclear(_)));
    let of_redirection = |unit: &WrittenUnit| matches!(&unit.known, KnownUnit::Unclear(why) if why == MADE);
    if told || found.iter().any(|unit| !of_redirection(unit)) {
        found.retain(|unit| !of_redirection(unit));
    }
    found
}

/// Why the unit of a line that only names its file is not known.
const MADE: &str = "the unit is made by a program while the script runs";

/// The unit of a file that a script copies.
#[must_use]
pub(crate) fn unit_of_file(name: &str, text: &str) -> Option<Unit> {
    (is_unit(text) && is_agents(text)).then(|| Unit::of_text(documented_paths::UNIT, name, text))
}

fn is_unit(text: &str) -> bool {
    text.contains("[Service]") && text.contains("ExecStart=")
}

/// A monorepo's script may write other services as well.
fn is_agents(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    text.contains("agent") && ["server-flow", "serverflow", "dist/index.js"].iter().any(|words| text.contains(words))
}

fn of_text(name: &str, text: &str, quoting: ShellQuoting, variables: &ScriptVariables) -> KnownUnit {
    let text = match quoting {
        ShellQuoting::Literal => text.to_owned(),
        ShellQuoting::Expanded | ShellQuoting::Command => variables.expand(text),
    };
    // `printf` and `echo -e` make lines of it.
    let text = if text.lines().count() < 3 { text.replace("\\n", "\n") } else { text };
    match unclear(&text) {
        Some(why) => KnownUnit::Unclear(why),
        None => {
            let text = text.replace(UNKNOWN, "");
            KnownUnit::Unit(Box::new(Unit::of_text(documented_paths::UNIT, name, &text)))
        }
    }
}

/// The setting that decides whether the unit starts the bundle, where it is known only once the script runs.
fn unclear(text: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let (key, value) = line.split_once('=')?;
        let decisive = match key.trim() {
            "WorkingDirectory" | "User" => value,
            // The program, its options and the script; what follows is the agent's own.
            "ExecStart" => {
                let script = value.split_whitespace().position(|word| word.ends_with(".js"));
                let end = script.map_or(value.len(), |at| words_end(value, at));
                value.get(..end)?
            }
            _ => return None,
        };
        decisive.contains(UNKNOWN).then(|| {
            format!("{}={} is known only once the script runs", key.trim(), value.replace(UNKNOWN, "$").trim())
        })
    })
}

/// Where the word of that number ends.
fn words_end(text: &str, number: usize) -> usize {
    let mut words = text.split_whitespace();
    words.nth(number).map_or(text.len(), |word| word.as_ptr() as usize - text.as_ptr() as usize + word.len())
}

/// A command that puts a unit into its place without its text being in the script.
fn of_command(line: &str, variables: &ScriptVariables) -> Option<KnownUnit> {
    let words = shlex::split(line)?;
    let mut words = words.iter().map(|word| variables.expand(word)).skip_while(|word| word == "sudo" || word == "&&");
    let program = words.next()?;
    let rest: Vec<_> = words.take_while(|word| !["&&", "||", ";", "|"].contains(&word.as_str())).collect();
    let is_service = |word: &&String| word.ends_with(".service");
    let agents = |word: &str| word.rsplit('/').next().is_some_and(|name| name.contains("agent"));
    let target = rest.last().filter(|word| word.contains("/systemd/") || is_service(word));
    match program.rsplit('/').next()? {
        "cp" | "install" | "mv" | "ln" => {
            let (_, sources) = rest.split_last()?;
            let source = sources.iter().rfind(is_service)?;
            target.filter(|_| agents(source)).map(|_| KnownUnit::File(within_script_folder(source)))
        }
        "curl" | "wget" => {
            let word = rest.iter().find(is_service).filter(|word| agents(word))?;
            Some(KnownUnit::Unclear(format!("{} is downloaded while the script runs", word.replace(UNKNOWN, "$"))))
        }
        "sed" | "envsubst" | "tee" | "cat" => {
            rest.iter().rfind(is_service).filter(|word| agents(word)).map(|_| KnownUnit::Unclear(MADE.to_owned()))
        }
        _ => None,
    }
}

/// A path as the script names it, without what is known only once the script runs: most often the script's own folder.
fn within_script_folder(path: &str) -> String {
    match path.split_once('/') {
        Some((folder, rest)) if folder.starts_with(UNKNOWN) => rest.to_owned(),
        _ => path.replace(UNKNOWN, "$"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = "[Unit]\nDescription=ServerFlow Agent\n[Service]\nWorkingDirectory=DIR\nExecStart=EXEC\n";

    fn told(script: &str) -> Vec<String> {
        let told = |unit: &WrittenUnit| match &unit.known {
            KnownUnit::Unit(unit) => {
                let value = |key| unit.setting("Service", key).map_or_else(String::new, |found| found.value.to_owned());
                format!("{} | {}", value("WorkingDirectory"), value("ExecStart"))
            }
            KnownUnit::File(path) => format!("file {path}"),
            KnownUnit::Unclear(why) => format!("unclear {why}"),
        };
        units("install.sh", script).iter().map(told).collect()
    }

    fn body(directory: &str, command: &str) -> String {
        BODY.replace("DIR", directory).replace("EXEC", command)
    }

    #[test]
    fn the_unit_is_found_however_it_is_written() {
        let (directory, command) = ("/root/.server-flow/agent-bundle", "/usr/bin/node dist/index.js --url http://x");
        let plain = body(directory, command);
        let expected = format!("{directory} | {command}");
        for (case, script) in [
            (
                "cat >",
                format!(
                    "#!/bin/sh\ncat > /etc/systemd/system/server-flow-agent.service <<EOF\n{plain}EOF\nsystemctl daemon-reload\n"
                ),
            ),
            ("cat << first", format!("cat <<'EOF' >\"$UNIT\"\n{plain}EOF\n")),
            ("sudo tee", format!("sudo tee $F > /dev/null << \"END\"\n{plain}END\n")),
            (
                "a pipe",
                format!("cat <<EOF | sudo tee /etc/systemd/system/server-flow-agent.service >/dev/null\n{plain}EOF\n"),
            ),
            ("with tabs", format!("cat >x <<-EOF\n\t{}\n\tEOF\n", plain.trim_end().replace('\n', "\n\t"))),
            ("echo", format!("echo '{plain}' | sudo tee /etc/systemd/system/server-flow-agent.service\n")),
            (
                "a variable",
                format!("UNIT=\"{plain}\"\necho \"$UNIT\" >/etc/systemd/system/server-flow-agent.service\n"),
            ),
            (
                "printf",
                format!("printf '{}' >/etc/systemd/system/server-flow-agent.service\n", plain.replace('\n', "\\n")),
            ),
            ("after a shift", format!("X=$((1<<2))\ncat >x <<EOF\n{plain}EOF\n")),
            ("a comment with a here document", format!("# cat <<EOF >x\ncat >x <<END\n{plain}END\n")),
            ("a comment with a quote", format!("# it's fine\ncat >x <<EOF\n{plain}EOF\n")),
        ] {
            assert_eq!(told(&script), [expected.as_str()], "{case}");
        }
    }

    #[test]
    fn variables_are_followed_as_far_as_they_can_be() {
        let script = |before: &str, directory: &str, command: &str| {
            format!(
                "{before}\ncat >/etc/systemd/system/server-flow-agent.service <<EOF\n{}EOF\n",
                body(directory, command)
            )
        };
        for (case, script, expected) in [
            (
                "assigned",
                script(
                    "D=\"$HOME/.server-flow\"\nexport B=${D}/agent-bundle\nNODE=$(which node)",
                    "$B/apps/agent",
                    "$NODE dist/index.js --token $TOKEN",
                ),
                "/root/.server-flow/agent-bundle/apps/agent | /usr/bin/node dist/index.js --token TOKEN",
            ),
            (
                "a default",
                script("", "${DIR:-/root/.server-flow/agent-bundle}", "/usr/bin/node dist/index.js"),
                "/root/.server-flow/agent-bundle | /usr/bin/node dist/index.js",
            ),
            (
                "a default of a default",
                script("D=${X:-${HOME}/.server-flow}", "${D}/agent-bundle", "/usr/bin/node dist/index.js"),
                "/root/.server-flow/agent-bundle | /usr/bin/node dist/index.js",
            ),
            (
                "not known",
                script("", "$1/agent-bundle", "/usr/bin/node dist/index.js"),
                "unclear WorkingDirectory=$1/agent-bundle is known only once the script runs",
            ),
            (
                "one of two",
                script("D=/a\nif x; then D=/b; fi", "$D", "/usr/bin/node dist/index.js"),
                "unclear WorkingDirectory=$D is known only once the script runs",
            ),
            (
                "a script that is not known",
                script("", "/root/.server-flow/agent-bundle", "/usr/bin/node $(pick)/index.js"),
                "unclear ExecStart=/usr/bin/node $pick/index.js is known only once the script runs",
            ),
        ] {
            assert_eq!(told(&script), [expected], "{case}");
        }
    }

    #[test]
    fn what_is_not_in_the_script_is_said() {
        for (script, expected) in [
            (
                "cp apps/agent/server-flow-agent.service /etc/systemd/system/\n",
                vec!["file apps/agent/server-flow-agent.service"],
            ),
            (
                "sudo install -m 644 ./server-flow-agent.service /etc/systemd/system/server-flow-agent.service\n",
                vec!["file ./server-flow-agent.service"],
            ),
            (
                "curl -fsSL $U -o /etc/systemd/system/server-flow-agent.service\n",
                vec!["unclear /etc/systemd/system/server-flow-agent.service is downloaded while the script runs"],
            ),
            (
                "sed \"s#@DIR@#$D#\" agent.tmpl > /etc/systemd/system/server-flow-agent.service\n",
                vec!["unclear the unit is made by a program while the script runs"],
            ),
            (
                "printf '%s\\n' '[Service]' 'ExecStart=node agent-bundle/dist/index.js' >x",
                vec!["unclear it writes a unit in a way that is not understood"],
            ),
            (
                "install -Dm644 \"$(dirname \"$0\")/systemd/server-flow-agent.service\" /etc/systemd/system/\n",
                vec!["file systemd/server-flow-agent.service"],
            ),
            ("cp \"$HERE/server-flow-agent.service\" /etc/systemd/system/\n", vec!["file server-flow-agent.service"]),
            ("# cat >x <<EOF\n# [Service]\n# ExecStart=node agent-bundle/dist/index.js\n# EOF\n", vec![]),
            ("systemctl enable server-flow-agent.service\n", vec![]),
            ("cat > /etc/systemd/system/nginx.service <<EOF\n[Service]\nExecStart=/usr/sbin/nginx\nEOF\n", vec![]),
            ("echo hello\n", vec![]),
        ] {
            assert_eq!(told(script), expected, "{script}");
        }
    }
}
