//! Secrets that are known by their own form, whatever stands before them.
//!
//! The prefixes are those of the rules of gitleaks (MIT licence, `config/gitleaks.toml` as of 2025), which is kept and
//! follows the providers; they are facts of the providers', the table is ours. Lengths are shorter than there: a token
//! that was cut is not to be read either.

use super::fixed_words::FixedWords;
use super::looks;
use super::scan::{ByteScan, TextSpan};
use base64ct::{Base64, Encoding};
use std::sync::LazyLock;

/// What follows a prefix.
#[derive(Clone, Copy)]
enum TokenRest {
    /// At least so many letters and digits.
    Word(usize),
    /// At least so many letters, digits, `_`, `-` and `.`, a digit among them.
    Mixed(usize),
    /// At least so many characters of Base64.
    Base64(usize),
    /// At least so many capitals and digits.
    Capitals(usize),
}

use TokenRest::{Base64 as B64, Capitals, Mixed, Word};

const PREFIXES: &[(&str, TokenRest)] = &[
    ("A3-", Mixed(20)),
    ("AGE-SECRET-KEY-1", Word(16)),
    ("AKCp", Word(12)),
    ("cmVmd", Word(40)),
    ("ATATT3", Mixed(20)),
    ("ATCTT3", Mixed(20)),
    ("ATBB", Word(24)),
    // Amazon: access keys, temporary ones, bearer tokens, context-specific ones.
    ("AKIA", Capitals(12)),
    ("ASIA", Capitals(12)),
    ("ABIA", Capitals(12)),
    ("ACCA", Capitals(12)),
    ("A3T", Capitals(13)),
    ("ABSK", B64(60)),
    ("FwoGZXIvYXdz", B64(20)),
    ("IQoJb3JpZ2lu", B64(20)),
    ("bedrock-api-key-", Mixed(12)),
    ("LTAI", Word(16)),
    // Google, Facebook, Square, Stripe, Twilio, SendGrid.
    ("AIza", Mixed(16)),
    ("GOCSPX-", Mixed(12)),
    ("ya29.", Mixed(16)),
    ("1//0", Mixed(30)),
    ("EAAM", Word(60)),
    ("EAAC", Word(40)),
    ("EAAB", Word(40)),
    ("EAAG", Word(40)),
    ("EAAA", Mixed(22)),
    ("sq0atp-", Mixed(16)),
    ("sq0csp-", Mixed(16)),
    ("sk_live_", Word(8)),
    ("sk_test_", Word(8)),
    ("sk_prod_", Word(8)),
    ("rk_live_", Word(8)),
    ("rk_test_", Word(8)),
    ("rk_prod_", Word(8)),
    ("whsec_", B64(16)),
    ("SG.", Mixed(30)),
    // Models.
    ("sk-ant-", Mixed(8)),
    ("sk-proj-", Mixed(8)),
    ("sk-svcacct-", Mixed(8)),
    ("sk-admin-", Mixed(8)),
    ("sk-or-", Mixed(12)),
    ("sk-", Mixed(16)),
    ("pplx-", Word(20)),
    ("hf_", Word(20)),
    ("api_org_", Word(20)),
    ("gsk_", Word(24)),
    ("xai-", Word(24)),
    ("r8_", Word(24)),
    // Where code is kept and built.
    ("ghp_", Word(8)),
    ("gho_", Word(8)),
    ("ghu_", Word(8)),
    ("ghs_", Mixed(8)),
    ("ghr_", Word(8)),
    ("github_pat_", Mixed(8)),
    ("glpat-", Mixed(8)),
    ("glptt-", Mixed(8)),
    ("gldt-", Mixed(8)),
    ("glrt-", Mixed(8)),
    ("glrtr-", Mixed(8)),
    ("glcbt-", Mixed(8)),
    ("glft-", Mixed(8)),
    ("glffct-", Mixed(8)),
    ("glimt-", Mixed(8)),
    ("glagent-", Mixed(8)),
    ("gloas-", Mixed(8)),
    ("glsoat-", Mixed(8)),
    ("GR1348941", Mixed(12)),
    ("npm_", Word(20)),
    ("pypi-AgE", Mixed(8)),
    ("rubygems_", Word(24)),
    ("CLOJARS_", Word(40)),
    ("dckr_pat_", Mixed(16)),
    ("dckr_oat_", Mixed(16)),
    ("oy2", Word(43)),
    ("sgp_", Mixed(30)),
    ("pul-", Word(30)),
    ("tfp_", Mixed(40)),
    ("API-", Capitals(24)),
    // Where things run.
    ("dop_v1_", Word(20)),
    ("doo_v1_", Word(20)),
    ("dor_v1_", Word(20)),
    ("dapi", Mixed(32)),
    ("dp.pt.", Word(24)),
    ("dp.st.", Mixed(24)),
    ("dp.ct.", Word(24)),
    ("dt0c01.", Mixed(24)),
    ("fo1_", Mixed(30)),
    ("fm1r_", B64(40)),
    ("fm1a_", B64(40)),
    ("fm2_", B64(40)),
    ("HRKU-", Mixed(20)),
    ("hvs.", Mixed(16)),
    ("hvb.", Mixed(16)),
    ("hvr.", Mixed(16)),
    ("tskey-", Mixed(12)),
    ("v1.0-", Mixed(60)),
    ("vercel_", Word(24)),
    ("nfp_", Word(24)),
    ("sbp_", Word(24)),
    ("pscale_", Mixed(24)),
    ("sha256~", Mixed(30)),
    ("glc_", B64(24)),
    ("glsa_", Mixed(24)),
    // What watches, and what speaks.
    ("NRAK-", Mixed(16)),
    ("NRII-", Mixed(16)),
    ("NRJS-", Mixed(12)),
    ("sntrys_", B64(24)),
    ("sntryu_", Word(24)),
    ("xoxb-", Mixed(8)),
    ("xoxp-", Mixed(8)),
    ("xoxa-", Mixed(8)),
    ("xoxr-", Mixed(8)),
    ("xoxs-", Mixed(8)),
    ("xoxe", Mixed(16)),
    ("xapp-", Mixed(8)),
    ("xkeysib-", Mixed(24)),
    ("lin_api_", Word(16)),
    ("ntn_", Word(24)),
    ("PMAK-", Mixed(24)),
];

