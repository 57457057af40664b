//! Secrets on command lines whose option says nothing by itself: `curl -u user:password`, `mysql -pPASSWORD`, `-t TOKEN`.

use super::looks;
use super::programs::{AGENTS, Holds, OPTIONS, OTHER_T, PLACES, READERS, SecretPlace};
use super::scan::{ByteScan, TextSpan, is_end_of_word};

/// A word of a command line, without the quotes around it.
#[derive(Clone, Copy)]
struct CommandWord<'a> {
    text: &'a str,
    span: TextSpan,
}

/// Quotes in quotes that are looked into: `"postinstall": "sh -c 'mysql -pPASSWORD'"`.
const MAX_QUOTES: u32 = 3;

/// Every secret behind an option that says nothing by itself.
pub(super) fn find(scan: ByteScan<'_>, found: &mut dyn FnMut(TextSpan)) {
    of_line(scan, MAX_QUOTES, found);
}

fn of_line(scan: ByteScan<'_>, quotes: u32, found: &mut dyn FnMut(TextSpan)) {
    let mut options: Option<&[(&str, Holds)]> = None;
    let (mut is_agent, mut is_other) = (false, false);
    let mut places = CountedPlaces::default();
    let mut line = Words { scan, at: 0 };
    let mut previous = ["", ""];
    let mut word = line.next();
    while let Some(current) = word {
        let next = line.next();
        let program = current.text.rsplit('/').next().unwrap_or_default();
        if quotes > 0 && current.text.contains(' ') {
            // A command line that is quoted as a whole: a script of package.json, what `sh -c` is given.
            let start = current.span.start;
            of_line(ByteScan::new(current.text), quotes - 1, &mut |span| {
                found(TextSpan { start: start + span.start, end: start + span.end });
            });
        }
        if matches!(current.text, "|" | "||" | "&&" | ";" | "&") {
            (options, is_agent, is_other) = (None, false, false);
            places = CountedPlaces::default();
        } else if let Some((_, its)) = OPTIONS.iter().find(|(programs, _)| programs.contains(&program)) {
            options = Some(its);
        }
        is_agent |= AGENTS.contains(&program) || program.ends_with("index.js") || program.ends_with("cli.mjs");
        is_other |= OTHER_T.contains(&program);
        if let Some(span) = places.secret(program, current) {
            found(span);
        }
        if let Some(span) = of_a_login(current) {
            found(span);
        }
        if let Some(start) = pgpass(current) {
            found(TextSpan { start, end: current.span.end });
        }
        if let Some(options) = options {
            of_program(options, current, next, found);
        }
        if let Some(next) = next {
            if let Some(start) = of_a_host(current, next) {
                found(TextSpan { start, ..next.span });
            }
            of_any(current, next, is_agent, is_other, previous, found);
        }
        previous = [current.text, previous.first().copied().unwrap_or_default()];
        word = next;
    }
    piped(scan, found);
}

/// What a program's own options hold.
fn of_program(
    options: &[(&str, Holds)],
    word: CommandWord<'_>,
    next: Option<CommandWord<'_>>,
    found: &mut dyn FnMut(TextSpan),
) {
    for (option, holds) in options {
        let value = match option.strip_suffix('*') {
            Some(attached) => word
                .text
                .strip_prefix(attached)
                .filter(|rest| !rest.is_empty() && (option.starts_with("--") || !word.text.starts_with("--")))
                .map(|rest| {
                    let span = TextSpan { start: word.span.end - rest.len(), end: word.span.end };
                    CommandWord { text: rest, span }
                }),
            None if is_among(option, word.text) => next.filter(|next| !next.text.starts_with("--")),
            None if word.text == *option => next.filter(|next| !next.text.starts_with("--")),
            None => None,
        };
        // `docker run -p 80:80`: a port.
        let is_port = |value: &CommandWord<'_>| {
            value.text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.' | b'-' | b'/'))
        };
        let Some(value) = value.filter(|value| !is_port(value)) else { continue };
        let Some(secret) = held(*holds, value) else { continue };
        found(secret);
        return;
    }
}

