//! What a value looks like: made by chance, a word that a sentence goes on with, or a reference to something else.

/// Words that follow `password is`, `token:` or `Authorization:` in messages that give nothing away.
const ORDINARY: &str = " able absent accepted active added again all allowed already also an and any are as at authenticated \
    authentication authorized available bad be because been being blocked but by cached can cannot changed chauthtok check \
    checked cleared compromised configured could created deleted denied deprecated did different disabled does doesn't \
    don't eight either empty enabled encrypted error exceeded exists expected expired expires failed failure false for \
    forbidden found from generated given good granted has have hidden if ignored in inactive incomplete incorrect \
    insufficient invalid is issued it just kept known least length loaded locked logged longer lost malformed masked match \
    matched matches may mismatch missing mixed must needed never new nil no none not null object of off ok old omitted on \
    one only optional or out passed pending present protected provided read received redacted refreshed refused rejected removed \
    renewed replaced requested required reset retrying returned revoked rotated saved sensitive sent set short should \
    skipped so still stored string success successful superseded supplied suspended than that the this through to too true \
    trying unable unauthorized unavailable undefined unexpected unknown unset unspecified unsupported until unused updated \
    use used using valid validated verified verification was weak were when which will with without would wrong yes yet \
    you your ";

/// Whether a value says nothing secret: an ordinary word, nothing, stars, or the name of a variable.
pub(super) fn is_harmless(value: &str) -> bool {
    let word = value.trim_matches(|letter: char| {
        matches!(letter, '.' | ':' | ',' | '!' | '?' | ';' | ')' | '(' | '"' | '\'' | '`')
    });
    let is_word = !word.is_empty()
        && word.len() <= 16
        && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'\'')
        && ORDINARY.contains(&format!(" {word} "));
    let shouted = matches!(
        word,
        "None"
            | "True"
            | "False"
            | "NULL"
            | "Object"
            | "Required"
            | "Invalid"
            | "NOT"
            | "YES"
            | "NO"
            | "WORD"
            | "TOKEN"
            | "FILE"
            | "SECRET"
            | "PASSWORD"
            | "KEY"
            | "VALUE"
            | "Authentication"
            | "Failed"
            | "Error"
            | "Access"
            | "Retype"
            | "Refreshing"
            | "Creating"
            | "Creation"
            | "Destroying"
            | "Modifying"
            | "Reading"
            | "Still"
    );
    let stars = word.is_empty()
        || word.bytes().all(|byte| matches!(byte, b'*' | b'.' | b'-' | b'_' | b'=' | b'{' | b'[' | b'|' | b'>'))
        || (word.len() >= 3 && word.bytes().all(|byte| matches!(byte, b'x' | b'X')));
    is_word || shouted || stars || is_reference(word) || is_version(word) || is_code(word)
}

/// `$TOKEN`, `${TOKEN}`, `%TOKEN%`, `<token>`, `{{ token }}`, `process.env.TOKEN`: what stands for a value.
pub(super) fn is_reference(word: &str) -> bool {
    let of_a_name = |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    let inside = |open: &str, close: &str| word.strip_prefix(open).and_then(|rest| rest.strip_suffix(close));
    let placeholder = |name: &str| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'-' | b'_' | b' '))
    };
    // nginx has its variables in small letters.
    let of_nginx = ["$http_", "$arg_", "$cookie_", "$upstream_", "$remote_", "$sent_"];
    word.strip_prefix('$').is_some_and(of_a_name)
        || of_nginx
            .iter()
            .any(|start| word.strip_prefix(start).is_some_and(|name| placeholder(name.trim_end_matches(';'))))
        || inside("${", "}").is_some_and(of_a_name)
        || inside("%", "%").is_some_and(of_a_name)
        || inside("<", ">").is_some_and(placeholder)
        || word.starts_with("{{")
        || word.strip_prefix("process.env.").is_some_and(of_a_name)
}

/// What code has behind a name: `token = req.headers.token`, `password = await ask()`.
fn is_code(word: &str) -> bool {
    const ROOTS: [&str; 24] = [
        "this.", "req.", "res.", "request.", "process.", "config.", "options.", "opts.", "env.", "props.", "args.",
        "argv.", "ctx.", "self.", "body.", "module.", "exports.", "require(", "JSON.", "Buffer.", "crypto.",
        "z.string", "headers.", "params.",
    ];
    let is_chain = |rest: &str| {
        rest.bytes()
            .all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'.' | b'_' | b'(' | b')' | b'[' | b']' | b'?'))
    };
    matches!(
        word,
        "await"
            | "new"
            | "function"
            | "async"
            | "typeof"
            | "=>"
            | "()"
            | "string"
            | "return"
            | "const"
            | "let"
            | "String"
            | "import"
            | "export"
    ) || (ROOTS.iter().any(|root| word.starts_with(root)) && is_chain(word))
}