/// Fewer of them, or of no group of the above.
const MORE: &[(&str, TokenRest)] = &[
    ("shpat_", Word(16)),
    ("shpca_", Word(16)),
    ("shppa_", Word(16)),
    ("shpss_", Word(16)),
    ("shippo_live_", Word(16)),
    ("shippo_test_", Word(16)),
    ("rdme_", Word(24)),
    ("duffel_live_", Mixed(16)),
    ("duffel_test_", Mixed(16)),
    ("EZAK", Word(40)),
    ("EZTK", Word(40)),
    ("FLWSECK_TEST-", Mixed(12)),
    ("FLWSECK-", Mixed(12)),
    ("p8e-", Word(24)),
    // Mailgun, Contentful.
    ("key-", Word(32)),
    ("CFPAT-", Mixed(20)),
    ("pnu_", Word(24)),
    ("figd_", Mixed(24)),
    ("tvly-", Mixed(20)),
    ("nvapi-", Mixed(40)),
    ("jina_", Word(40)),
    ("phx_", Word(30)),
    ("aio_", Word(26)),
    ("ops_", B64(60)),
    ("BBDC-", B64(30)),
    ("CCIPAT_", Mixed(24)),
    ("CCIPRJ_", Mixed(24)),
    ("bkua_", Word(30)),
    ("AKID", Word(30)),
    ("sb_secret_", Mixed(16)),
    ("rnd_", Word(24)),
    ("mlsn.", Word(40)),
    ("xsmtpsib-", Mixed(24)),
    ("secret-live-", Mixed(20)),
    ("secret-test-", Mixed(20)),
    ("access-production-", Mixed(30)),
    ("access-sandbox-", Mixed(30)),
    ("APP_USR-", Mixed(30)),
    ("sq0idp-", Mixed(16)),
    ("ATNFT3", Mixed(20)),
    ("waka_", Mixed(30)),
    ("pat-na1-", Mixed(30)),
    ("pat-eu1-", Mixed(30)),
    // Keys of wallets (BIP 32), from which all others are made.
    ("xprv", Word(60)),
    ("yprv", Word(60)),
    ("zprv", Word(60)),
];

/// Longer ones are taken out unread.
const MAX_OF_A_TOKEN: usize = 4096;

/// Names of schemes, in whatever letters they are written.
static SCHEMES: FixedWords = FixedWords::new(&["basic", "bearer", "auth plain", "auth xoauth2"]);