/// Whether a word is short options of which the last is the one: `-~u` and `-sSLu`.
fn is_among(option: &str, word: &str) -> bool {
    let letters = || word.strip_prefix('-').filter(|letters| letters.bytes().all(|byte| byte.is_ascii_alphabetic()));
    option.strip_prefix("-~").is_some_and(|last| letters().is_some_and(|letters| letters.ends_with(last)))
}

/// The part of a value that is secret.
fn held(holds: Holds, value: CommandWord<'_>) -> Option<TextSpan> {
    match holds {
        Holds::Secret => Some(value.span),
        Holds::UserAnd(sign) => {
            let at = value.text.bytes().position(|byte| byte == sign)?;
            Some(TextSpan { start: value.span.start + at + 1, ..value.span }).filter(|_| at > 0)
        }
        Holds::UserOrSecret(sign) => {
            held(Holds::UserAnd(sign), value).or_else(|| looks::is_random(value.text).then_some(value.span))
        }
        Holds::PassWord => {
            let rest = value.text.strip_prefix("pass:")?;
            Some(TextSpan { start: value.span.end - rest.len(), ..value.span })
        }
    }
}

/// Where on a command line the places are counted that [`PLACES`] names.
#[derive(Default)]
struct CountedPlaces<'a> {
    program: &'a str,
    /// The place that is counted to, and how many words are left to it.
    counted: Option<(&'static SecretPlace, u32)>,
}

impl<'a> CountedPlaces<'a> {
    /// The secret that a word is by its place, and what the word says of those that follow. `program` is its last part.
    fn secret(&mut self, program: &'a str, word: CommandWord<'_>) -> Option<TextSpan> {
        let place = |behind: &dyn Fn(&SecretPlace) -> bool, program: &str| {
            PLACES.iter().find(|place| place.programs.contains(&program) && behind(place))
        };
        if PLACES.iter().any(|place| place.programs.contains(&program)) {
            self.program = program;
            self.counted = place(&|place| place.behind.is_empty(), program).map(|place| (place, place.at));
            return None;
        }
        if self.program.is_empty() {
            return None;
        }
        if let Some((counted, left)) = self.counted.as_mut().filter(|_| !word.text.starts_with('-')) {
            *left -= 1;
            let found = (*left == 0).then_some(*counted)?;
            self.counted = None;
            let is_it = !looks::is_harmless(word.text) && (!found.wants_chance || looks::is_random(word.text));
            if is_it {
                *self = Self::default();
                return held(found.holds, word);
            }
        }
        if self.counted.is_none() {
            self.counted =
                place(&|place| is_behind(place.behind, word.text), self.program).map(|place| (place, place.at));
        }
        None
    }
}

/// Whether a word is the one behind which places are counted: of options, all letters are among the word's.
fn is_behind(behind: &str, word: &str) -> bool {
    match (behind.strip_prefix('-'), word.strip_prefix('-')) {
        (Some(letters), Some(options)) => {
            !options.starts_with('-') && letters.chars().all(|letter| options.contains(letter))
        }
        (None, None) => behind == word,
        _ => false,
    }
}

