//! A terminal's text as a picture: SVG with the colours of a light and of a dark page, and nothing from outside.

use std::fmt::Write;

/// Columns of the terminal that is drawn, at least.
const COLUMNS: usize = 80;
/// Pixels of a character and of a line, with the fonts that are named.
const WIDE: usize = 8;
const HIGH: usize = 19;
/// Pixels around the text.
const MARGIN: usize = 16;

/// The picture of a command that was typed and of what it printed: plain text, and the colours that `--color always` sets.
pub(crate) fn of(command: &str, printed: &str) -> String {
    let lines: Vec<&str> = printed.trim_end().lines().collect();
    let longest = lines.iter().map(|line| coloured(line).1).max().unwrap_or(0).max(COLUMNS);
    let (width, height) = (longest * WIDE + 2 * MARGIN, (lines.len() + 1) * HIGH + 2 * MARGIN);
    let mut svg = format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" aria-labelledby="title">
<title id="title">What `{command}` prints</title>
<style>
text {{ font: 13px/1.4 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; white-space: pre; fill: #1f2328; }}
rect {{ fill: #f6f8fa; }}
.bold {{ font-weight: 700; }} .red {{ fill: #b3141f; }} .green {{ fill: #136b2d; }} .yellow {{ fill: #7d5200; }} .typed {{ fill: #59636e; }}
@media (prefers-color-scheme: dark) {{
text {{ fill: #d7dde4; }} rect {{ fill: #14181d; }}
.red {{ fill: #ff8a85; }} .green {{ fill: #6fd58c; }} .yellow {{ fill: #e3b341; }} .typed {{ fill: #9aa4af; }}
}}
</style>
<rect width="100%" height="100%" rx="8"/>
"##,
        command = escaped(command)
    );
    let mut line = |number: usize, text: &str| {
        let y = MARGIN + (number + 1) * HIGH - 5;
        let _ = writeln!(svg, r#"<text x="{MARGIN}" y="{y}" xml:space="preserve">{text}</text>"#);
    };
    line(0, &format!(r#"<tspan class="typed">$ {}</tspan>"#, escaped(command)));
    for (number, text) in lines.iter().enumerate() {
        line(number + 1, &coloured(text).0);
    }
    svg.push_str("</svg>\n");
    svg
}

/// A line with what `ESC [ … m` sets (ECMA-48, 8.3.117) as spans, and how many characters it shows.
fn coloured(line: &str) -> (String, usize) {
    let (mut out, mut open, mut shown) = (String::new(), Vec::new(), 0);
    for (number, part) in line.split("\x1b[").enumerate() {
        let text = match (number, part.split_once('m')) {
            (0, _) | (_, None) => part,
            (_, Some((codes, text))) => {
                for code in codes.split(';') {
                    match code {
                        "1" => open.push("bold"),
                        "31" => open.push("red"),
                        "32" => open.push("green"),
                        "33" => open.push("yellow"),
                        _ => open.clear(),
                    }
                }
                text
            }
        };
        shown += text.chars().count();
        match (text, open.as_slice()) {
            ("", _) => {}
            (text, []) => out.push_str(&escaped(text)),
            (text, classes) => {
                let _ = write!(out, r#"<tspan class="{}">{}</tspan>"#, classes.join(" "), escaped(text));
            }
        }
    }
    (out, shown)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