/// Private keys in Base64 by how their bytes begin: Ed25519 and X25519 in PKCS#8 (RFC 8410, 7), OpenSSH's own form,
/// minisign's.
const KEYS: &[&str] = &["MC4CAQAwBQYDK2Vw", "MC4CAQAwBQYDK2Vu", "MFECAQEwBQYDK2Vw", "b3BlbnNzaC1rZXktdjE", "RWRTY0Iy"];

/// Every secret that has a form of its own.
pub(super) fn find(scan: ByteScan<'_>, found: &mut dyn FnMut(TextSpan)) {
    let mut at = 0;
    while at < scan.len() {
        if scan.before(at).is_ascii_alphanumeric() || !is_first(scan.at(at)) {
            at += 1;
            continue;
        }
        match token(scan, at) {
            Some(end) => {
                found(TextSpan { start: at, end });
                at = end;
            }
            None => at += 1,
        }
    }
}

/// Whether one of them can begin so.
const fn is_first(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'$' | b'{')
}

/// The end of the token that begins there.
fn token(scan: ByteScan<'_>, at: usize) -> Option<usize> {
    let rest = scan.text.get(at..)?;
    if rest.starts_with("eyJ") {
        return json_web_token(scan, at);
    }
    if let Some(kind) = NAMED_HASHES.iter().find(|kind| rest.starts_with(**kind)) {
        let end = scan.find(at, |byte| !(is_base64(byte) || matches!(byte, b'$' | b':' | b'.' | b',')));
        return (end - at >= kind.len() + 24).then_some(end);
    }
    if rest.starts_with('$') {
        return hashed(scan, at);
    }
    if rest.starts_with('{') {
        return marked_hash(scan, at, rest);
    }
    if KEYS.iter().any(|key| rest.starts_with(key)) || is_armoured(scan, at, rest) {
        return Some(scan.find(at, |byte| !is_base64(byte)));
    }
    if scan.at(at).is_ascii_digit() {
        return telegram(scan, at).or_else(|| prefixed(scan, at, rest)).or_else(|| product_key(scan, at));
    }
    prefixed(scan, at, rest)
        .or_else(|| azure(scan, at))
        .or_else(|| twilio(scan, at))
        .or_else(|| vault(scan, at))
        .or_else(|| product_key(scan, at))
}

/// A token of Vault's before 1.10: `s.`, `b.` or `r.` and 24 letters and digits of all kinds. Code has `s.` too, and words
/// behind it.
fn vault(scan: ByteScan<'_>, at: usize) -> Option<usize> {
    if !matches!(scan.at(at), b's' | b'b' | b'r') || scan.at(at + 1) != b'.' {
        return None;
    }
    let end = (at + 2..at + 27).find(|at| !scan.at(*at).is_ascii_alphanumeric()).unwrap_or(at + 27);
    let tail = scan.between(at + 2, end);
    let has = |is: fn(&u8) -> bool| tail.bytes().any(|byte| is(&byte));
    let is_made = has(u8::is_ascii_digit) && has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase);
    (tail.len() == 24 && is_made && !matches!(scan.at(end), b'(' | b'.' | b'_')).then_some(end)
}

/// A product's key: four groups or more of five capitals and digits.
fn product_key(scan: ByteScan<'_>, at: usize) -> Option<usize> {
    const GROUP: usize = 5;
    let mut end = at;
    let mut groups = 0;
    loop {
        let is_group = (end..end + GROUP).all(|at| scan.at(at).is_ascii_uppercase() || scan.at(at).is_ascii_digit());
        if !is_group || groups == 8 {
            return None;
        }
        groups += 1;
        end += GROUP;
        if scan.at(end) != b'-' {
            break;
        }
        end += 1;
    }
    let words = scan.between(at, end);
    let digits = words.bytes().filter(u8::is_ascii_digit).count();
    let letters = words.bytes().filter(u8::is_ascii_uppercase).count();
    let is_whole = scan.before(at) != b'-' && !scan.at(end).is_ascii_alphanumeric();
    (groups >= 4 && digits >= 2 && letters >= 2 && is_whole).then_some(end)
}

/// [`PREFIXES`] and [`MORE`] by their first byte.
static BY_FIRST: LazyLock<Vec<Vec<(&str, TokenRest)>>> = LazyLock::new(|| {
    let mut all = vec![Vec::new(); 0x80];
    for (prefix, kind) in PREFIXES.iter().chain(MORE) {
        let first = prefix.bytes().next().map(usize::from);
        if let Some(of_first) = first.and_then(|first| all.get_mut(first)) {
            of_first.push((*prefix, *kind));
        }
    }
    all
});