/// What is secret whichever program it is.
fn of_any(
    word: CommandWord<'_>,
    next: CommandWord<'_>,
    is_agent: bool,
    is_other: bool,
    previous: [&str; 2],
    found: &mut dyn FnMut(TextSpan),
) {
    match word.text {
        "-k" if is_agent && looks::is_entropic(next.text) => found(next.span),
        "-t" if is_agent && !next.text.starts_with('-') => found(next.span),
        "-t" if !is_other && looks::is_random(next.text) && !next.text.contains([':', '/', '.']) => found(next.span),
        "-u" | "--user" => {
            // Not `1000:1000`, nor a unit.
            if let Some((user, password)) = next.text.split_once(':')
                && !user.is_empty()
                && !password.is_empty()
                && !password.bytes().all(|byte| byte.is_ascii_digit())
                && !password.starts_with("//")
            {
                found(TextSpan { start: next.span.end - password.len(), ..next.span });
            }
        }
        "-p" | "-P" | "-pw" if looks::is_mixed(next.text) => found(next.span),
        // `user default on >x`: what Redis calls a rule of a user's.
        "on" | "off" | "resetpass" | "SETUSER" if next.text.starts_with('>') && next.text.len() > 1 => {
            found(TextSpan { start: next.span.start + 1, ..next.span });
        }
        // netrc(5): `login x password y`.
        "password" if previous.iter().any(|word| matches!(*word, "login" | "user" | "account")) => found(next.span),
        _ => {}
    }
    // `IDENTIFIED BY 'x'`, also with a plugin between.
    if word.text.eq_ignore_ascii_case("by")
        && previous.iter().any(|word| word.eq_ignore_ascii_case("identified") || word.eq_ignore_ascii_case("with"))
    {
        let is_quoted = next.span.end > next.span.start;
        if is_quoted {
            found(next.span);
        }
    }
}

/// `host:port:database:user:password` (the manual of PostgreSQL, "The Password File").
fn pgpass(word: CommandWord<'_>) -> Option<usize> {
    let mut fields = word.text.splitn(5, ':');
    let (host, port) = (fields.next()?, fields.next()?);
    let (database, user, password) = (fields.next()?, fields.next()?, fields.next()?);
    let is_port = port == "*" || (port.len() >= 4 && port.len() <= 5 && port.bytes().all(|byte| byte.is_ascii_digit()));
    let is_host = host == "*"
        || host.contains('.')
        || host.bytes().any(|byte| byte.is_ascii_alphabetic() && !byte.is_ascii_hexdigit());
    let are_names = [database, user].iter().all(|name| !name.is_empty() && !name.contains('/'));
    (is_port && is_host && are_names && !password.is_empty()).then(|| word.span.end - password.len())
}

/// `[host]:port user:password`, as Postfix keeps them (`smtp_sasl_password_maps` of postconf(5)).
fn of_a_host(word: CommandWord<'_>, next: CommandWord<'_>) -> Option<usize> {
    let (host, port) = word.text.strip_prefix('[')?.split_once(']')?;
    let is_place = host.contains('.') && port.is_empty() || port.starts_with(':');
    let (user, password) = next.text.rsplit_once(':')?;
    (is_place && !user.is_empty() && looks::is_random(password)).then(|| next.span.end - password.len())
}

/// `user:password@host`, an address without a scheme.
fn of_a_login(word: CommandWord<'_>) -> Option<TextSpan> {
    const SCHEMES: [&str; 12] =
        ["mailto", "sip", "sips", "xmpp", "acct", "npm", "workspace", "file", "link", "patch", "catalog", "portal"];
    let (before, host) = word.text.rsplit_once('@')?;
    let (user, password) = before.split_once(':')?;
    let (name, port) = host.split_once(':').unwrap_or((host, ""));
    let is_made = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    // `x@1.2.3` is a version.
    let is_version = name.split('.').count() == 3 && name.split('.').all(is_number);
    let is_named = name == "localhost" || name.contains('.') || is_number(port);
    let is_host = is_named && !is_version && !name.is_empty() && name.bytes().all(is_made);
    let is_user =
        !user.is_empty() && user.bytes().all(|byte| is_made(byte) || byte == b'_') && !SCHEMES.contains(&user);
    let start = word.span.start + user.len() + 1;
    (is_host && is_user && !password.contains(['/', ':']) && looks::is_random(password))
        .then(|| TextSpan { start, end: start + password.len() })
}

