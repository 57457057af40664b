//! Pages in HTML and Markdown: whatever stands in a report, a browser finds nothing in the page but what we wrote, and an
//! issue tracker no markup, mention or reference of others.

use crate::render::page::model::{
    CommandBlock, Disclosure, Item, LineKind, Page, PageBlock, QuotedLines, Section, ShownEvidence, Table, TableRow,
    TimelineMoment, Tone, TreeFinding, TreeKind, TreeNode,
};
use crate::render::{html, markdown};
use proptest::prelude::*;

/// What is tried in every field.
pub(super) const HOSTILE: [&str; 22] = [
    "<script>alert(1)</script>",
    "</title><script>sentinel=1</script>",
    "</style><style>*{background:url(//evil.example)}",
    "</script><img src=x onerror=alert(1)>",
    "\" onmouseover=\"alert(1)",
    "' onfocus='alert(1)' autofocus='",
    "javascript:alert(1)",
    "--><svg/onload=alert(1)>",
    "]]><iframe srcdoc='<script>1</script>'>",
    "<a href=//evil.example>x</a>",
    "&lt;script&gt;&#60;script&#62;",
    "`<b>` `",
    "```\n</details>\n<img src=x>\n```",
    "````sh\nrm -rf /\n````",
    "| a | b |\n| --- | --- |\n# heading\n- [x] @someone closes #123, !4 and GH-5",
    "[x](javascript:alert(1)) ![x](https://evil.example/x.png) <https://evil.example> www.evil.example",
    "\u{1b}]0;x\u{7}\u{202e}\u{0}\r\n\u{2028}x",
    "</summary></details>\n\n<img src=x>",
    "a\n\n# heading\n\n@someone",
    "$x$ $`y`$ ~label &1 %2",
    "&copy; &#x41;",
    "<!-- x --> <![CDATA[ x ]]> <?x ?>",
];

/// Elements of a page, and the attributes that each may have.
const ELEMENTS: [(&str, &[&str]); 46] = [
    ("html", &["lang"]),
    ("head", &[]),
    ("meta", &["charset", "http-equiv", "content", "name"]),
    ("title", &[]),
    ("style", &[]),
    ("script", &[]),
    ("body", &[]),
    ("header", &["class"]),
    ("main", &[]),
    ("footer", &[]),
    ("section", &["class", "id", "aria-label"]),
    ("h1", &[]),
    ("h2", &[]),
    ("h3", &[]),
    ("h4", &[]),
    ("p", &[]),
    ("span", &["class"]),
    ("strong", &[]),
    ("code", &[]),
    ("pre", &["class"]),
    ("div", &["class"]),
    ("ul", &["class"]),
    ("ol", &["class"]),
    ("li", &["class"]),
    ("time", &["datetime"]),
    ("details", &["open"]),
    ("summary", &[]),
    ("a", &["class", "href"]),
    ("table", &[]),
    ("caption", &[]),
    ("thead", &[]),
    ("tbody", &[]),
    ("tr", &["class"]),
    ("th", &["scope"]),
    ("td", &["class"]),
    ("svg", &["viewBox", "preserveAspectRatio", "aria-hidden"]),
    ("rect", &["width", "height"]),
    ("ins", &[]),
    ("del", &[]),
    ("!DOCTYPE", &["html"]),
    ("em", &[]),
    ("b", &[]),
    ("i", &[]),
    ("sub", &[]),
    ("dl", &[]),
    ("dt", &[]),
];

/// Fails where a page has anything that we do not write: another element or attribute, a second script, a link that leads
/// away, a character that a reader would be misled by. As HTML tokenizes, `<` begins a tag wherever it stands in text.
pub(super) fn harmless(page: &str, case: &str) {
    let (head, rest) = page.split_once("<style>").unwrap_or_else(|| panic!("{case}: no style"));
    let (_, rest) = rest.split_once("</style>").unwrap();
    let (body, script) = rest.rsplit_once("<script>").unwrap_or_else(|| panic!("{case}: no script"));
    let (_, end) = script.split_once("</script>").unwrap();
    for text in [head, body, end] {
        tags(text, case);
        let misleads = |c: char| c != '\n' && c != '\t' && !crate::text::printable(&c.to_string()).contains(c);
        assert_eq!(text.find(misleads), None, "{case}: a character that misleads");
    }
}

