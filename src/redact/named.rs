//! Values behind a name that says that they are secret: settings, fields, options, headers, and sentences.

use super::enclosed::{self, Enclosed};
use super::looks;
use super::names::{self, NameStrength};
use super::scan::{
    ByteScan, MAX_OF_A_NAME, ScannedValue, TextSpan, ValueQuoting, is_blank, is_end_of_word, is_of_a_name,
};
use super::sentences;

/// A secret, and the name that it stands behind.
pub(super) struct NamedSecret<'a> {
    /// As it is written, `--` included.
    pub(super) name: &'a str,
    /// The value without its quotes.
    pub(super) value: TextSpan,
}

/// What the end of a line says of the next one.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) enum AwaitedLine {
    /// Nothing.
    #[default]
    Nothing,
    /// A name stood last: its value is what comes next.
    Value,
    /// A name stood last, but in a sentence: what comes next is its value if it looks like one.
    Perhaps,
    /// `<key>token</key>` stood there: its value is in the next tag.
    Tag,
    /// `name: DB_PASS` stood there: its value is behind the next `value:`.
    Pair,
}

/// What stands between a name and a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Between {
    /// `=`, `:`, `=>` and their like; whether a blank follows.
    Sign { blank: bool },
    /// A comma in a list, as between a process's arguments.
    Comma,
    /// `is`, `was`.
    Is,
    /// `to`, as in `set the password to x`.
    To,
    /// Nothing but blanks.
    Blanks,
    /// A sign of no meaning with blanks around it, as in tables: `password | x`, `password -> x`.
    Loose,
    /// Anything else: no value follows.
    Other,
}

/// A name in a text.
#[derive(Clone, Copy)]
struct Name<'a> {
    words: &'a str,
    start: usize,
    named: NameStrength,
    is_option: bool,
    is_header: bool,
    is_quoted: bool,
}

/// Longer words behind a name are taken out unread: `key=key=key=…` would be read again from each name on.
const MAX_OF_A_WORD: usize = 1024;

/// Every secret that is named, and what the end of the text says of what follows it. `awaited` is what the line before
/// said of this one.
pub(super) fn find<'a>(
    scan: ByteScan<'a>,
    awaited: AwaitedLine,
    found: &mut dyn FnMut(NamedSecret<'a>),
) -> AwaitedLine {
    let mut state = if awaited == AwaitedLine::Pair { AwaitedLine::Pair } else { AwaitedLine::Nothing };
    let mut at = 0;
    while at < scan.len() {
        if !is_of_a_name(scan.at(at)) {
            at += 1;
            continue;
        }
        let end = scan.find(at, |byte| !is_of_a_name(byte));
        // A long word is no name, but its end may be one.
        let name = name(scan, at, end);
        at = end;
        let (between, value_at) = between(scan, &name, end);
        if name.words.starts_with("LoadCredential") && matches!(between, Between::Sign { .. }) {
            // A name, and the file that holds it (systemd.exec(5)).
            at = scan.value(value_at).after.max(end);
            continue;
        }
        if matches!(between, Between::Sign { .. })
            && let Some((behind, value)) = of_a_pair(scan, &name, state, value_at)
        {
            if behind == AwaitedLine::Nothing && value.span.end > value.span.start {
                found(NamedSecret { name: "value", value: value.span });
            }
            state = behind;
            at = value.after.max(end);
            continue;
        }
        if matches!(between, Between::Sign { .. })
            && let Some((value, after)) = of_a_user(scan, &name, value_at)
        {
            found(NamedSecret { name: name.words, value });
            at = after.max(end);
            continue;
        }
        if name.named == NameStrength::Not {
            continue;
        }
        if let Some((value, after)) = secret(scan, &name, between, value_at) {
            found(NamedSecret { name: name.words, value });
            at = after.max(end);
            // A quote that is not closed goes on in the next line.
            let quote = scan.before(value.start);
            let is_open = matches!(quote, b'"' | b'\'') && value.end >= scan.len() && scan.before(scan.len()) != quote;
            state = if is_open { AwaitedLine::Value } else { state };
            continue;
        }
        if name.named == NameStrength::Secret
            && scan.text.trim_end().ends_with(':')
            && !name.is_quoted
            && scan.len() - end <= MAX_OF_A_NAME
        {
            // `use the following password to proceed:`
            state = AwaitedLine::Perhaps;
        }
        if name.named == NameStrength::Secret
            && scan.find(value_at, |byte| {
                !matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b'"' | b'\'' | b'|' | b'>' | b'-' | b'\\')
            }) >= scan.len()
        {
            state = awaited_behind(scan, &name, between);
        }
    }
    state
}

