//! The text of a unit file to its assignments (systemd.syntax(7)).

use super::{Assignment, Complaint, UnitFile};

impl UnitFile {
    /// Reads the text of a unit file; systemd ignores what it does not understand, and so does this, noting it.
    #[must_use]
    pub fn parse(path: &str, text: &str) -> Self {
        let mut file = Self { path: path.to_owned(), text: text.to_owned(), ..Self::default() };
        let mut section: Option<String> = None;
        for (line, text) in logical_lines(text.trim_start_matches('\u{feff}')) {
            let text = text.trim();
            if text.is_empty() {
                continue;
            }
            if let Some(rest) = text.strip_prefix('[') {
                section = rest.strip_suffix(']').map(str::to_owned);
                if section.is_none() {
                    file.complaints.push(Complaint { line, what: "a section header without its `]`" });
                }
                continue;
            }
            let Some((key, value)) = text.split_once('=') else {
                file.complaints.push(Complaint { line, what: "no `=`" });
                continue;
            };
            let Some(section) = &section else {
                file.complaints.push(Complaint { line, what: "an assignment outside of any section" });
                continue;
            };
            let (key, value) = (key.trim_end().to_owned(), value.trim_start().to_owned());
            file.assignments.push(Assignment { section: section.clone(), key, value, line });
        }
        file
    }
}

impl UnitFile {
    /// The first and the last line of what starts in that line, continuations and the comments between them included.
    #[must_use]
    pub(crate) fn extent(&self, line: u32) -> (u32, u32) {
        let mut last = line;
        let lines = (1..).zip(self.text.split('\n')).skip_while(|(number, _)| *number < line);
        for (number, text) in lines {
            last = number;
            let text = text.strip_suffix('\r').unwrap_or(text);
            if !text.trim_start().starts_with(['#', ';']) && !text.ends_with('\\') {
                break;
            }
        }
        (line, last)
    }
}

/// Lines with continuations joined: a `\` at the end is replaced by a blank, and comments in between are dropped.
/// Each with the line it starts in, from 1.
fn logical_lines(text: &str) -> Vec<(u32, String)> {
    let mut lines = Vec::new();
    let mut pending: Option<(u32, String)> = None;
    for (number, line) in (1..).zip(text.split('\n')) {
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.trim_start().starts_with(['#', ';']) {
            continue;
        }
        let (start, mut joined) = pending.take().unwrap_or((number, String::new()));
        match line.strip_suffix('\\') {
            Some(head) => {
                joined.push_str(head);
                joined.push(' ');
                pending = Some((start, joined));
            }
            None => {
                joined.push_str(line);
                lines.push((start, joined));
            }
        }
    }
    lines.extend(pending);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_systemd_reads_them() {
        let file = UnitFile::parse(
            "x",
            "\u{feff}# comment\n; another\n[Service]\nExecStart = /bin/a \\\n# in between\n  b\\\n  c\nNot a setting\n[Unit\nX=1\n[Install]\nWantedBy=multi-user.target\r\nEmpty=\n",
        );
        let found: Vec<_> = file
            .assignments
            .iter()
            .map(|found| (found.line, found.section.as_str(), found.key.as_str(), found.value.as_str()))
            .collect();
        assert_eq!(
            found,
            [
                (4, "Service", "ExecStart", "/bin/a    b   c"),
                (12, "Install", "WantedBy", "multi-user.target"),
                (13, "Install", "Empty", "")
            ]
        );
        let complaints: Vec<_> = file.complaints.iter().map(|complaint| complaint.line).collect();
        assert_eq!(complaints, [8, 9, 10]);
    }

    #[test]
    fn a_continuation_at_the_end_of_the_file_ends_there() {
        let file = UnitFile::parse("x", "[Service]\nExecStart=/bin/a \\");
        assert_eq!(file.assignments.first().map(|found| found.value.as_str()), Some("/bin/a"));
    }
}
