//! Redaction against lines as servers write them: 2,000 planted secrets of which none comes out, and 5,000 ordinary lines
//! of which hardly any is touched.

use crate::redact::Redactor;
use base64ct::{Base64, Encoding};
use std::collections::BTreeMap;

const SECRETS: usize = 2_000;
const LINES: usize = 5_000;
/// Lines of a hundred that may be touched without need.
const MAX_TOUCHED: usize = LINES / 100;

/// What is left of a secret is still one if so many characters of it stand in a row.
const TRACE: usize = 5;

/// Numbers from a seed (SplitMix64), so that a failure can be had again.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, most: usize) -> usize {
        usize::try_from(self.next() % most as u64).unwrap()
    }

    fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        let at = self.below(all.len());
        &all[at]
    }

    fn letters(&mut self, of: &str, count: usize) -> String {
        let all: Vec<_> = of.chars().collect();
        (0..count).map(|_| *self.of(&all)).collect()
    }

    fn number(&mut self, least: usize, most: usize) -> String {
        (least + self.below(most - least + 1)).to_string()
    }
}

const HEX: &str = "0123456789abcdef";
const WORD: &str = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ0123456789";
const SMALL: &str = "abcdefghijklmnopqrstuvwxyz0123456789";
const USERS: [&str; 8] = ["deploy", "alice", "www-data", "postgres", "admin", "jenkins", "ubuntu", "svc"];
const HOSTS: [&str; 6] =
    ["cp.example.com", "web01", "db-2.internal", "registry.example.org", "mail.example.net", "api.example.io"];

/// What stands for itself in ordinary lines.
fn filled(name: &str, chance: &mut Chance) -> String {
    let digits = |chance: &mut Chance, count| chance.letters("0123456789", count);
    match name {
        "syslog" => format!("Nov {:>2} {} {}", chance.number(1, 28), filled("time", chance), chance.of(&HOSTS)),
        "iso" => format!("{}T{}.{}Z", filled("date", chance), filled("time", chance), digits(chance, 3)),
        "clf" => format!("{:0>2}/Nov/2026:{} +0000", chance.number(1, 28), filled("time", chance)),
        "date" => format!("2026-{:0>2}-{:0>2}", chance.number(1, 12), chance.number(1, 28)),
        "date2" => format!("2026/{:0>2}/{:0>2}", chance.number(1, 12), chance.number(1, 28)),
        "time" => format!("{:0>2}:{:0>2}:{:0>2}", chance.number(0, 23), chance.number(0, 59), chance.number(0, 59)),
        "ip" => format!(
            "{}.{}.{}.{}",
            chance.number(1, 254),
            chance.number(0, 254),
            chance.number(0, 254),
            chance.number(1, 254)
        ),
        "port" => chance.number(1024, 65_535),
        "pid" => chance.number(300, 99_999),
        "num" => chance.number(100, 999_999),
        "small" => chance.number(1, 30),
        "float" => format!("{}.{}", chance.number(0, 9_999), digits(chance, 3)),
        "user" => (*chance.of(&USERS)).to_owned(),
        "host" => (*chance.of(&HOSTS)).to_owned(),
        "mac" => (0..6).map(|_| chance.letters(HEX, 2)).collect::<Vec<_>>().join(":"),
        "uuid" => [8, 4, 4, 4, 12].map(|count| chance.letters(HEX, count)).join("-"),
        "hexcolon" => (0..32).map(|_| chance.letters(HEX, 2)).collect::<Vec<_>>().join(":"),
        "b64" => chance.letters(&format!("{WORD}+/"), 43),
        "short" => chance.letters(WORD, 8),
        "short5" => chance.letters(SMALL, 5),
        "esc" => "\u{1b}".to_owned(),
        "zwsp" => "\u{200b}".to_owned(),
        "nbsp" => "\u{a0}".to_owned(),
        _ => match name.strip_prefix("hexup") {
            Some(count) => chance.letters("0123456789ABCDEF", count.parse().unwrap()),
            None => {
                chance.letters(HEX, name.strip_prefix("hex").unwrap_or_else(|| panic!("`{name}`")).parse().unwrap())
            }
        },
    }
}

