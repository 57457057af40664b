//! What is a word and what is none, and that each arrives as it was.

use super::*;
use crate::text::printable;

/// The words of a line, by the rules of the Shell Command Language, 2.2 and 2.6.5: a shell that knows quotes only.
fn read(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut rest = line.chars();
    while let Some(c) = rest.next() {
        match c {
            ' ' | '\t' | '\n' => words.extend(word.take()),
            '\'' => {
                let word = word.get_or_insert_default();
                word.extend(rest.by_ref().take_while(|c| *c != '\''));
            }
            '\\' => word.get_or_insert_default().extend(rest.next()),
            '|' | '&' | ';' | '<' | '>' | '(' | ')' | '$' | '`' | '"' | '*' | '?' | '[' | '#' | '~' | '!' | '{' => {
                panic!("the shell acts on `{c}` in {line}")
            }
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// Words of which each shell would make something else.
fn hostile() -> Vec<String> {
    let pieces = [
        "'",
        "\"",
        "\\",
        "$",
        "$(id)",
        "`id`",
        ";",
        "&&",
        "|",
        ">x",
        "<x",
        " ",
        "*",
        "?",
        "[a]",
        "~",
        "#",
        "!",
        "{a,b}",
        "=",
        "-",
        "--",
        "a",
        "/",
        "%",
        "^",
        "if",
        "done",
        "é",
        "\u{1f600}",
        "\u{a0}",
        "(",
        ")",
        "!!",
        ":",
        "=ls",
    ];
    let mut words: Vec<String> = pieces.map(str::to_owned).to_vec();
    words.push(String::new());
    let mut state = 0x2545_f491_u32;
    for length in (1..7).cycle().take(3000) {
        let mut word = String::new();
        for _ in 0..length {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            word.push_str(pieces[(state >> 16) as usize % pieces.len()]);
        }
        words.push(word);
    }
    words
}

#[test]
fn each_word_arrives_as_it_was() {
    for word in hostile() {
        let line = crate::text::typed([word.as_str(), word.as_str()]);
        assert_eq!(read(&line), [word.clone(), word], "{line}");
    }
}

/// The same by the shells themselves; the lab runs it (tests/lab/harm.py).
#[test]
#[ignore = "needs sh, bash and dash"]
fn each_word_arrives_in_each_shell() {
    for shell in ["sh", "bash", "dash"] {
        let words = hostile();
        for some in words.chunks(200) {
            let line = crate::text::typed(["printf", "%s\\0"].into_iter().chain(some.iter().map(String::as_str)));
            let out = std::process::Command::new(shell).args(["-c", &line]).output().unwrap();
            let came: Vec<_> =
                String::from_utf8(out.stdout).unwrap().split_terminator('\0').map(str::to_owned).collect();
            assert_eq!(came, some, "{shell}");
        }
    }
}

#[test]
fn paths_are_what_they_look_like() {
    for path in ["/opt/agent-bundle", "/srv/a b/agent-bundle", "/opt/a'; touch X; 'b/agent-bundle", "/opt/données"] {
        assert_eq!(AbsolutePath::new(path).unwrap().as_str(), path);
    }
    for path in [
        "",
        "opt/x",
        "-rf",
        "/opt/../etc",
        "/a/..",
        "/a\nb",
        "/a\tb",
        "/a\u{1b}[2Jb",
        "/a\u{202e}b",
        "/a\u{200b}b",
        "/a\u{fffd}b",
        "/a\0b",
        "/a/[redacted]/b",
        "/a\u{7f}",
    ] {
        let refused = AbsolutePath::new(path).unwrap_err().to_string();
        assert_eq!(printable(&refused), refused, "{path:?}");
    }
    assert_eq!(AbsolutePath::new("//a//./b/").unwrap().as_str(), "/a/b");
}

#[test]
fn a_bundle_is_no_folder_of_the_system() {
    for path in [
        "/",
        "/etc",
        "/etc/x/agent-bundle",
        "/usr/lib/x",
        "/opt",
        "/srv",
        "/home",
        "/home/agent",
        "/root",
        "/var",
        "/var/lib",
        "/var/log",
        "/tmp",
        "/tmp/agent-bundle",
        "/boot/x",
        "/proc/1/root",
        "/bin",
        "/agent-bundle",
        "/run/x/y",
        "/mnt",
    ] {
        for marks in [BundleMarks::Seen, BundleMarks::Vacant] {
            assert!(BundleDir::new(path, marks).is_err(), "{path}");
        }
    }
    for path in ["/root/.server-flow/agent-bundle", "/opt/agent-bundle", "/srv/x/y", "/home/agent/agent-bundle"] {
        assert!(BundleDir::new(path, BundleMarks::Seen).is_ok(), "{path}");
        assert!(BundleDir::new(path, BundleMarks::Missing).is_err(), "{path}");
    }
}

#[test]
fn addresses_are_of_http_and_nothing_else() {
    for url in ["http://127.0.0.1:4000", "https://cp.example/panel", "http://control_plane:3000", "http://[::1]:4000/x"]
    {
        assert_eq!(HttpUrl::new(url).unwrap().as_str(), url);
    }
    for url in [
        "-K/home/agent/c://h",
        "file:///etc/shadow",
        "http://",
        "http://-K",
        "http://a b",
        "http://u:p@h",
        "http://h:99999",
        "http://h:",
        "http://h/$(id)",
        "http://h/%2e",
        "http://h/../x",
        "http://h?x",
        "http://h#x",
        "HTTP://h",
        "http://h/{a,b}",
        "http://[::1",
        "http://[x]",
        "http://[::1]x",
        "http://h\n",
        "http://h'",
        "ftp://h",
        "http://é",
        "http://h:+80",
    ] {
        assert!(HttpUrl::new(url).is_err(), "{url}");
    }
    let host = |url: &str| HttpUrl::new(url).unwrap().host().typed(WordPlace::Later);
    assert_eq!([host("http://a.b:1/c"), host("http://[::1]:4000")], ["a.b", "::1"]);
}

#[test]
fn names_are_names() {
    for name in ["a.service", "server-flow-agent.service", "a@b.service", "a\\x2db.service"] {
        assert!(UnitName::new(name).is_ok(), "{name}");
    }
    for name in ["", ".service", "-a.service", "a b.service", "a.socket", "a/b.service", "a;b.service", "../x.service"]
    {
        assert!(UnitName::new(name).is_err(), "{name}");
    }
    for name in ["root", "agent", "_apt", "a-b_c.d"] {
        assert!(UserName::new(name).is_ok(), "{name}");
    }
    for name in ["", "-x", "a:b", "a b", "1000", "Root", "a;b", "a\n", "é", "0"] {
        assert!(UserName::new(name).is_err(), "{name}");
    }
    assert!(NodeProgram::new("/usr/bin/node").is_ok() && NodeProgram::new("/usr/bin/sh").is_err());
}
