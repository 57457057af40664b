//! What of a regular expression only some versions of V8 read, and what of it none reads though the parser does.

use crate::node::modules::NewSyntax;
use oxc_ast::ast::{RegExpFlags, RegExpLiteral};
use oxc_regular_expression::ast::{CapturingGroup, IgnoreGroup, UnicodePropertyEscape};
use oxc_regular_expression::visit::{Visit, walk};

/// Scripts of Unicode 16 and 17, which Node 18 does not know yet and the last versions of the later lines do (measured).
const NEW_SCRIPTS: [&str; 22] = [
    "Beria_Erfe",
    "Berf",
    "Gara",
    "Garay",
    "Gukh",
    "Gurung_Khema",
    "Kirat_Rai",
    "Krai",
    "Ol_Onal",
    "Onao",
    "Sidetic",
    "Sidt",
    "Sunu",
    "Sunuwar",
    "Tai_Yo",
    "Tayo",
    "Todhri",
    "Todr",
    "Tolong_Siki",
    "Tols",
    "Tulu_Tigalari",
    "Tutg",
];

/// What is to be said of one.
#[derive(Default)]
pub(super) struct Judged<'a> {
    /// What not every version reads.
    pub new_syntax: Vec<NewSyntax>,
    /// What none reads.
    pub fault: Option<&'static str>,
    names: Vec<&'a str>,
}

/// Judges a regular expression that the parser has read.
pub(super) fn judge<'a>(literal: &RegExpLiteral<'a>) -> Judged<'a> {
    let text = literal.regex.pattern.text.as_str();
    let is_unicode = literal.regex.flags.intersects(RegExpFlags::U | RegExpFlags::V);
    let mut judged = Judged::default();
    // Most have nothing of what is looked for.
    let may_have = text.contains("(?") || (is_unicode && text.contains('\\'));
    if !may_have {
        return judged;
    }
    if is_unicode && has_lone_control(text) {
        judged.fault = Some("Invalid regular expression: Invalid Unicode escape");
    }
    if let Some(pattern) = &literal.regex.pattern.pattern {
        judged.visit_pattern(pattern);
    }
    judged
}

/// `\c` that no letter follows, which a class takes for `\` and `c` without the flags `u` and `v` only.
fn has_lone_control(text: &str) -> bool {
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'\\'
            && rest.next() == Some(b'c')
            && !rest.clone().next().is_some_and(|next| next.is_ascii_alphabetic())
        {
            return true;
        }
    }
    false
}

impl<'a> Judged<'a> {
    fn note(&mut self, syntax: NewSyntax) {
        if !self.new_syntax.contains(&syntax) {
            self.new_syntax.push(syntax);
        }
    }
}

impl<'a> Visit<'a> for Judged<'a> {
    fn visit_ignore_group(&mut self, it: &IgnoreGroup<'a>) {
        if it.modifiers.is_some() {
            self.note(NewSyntax::Modifiers);
        }
        walk::walk_ignore_group(self, it);
    }

    fn visit_capturing_group(&mut self, it: &CapturingGroup<'a>) {
        if let Some(name) = &it.name {
            let name = name.as_str();
            // Within one alternative the parser refuses it.
            if self.names.contains(&name) {
                self.note(NewSyntax::DuplicateGroups);
            }
            self.names.push(name);
        }
        walk::walk_capturing_group(self, it);
    }

    fn visit_unicode_property_escape(&mut self, it: &UnicodePropertyEscape<'a>) {
        match it.value.as_ref().map(|value| value.as_str()) {
            Some("Katakana_Or_Hiragana" | "Hrkt") => {
                self.fault = Some("Invalid regular expression: Invalid property name");
            }
            Some(script) if NEW_SCRIPTS.contains(&script) => self.note(NewSyntax::NewScripts),
            _ => {}
        }
    }
}
