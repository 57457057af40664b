//! Secrets that a function is given in a place of its own: `createHmac('sha256', 'x')`, `db.auth("app", "x")`.

use super::fixed_words::FixedWords;
use super::looks;
use super::scan::{ByteScan, TextSpan};

/// Functions that are given one, with the bracket behind their name.
static CALLS: FixedWords = FixedWords::new(&[
    "auth(",
    "login(",
    "signin(",
    "logon(",
    "sign(",
    "verify(",
    "hmac(",
    "cipher(",
    "decipher(",
    "cipheriv(",
    "authenticate(",
    "credential(",
    "connect(",
    "encrypt(",
    "decrypt(",
    "compare(",
    "comparesync(",
    "hashsync(",
    "pbkdf2(",
    "pbkdf2sync(",
    "scryptsync(",
    "hkdfsync(",
    "apikey(",
    "usernamepassword(",
    "changeuserpassword(",
    "withcredentials(",
    "getconnection(",
    "cookieparser(",
    "credentials(",
    "auth=(",
    "env(",
]);

/// Bytes behind the bracket that are looked at.
const MAX: usize = 512;

/// Every quoted argument of such a call that looks made by chance.
pub(super) fn find(scan: ByteScan<'_>, found: &mut dyn FnMut(TextSpan)) {
    let mut done = 0;
    for call in CALLS.each_in(scan.text) {
        let mut at = call.end.max(done);
        let most = (call.end + MAX).min(scan.len());
        while at < most && !matches!(scan.at(at), b')' | b'\n') {
            if !matches!(scan.at(at), b'"' | b'\'' | b'`') {
                at += 1;
                continue;
            }
            let value = scan.value(at);
            if looks::is_random(scan.of(value.span)) {
                found(value.span);
            }
            at = value.after.max(at + 1);
        }
        done = at;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_call_is_given_is_found_where_it_was_made_by_chance() {
        for (text, value) in [
            ("createHmac('sha256', 'hX9k2mQpL')", "hX9k2mQpL"),
            ("at db.auth(\"app\", \"hX9k2mQpL\") [native code]", "hX9k2mQpL"),
            ("createCipheriv('aes-256-cbc', key, iv)", ""),
            ("socket.connect('db-2.internal', 5432); log('hX9k2mQpL')", ""),
            ("compare(", ""),
        ] {
            let mut all = Vec::new();
            find(ByteScan::new(text), &mut |span| all.push(&text[span.start..span.end]));
            assert_eq!(all.concat(), value, "{text}");
        }
    }
}