fn prefixed(scan: ByteScan<'_>, at: usize, rest: &str) -> Option<usize> {
    let of_first = BY_FIRST.get(usize::from(rest.bytes().next()?))?;
    let (prefix, kind) = of_first.iter().find(|(prefix, _)| rest.starts_with(prefix))?;
    let start = at + prefix.len();
    let is_part = |byte: u8| match kind {
        Word(_) => byte.is_ascii_alphanumeric(),
        Capitals(_) => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
        Mixed(_) => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'='),
        B64(_) => is_base64(byte),
    };
    let end = scan.find(start, |byte| !is_part(byte));
    let (Word(least) | Mixed(least) | B64(least) | Capitals(least)) = kind;
    let tail = scan.between(start, end);
    let has_digit = tail.bytes().any(|byte| byte.is_ascii_digit());
    let mixed_case =
        tail.bytes().any(|byte| byte.is_ascii_uppercase()) && tail.bytes().any(|byte| byte.is_ascii_lowercase());
    let is_whole = !scan.at(end).is_ascii_alphanumeric();
    // `sk-` and `npm_` begin other words too.
    let is_plain = matches!(
        *prefix,
        "sk-" | "npm_" | "API-" | "pul-" | "xai-" | "dapi" | "SG." | "A3-" | "A3T" | "hf_" | "oy2" | "r8_"
    );
    let is_one = tail.len() >= 20 && !tail.contains(['-', '_', '.']);
    let made = has_digit || mixed_case || is_one || !is_plain;
    // What is that long is read once: `sk-sk-sk-…` would be read again from each of its parts on.
    (tail.len() > MAX_OF_A_TOKEN || (tail.len() >= *least && is_whole && made)).then_some(end)
}

/// A JSON Web Token (RFC 7519), its second and third part or not: `eyJ` is `{"`.
fn json_web_token(scan: ByteScan<'_>, at: usize) -> Option<usize> {
    let end = scan
        .find(at, |byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'=' | b'+' | b'/')));
    let words = scan.between(at, end);
    let parts = words.split('.').filter(|part| part.len() >= 8).count();
    (parts >= 2 || words.len() >= 24).then_some(end)
}

/// A password's hash as LDAP and web servers write it (RFC 2307, 5.3): `{SSHA}…`.
fn marked_hash(scan: ByteScan<'_>, at: usize, rest: &str) -> Option<usize> {
    let mark = ["{SSHA}", "{SHA}", "{SMD5}", "{MD5}", "{SSHA256}", "{SSHA512}", "{PBKDF2"]
        .iter()
        .find(|mark| rest.starts_with(**mark))?;
    let start = at + mark.len();
    let end = scan.find(start, |byte| !(is_base64(byte) || matches!(byte, b'.' | b'$' | b'}')));
    (end - start >= 16).then_some(end)
}

/// How the hashes of passwords begin that frameworks and PostgreSQL keep.
const NAMED_HASHES: &[&str] = &[
    "pbkdf2_sha256$",
    "pbkdf2_sha1$",
    "pbkdf2:sha",
    "scrypt:",
    "scrypt$",
    "SCRAM-SHA-256$",
    "SCRAM-SHA-1$",
    "grub.pbkdf2.",
    "bcrypt$",
    "bcrypt_sha256$",
    "argon2$",
];

/// A password's hash as crypt(5) writes it: `$6$salt$hash`, `$2b$10$…`, `$argon2id$…`.
fn hashed(scan: ByteScan<'_>, at: usize) -> Option<usize> {
    const KINDS: &[&str] = &[
        "$1$",
        "$5$",
        "$6$",
        "$7$",
        "$y$",
        "$gy$",
        "$2a$",
        "$2b$",
        "$2y$",
        "$apr1$",
        "$argon2id$",
        "$argon2i$",
        "$scrypt$",
        "$pbkdf2-",
    ];
    let rest = scan.text.get(at..)?;
    KINDS.iter().find(|kind| rest.starts_with(**kind))?;
    let end = scan.find(at, |byte| {
        !(byte.is_ascii_alphanumeric() || matches!(byte, b'$' | b'.' | b'/' | b',' | b'=' | b'+' | b'-'))
    });
    (end - at >= 16).then_some(end)
}