/// What is written into a program that reads a password: `echo x | docker login --password-stdin`, `echo u:x | chpasswd`.
fn piped(scan: ByteScan<'_>, found: &mut dyn FnMut(TextSpan)) {
    let Some(reader) = READERS.iter().find_map(|reader| scan.text.find(reader)) else {
        return;
    };
    let Some(echo) =
        ["echo ", "printf ", "<<< "].iter().filter_map(|echo| scan.text.find(echo).map(|at| at + echo.len())).min()
    else {
        return;
    };
    let pipe = scan.find(echo, |byte| byte == b'|');
    let mut words = Words { scan, at: echo };
    while let Some(word) = words.next() {
        let is_before = word.span.start < pipe || pipe > reader;
        if !is_before || matches!(word.text, "|" | "||" | "&&" | ";" | "&" | ">" | "<") {
            return;
        }
        if word.text.starts_with('-') || word.text.starts_with('%') {
            continue;
        }
        let colon = word.text.find(':').filter(|_| scan.text.contains("chpasswd"));
        found(TextSpan { start: word.span.start + colon.map_or(0, |at| at + 1), end: word.span.end });
    }
}

/// The words of a line.
struct Words<'a> {
    scan: ByteScan<'a>,
    at: usize,
}

impl<'a> Words<'a> {
    fn next(&mut self) -> Option<CommandWord<'a>> {
        let scan = self.scan;
        let mut start = scan.find(self.at, |byte| !is_end_of_word(byte));
        // Words may stand in a list: `["mysql", "-pPASSWORD"]`.
        while matches!(scan.at(start), b'[' | b',' | b'(' | b']') {
            let next = scan.find(start + 1, |byte| !is_end_of_word(byte));
            if !matches!(scan.at(next), b'"' | b'\'') {
                break;
            }
            start = next;
        }
        if start >= scan.len() {
            return None;
        }
        let quote = scan.at(start);
        let (start, end) = if matches!(quote, b'"' | b'\'') {
            let end = scan.find(start + 1, |byte| byte == quote);
            self.at = end + 1;
            // Without an end it is no quote: an apostrophe.
            if end >= scan.len() { (start + 1, self.word_end(start)) } else { (start + 1, end) }
        } else {
            (start, self.word_end(start))
        };
        self.at = self.at.max(end).max(start);
        // As the kernel's audit has arguments: `a1="-pPASSWORD"`.
        let whole_start = start;
        let start =
            if quote == b'a' && scan.between(end - 1, end) == "\"" { Self::argument(scan, start, end) } else { start };
        let end = if start > whole_start { end - 1 } else { end };
        let whole = scan.between(start, end.max(start));
        // The quotes of an option's value belong to it: `-p'a b'`.
        let text =
            if whole.starts_with('-') { whole.trim_end_matches(',') } else { whole.trim_end_matches([',', '"', '\'']) };
        Some(CommandWord { text, span: TextSpan { start, end: start + text.len() } })
    }

    /// Where the value of an argument begins that stands as `a1="…"`; `start` where it is none.
    fn argument(scan: ByteScan<'_>, start: usize, end: usize) -> usize {
        let digits = scan.find(start + 1, |byte| !byte.is_ascii_digit());
        let is_one = digits > start + 1 && scan.between(digits, digits + 2) == "=\"" && digits + 2 < end;
        if is_one { digits + 2 } else { start }
    }

    fn word_end(&mut self, start: usize) -> usize {
        // A quote inside a word, as in `-p'a b'`, goes on to the next one.
        let mut at = start;
        let mut quote = 0;
        let is_option = self.scan.at(start) == b'-';
        while at < self.scan.len() && self.scan.at(at) != b'\n' && (quote != 0 || !is_end_of_word(self.scan.at(at))) {
            let byte = self.scan.at(at);
            if byte == quote {
                quote = 0;
            } else if is_option && quote == 0 && matches!(byte, b'"' | b'\'') {
                quote = byte;
            }
            at += 1;
        }
        self.at = at;
        at
    }
}