/// A secret of a kind.
fn secret(kind: &str, chance: &mut Chance) -> String {
    let word = |chance: &mut Chance| {
        let length = 10 + chance.below(14);
        // A digit and a letter at least, as every rule for passwords has it.
        format!(
            "{}{}{}",
            chance.letters(WORD, length / 2),
            chance.letters("23456789", 1),
            chance.letters(WORD, length / 2)
        )
    };
    match kind {
        "word" => word(chance),
        "password" => format!("{}{}{}", chance.letters(WORD, 5), chance.letters("!#$%^*+~@,.;-_=?/", 1), word(chance)),
        "otp" => chance.letters("0123456789", 6),
        "typed" => {
            format!("{}-{}4", chance.letters("ABCDEFGHJKLMNP23456789", 5), chance.letters("ABCDEFGH23456789", 4))
        }
        "product" => {
            let group = |chance: &mut Chance| format!("{}7", chance.letters("ABCDEFGHJKLMNPQRSTUVWXYZ23456789", 4));
            (0..5).map(|_| group(chance)).collect::<Vec<_>>().join("-")
        }
        "vault" => format!("s.{}a7Q", chance.letters(WORD, 21)),
        "hdkey" => format!("xprv{}", chance.letters(WORD, 107)),
        "bytes" => (0..16).map(|_| chance.letters(HEX, 2)).collect::<Vec<_>>().join(" "),
        "numbers" => (0..16).map(|_| chance.number(100, 255)).collect::<Vec<_>>().join(", "),
        "urlpart" => format!("{}%40{}", chance.letters(WORD, 6), word(chance)),
        "sharp" => format!("p{}#{}", chance.letters(WORD, 6), word(chance)),
        "slash" => format!("p{}/{}", chance.letters(WORD, 6), word(chance)),
        "at" => format!("p{}@{}", chance.letters(WORD, 6), word(chance)),
        "mixed" => format!("a7Qk{}", word(chance)),
        "hexes" => {
            (0..10).map(|_| format!("{}{}", chance.of(&["4", "5", "6"]), chance.letters("123456789", 1))).collect()
        }
        "hex" => chance.letters(HEX, 40),
        "base64" => chance.letters(&format!("{WORD}+/"), 40),
        "base64line" => chance.letters(&format!("{WORD}+/"), 64),
        "basic" => Base64::encode_string(format!("{}:{}", chance.of(&USERS), word(chance)).as_bytes()),
        "crypt" => format!("$6${}${}", chance.letters(WORD, 8), chance.letters(WORD, 86)),
        "phrase" => {
            let words =
                ["correct", "horse", "battery", "staple", "violet", "anchor", "marble", "tunnel", "orchid", "summer"];
            (0..4).map(|_| *chance.of(&words)).collect::<Vec<_>>().join(" ")
        }
        "jwt" => {
            let part = |text: String| {
                Base64::encode_string(text.as_bytes()).trim_end_matches('=').replace('+', "-").replace('/', "_")
            };
            let payload = part(format!("{{\"sub\":\"{}\"}}", chance.letters(WORD, 12)));
            format!("{}.{payload}.{}", part("{\"alg\":\"HS256\"}".into()), chance.letters(WORD, 43))
        }
        "provider" => {
            let (prefix, letters, count) = *chance.of(&[
                ("ghp_", WORD, 36),
                ("gho_", WORD, 36),
                ("github_pat_", WORD, 82),
                ("glpat-", WORD, 20),
                ("npm_", WORD, 36),
                ("xoxb-", WORD, 30),
                ("sk-", WORD, 48),
                ("sk-proj-", WORD, 60),
                ("sk_live_", WORD, 24),
                ("AIza", WORD, 35),
                ("AKIA", "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16),
                ("dop_v1_", HEX, 64),
                ("hf_", WORD, 34),
                ("SG.", WORD, 66),
                ("shpat_", HEX, 32),
                ("tskey-auth-", WORD, 24),
                ("hvs.", WORD, 40),
            ]);
            let mut tail = chance.letters(letters, count - 1);
            tail.push('7');
            format!("{prefix}{tail}")
        }
        other => panic!("`{other}` is no kind"),
    }
}

/// The lines of a fixture, those joined that belong together.
fn templates(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut open = String::new();
    for line in text.lines().filter(|line| !line.starts_with("# ") && !line.is_empty()) {
        match line.strip_suffix('\\') {
            Some(rest) => open += &format!("{rest}\n"),
            None => all.push(std::mem::take(&mut open) + line),
        }
    }
    all
}

/// A template with its places filled, and what was planted. What is no place stays: `{` is of JSON too.
fn made(template: &str, chance: &mut Chance) -> (String, Vec<String>) {
    let (mut line, mut planted) = (String::new(), Vec::new());
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        line += &rest[..open];
        rest = &rest[open + 1..];
        let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '=' | '|');
        let end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
        if end == 0 || !rest[end..].starts_with('}') {
            line.push('{');
            continue;
        }
        match rest[..end].strip_prefix('=') {
            Some(kinds) => {
                let kinds: Vec<_> = kinds.split('|').collect();
                let kind = *chance.of(&kinds);
                let secret = secret(kind, chance);
                line += &secret;
                planted.push(secret);
            }
            None => line += &filled(&rest[..end], chance),
        }
        rest = &rest[end + 1..];
    }
    (line + rest, planted)
}