/// `^9.0.2`, `>=1.2`: a dependency may be called `jsonwebtoken`.
fn is_version(word: &str) -> bool {
    let number = word.trim_start_matches(['^', '~', '>', '<', '=', 'v']);
    let parts = number.split('.').count();
    (number.len() < word.len() || parts == 3)
        && parts >= 2
        && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

/// Whether a value is a word, a number, a path, an address or a version: nothing that was made by chance.
fn is_plain(value: &str) -> bool {
    let all = |is: fn(u8) -> bool| value.bytes().all(is);
    let has = |is: fn(u8) -> bool| value.bytes().any(is);
    let letters_only = all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'-' | b'_' | b'.' | b'\''));
    let mixed = has(|byte| byte.is_ascii_uppercase()) && has(|byte| byte.is_ascii_lowercase());
    let digits_only =
        all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b',' | b':' | b'-' | b'/' | b'+' | b'%'));
    digits_only
        || (letters_only && !(mixed && value.len() >= 20 && entropy(value) > 3.5))
        || !has(|byte| byte.is_ascii_alphabetic())
}

/// Whether a value looks like a password or a token: letters beside digits or signs, at least six of them.
pub(super) fn is_random(value: &str) -> bool {
    // What follows an escaped end of a line is the next one.
    let value = ["\\n", "\\r", "\\t"]
        .iter()
        .filter_map(|end| value.find(end))
        .min()
        .map_or(value, |end| value.get(..end).unwrap_or_default());
    let value = value.trim_matches(|letter: char| {
        matches!(letter, '.' | ',' | '!' | '?' | ';' | ')' | '(' | '"' | '\'' | '`' | ':')
    });
    // Base64 may begin with a slash too.
    let is_base64 = value.starts_with('/') && (value.ends_with('=') || value.contains('+'));
    let is_path =
        value.starts_with(['/', '~', '@', '<', '[']) && !is_base64 || value.contains("://") || value.starts_with("./");
    let is_versioned = value.split(['.', '-', '_', ':', '/']).all(|part| {
        // `v18.20.4`, `web01.example.com`, `step2`, `node18`: words that end in a number.
        let word = part.trim_end_matches(|letter: char| letter.is_ascii_digit());
        let digits = part.len() - word.len();
        word.bytes().all(|byte| byte.is_ascii_lowercase()) && digits <= 3
            || matches!(part, "i18n" | "l10n" | "a11y" | "o11y" | "k8s" | "e2e" | "p2p" | "s3" | "b2b" | "x86" | "mp4")
            || word.is_empty()
            || word.bytes().all(|byte| byte.is_ascii_uppercase()) && digits <= 3
    });
    value.len() >= 6 && !is_path && !is_plain(value) && !is_versioned
}

/// Whether a value has capitals, small letters and digits in no order, as words, versions and numbers have not.
pub(super) fn is_mixed(value: &str) -> bool {
    let turns = value.as_bytes().windows(2).filter(|pair| kind(pair.first()) != kind(pair.last())).count();
    let has = |is: fn(&u8) -> bool| value.bytes().any(|byte| is(&byte));
    (10..=64).contains(&value.len())
        && value.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_lowercase)
        && has(u8::is_ascii_digit)
        && turns >= 4
}

/// Capitals, small letters, digits, others.
const fn kind(byte: Option<&u8>) -> u8 {
    match byte {
        Some(byte) if byte.is_ascii_uppercase() => 0,
        Some(byte) if byte.is_ascii_lowercase() => 1,
        Some(byte) if byte.is_ascii_digit() => 2,
        _ => 3,
    }
}

/// Whether a value was made by chance: 16 characters or more of several kinds, none of which comes too often.
pub(super) fn is_entropic(value: &str) -> bool {
    let value = value.strip_prefix("base64:").unwrap_or(value);
    // What is public of a key is shown with its kind (OpenSSH, `ssh-keygen -l`; Subresource Integrity).
    let is_digest = ["SHA256:", "MD5:", "sha256-", "sha384-", "sha512-", "sha256:", "sha1:"]
        .iter()
        .any(|kind| value.starts_with(kind));
    let is_made_of = value.bytes().all(|byte| {
        byte.is_ascii_alphanumeric()
            || matches!(
                byte,
                b'+' | b'/' | b'=' | b'_' | b'-' | b'.' | b'~' | b'%' | b'!' | b'$' | b'*' | b'@' | b'#' | b'^' | b'&'
            )
    });
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let letters = value.bytes().filter(u8::is_ascii_alphabetic).count();
    value.len() >= 16
        && is_made_of
        && !is_digest
        && digits >= 2
        && letters >= 2
        && is_random(value)
        && entropy(value) >= 3.0
}

/// Shannon's entropy of the bytes, in bits a byte.
fn entropy(value: &str) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in value.bytes() {
        if let Some(count) = counts.get_mut(usize::from(byte)) {
            *count += 1;
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "values are short")]
    let length = value.len() as f64;
    counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| f64::from(*count) / length)
        .map(|part| -part * part.log2())
        .sum()
}

/// Whether a value looks like a code that is typed: `482913`, `ABCD-1234-EFGH`, `a1b2c-d3e4f`.
pub(super) fn is_typed_code(value: &str) -> bool {
    let signs = value.bytes().filter(|byte| *byte == b'-').count();
    let letters = value.len() - signs;
    let is_made = value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let has_digit = value.bytes().any(|byte| byte.is_ascii_digit());
    let has_group = value.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'-');
    is_made && (4..=40).contains(&letters) && (has_digit || has_group && letters >= 6)
}
