//! Who and with which password, in an address (RFC 3986, 3.2.1), and addresses that are secrets themselves.

use super::looks;
use super::scan::{ByteScan, TextSpan, is_of_a_name};

/// Every name and password that stands in an address, and every path that is as good as one.
pub(super) fn find(scan: ByteScan<'_>, found: &mut dyn FnMut(TextSpan)) {
    of_oracle(scan, found);
    let (mut at, mut end) = (0, 0);
    while let Some(start) = next(scan, at) {
        // Sought once for all addresses that stand in one another.
        if start >= end {
            end = scan.find(start, |byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0 | b'"' | b'`' | b'<' | b'>'));
        }
        let nested = next(scan, start).filter(|nested| *nested < end);
        // Another address may stand in the query of this one. Its scheme is no part of a name.
        let own = nested.map_or(end, |nested| scheme_before(scan, nested));
        let (own, nested) = match nested {
            // `u:p://x@host`: what looks like another address is a password.
            Some(_) if is_password_so_far(scan.between(start, own)) => (end, None),
            other => (own, other),
        };
        if let Some(credentials) = credentials(scan, start, own) {
            found(credentials);
        }
        if let Some(hook) = hook(scan, start, own) {
            found(hook);
        }
        at = nested.map_or(end, |_| own).max(start);
    }
}

/// Who and with which password in an address of Oracle's driver: `jdbc:oracle:thin:app/x@//db:1521/ORCL`.
fn of_oracle(scan: ByteScan<'_>, found: &mut dyn FnMut(TextSpan)) {
    /// Bytes of such an address at most that stand before its host.
    const MAX: usize = 256;
    for (at, kind) in scan.text.match_indices("jdbc:oracle:") {
        let driver = at + kind.len();
        let most = driver + MAX;
        let find = |from: usize, is: &dyn Fn(u8) -> bool| (from..most).find(|at| is(scan.at(*at)));
        let Some(start) = find(driver, &|byte| matches!(byte, b':' | b' ' | b'"')).map(|colon| colon + 1) else {
            continue;
        };
        let end = find(start, &|byte| matches!(byte, b'@' | b' ' | b'\t' | b'"' | b'\'' | b'<' | 0)).unwrap_or(start);
        let slash = find(start, &|byte| byte == b'/').unwrap_or(end);
        if scan.at(end) == b'@' && slash + 1 < end {
            found(TextSpan { start: slash + 1, end });
        }
    }
}

/// Where the part behind `://` begins, from `at` on.
fn next(scan: ByteScan<'_>, at: usize) -> Option<usize> {
    let rest = scan.text.get(at..)?;
    rest.find("://").map(|found| at + found + 3)
}

/// Where the scheme begins whose `://` ends there.
fn scheme_before(scan: ByteScan<'_>, end: usize) -> usize {
    let mut at = end.saturating_sub(3);
    while scan.before(at).is_ascii_alphanumeric() || matches!(scan.before(at), b'+') {
        at -= 1;
    }
    at
}

