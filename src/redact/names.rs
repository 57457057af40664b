//! What a name says of the value that follows it: `DB_PASS`, `signingKey`, `--api-token`, `X-Auth-Token`, `mot_de_passe`.

use super::fixed_words::FixedWords;

/// How sure a name is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum NameStrength {
    /// Nothing is said.
    Not,
    /// It may be secret, and is where it looks like one: `key`, `session`, `code`.
    Perhaps,
    /// What stands behind it is secret, whatever it looks like.
    Secret,
}

/// Words that say so by themselves, wherever they stand in a name. Those of the reference's language are among them.
const SECRET: &str = " password passwords passwd pass pwd pswd passphrase passcode passwort kennwort pw motdepasse mdp jeton secret \
    secrets token tokens credential credentials creds cred apikey apikeys authkey authtoken accesskey secretkey \
    privatekey signingkey encryptionkey masterkey sharedkey licensekey sshkey privkey accesstoken refreshtoken \
    idtoken apitoken requirepass masterauth bearer jwt cookie cookies authorization otp totp psk keypass \
    storepass userpass dbpass authtok rootpw adminpw bindpw rocommunity rwcommunity mnemonic pin xauth sas contrasena senha wachtwoord \
    identifiants ";

/// How names end, or begin, that are written in one: `mysqlpassword`, `githubtoken`.
const ENDS: &str = " password passwd passphrase passwort secret token apikey credential credentials pwd cookie authtoken storepass \
    keypass ";

/// What makes a `key` one that is to be kept.
const KEYS: &str = " api private secret signing sign signature encryption encrypt decryption access auth master jwt cookie \
    session hmac aes shared service account deploy application license storage crypto cipher client server \
    webhook admin root ssh tls ssl agent enc consumer subscription functions ingest stripe data user \
    registration ";

/// What makes a `code` one that lets in who has it, once or as often as he likes.
const CODES: &str = " verification verify otp totp mfa pairing recovery backup registration activation enrollment enrolment \
    unlock onetime sms magic ";

/// What makes a name one of something that may be seen: the file that holds it, how long it is, when it ends.
const ABOUT: &str = " file files path paths dir directory folder name names type types id ids count length len size url uri urls \
    endpoint host port expires expire expiry expiration expired ttl age at in time timeout date policy method \
    methods mode algorithm alg version enabled disabled required valid invalid status state issuer audience \
    scope scopes limit limits max min used usage provider manager store format prefix hint rotation \
    authentication fingerprint attempts errors error failures stdin prompt source field header domain secure \
    httponly samesite bits strength missing check reset changed change auth helper per budget bucket parser js \
    ts json rs py java go rb php c h cpp cc tsx jsx mjs cjs html css md kt scala cs sh yml yaml toml conf txt \
    log vue refreshed created issued rotated revoked deleted ";

/// Names that have no word of these: settings, a field of Kubernetes', and `Password:` as mail servers ask for it.
const OWN: &[&str] = &[
    "_auth",
    "__token__",
    "REDIS_AUTH",
    "REDISCLI_AUTH",
    "dockerconfigjson",
    "dockercfg",
    "UGFzc3dvcmQ6",
    "cGFzc3dvcmQ6",
    "SAMLResponse",
    "SAMLRequest",
];

/// `Password` as the rest of the world writes it, in small letters.
const FOREIGN: &[&str] = &[
    "пароль",
    "密码",
    "密碼",
    "口令",
    "パスワード",
    "비밀번호",
    "암호",
    "hasło",
    "salasana",
    "lösenord",
    "adgangskode",
    "şifre",
    "jelszó",
    "κωδικός",
    "palavra-passe",
    "токен",
    "секрет",
    "令牌",
    "密钥",
    "ключ",
];

/// The same in languages whose words are ASCII.
const LATIN: &str = " clave salasana adgangskode passord parola heslo lozinka sandi ";

/// Names of which only chance tells whether what they hold is secret: Vault's half of a login, an account or its token.
const EITHER: &[&str] = &["secret_id", "vault_secret_id", "sonar.login"];