/// Whether a name and its value are one half of a pair: what is awaited behind it, and the value.
fn of_a_pair(
    scan: ByteScan<'_>,
    name: &Name<'_>,
    state: AwaitedLine,
    at: usize,
) -> Option<(AwaitedLine, ScannedValue)> {
    let is_value = state == AwaitedLine::Pair && name.words.eq_ignore_ascii_case("value");
    if !is_value && !is_of_a_pair(name.words) {
        return None;
    }
    let value = scan.value(at);
    if is_value {
        return Some((AwaitedLine::Nothing, value));
    }
    let is_name = value.span.end - value.span.start <= MAX_OF_A_NAME;
    (is_name && names::named(scan.of(value.span)) == NameStrength::Secret).then_some((AwaitedLine::Pair, value))
}

/// The password of `auth: user:password` and its kin.
fn of_a_user(scan: ByteScan<'_>, name: &Name<'_>, at: usize) -> Option<(TextSpan, usize)> {
    const NAMES: [&str; 10] = [
        "user",
        "auth",
        "basicauth",
        "userpwd",
        "userpass",
        "login",
        "httpauth",
        "proxyuser",
        "npmauthident",
        "authident",
    ];
    let words: String = name.words.chars().filter(char::is_ascii_alphabetic).take(MAX_OF_A_NAME).collect();
    if !NAMES.contains(&&*words.to_ascii_lowercase()) {
        return None;
    }
    let value = scan.value(at);
    let (user, password) = scan.of(value.span).split_once(':')?;
    let is_name = !user.is_empty() && user.bytes().all(|byte| is_of_a_name(byte) || matches!(byte, b'@' | b'+'));
    let is_digest = user.to_ascii_lowercase().starts_with("sha") || matches!(user, "arn" | "md5" | "MD5");
    let is_it =
        is_name && !is_digest && value.span.end - value.span.start <= MAX_OF_A_WORD && looks::is_random(password);
    is_it.then_some((TextSpan { start: value.span.end - password.len(), ..value.span }, value.after))
}

/// What is awaited where a line ends behind a name.
fn awaited_behind(scan: ByteScan<'_>, name: &Name<'_>, between: Between) -> AwaitedLine {
    let alone = scan
        .between(0, name.start)
        .bytes()
        .all(|byte| is_end_of_word(byte) || matches!(byte, b'"' | b'\'' | b'-' | b'[' | b'{'));
    match between {
        Between::Sign { .. } | Between::Comma => AwaitedLine::Value,
        _ if name.is_option || alone => AwaitedLine::Value,
        _ => AwaitedLine::Perhaps,
    }
}