fn tags(text: &str, case: &str) {
    for piece in text.split('<').skip(1) {
        let (tag, after) = piece.split_once('>').unwrap_or_else(|| panic!("{case}: a tag that does not end: {piece}"));
        assert!(!after.contains('>'), "{case}: `>` in text: {after}");
        let tag = tag.strip_prefix('/').unwrap_or(tag);
        let (name, mut rest) = tag.split_once(' ').unwrap_or((tag, ""));
        let known = ELEMENTS.iter().find(|(element, _)| *element == name);
        let (_, allowed) = known.unwrap_or_else(|| panic!("{case}: element `{name}`"));
        assert!(!["script", "style"].contains(&name), "{case}: another {name}");
        while !rest.trim().is_empty() {
            let end = rest.find(['=', ' ']).unwrap_or(rest.len());
            let (attribute, after) = rest.split_at(end);
            assert!(allowed.contains(&attribute), "{case}: attribute `{attribute}` of `{name}`");
            rest = match after.strip_prefix("=\"") {
                Some(value) => {
                    let (value, rest) = value.split_once('"').unwrap();
                    let is_own =
                        attribute != "href" || value.strip_prefix("#f").is_some_and(|n| n.parse::<u32>().is_ok());
                    assert!(is_own, "{case}: a link to `{value}`");
                    rest.trim_start()
                }
                None => after.trim_start(),
            };
        }
    }
}

/// Fails where Markdown has an element that we do not write outside of code, or a mention or reference outside of it.
pub(super) fn quiet(text: &str, case: &str) {
    let escaped = without_code(text);
    // A backslash takes a sign's meaning for Markdown away, but not for what looks for references afterwards.
    let mut prose = String::new();
    let mut rest = escaped.chars().peekable();
    while let Some(c) = rest.next() {
        match (c, rest.peek().copied()) {
            ('\\', Some('@' | '#' | '!' | '~' | '$')) => {}
            ('\\', Some(next)) if next.is_ascii_punctuation() => {
                rest.next();
                prose.push('·');
            }
            (c, _) => prose.push(c),
        }
    }
    for piece in prose.split('<').skip(1) {
        let name = piece.split_once('>').map_or(piece, |(name, _)| name);
        let known = ["details", "/details", "summary", "/summary", "span", "/span", "sub", "/sub"];
        assert!(known.contains(&name), "{case}: element `{name}` in {prose}");
    }
    let chars: Vec<char> = prose.chars().collect();
    for (at, c) in chars.iter().enumerate() {
        let next = chars.get(at + 1).copied().unwrap_or(' ');
        let is_reference = match c {
            '@' => next != '<',
            // `&#96;` is a sign, not a reference.
            '#' => next.is_alphanumeric() && chars.get(at.wrapping_sub(1)) != Some(&'&'),
            '!' => next == '[' || next.is_ascii_digit(),
            '[' | ']' => true,
            _ => false,
        };
        assert!(!is_reference, "{case}: `{c}{next}` in {prose}");
    }
    assert!(!prose.contains("://") && !prose.contains("www.e"), "{case}: an address in {prose}");
}

/// What stands outside of fences and code spans: fences close with as many backticks as they opened with.
fn without_code(text: &str) -> String {
    let mut kept = String::new();
    let mut fence: Option<usize> = None;
    for line in text.lines() {
        let run = line.chars().take_while(|c| *c == '`').count();
        match fence {
            Some(open) if run >= open && line.trim_matches('`').is_empty() => fence = None,
            Some(_) => {}
            None if run >= 3 && !line.trim_start_matches('`').contains('`') => fence = Some(run),
            None => {
                kept.push_str(&without_spans(line));
                kept.push('\n');
            }
        }
    }
    assert_eq!(fence, None, "a fence that does not end: {text}");
    kept
}

fn without_spans(line: &str) -> String {
    let mut kept = String::new();
    let mut rest = line;
    while let Some(at) = rest.find('`') {
        let (before, after) = rest.split_at(at);
        kept.push_str(before);
        if before.chars().rev().take_while(|c| *c == '\\').count() % 2 == 1 {
            kept.push('`');
            rest = &after[1..];
            continue;
        }
        let run = after.chars().take_while(|c| *c == '`').count();
        let inside = &after[run..];
        let closing = inside
            .match_indices(&"`".repeat(run))
            .find(|(at, _)| !inside[..*at].ends_with('`') && !inside[at + run..].starts_with('`'));
        let (close, _) = closing.unwrap_or_else(|| panic!("a span that does not end: {line}"));
        // What stands beside it is not beside each other.
        kept.push('·');
        rest = &inside[close + run..];
    }
    kept.push_str(rest);
    kept
}