/// What takes the secret out of a name that has one.
const NEVER: &str = " public pub unexpected max min total num ask authorized monkey ";

/// Words that may name a secret.
const PERHAPS: &str = " key keys auth signature sig session sessionid sess sid phpsessid jsessionid salt seed hmac csrf xsrf ticket \
    assertion verifier code hash connstr dsn cle signed challenge ";

/// What a name has in it that says anything; most have none of these.
static STEMS: FixedWords = FixedWords::new(&[
    "pass",
    "pwd",
    "pw",
    "pswd",
    "wort",
    "contra",
    "community",
    "senha",
    "wacht",
    "ident",
    "mdp",
    "jeton",
    "secret",
    "token",
    "cred",
    "key",
    "auth",
    "bearer",
    "jwt",
    "cookie",
    "otp",
    "psk",
    "mnemonic",
    "pin",
    "sas",
    "sig",
    "sess",
    "sid",
    "salt",
    "seed",
    "hmac",
    "csrf",
    "xsrf",
    "ticket",
    "assert",
    "verif",
    "code",
    "hash",
    "connstr",
    "dsn",
    "cl",
    "chall",
    "dockerc",
    "gfzc3dvcmq6",
    "sonar",
    "user",
    "login",
    "saml",
    "clave",
    "salasana",
    "nord",
    "adgangs",
    "parola",
    "heslo",
    "lozinka",
    "sandi",
    "passord",
]);

/// Whether a text may have a name in it that says something.
pub(super) fn may_be_named(text: &str) -> bool {
    STEMS.is_in(text) || !text.is_ascii()
}

/// What a name says of its value.
pub(super) fn named(name: &str) -> NameStrength {
    if !may_be_named(name) {
        return NameStrength::Not;
    }
    if !name.is_ascii() && FOREIGN.contains(&&*name.to_lowercase()) || is_in(&name.to_ascii_lowercase(), LATIN) {
        return NameStrength::Secret;
    }
    let words = words(name);
    let has = |list: &str| words.iter().any(|word| is_in(word, list));
    let Some(last) = words.last() else { return NameStrength::Not };
    // The names of settings that have no word of their own.
    if OWN.contains(&name) {
        return NameStrength::Secret;
    }
    if EITHER.iter().any(|either| either.eq_ignore_ascii_case(name.trim_start_matches(['-', 'D']))) {
        return NameStrength::Perhaps;
    }
    // Programs that are called so.
    if is_never(&words) || has(NEVER) || ["htpasswd", "mosquitto_passwd"].contains(&name) {
        return NameStrength::Not;
    }
    // `PassEnvironment=` passes; `DB_PASS_OLD` is one.
    let passes = words.len() > 1 && words.first().is_some_and(|first| first == "pass");
    let secret = |word: &str| {
        !(passes && word == "pass") && (is_in(word, SECRET) || ENDS.split_whitespace().any(|end| word.ends_with(end)))
    };
    // `motDePasse`, `mot-de-passe`, `pass_word`.
    let joined = words.concat();
    let is_secret =
        words.iter().any(|word| secret(word)) || ["motdepasse", "passphrase", "password"].contains(&joined.as_str());
    let is_key = matches!(last.as_str(), "key" | "keys") && words.iter().any(|word| is_in(word, KEYS));
    // A session's id lets in who has it.
    let is_session = joined.ends_with("sessionid") || joined == "sessid";
    let is_code = last == "code" && words.iter().any(|word| is_in(word, CODES));
    let is_about = words.len() > 1 && (is_in(last, ABOUT) || words.iter().any(|word| word == "per"));
    match () {
        () if is_session => NameStrength::Perhaps,
        () if is_about => NameStrength::Not,
        () if is_code => NameStrength::Secret,
        () if is_secret || is_key => NameStrength::Secret,
        () if has(PERHAPS) || last.ends_with("key") => NameStrength::Perhaps,
        () => NameStrength::Not,
    }
}