/// The name that stands from `start` to `end`.
fn name(scan: ByteScan<'_>, start: usize, end: usize) -> Name<'_> {
    let tail = scan.between(start, end);
    let cut = tail.len().saturating_sub(MAX_OF_A_NAME);
    let cut = (cut..=tail.len()).find(|at| tail.is_char_boundary(*at)).unwrap_or(0);
    let words = tail.get(cut..).unwrap_or_default().trim_end_matches(['.', '-']);
    let bare = words.trim_start_matches(['-', '.']);
    let last = bare.rsplit('.').next().unwrap_or(bare);
    let is_header = names::is_header(last);
    let own = names::named(bare);
    // In `config.token.value` the last word says nothing by itself; in `token.js` it says all.
    let named = if is_header || sentences::is_second_word(scan, bare, start) { NameStrength::Secret } else { own };
    Name {
        words,
        start,
        named,
        is_option: words.starts_with('-') && !words.starts_with("---"),
        is_header,
        is_quoted: matches!(scan.before(start), b'"' | b'\'' | b'`'),
    }
}

/// `name: DB_PASS` beside `value: x`: how lists of variables are written.
fn is_of_a_pair(words: &str) -> bool {
    ["name", "key", "Name", "Key", "- name"].contains(&words)
}

/// What stands behind a name, and where the value begins.
fn between(scan: ByteScan<'_>, name: &Name<'_>, end: usize) -> (Between, usize) {
    // `token[0]=x`.
    let digits = if scan.at(end) == b'[' { scan.find(end + 1, |byte| !byte.is_ascii_digit()) } else { end };
    let end = if digits > end + 1 && scan.between(digits, digits + 2) == "]=" { digits } else { end };
    let closed = scan.find(end, |byte| !matches!(byte, b'"' | b'\'' | b'`' | b']' | b')' | b'\\'));
    let closed = if closed - end > 8 { end } else { closed };
    let at = scan.skip_blanks(closed);
    let blank_before = at > closed;
    let signs = (at..at + 4).find(|at| !matches!(scan.at(*at), b'=' | b':' | b'>' | b'-' | b'?' | b'~')).unwrap_or(at);
    let words = scan.between(at, signs);
    let is_address = words.ends_with(':') && scan.at(signs) == b'/' && scan.at(signs + 1) == b'/';
    let is_tag = words.starts_with('>') && scan.before(name.start) == b'<';
    // What assigns in R and its kin.
    let (signs, is_arrow) = match scan.between(at, at + 3) {
        "<- " => (at + 2, true),
        _ => (signs, false),
    };
    if (words.contains(['=', ':']) || words.starts_with("->") || is_tag || is_arrow) && !is_address {
        // `x: -v`: the dash belongs to the value.
        let signs = if is_arrow { signs } else { at + words.rfind(['=', ':', '>']).map_or(0, |last| last + 1) };
        let value = scan.find(signs, |byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
        return (Between::Sign { blank: value > signs }, enclosed::wrapped(scan, value));
    }
    if scan.at(at) == b',' && (name.is_quoted || name.is_option) {
        let value = scan.skip_blanks(at + 1);
        if name.is_option || matches!(scan.at(value), b'"' | b'\'' | b'\\') {
            return (Between::Comma, value);
        }
    }
    // Between the arguments of a process there are zeros.
    if scan.at(at) == 0 && at < scan.len() {
        return (Between::Blanks, at + 1);
    }
    if blank_before {
        for (word, between) in [
            ("is", Between::Is),
            ("was", Between::Is),
            ("equals", Between::Is),
            ("est", Between::Is),
            ("to", Between::To),
        ] {
            let behind = at + word.len();
            if scan.between(at, behind).eq_ignore_ascii_case(word)
                && (is_blank(scan.at(behind)) || scan.at(behind) == b':')
            {
                let value = scan.find(behind, |byte| !matches!(byte, b' ' | b'\t' | b':'));
                return (between, value);
            }
        }
    }
    if let Some(value) = sentences::behind_a_sign(scan, at) {
        return (Between::Loose, value);
    }
    let at = if !name.is_option && matches!(scan.at(at), b'(' | b'[' | b'<') { at + 1 } else { at };
    (if blank_before { Between::Blanks } else { Between::Other }, at)
}

/// The secret behind a name, and where to go on; nothing where what stands there is none.
fn secret(scan: ByteScan<'_>, name: &Name<'_>, between: Between, at: usize) -> Option<(TextSpan, usize)> {
    if at >= scan.len() || between == Between::Other {
        return attached(scan, name);
    }
    if name.is_header && !matches!(between, Between::Blanks | Between::To | Between::Is | Between::Loose) {
        return header(scan, name, at);
    }
    match enclosed::at(scan, at) {
        Enclosed::Secret(span) if matches!(between, Between::Sign { .. }) => return Some((span, span.end)),
        Enclosed::Plain => return None,
        Enclosed::Secret(_) | Enclosed::Not => {}
    }
    let value = scan.value(at);
    let words = scan.of(value.span);
    if words.is_empty() || words.starts_with(['{', '[']) && value.quoting == ValueQuoting::Bare && words.len() == 1 {
        return None;
    }
    // What is that long is read once.
    if words.len() > MAX_OF_A_WORD {
        return Some((value.span, value.after));
    }
    if name.named == NameStrength::Perhaps {
        let is_public = matches!(
            &*sentences::word_before(scan, name.start),
            "public" | "kernel" | "rsa" | "dsa" | "ecdsa" | "ed25519" | "eddsa" | "host"
        );
        return (!is_public && is_probably_secret(scan, name, between, words)).then_some((value.span, value.after));
    }
    if is_typed(name) && !name.is_option && !looks::is_typed_code(words) {
        return None;
    }
    let in_sentence = matches!(between, Between::Blanks | Between::To);
    if is_never_secret(scan, name, &value, words) && (in_sentence || between == Between::Is) {
        return told_later(scan, name, at);
    }
    if is_never_secret(scan, name, &value, words) || sentences::word_before(scan, name.start) == "unexpected" {
        return None;
    }
    let is_it = match between {
        Between::Sign { .. } | Between::Is => true,
        Between::Comma => name.is_option || looks::is_random(words) || words.contains(' '),
        Between::To => {
            value.quoting == ValueQuoting::Quoted || looks::is_random(words) || sentences::is_set(scan, name.start)
        }
        Between::Blanks if name.is_option => {
            !(words.starts_with("--") || words.starts_with('(') || words.len() == 2 && words.starts_with('-'))
        }
        Between::Blanks => is_said(scan, name, &value, words),
        Between::Loose => looks::is_mixed(words),
        Between::Other => false,
    };
    if !is_it {
        return told_later(scan, name, at);
    }
    let has_blanks = value.quoting == ValueQuoting::Bare && names::may_have_blanks(name.words);
    if value.quoting == ValueQuoting::Quoted && scan.before(at) == b'[' {
        return Some(list(scan, value));
    }
    match between {
        Between::Sign { blank: true } | Between::Is if has_blanks => {
            let span = TextSpan { end: sentences::end_of_phrase(scan, value.span), ..value.span };
            Some((span, span.end))
        }
        _ => Some((value.span, value.after)),
    }
}

/// All that is in a list that begins with this value.
fn list(scan: ByteScan<'_>, first: ScannedValue) -> (TextSpan, usize) {
    let mut last = first;
    loop {
        let comma = scan.skip_blanks(last.after);
        let next = scan.skip_blanks(comma + 1);
        if scan.at(comma) != b',' || !matches!(scan.at(next), b'"' | b'\'') {
            return (TextSpan { end: last.span.end, ..first.span }, last.after);
        }
        last = scan.value(next);
    }
}

/// The value of a header: in quotes, up to the quote that stands before the header, or to the end of the line.
fn header(scan: ByteScan<'_>, name: &Name<'_>, at: usize) -> Option<(TextSpan, usize)> {
    let quoted = scan.value(at);
    if quoted.quoting == ValueQuoting::Quoted {
        let words = scan.of(quoted.span);
        let (span, after) = if scan.before(at) == b'[' { list(scan, quoted) } else { (quoted.span, quoted.after) };
        return (!words.is_empty() && !looks::is_harmless(words)).then_some((span, after));
    }
    let around = scan.before(name.start);
    let end = if matches!(around, b'"' | b'\'') {
        scan.find(at, |byte| byte == around || byte == b'\n')
    } else {
        scan.find(at, |byte| matches!(byte, b'\n' | 0))
    };
    let words = scan.between(at, end);
    let first = words.split_whitespace().next().unwrap_or_default();
    (!first.is_empty() && !looks::is_harmless(first)).then_some((TextSpan { start: at, end }, end))
}

/// Whether a value is one of those that names of secrets have in plain messages.
fn is_never_secret(scan: ByteScan<'_>, name: &Name<'_>, value: &ScannedValue, words: &str) -> bool {
    let at = name.start;
    let scan_is_arn = scan.before(at) == b':' && scan.before(at.saturating_sub(1)).is_ascii_digit();
    let lower = name.words.to_ascii_lowercase();
    let digits = words.bytes().all(|byte| byte.is_ascii_digit());
    let is_count =
        digits && (lower.ends_with("tokens") || words.len() < 4 && (lower.ends_with("pass") || lower.ends_with("pin")));
    // The shell's own variables: where it is, and where it was.
    let is_place = matches!(name.words, "PWD" | "OLDPWD") && words.starts_with(['/', '~']);
    let first = words.split_whitespace().next().unwrap_or_default();
    let is_harmless = match value.quoting {
        ValueQuoting::Bare => looks::is_harmless(first),
        ValueQuoting::Quoted => {
            looks::is_harmless(first)
                && (first == words || words.split_whitespace().nth(1).is_some_and(looks::is_harmless))
        }
    };
    // What the program `passwd` says of itself, and a name of Amazon's.
    let is_harmless =
        is_harmless || name.words == "passwd" && words == "password" || name.words == "secret" && scan_is_arn;
    // What is given to an option is its value, whatever word it is.
    let is_harmless = if name.is_option { looks::is_reference(words) } else { is_harmless };
    is_count || is_place || is_harmless || words == "\\" || words.starts_with("d'")
}

/// A name that is not sure wants a value that looks made by chance.
fn is_probably_secret(scan: ByteScan<'_>, name: &Name<'_>, between: Between, words: &str) -> bool {
    let lower = name.words.to_ascii_lowercase();
    let is_signature = ["sig", "signature", "hmac"].iter().any(|end| lower.ends_with(end));
    let is_short_hex = words.len() <= 16 && words.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_uuid = words.len() == 36 && words.bytes().filter(|byte| *byte == b'-').count() == 4;
    // A cache's: words, and the sum of a file.
    let sum = words.rsplit('-').next().unwrap_or_default();
    let is_cache = sum.len() >= 32 && sum.len() < words.len() && sum.bytes().all(|byte| byte.is_ascii_hexdigit());
    if lower == "key" && is_cache {
        return false;
    }
    // `?key=x`, and what has letters of both kinds and digits: no word, and no number of anything.
    let is_asked_for = matches!(scan.before(name.start), b'?' | b'&') && lower == "key";
    match between {
        Between::Sign { .. } if is_asked_for && words.len() >= 10 && looks::is_random(words) => true,
        _ if name.is_option && looks::is_mixed(words) => true,
        Between::Sign { .. } if lower.ends_with("key") && looks::is_mixed(words) => true,
        Between::Sign { .. } if is_signature => words.len() >= 8 && looks::is_random(words),
        Between::Sign { .. } | Between::Comma => {
            looks::is_entropic(words) && !is_short_hex || is_uuid && !lower.ends_with("code")
        }
        Between::Blanks if lower == "key" && looks::is_mixed(words) => true,
        Between::Is | Between::To | Between::Blanks | Between::Loose | Between::Other => {
            let is_setting = words.trim_end_matches('=').contains('=');
            looks::is_entropic(words) && !is_short_hex && !is_uuid && !is_setting && words.len() <= 128
        }
    }
}

/// Whether a name is that of a code that somebody types.
fn is_typed(name: &Name<'_>) -> bool {
    let lower = name.words.to_ascii_lowercase();
    ["code", "codes", "vérification"].iter().any(|end| lower.ends_with(end))
}

/// What a name is called with, `setToken("x")`, and what was made by chance and is tied to a name by a sign that means nothing: `token/x`, `Token[x]`, `token|x`.
fn attached(scan: ByteScan<'_>, name: &Name<'_>) -> Option<(TextSpan, usize)> {
    let start = name.start + name.words.len();
    if scan.at(start) == b'(' && matches!(scan.at(start + 1), b'"' | b'\'' | b'`') && name.named == NameStrength::Secret
    {
        let value = scan.value(start + 1);
        return looks::is_random(scan.of(value.span)).then_some((value.span, value.after));
    }
    let end = scan.find(start + 1, |byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+' | b'=')));
    let is_tied = matches!(scan.at(start), b'/' | b'[' | b'#' | b'|') && name.named == NameStrength::Secret;
    let is_it = is_tied && end - start <= MAX_OF_A_WORD && looks::is_entropic(scan.between(start + 1, end));
    is_it.then_some((TextSpan { start: start + 1, end }, end))
}

/// Whether a sentence tells the secret right behind its name: `using token 3f9a…`, `password 'hunter2'`.
fn is_said(scan: ByteScan<'_>, name: &Name<'_>, value: &ScannedValue, words: &str) -> bool {
    let before = sentences::word_before(scan, name.start);
    if before == "unknown" && looks::is_mixed(words) {
        return true;
    }
    if matches!(&*before, "unexpected" | "unknown" | "missing" | "reserved") {
        return false;
    }
    // `"CONFIG" "SET" "requirepass" "x"`: words that are quoted one by one.
    if name.is_quoted {
        return value.quoting == ValueQuoting::Quoted && looks::is_random(words);
    }
    let lower = name.words.to_ascii_lowercase();
    let is_password = ["password", "passwd", "passphrase", "pwd"].iter().any(|end| lower.ends_with(end));
    let is_code = (is_typed(name) || lower.ends_with("otp")) && looks::is_typed_code(words);
    match value.quoting {
        _ if is_code => true,
        ValueQuoting::Quoted => looks::is_random(words) || is_password && words.len() >= 3 && !words.contains(' '),
        // Neither a call nor the next setting.
        ValueQuoting::Bare => {
            looks::is_random(words) && !words.contains(['(', '[', '{', '<']) && !sentences::is_setting(words)
        }
    }
}

/// What a sentence tells behind the name, a few words later.
fn told_later(scan: ByteScan<'_>, name: &Name<'_>, at: usize) -> Option<(TextSpan, usize)> {
    let may = name.named == NameStrength::Secret && !name.is_quoted;
    may.then(|| sentences::later(scan, at)).flatten()
}