/// A page with this text in every field that is a text.
fn page(text: &str) -> Page {
    let text = || text.to_owned();
    let seen = ShownEvidence { source: text(), at: Some(text()), text: text() };
    let leaf = TreeNode { name: text(), words: text(), kind: TreeKind::File, ..TreeNode::default() };
    let finding = TreeFinding { tone: Tone::Bad, rule: text(), anchor: Some(0), times: 1 };
    let found = vec![finding.clone(), TreeFinding { anchor: None, times: 2, ..finding }];
    let node = TreeNode { name: text(), words: text(), found, children: vec![leaf], kind: TreeKind::Folder };
    let row = TableRow { cells: vec![text(), text()], share: Some(50), tone: Tone::Bad };
    let blocks = vec![
        PageBlock::Words(text()),
        PageBlock::Facts(vec![text()]),
        PageBlock::Seen(vec![seen]),
        PageBlock::Script(CommandBlock { words: text(), commands: vec![text()] }),
        PageBlock::Lines(QuotedLines { kind: LineKind::Output, text: text() }),
        PageBlock::Lines(QuotedLines { kind: LineKind::Diff, text: format!("+{}\n-{}\n {}", text(), text(), text()) }),
        PageBlock::Items(vec![Item { tone: Tone::Good, status: text(), name: text(), words: text() }]),
        PageBlock::Moments(vec![TimelineMoment { at: text(), kind: text(), tone: Tone::Plain, text: text() }]),
        PageBlock::Tree(vec![node, TreeNode { words: text(), kind: TreeKind::Rest, ..TreeNode::default() }]),
        PageBlock::Table(Table { caption: text(), columns: vec![text(), text()], rows: vec![row] }),
    ];
    let inner = Section { label: text(), title: text(), blocks: blocks.clone(), ..Section::default() };
    let folded = Section { shown: Disclosure::Folded, sections: vec![inner.clone()], ..inner.clone() };
    Page {
        command: text(),
        subject: text(),
        verdict: text(),
        tone: Tone::Bad,
        facts: vec![text()],
        sections: vec![Section { anchor: Some(0), ..inner.clone() }, folded, inner],
        notes: vec![text()],
        at: Some(text()),
    }
}

pub(super) fn written(page: &Page) -> [String; 2] {
    let (mut one, mut other) = (Vec::new(), Vec::new());
    html::write(page, &mut one).unwrap();
    markdown::write(page, &mut other).unwrap();
    [one, other].map(|bytes| String::from_utf8(bytes).unwrap())
}

#[test]
fn nothing_hostile_leaves_its_place() {
    for text in HOSTILE {
        let [page, issue] = written(&page(text));
        harmless(&page, text);
        quiet(&issue, text);
    }
}

/// A reader that finds nothing proves nothing, unless it finds what is there.
#[test]
fn the_reader_of_these_tests_finds_what_it_looks_for() {
    let [sound, _] = written(&page("x"));
    for bad in ["<img src=x>", "<b onclick=\"x\">", "<a href=\"//evil\">", "<script>", "a > b", "<p", "\u{202e}"] {
        let broken = sound.replacen("<main>", &format!("<main>{bad}"), 1);
        assert!(std::panic::catch_unwind(|| harmless(&broken, bad)).is_err(), "{bad}");
    }
    for bad in ["@someone", "see #1", "<img>", "```sh", "[x](y)", "https://x", "`x"] {
        assert!(std::panic::catch_unwind(|| quiet(bad, bad)).is_err(), "{bad}");
    }
    quiet("### `@x` <span>@</span>y \\[x\\]\n\n```sh\n@x #1 <img>\n```\n", "sound");
}

#[test]
fn what_is_said_is_shown() {
    let [page, issue] = written(&page("a word & <more>"));
    assert!(page.contains("a word &amp; &lt;more&gt;") && issue.contains("a word \\& \\<more\\>"), "{issue}");
    // Lines of a block are copied as they are typed.
    let commands = vec!["cat >x <<'END'\na\tb\nEND".to_owned(), "true".to_owned()];
    let script = PageBlock::Script(CommandBlock { words: String::new(), commands });
    let [page, issue] = written(&Page { sections: vec![Section::new("fix", vec![script])], ..Page::default() });
    assert!(page.contains("<pre><code>cat &gt;x &lt;&lt;'END'\na\tb\nEND\ntrue</code></pre>"), "{page}");
    assert!(issue.contains("```sh\ncat >x <<'END'\na\tb\nEND\ntrue\n```\n"), "{issue}");
}

#[test]
fn a_long_page_fits_an_issue() {
    let section = Section::new("part", vec![PageBlock::Words("word ".repeat(500))]);
    let [_, issue] = written(&Page { sections: vec![section; 100], ..Page::default() });
    assert!(issue.len() < 62_000 && issue.contains("sections did not fit here"), "{}", issue.len());
}

proptest! {
    #[test]
    fn no_text_leaves_its_place(text in "(\\PC|[<>&\"'`\\\\@#!\\[\\]()\n\r\t|~$/=-]){0,40}") {
        let [page, issue] = written(&page(&text));
        harmless(&page, &text);
        quiet(&issue, &text);
    }
}
