//! Secrets on command lines whose option says nothing by itself: `curl -u user:password`, `mysql -pPASSWORD`, `-t TOKEN`.

use super::looks;
use super::scan::{Scan, Span, is_end_of_word};

/// What a program's option holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holds {
    /// A secret.
    Secret,
    /// A user, a sign, and a password.
    UserAnd(u8),
    /// `pass:PASSWORD`, or a file or a variable that holds it.
    PassWord,
}

/// Programs, and their options that hold a secret.
type Options = (&'static [&'static str], &'static [(&'static str, Holds)]);

/// Options by program, as their manual pages have them. `-p*` is an option whose value follows without a blank.
const OPTIONS: [Options; 14] = [
    (
        &["curl", "wget", "lwp-request", "aria2c"],
        &[
            ("-u", Holds::UserAnd(b':')),
            ("-u*", Holds::UserAnd(b':')),
            ("--user", Holds::UserAnd(b':')),
            ("--user=*", Holds::UserAnd(b':')),
            ("--proxy-user=*", Holds::UserAnd(b':')),
            ("-U", Holds::UserAnd(b':')),
            ("--proxy-user", Holds::UserAnd(b':')),
            ("--oauth2-bearer", Holds::Secret),
            ("-b", Holds::Secret),
            ("--cookie", Holds::Secret),
        ],
    ),
    (&["http", "https", "xh"], &[("-a", Holds::UserAnd(b':')), ("--auth", Holds::UserAnd(b':'))]),
    (
        &[
            "mysql",
            "mysqldump",
            "mysqladmin",
            "mysqlimport",
            "mysqlshow",
            "mysqlcheck",
            "mariadb",
            "mariadb-dump",
            "mariadb-admin",
        ],
        &[("-p*", Holds::Secret)],
    ),
    (&["sshpass"], &[("-p", Holds::Secret), ("-p*", Holds::Secret)]),
    (
        &[
            "docker",
            "podman",
            "nerdctl",
            "helm",
            "oc",
            "az",
            "skopeo",
            "mongo",
            "mongosh",
            "mongodump",
            "mongorestore",
            "useradd",
            "usermod",
            "pveum",
        ],
        &[("-p", Holds::Secret), ("-p*", Holds::Secret)],
    ),
    (&["redis-cli"], &[("-a", Holds::Secret), ("--pass", Holds::Secret)]),
    (
        &["ldapsearch", "ldapmodify", "ldapadd", "ldapwhoami", "ldappasswd", "ldapdelete"],
        &[("-w", Holds::Secret), ("-s", Holds::Secret)],
    ),
    (&["smbclient", "rpcclient", "net"], &[("-U", Holds::UserAnd(b'%')), ("-U*", Holds::UserAnd(b'%'))]),
    (
        &["openssl"],
        &[
            ("-pass", Holds::PassWord),
            ("-passin", Holds::PassWord),
            ("-passout", Holds::PassWord),
            ("-k", Holds::Secret),
        ],
    ),
    (&["zip", "unzip", "ipmitool", "xl2tpd"], &[("-P", Holds::Secret), ("-P*", Holds::Secret)]),
    (&["7z", "7za", "7zz", "rar", "unrar"], &[("-p*", Holds::Secret)]),
    (&["snmpwalk", "snmpget"], &[("-c", Holds::Secret), ("-A", Holds::Secret), ("-X", Holds::Secret)]),
    (&["lftp", "ncftpget"], &[("-u", Holds::UserAnd(b',')), ("-p", Holds::Secret)]),
    (&["xfreerdp", "rdesktop"], &[("-p", Holds::Secret), ("/p:*", Holds::Secret)]),
];

/// Programs that have a `-t` of their own.
const OTHER_T: &[&str] = &[
    "docker",
    "podman",
    "kubectl",
    "mount",
    "umount",
    "ssh",
    "scp",
    "iptables",
    "ip6tables",
    "nft",
    "systemctl",
    "tar",
    "ls",
    "sort",
    "xargs",
    "nginx",
    "sshd",
    "logger",
    "tmux",
    "column",
    "ps",
    "netstat",
    "ss",
    "touch",
    "test",
    "psql",
    "mkfs",
    "modprobe",
    "ping",
    "grep",
];

/// What starts the agent, whose token may be given with `-t`.
const AGENTS: &[&str] = &["node", "nodejs", "tsx", "pnpm", "npm", "npx", "bun", "pm2", "server-flow-agent"];

/// A word of a command line, without the quotes around it.
#[derive(Clone, Copy)]
struct Word<'a> {
    text: &'a str,
    span: Span,
}

/// Quotes in quotes that are looked into: `"postinstall": "sh -c 'mysql -pPASSWORD'"`.
const MAX_QUOTES: u32 = 3;

/// Every secret behind an option that says nothing by itself.
pub(super) fn find(scan: Scan<'_>, found: &mut dyn FnMut(Span)) {
    of_line(scan, MAX_QUOTES, found);
}

