//! What `explain` makes of a line of a log, held against the recorded servers: the line that `doctor` quotes leads to the cause.

use super::servers;
use crate::doctor::meanings::meanings;
use crate::report::diagnosis::Source;

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
            for evidence in diagnosis.evidence().iter().filter(|one| one.source == Source::Journal) {
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