/// Whether a part of the secret can still be read.
fn leaks(clean: &str, secret: &str) -> bool {
    let letters: Vec<_> = secret.chars().collect();
    letters.windows(TRACE).any(|window| clean.contains(&window.iter().collect::<String>()))
}

#[test]
fn no_planted_secret_comes_out() {
    let templates = templates(include_str!("../../fixtures/redaction/planted.txt"));
    let (mut planted, mut leaked) = (0, Vec::new());
    let mut chance = Chance(42);
    while planted < SECRETS {
        for template in &templates {
            let (line, secrets) = made(template, &mut chance);
            assert!(!secrets.is_empty(), "nothing is planted in {template}");
            planted += secrets.len();
            let clean = Redactor::new().clean(&line);
            for secret in secrets.iter().filter(|secret| leaks(&clean, secret)) {
                leaked.push((template, format!("{secret}\n  in {line}\n  of {clean}")));
            }
            assert_eq!(Redactor::new().clean(&clean), clean, "what was cleaned once stays as it is");
        }
    }
    let once: BTreeMap<_, _> = leaked.iter().map(|(template, line)| (template, line.as_str())).collect();
    let lines: Vec<_> = once.into_values().collect();
    assert!(leaked.is_empty(), "{} of {planted} secrets came out:\n{}", leaked.len(), lines.join("\n"));
}

#[test]
fn ordinary_lines_stay_as_they_are() {
    let templates = templates(include_str!("../../fixtures/redaction/ordinary.txt"));
    let mut chance = Chance(7);
    let mut touched = Vec::new();
    for at in 0..LINES {
        let template = &templates[at % templates.len()];
        let (line, _) = made(template, &mut chance);
        let clean = Redactor::new().clean(&line);
        if clean != line {
            touched.push((template, format!("{line}\n  {clean}")));
        }
    }
    let once: BTreeMap<_, _> = touched.iter().map(|(template, line)| (template, line.as_str())).collect();
    let lines: Vec<_> = once.into_values().collect();
    assert!(touched.len() <= MAX_TOUCHED, "{} of {LINES} lines were touched:\n{}", touched.len(), lines.join("\n"));
}
