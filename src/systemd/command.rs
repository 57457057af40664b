//! Command lines of units: prefixes, quotes and escapes (systemd.service(5), "Command lines"; systemd.syntax(7), "Quoting").

use std::iter::Peekable;
use std::str::Chars;

/// The marks before a program's path (systemd.service(5), table "Special executable prefixes").
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Prefixes {
    /// `-`: a failure counts as success.
    pub ignore_failure: bool,
    /// `:`: `$VARIABLES` stay as they are.
    pub no_environment: bool,
}

/// A command line in words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CommandLine {
    /// What stood before the path.
    pub prefixes: Prefixes,
    /// The program: an absolute path, or a name that is looked up in systemd's fixed search path.
    pub program: String,
    /// The words after it.
    pub arguments: Vec<String>,
}

impl CommandLine {
    /// Reads the value of `ExecStart=`, each word run through `expand` for its specifiers.
    ///
    /// # Errors
    /// What is wrong, in systemd's sense: the line is then ignored, and the unit may have no command at all.
    pub fn parse(value: &str, expand: impl Fn(&str) -> String) -> Result<Self, &'static str> {
        let mut words = split(value)?.into_iter();
        let first = words.next().ok_or("it is empty")?;
        let bare = first.trim_start_matches(['@', '-', ':', '+', '!', '|']);
        let marks = first.get(..first.len() - bare.len()).unwrap_or_default();
        let prefixes = Prefixes { ignore_failure: marks.contains('-'), no_environment: marks.contains(':') };
        let program = expand(bare);
        if marks.contains('@') {
            // The word that follows is what the program sees as its own name.
            words.next().ok_or("`@` without a second word")?;
        }
        if program.is_empty() {
            return Err("it names no program");
        }
        // `. nvm.sh && node …` is a line for a shell; systemd refuses the unit (measured with 252).
        if matches!(program.as_str(), "." | "..") {
            return Err("the program is neither an absolute path nor a name: the line is for a shell");
        }
        if program.contains('/') && !program.starts_with('/') {
            return Err("the program's path is neither absolute nor a plain name");
        }
        if program.ends_with('/') {
            return Err("the program's path ends in `/`");
        }
        Ok(Self { prefixes, program, arguments: words.map(|word| expand(&word)).collect() })
    }

    /// The script that Node runs and its place among the arguments: the first that is no option of Node's.
    #[must_use]
    pub fn script(&self) -> Option<&str> {
        let mut words = self.arguments.iter();
        while let Some(word) = words.next() {
            if word == "--" {
                return words.next().map(String::as_str);
            }
            if !word.starts_with('-') {
                return Some(word);
            }
            if OPTIONS_WITH_A_WORD.contains(&word.as_str()) {
                words.next();
            }
        }
        None
    }
}

/// Options of Node whose value is the next word (node(1)); all others carry theirs behind `=`, or have none.
const OPTIONS_WITH_A_WORD: [&str; 14] = [
    "-r",
    "--require",
    "--import",
    "--loader",
    "--experimental-loader",
    "-C",
    "--conditions",
    "--env-file",
    "--env-file-if-exists",
    "--icu-data-dir",
    "--openssl-config",
    "--redirect-warnings",
    "--title",
    "--diagnostic-dir",
];

/// A line with that is ignored, where another would be refused with the whole unit.
pub(super) const NOT_CLOSED: &str = "a quote is not closed";

/// Words as systemd splits them: blanks part, quotes of both kinds hold together, C-style escapes are read. One that is none
/// stays as it is (`Ignoring unknown escape sequences`, measured with systemd 247, 252 and 257), and so does a backslash at the
/// end (extract-word.c).
///
/// # Errors
/// An unbalanced quote.
pub(crate) fn split(text: &str) -> Result<Vec<String>, &'static str> {
    let mut words = Vec::new();
    let mut rest = text.chars().peekable();
    loop {
        while rest.next_if(|c| c.is_ascii_whitespace()).is_some() {}
        if rest.peek().is_none() {
            return Ok(words);
        }
        let mut word = String::new();
        let mut quote = None;
        while let Some(c) = rest.next() {
            match (c, quote) {
                // Of a line that goes on below, a blank behind the backslash makes it the end.
                ('\\', None) if rest.peek().is_none() => word.push('\\'),
                ('\\', _) => escape(&mut rest, &mut word)?,
                (c, Some(mark)) if c == mark => quote = None,
                (c, Some(_)) => word.push(c),
                ('"' | '\'', None) => quote = Some(c),
                (c, None) if c.is_ascii_whitespace() => break,
                (c, None) => word.push(c),
            }
        }
        if quote.is_some() {
            return Err(NOT_CLOSED);
        }
        words.push(word);
    }
}