/// A bot's token: its number, a colon, and 35 characters of which the first two are `AA`.
fn telegram(scan: ByteScan<'_>, at: usize) -> Option<usize> {
    let colon = scan.find(at, |byte| !byte.is_ascii_digit());
    let is_number = (5..=16).contains(&(colon - at)) && scan.at(colon) == b':' && scan.at(colon + 1) == b'A';
    let end = scan.find(colon + 1, |byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')));
    (is_number && end - colon > 24).then_some(end)
}

/// An account of Twilio's and its token: `AC`, 32 digits, a colon, and 32 more.
fn twilio(scan: ByteScan<'_>, at: usize) -> Option<usize> {
    const DIGITS: usize = 32;
    let are_hex = |from: usize| (from..from + DIGITS).all(|at| scan.at(at).is_ascii_hexdigit());
    let colon = at + "AC".len() + DIGITS;
    let is_it = scan.between(at, at + 2) == "AC" && scan.at(colon) == b':' && are_hex(at + 2) && are_hex(colon + 1);
    is_it.then(|| scan.find(colon + 1, |byte| !byte.is_ascii_hexdigit()))
}

/// Entra's client secrets: three characters, a digit, `Q~`, some thirty more.
fn azure(scan: ByteScan<'_>, at: usize) -> Option<usize> {
    let is_marked = scan.at(at + 3).is_ascii_digit() && scan.at(at + 4) == b'Q' && scan.at(at + 5) == b'~';
    let end = if is_marked {
        scan.find(at, |byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'~')))
    } else {
        at
    };
    (end - at >= 30).then_some(end)
}

/// A private key in PEM, in Base64 once more, as variables of CI systems hold it.
fn is_armoured(scan: ByteScan<'_>, at: usize, rest: &str) -> bool {
    if !rest.starts_with("LS0tLS1CRUdJTi") {
        return false;
    }
    let end = (at..at + 64).find(|at| !is_base64(scan.at(*at))).unwrap_or(at + 64);
    let head = scan.between(at, end);
    let head = head.get(..head.len() / 4 * 4).unwrap_or_default();
    Base64::decode_vec(head).is_ok_and(|bytes| String::from_utf8_lossy(&bytes).contains("PRIVATE"))
}

const fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'_' | b'-')
}

/// Credentials behind the name of a scheme (RFC 9110, 11.1): `Basic dTpw`, `Bearer x`.
pub(super) fn find_schemes(scan: ByteScan<'_>, found: &mut dyn FnMut(TextSpan)) {
    let mut done = 0;
    for scheme in SCHEMES.each_in(scan.text) {
        let length = scheme.end - scheme.start;
        if scheme.start < done {
            continue;
        }
        // As a list of protocols has it: `bearer, x`.
        let is_listed = length == "bearer".len() && scan.between(scheme.end, scheme.end + 2) == ", ";
        let value = scan.skip_blanks(scheme.end + usize::from(is_listed));
        // A longer value is found by its name.
        let end = (value..value + MAX_OF_A_TOKEN)
            .find(|at| !(is_base64(scan.at(*at)) || matches!(scan.at(*at), b'.' | b'~')))
            .unwrap_or(value + MAX_OF_A_TOKEN);
        done = end;
        let words = scan.between(value, end);
        let is_secret = if length > "bearer".len() {
            // As mail servers are given it (RFC 4616), the user and the password in one.
            words.len() >= 8 && Base64::decode_vec(words).is_ok()
        } else if length == "basic".len() {
            has_colon(words)
        } else {
            // As the header has it, or a value that was made by chance.
            let is_said = scan.at(scheme.start) == b'B'
                && !words.ends_with("tion")
                && !words.starts_with("token")
                && !words.ends_with('.');
            words.len() >= 6
                && words != "realm="
                && !looks::is_harmless(words)
                && (is_said && !is_listed || looks::is_random(words) || words.len() >= 20)
        };
        if value > scheme.end && is_secret {
            found(TextSpan { start: value, end });
        }
    }
}

/// Whether Base64 says `user:password`.
fn has_colon(words: &str) -> bool {
    let padded = words.trim_end_matches('=');
    let padded = format!("{padded}{}", "=".repeat((4 - padded.len() % 4) % 4));
    words.len() >= 4 && Base64::decode_vec(&padded).is_ok_and(|bytes| bytes.contains(&b':') && bytes.is_ascii())
}
