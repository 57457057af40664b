//! Files of variables, as `EnvironmentFile=` has them read (systemd.exec(5)): quotes may go over several lines, and a backslash
//! at the end of a line makes the next one a part of it.

/// Where in a value the reader is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quote {
    None,
    Single,
    Double,
}

/// A variable of a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct FileVariable {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// The value as it stands on the lines of the file, in as many parts.
    pub parts: Vec<String>,
}

/// The variables of a file, in order. A line that is no assignment is passed over, as systemd does it.
#[must_use]
pub(crate) fn file_variables(text: &str) -> Vec<FileVariable> {
    let mut found = Vec::new();
    let mut rest = text.chars().peekable();
    while rest.peek().is_some() {
        while rest.next_if(|c| c.is_whitespace()).is_some() {}
        let mut name = String::new();
        while let Some(c) = rest.next_if(|c| *c != '=' && *c != '\n') {
            name.push(c);
        }
        let is_assignment = !name.starts_with(['#', ';']) && rest.peek() == Some(&'=');
        if !is_assignment {
            while rest.next_if(|c| *c != '\n').is_some() {}
            continue;
        }
        rest.next();
        let (value, parts) = value(&mut rest);
        found.push(FileVariable { name: name.trim().to_owned(), value, parts });
    }
    found
}

/// A value, up to the end of its line, and its parts.
fn value(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> (String, Vec<String>) {
    let (mut value, mut quote, mut kept) = (String::new(), Quote::None, 0);
    // A quote opens one at the beginning, or right behind another.
    let mut may_open = true;
    let mut breaks = vec![0];
    while let Some(c) = rest.next() {
        match (quote, c) {
            (Quote::None, '\n') => break,
            (Quote::None | Quote::Double, '\\') => match rest.next() {
                Some('\n') => breaks.push(value.len()),
                Some(escaped) => {
                    value.push(escaped);
                    kept = value.len();
                }
                None => {}
            },
            (Quote::None, '\'') if may_open => quote = Quote::Single,
            (Quote::None, '"') if may_open => quote = Quote::Double,
            (Quote::Single, '\'') | (Quote::Double, '"') => {
                (quote, kept, may_open) = (Quote::None, value.len(), true);
            }
            (Quote::None, c) if c.is_whitespace() => {
                // Blanks before a value and behind it are none of it.
                if !may_open {
                    value.push(c);
                }
            }
            (_, c) => {
                may_open &= quote != Quote::None;
                value.push(c);
                kept = value.len();
                if c == '\n' {
                    breaks.push(kept);
                }
            }
        }
    }
    value.truncate(kept.max(value.trim_end().len()));
    let ends = breaks.iter().skip(1).copied().chain([value.len()]);
    let parts =
        breaks.iter().zip(ends).filter_map(|(start, end)| value.get(*start..end)).map(|part| part.trim().to_owned());
    let parts = parts.collect();
    (value, parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_systemd_reads_them() {
        for (text, expected) in [
            ("A=b\n", vec![("A", "b")]),
            ("# A=b\n; C=d\nE=f", vec![("E", "f")]),
            ("  A = b c  \nB=", vec![("A", "b c"), ("B", "")]),
            ("A=\"b\nc\nd\"\nE=f\n", vec![("A", "b\nc\nd"), ("E", "f")]),
            ("A='b\nc'\n", vec![("A", "b\nc")]),
            ("A=b\\\nc\nD=e\n", vec![("A", "bc"), ("D", "e")]),
            ("A=\"b\\\"c\"\n", vec![("A", "b\"c")]),
            ("A=b'c\n", vec![("A", "b'c")]),
            ("nothing\nA=b\n", vec![("A", "b")]),
            ("A=\"b", vec![("A", "b")]),
            ("", vec![]),
        ] {
            let found = file_variables(text);
            let found: Vec<_> = found.iter().map(|one| (one.name.as_str(), one.value.as_str())).collect();
            assert_eq!(found, expected, "{text:?}");
        }
        for (text, expected) in
            [("A=b", &["b"][..]), ("A=b\\\nc d\\\ne", &["b", "c d", "e"]), ("A='b\nc'", &["b", "c"])]
        {
            assert_eq!(file_variables(text)[0].parts, expected, "{text:?}");
        }
    }
}