/// One escape, the backslash having been read (systemd.syntax(7), table "Supported escapes").
fn escape(rest: &mut Peekable<Chars<'_>>, word: &mut String) -> Result<(), &'static str> {
    let c = rest.next().ok_or(NOT_CLOSED)?;
    let digits = match c {
        'x' => Some((2, 16)),
        'u' => Some((4, 16)),
        'U' => Some((8, 16)),
        '0'..='7' => Some((2, 8)),
        _ => None,
    };
    if let Some((digits, radix)) = digits {
        let first: String = Some(c).filter(char::is_ascii_digit).into_iter().collect();
        let text: String = first.chars().chain(rest.clone().take(digits)).collect();
        let whole = text.chars().count() == digits + first.len() && text.chars().all(|c| c.is_digit(radix));
        match u32::from_str_radix(&text, radix).ok().filter(|_| whole).and_then(char::from_u32) {
            Some(read) => {
                word.push(read);
                rest.nth(digits.saturating_sub(1));
            }
            None => word.extend(['\\', c]),
        }
        return Ok(());
    }
    let read = match c {
        'a' => '\x07',
        'b' => '\x08',
        'f' => '\x0c',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\x0b',
        's' => ' ',
        '\\' | '"' | '\'' => c,
        _ => {
            word.push('\\');
            c
        }
    };
    word.push(read);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_split_as_systemd_does() {
        for (text, wanted) in [
            ("/bin/a  b\tc", Ok(vec!["/bin/a", "b", "c"])),
            ("/bin/a 'b c' \"d e\"", Ok(vec!["/bin/a", "b c", "d e"])),
            ("a\"b c\"d", Ok(vec!["ab cd"])),
            (r"a\x20b \101 \u0041", Ok(vec!["a b", "A", "A"])),
            (r"a\sb", Ok(vec!["a b"])),
            ("'' x", Ok(vec!["", "x"])),
            ("\"a", Err("a quote is not closed")),
            (r"a\q", Ok(vec![r"a\q"])),
            (r"a\x2 \xzz", Ok(vec![r"a\x2", r"\xzz"])),
            ("a \\", Ok(vec!["a", "\\"])),
            ("'a\\", Err(NOT_CLOSED)),
        ] {
            let wanted = wanted.map(|words| words.into_iter().map(str::to_owned).collect::<Vec<_>>());
            assert_eq!(split(text), wanted, "{text}");
        }
    }

    #[test]
    fn the_script_is_the_first_word_that_is_no_option() {
        for (line, script) in [
            ("/usr/bin/node dist/index.js --url http://x", Some("dist/index.js")),
            (
                "/usr/bin/node --max-old-space-size=512 -r ./a.js --enable-source-maps dist/index.js",
                Some("dist/index.js"),
            ),
            ("/usr/bin/node -- dist/index.js", Some("dist/index.js")),
            ("/usr/bin/node --version", None),
        ] {
            let command = CommandLine::parse(line, str::to_owned).unwrap();
            assert_eq!(command.script(), script, "{line}");
        }
    }

    #[test]
    fn prefixes_and_faults() {
        let command = CommandLine::parse("-@/usr/bin/node agent x.js", str::to_owned).unwrap();
        assert!(command.prefixes.ignore_failure);
        assert_eq!((command.program.as_str(), command.script()), ("/usr/bin/node", Some("x.js")));
        for (line, fault) in [
            ("./node x.js", "the program's path is neither absolute nor a plain name"),
            ("-", "it names no program"),
            (
                ". /root/.nvm/nvm.sh && node x.js",
                "the program is neither an absolute path nor a name: the line is for a shell",
            ),
            ("\"/usr/bin/node", "a quote is not closed"),
        ] {
            assert_eq!(CommandLine::parse(line, str::to_owned), Err(fault), "{line}");
        }
    }
}