/// Whether the part before `/`, `?` or `#` is a name, a colon and something that is no port.
fn is_password_so_far(words: &str) -> bool {
    let first = words.split(['/', '?', '#']).next().unwrap_or_default();
    let port = first.rsplit_once(':').filter(|(name, _)| !name.contains(['[', '@'])).map(|(_, port)| port);
    !words.contains('@') && port.is_some_and(|port| !port.is_empty() && !port.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The user's part of the address between two places. A password may hold `/`, `#`, `?` and `@` as they are: what is
/// followed by a host and came behind a colon that no port follows is one.
fn credentials(scan: ByteScan<'_>, start: usize, end: usize) -> Option<TextSpan> {
    let words = scan.between(start, end);
    let ends: Vec<_> = words.match_indices('@').map(|(at, _)| at).filter(|at| is_host(words, at + 1)).collect();
    let authority = words.find(['/', '?', '#']).unwrap_or(words.len());
    let first = words.find('@')?;
    let last = *ends.last().unwrap_or(&first);
    let at = if first < authority {
        last.max(first)
    } else {
        ends.last().copied().filter(|_| {
            // Behind a port comes a path: `u:12#x@host` is a password.
            let (before, rest) = words.split_at_checked(authority).unwrap_or((words, ""));
            is_password_so_far(before) || (rest.starts_with('#') && before.contains(':'))
        })?
    };
    let user = words.get(..at)?;
    // Who asks a server for a repository is called so everywhere.
    (!user.is_empty() && user != "git").then_some(TextSpan { start, end: start + at })
}

/// Whether a host stands there: letters, digits, dots, up to a port, a path or the end.
fn is_host(words: &str, at: usize) -> bool {
    let rest = words.get(at..).unwrap_or_default();
    let end = rest
        .find(|letter: char| !(letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_' | '[' | ']' | ':')))
        .unwrap_or(rest.len());
    end > 0
        && rest.get(end..).is_none_or(|tail| {
            tail.is_empty()
                || tail.starts_with(['/', '?', '#', '\'', ')', ',', ';', ']', '}', '\\', '&', '%', '|', '.'])
        })
}

/// Addresses that let anyone in who knows them.
fn hook(scan: ByteScan<'_>, start: usize, end: usize) -> Option<TextSpan> {
    const HOOKS: &[&str] = &[
        "hooks.slack.com/services/",
        "hooks.slack.com/workflows/",
        "hooks.slack.com/triggers/",
        "discord.com/api/webhooks/",
        "discordapp.com/api/webhooks/",
        "api.telegram.org/bot",
        "hooks.zapier.com/hooks/",
        "outlook.office.com/webhook/",
        "hc-ping.com/",
        "chat.googleapis.com/v1/spaces/",
        "maker.ifttt.com/trigger/",
    ];
    let words = scan.between(start, end);
    let named = HOOKS.iter().find(|hook| words.starts_with(**hook)).map(|hook| hook.len());
    let teams =
        || words.find(".webhook.office.com/webhookb2/").map(|found| found + ".webhook.office.com/webhookb2/".len());
    let at = start + named.or_else(teams)?;
    let stop = scan.find(at, |byte| matches!(byte, b'?' | b'#' | b'\'' | b')' | b',' | b';' | b'}' | b'\\')).min(end);
    (stop > at).then_some(TextSpan { start: at, end: stop })
}

/// Values of addresses that let in who has them, under names that say nothing: `?t=…`, `?k=…`, `/reset-password/…`.
pub(super) fn find_parameters(scan: ByteScan<'_>, found: &mut dyn FnMut(TextSpan)) {
    const PATHS: &[&str] = &[
        "reset-password",
        "reset_password",
        "password-reset",
        "reset",
        "invite",
        "invitation",
        "magic-link",
        "magic",
        "activate",
        "unsubscribe",
        "accept-invite",
        "confirm-email",
        "verify-email",
    ];
    const NAMES: &[&str] = &["t", "k", "a", "s", "h", "u", "tk", "tok", "ak", "sk", "pw", "cred"];
    /// Characters of such a value at least.
    const MIN: usize = 20;
    let mut at = 0;
    while at < scan.len() {
        let sign = scan.find(at, |byte| matches!(byte, b'/' | b'?' | b'&'));
        let end = scan.find(sign + 1, |byte| !is_of_a_name(byte) || byte == b'.');
        at = end.max(sign + 1);
        let name = scan.between(sign + 1, end);
        let is_it = match (scan.at(sign), scan.at(end)) {
            (b'/', b'/') => PATHS.contains(&name),
            (b'?' | b'&', b'=') => NAMES.contains(&name) || name == "p",
            _ => false,
        };
        if !is_it {
            continue;
        }
        let stop =
            scan.find(end + 1, |byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'~')));
        let value = TextSpan { start: end + 1, end: stop };
        let is_short = matches!(name, "p" | "pw") && looks::is_mixed(scan.of(value));
        if is_short || stop - value.start >= MIN && looks::is_entropic(scan.of(value)) {
            found(value);
            at = stop;
        }
    }
}