/// Words that take the secret out of a name by where they stand: `--no-password`, `host_key`, `prompt_tokens`.
fn is_never(words: &[String]) -> bool {
    let at = |at: usize| words.get(at).map_or("", String::as_str);
    let last = at(words.len().saturating_sub(1));
    let is_without = matches!(at(0), "no" | "without") && at(1) != "reply";
    let is_of_a_host =
        words.windows(2).any(|pair| matches!(pair, [host, key] if host == "host" && key.starts_with("key")));
    let is_count = last == "tokens" && words.iter().any(|word| matches!(word.as_str(), "prompt" | "completion"));
    is_without || is_of_a_host || is_count
}

/// Whether a word is one of a list.
fn is_in(word: &str, list: &str) -> bool {
    list.split(' ').any(|one| one == word)
}

/// The words of a name, in small letters: parted by signs, and where small letters turn into capitals.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut previous = '_';
    let mut letters = name.chars().peekable();
    while let Some(letter) = letters.next() {
        let letter = plain(letter);
        let next_is_small = letters.peek().is_some_and(char::is_ascii_lowercase);
        let turns = letter.is_ascii_uppercase()
            && (previous.is_ascii_lowercase()
                || previous.is_ascii_digit()
                || (previous.is_ascii_uppercase() && next_is_small));
        if turns || !letter.is_alphanumeric() {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| letter.is_alphabetic()) {
            word.push(letter.to_ascii_lowercase());
        }
        previous = letter;
    }
    words.retain(|word| !word.is_empty());
    words
}

/// A letter without its accent, as far as the names above have one.
const fn plain(letter: char) -> char {
    match letter {
        'é' | 'è' => 'e',
        'ñ' => 'n',
        other => other,
    }
}

/// Whether a word before `code` says that it lets in who has it: `one-time code`, `pairing code`.
pub(super) fn is_of_a_code(word: &str) -> bool {
    let word = words(word).concat();
    is_in(&word, CODES) || word == "fa"
}

/// Names of headers whose value is the rest of the line, blanks included.
pub(super) fn is_header(name: &str) -> bool {
    const HEADERS: &[&str] = &[
        "authorization",
        "proxy-authorization",
        "cookie",
        "set-cookie",
        "cookie2",
        "set-cookie2",
        "x-amz-security-token",
        "www-authenticate-token",
        "authentication-info",
    ];
    HEADERS.iter().any(|header| header.eq_ignore_ascii_case(name))
}

/// Names whose value may be several words.
pub(super) fn may_have_blanks(name: &str) -> bool {
    let words = words(name);
    let of_several = [
        "password",
        "passphrase",
        "passwort",
        "passwd",
        "secret",
        "mnemonic",
        "pass",
        "pwd",
        "passe",
        "mdp",
        "codes",
        "credentials",
        "identifiants",
    ];
    words.iter().any(|word| of_several.iter().any(|several| word.ends_with(several)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_what_it_holds() {
        for (said, names) in [
            (
                NameStrength::Secret,
                "DB_PASS SIGNING_KEY SESSION_COOKIE MYSQL_PWD token --api-token apiKey X-Auth-Token _authToken _auth \
                 clientSecret AWS_SECRET_ACCESS_KEY mysqlpassword githubtoken mot_de_passe motDePasse JWT_PRIVATE_KEY \
                 HTTPPassword Pwd passwd dbPassword2 x-api-key npm_config__authToken RELEASE_KEY_PASSPHRASE",
            ),
            (NameStrength::Perhaps, "key sig session_key_x sid RELEASE_KEY X-Amz-Signature csrf cacheKey signature"),
            (
                NameStrength::Not,
                "token_type tokenExpiresIn password_file KEY_ID publicKey max_tokens tokenizer author passport compass \
                 bypass PasswordAuthentication secretName cookie-domain authorized_keys url keyboard --no-password \
                 host_key passing passed tokens_per_second",
            ),
        ] {
            for name in names.split_whitespace() {
                assert_eq!(named(name), said, "{name}");
            }
        }
    }
}
