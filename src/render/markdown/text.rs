//! Text in Markdown as issue trackers read it: no name of others can mark anything up, mention anyone or refer to anything.

/// The longest run of backticks.
fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// A fence that nothing in the text can close, with its text and a line end.
pub(crate) fn fenced(language: &str, text: &str) -> String {
    let fence = "`".repeat(longest_run(text).max(2) + 1);
    format!("{fence}{language}\n{}\n{fence}\n", text.trim_end_matches('\n'))
}

/// A code span, in which Markdown leaves everything alone but a run of as many backticks as opened it (CommonMark,
/// section 6.1). A line end could end the paragraph, so there is none.
pub(crate) fn code(text: &str) -> String {
    if text.trim().is_empty() {
        return "(blank)".to_owned();
    }
    let text = text.replace(['\n', '\r'], " ");
    let fence = "`".repeat(longest_run(&text) + 1);
    let edge = |c: char| matches!(c, '`' | ' ');
    let pad = if text.starts_with(edge) || text.ends_with(edge) { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// Our own words, with what they quote between backticks as code spans. A hostile name may bring backticks of its
/// own: whichever side of them a piece falls on, it is escaped or in a code span.
pub(crate) fn prose(text: &str) -> String {
    let pieces: Vec<_> = text.split('`').collect();
    let paired = pieces.len() % 2 == 1;
    let last = pieces.len() - 1;
    let mut out = String::new();
    for (number, piece) in pieces.iter().enumerate() {
        if number % 2 == 0 {
            out.push_str(&escaped(piece));
        } else if number == last && !paired {
            out.push_str("\\`");
            out.push_str(&escaped(piece));
        } else {
            out.push_str(&code(piece));
        }
    }
    out
}

/// Text without a meaning in Markdown or HTML: a backslash before punctuation takes its meaning away (CommonMark,
/// section 2.4), a dot's and a colon's too, as bare addresses become links. What trackers look for once that is done
/// (`@name`, `#1`, `!1`, `~label`, `$1`, `&1`, `GH-1`) stands in an element of its own, where they do not find it.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = ' ';
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let refers = rest.peek().is_some_and(|next| next.is_alphanumeric() || matches!(next, '"' | '_'));
        let is_number = rest.peek().is_some_and(char::is_ascii_digit);
        match c {
            '\n' | '\r' => out.push(' '),
            '@' => out.push_str("<span>@</span>"),
            '$' => out.push_str("<span>$</span>"),
            '#' | '!' | '~' if refers => out.extend(["<span>", c.encode_utf8(&mut [0; 4]), "</span>"]),
            '&' if is_number => out.push_str("<span>&amp;</span>"),
            '-' if is_number && before.eq_ignore_ascii_case(&'h') => out.push_str("<span>-</span>"),
            ',' | ';' | '\'' | '"' | '/' | '?' | '%' | '(' | ')' => out.push(c),
            // What ends a sentence is no part of an address.
            '.' | ':' if rest.peek().is_none_or(|next| next.is_whitespace()) => out.push(c),
            '.' if before.is_ascii_digit() && is_number => out.push(c),
            '-' if before.is_alphanumeric() && rest.peek().is_some_and(|next| next.is_alphanumeric()) => out.push(c),
            c if c.is_ascii_punctuation() => out.extend(['\\', c]),
            c => out.push(c),
        }
        before = c;
    }
    out
}

/// Text in an HTML element within Markdown, such as `<summary>`: there is no markup there but HTML's, and what looks for
/// mentions looks there too.
pub(crate) fn in_html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = ' ';
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let is_number = rest.peek().is_some_and(char::is_ascii_digit);
        let is_in_address = rest.peek().is_some_and(|next| *next == '/' || next.is_alphanumeric());
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("<span>&amp;</span>"),
            '"' => out.push_str("&quot;"),
            '\\' => out.push_str("&#92;"),
            '`' => out.push_str("&#96;"),
            '[' => out.push_str("&#91;"),
            ']' => out.push_str("&#93;"),
            '\n' | '\r' => out.push(' '),
            '@' | '#' | '!' | '~' | '$' => out.extend(["<span>", c.encode_utf8(&mut [0; 4]), "</span>"]),
            ':' | '.' if is_in_address => out.extend(["<span>", c.encode_utf8(&mut [0; 4]), "</span>"]),
            '-' if is_number && before.eq_ignore_ascii_case(&'h') => out.push_str("<span>-</span>"),
            c => out.push(c),
        }
        before = c;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_writes_markdown_of_its_own() {
        for (text, written) in [
            ("plain", "`plain`"),
            ("a`b", "``a`b``"),
            ("`", "`` ` ``"),
            ("a``b`", "``` a``b` ```"),
            ("a\n# b", "`a # b`"),
            (" a ", "`  a  `"),
            ("<img src=x>|\\", "`<img src=x>|\\`"),
            (" ", "(blank)"),
        ] {
            assert_eq!(code(text), written, "{text:?}");
        }
        for (text, written) in [
            ("Node needs `main`, or", "Node needs `main`, or"),
            ("a <b>|[c](d)&amp;", "a \\<b\\>\\|\\[c\\](d)\\&amp;"),
            ("it is ` <b>", "it is \\` \\<b\\>"),
            ("x`<b>`<i>`", "x`<b>`\\<i\\>\\`"),
            ("# a\n- b", "\\# a \\- b"),
            ("http://evil.example", "http\\://evil\\.example"),
            ("a@evil.example", "a<span>@</span>evil\\.example"),
            (
                "see #12, !3, ~bug and GH-4",
                "see <span>#</span>12, <span>!</span>3, <span>~</span>bug and GH<span>-</span>4",
            ),
            ("costs $1 & &2", "costs <span>$</span>1 \\& <span>&amp;</span>2"),
        ] {
            assert_eq!(prose(text), written, "{text:?}");
        }
    }

    #[test]
    fn nothing_leaves_a_fence_or_an_element() {
        assert_eq!(fenced("sh", "a\n````\n<b>"), "`````sh\na\n````\n<b>\n`````\n");
        assert_eq!(fenced("text", "a"), "```text\na\n```\n");
        assert_eq!(in_html("</summary>\n\n@x"), "&lt;/summary&gt;  <span>@</span>x");
        assert_eq!(in_html("GH-1 gh-2 x-3"), "GH<span>-</span>1 gh<span>-</span>2 x-3");
    }
}