fn of_line(scan: Scan<'_>, quotes: u32, found: &mut dyn FnMut(Span)) {
    let mut options: Option<&[(&str, Holds)]> = None;
    let (mut is_agent, mut is_other) = (false, false);
    let mut line = Words { scan, at: 0 };
    let mut previous = ["", ""];
    let mut word = line.next();
    while let Some(current) = word {
        let next = line.next();
        let program = current.text.rsplit('/').next().unwrap_or_default();
        if quotes > 0 && current.text.contains(' ') {
            // A command line that is quoted as a whole: a script of package.json, what `sh -c` is given.
            let start = current.span.start;
            of_line(Scan::new(current.text), quotes - 1, &mut |span| {
                found(Span { start: start + span.start, end: start + span.end });
            });
        }
        if matches!(current.text, "|" | "||" | "&&" | ";" | "&") {
            (options, is_agent, is_other) = (None, false, false);
        } else if let Some((_, its)) = OPTIONS.iter().find(|(programs, _)| programs.contains(&program)) {
            options = Some(its);
        }
        is_agent |= AGENTS.contains(&program) || program.ends_with("index.js") || program.ends_with("cli.mjs");
        is_other |= OTHER_T.contains(&program);
        if let Some(start) = pgpass(current) {
            found(Span { start, end: current.span.end });
        }
        if let Some(options) = options {
            of_program(options, current, next, found);
        }
        if let Some(next) = next {
            of_any(current, next, is_agent, is_other, previous, found);
        }
        previous = [current.text, previous.first().copied().unwrap_or_default()];
        word = next;
    }
    piped(scan, found);
}

/// What a program's own options hold.
fn of_program(options: &[(&str, Holds)], word: Word<'_>, next: Option<Word<'_>>, found: &mut dyn FnMut(Span)) {
    for (option, holds) in options {
        let value = match option.strip_suffix('*') {
            Some(attached) => word
                .text
                .strip_prefix(attached)
                .filter(|rest| !rest.is_empty() && (option.starts_with("--") || !word.text.starts_with("--")))
                .map(|rest| {
                    let span = Span { start: word.span.end - rest.len(), end: word.span.end };
                    Word { text: rest, span }
                }),
            None if word.text == *option => next.filter(|next| !next.text.starts_with("--")),
            None => None,
        };
        // `docker run -p 80:80`: a port.
        let is_port = |value: &Word<'_>| {
            value.text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.' | b'-' | b'/'))
        };
        let Some(value) = value.filter(|value| !is_port(value)) else { continue };
        found(match holds {
            Holds::Secret => value.span,
            Holds::UserAnd(sign) => match value.text.bytes().position(|byte| byte == *sign) {
                Some(at) => Span { start: value.span.start + at + 1, ..value.span },
                None => continue,
            },
            Holds::PassWord => match value.text.strip_prefix("pass:") {
                Some(rest) => Span { start: value.span.end - rest.len(), ..value.span },
                None => continue,
            },
        });
        return;
    }
}

/// What is secret whichever program it is.
fn of_any(
    word: Word<'_>,
    next: Word<'_>,
    is_agent: bool,
    is_other: bool,
    previous: [&str; 2],
    found: &mut dyn FnMut(Span),
) {
    match word.text {
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
                found(Span { start: next.span.end - password.len(), ..next.span });
            }
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
fn pgpass(word: Word<'_>) -> Option<usize> {
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

/// What is written into a program that reads a password: `echo x | docker login --password-stdin`, `echo u:x | chpasswd`.
fn piped(scan: Scan<'_>, found: &mut dyn FnMut(Span)) {
    let Some(reader) =
        ["--password-stdin", "chpasswd", "passwd --stdin", "sudo -S", "cryptsetup", "gpg --passphrase-fd"]
            .iter()
            .find_map(|reader| scan.text.find(reader))
    else {
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
        if !is_before || word.text == "|" {
            return;
        }
        if word.text.starts_with('-') || word.text.starts_with('%') {
            continue;
        }
        let colon = word.text.find(':').filter(|_| scan.text.contains("chpasswd"));
        found(Span { start: word.span.start + colon.map_or(0, |at| at + 1), end: word.span.end });
    }
}

/// The words of a line.
struct Words<'a> {
    scan: Scan<'a>,
    at: usize,
}

impl<'a> Words<'a> {
    fn next(&mut self) -> Option<Word<'a>> {
        let scan = self.scan;
        let start = scan.find(self.at, |byte| !is_end_of_word(byte));
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
        let whole = scan.between(start, end.max(start));
        // The quotes of an option's value belong to it: `-p'a b'`.
        let text =
            if whole.starts_with('-') { whole.trim_end_matches(',') } else { whole.trim_end_matches([',', '"', '\'']) };
        Some(Word { text, span: Span { start, end: start + text.len() } })
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
