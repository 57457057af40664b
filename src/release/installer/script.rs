//! A shell script cut into its texts: here documents, quoted strings, and command lines. Not a shell: what is inside of
//! substitutions is passed over.

/// Lines that a quote may go on over: beyond them it is one that is read otherwise than the shell does.
const MAX_JOINED: usize = 500;

/// What a shell does with a text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ShellQuoting {
    /// It is taken as it stands.
    Literal,
    /// Variables in it are replaced.
    Expanded,
    /// It is a command line.
    Command,
}

/// A text of a script.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct ScriptPiece {
    /// Where it begins, from 1.
    pub line: u32,
    pub quoting: ShellQuoting,
    pub text: String,
}

/// Cuts a script.
#[must_use]
pub(super) fn pieces(script: &str) -> Vec<ScriptPiece> {
    let mut found = Vec::new();
    let mut lines = script.lines().zip(1..);
    while let Some((first, number)) = lines.next() {
        let mut command = first.to_owned();
        // A quote that is open, or a backslash at the end, takes the next line along.
        let mut joined_lines = 0;
        while joined_lines < MAX_JOINED && (open_quote(&command).is_some() || command.ends_with('\\')) {
            joined_lines += 1;
            let Some((next, _)) = lines.next() else { break };
            match command.strip_suffix('\\').filter(|_| open_quote(&command).is_none()) {
                Some(joined) => command = joined.to_owned(),
                None => command.push('\n'),
            }
            command.push_str(next);
        }
        found.extend(strings(&command, number));
        if let Some(here) = HereDocument::of(&command) {
            let mut body = String::new();
            for (line, _) in lines.by_ref() {
                let line = if here.tabs { line.trim_start_matches('\t') } else { line };
                if line == here.end {
                    break;
                }
                body.push_str(line);
                body.push('\n');
            }
            found.push(ScriptPiece { line: number, quoting: here.quoting, text: body });
        }
        found.push(ScriptPiece { line: number, quoting: ShellQuoting::Command, text: command });
    }
    found
}

/// Where a character of a command stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Within {
    /// In no quotes.
    Nothing,
    /// In quotes of this kind, whose first one it may be.
    Quotes(char),
    /// Behind a `#`.
    Comment,
}

/// The quote that a text leaves open.
fn open_quote(text: &str) -> Option<char> {
    let mut open = None;
    walk(text, &mut |_, _, within| match within {
        Within::Quotes(quote) => open = Some(quote),
        Within::Nothing | Within::Comment => open = None,
    });
    open
}

/// Goes through a text, telling of each character where one stands after it.
fn walk(text: &str, tell: &mut dyn FnMut(usize, char, Within)) {
    let (mut open, mut before, mut escaped) = (None, ' ', false);
    let mut comment = false;
    for (at, letter) in text.char_indices() {
        comment = (comment && letter != '\n') || (open.is_none() && letter == '#' && before.is_whitespace());
        if !comment && !escaped {
            open = match (open, letter) {
                (None, '\'' | '"') => Some(letter),
                (Some(quote), letter) if quote == letter => None,
                _ => open,
            };
        }
        escaped = letter == '\\' && !escaped && open != Some('\'');
        before = letter;
        tell(at, letter, if comment { Within::Comment } else { open.map_or(Within::Nothing, Within::Quotes) });
    }
}

/// The quoted strings of a command.
fn strings(command: &str, line: u32) -> Vec<ScriptPiece> {
    let mut found = Vec::new();
    let mut start: Option<(usize, char)> = None;
    walk(command, &mut |at, letter, within| match (start, within) {
        (None, Within::Quotes(quote)) => start = Some((at + letter.len_utf8(), quote)),
        (Some((from, quote)), Within::Nothing | Within::Comment) => {
            start = None;
            let text = command.get(from..at).unwrap_or_default();
            let quoting = if quote == '\'' { ShellQuoting::Literal } else { ShellQuoting::Expanded };
            found.push(ScriptPiece { line, quoting, text: text.to_owned() });
        }
        _ => {}
    });
    found
}

struct HereDocument {
    end: String,
    tabs: bool,
    quoting: ShellQuoting,
}

impl HereDocument {
    fn of(command: &str) -> Option<Self> {
        let mut outside = vec![false; command.len()];
        walk(command, &mut |at, _, within| {
            if let Some(place) = outside.get_mut(at) {
                *place = within == Within::Nothing;
            }
        });
        let starts = command.match_indices("<<").map(|(at, _)| at);
        // Within `((…))` it is a shift.
        let is_shift = |at: usize| {
            let before = command.get(..at).unwrap_or_default();
            before.rfind("((").is_some_and(|open| !before.get(open..).unwrap_or_default().contains("))"))
        };
        let bare = |at: &usize| outside.get(*at) == Some(&true) && !is_shift(*at);
        let at = starts.filter(bare).find(|at| {
            let around = |at: usize| command.get(at..=at) == Some("<");
            !around(at + 2) && !at.checked_sub(1).is_some_and(around)
        })?;
        let rest = command.get(at + 2..)?;
        let tabs = rest.starts_with('-');
        let rest = rest.trim_start_matches('-').trim_start();
        let quote = rest.chars().next().filter(|letter| matches!(letter, '\'' | '"'));
        let end: String = match quote {
            Some(quote) => rest.get(1..)?.chars().take_while(|letter| *letter != quote).collect(),
            None => rest
                .chars()
                .take_while(|letter| letter.is_alphanumeric() || *letter == '_' || *letter == '\\')
                .collect(),
        };
        let quoting =
            if quote.is_some() || end.contains('\\') { ShellQuoting::Literal } else { ShellQuoting::Expanded };
        let end = end.replace('\\', "");
        (!end.is_empty()).then_some(Self { end, tabs, quoting })
    }
}
