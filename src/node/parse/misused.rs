//! Values that what JavaScript has of its own cannot take, and members that it does not have: `new RegExp('(')`, `BigInt('x')`,
//! `JSON.parseAll()`. What is said here was measured with Node 18, 20, 22 and 24.

use super::open::Val;
use super::reader::Reader;
use super::specifiers::literal;
use super::values::{MAX_DEPTH, name_of_key};
use crate::node::bodies::BodyKind;
use oxc_ast::ast::{Argument, BindingPattern, Expression, ObjectPropertyKind, UnaryOperator, VariableDeclarator};
use oxc_regular_expression::{LiteralParser, Options};
use oxc_span::Span;

/// The functions of objects that JavaScript has of its own, in any of these versions.
const MEMBERS: [(&str, &str); 12] = [
    ("Array", "from fromAsync isArray of"),
    ("Atomics", "add and compareExchange exchange isLockFree load notify or pause store sub wait waitAsync xor"),
    ("BigInt", "asIntN asUintN"),
    ("Date", "UTC now parse"),
    ("JSON", "isRawJSON parse rawJSON stringify"),
    (
        "Math",
        "abs acos acosh asin asinh atan atan2 atanh cbrt ceil clz32 cos cosh exp expm1 f16round floor fround hypot imul \
         log log10 log1p log2 max min pow random round sign sin sinh sqrt sumPrecise tan tanh trunc",
    ),
    ("Number", "isFinite isInteger isNaN isSafeInteger parseFloat parseInt"),
    (
        "Object",
        "assign create defineProperties defineProperty entries freeze fromEntries getOwnPropertyDescriptor \
         getOwnPropertyDescriptors getOwnPropertyNames getOwnPropertySymbols getPrototypeOf groupBy hasOwn is \
         isExtensible isFrozen isSealed keys preventExtensions seal setPrototypeOf values",
    ),
    ("Promise", "all allSettled any race reject resolve try withResolvers"),
    (
        "Reflect",
        "apply construct defineProperty deleteProperty get getOwnPropertyDescriptor getPrototypeOf has isExtensible \
         ownKeys preventExtensions set setPrototypeOf",
    ),
    ("String", "fromCharCode fromCodePoint raw"),
    ("Symbol", "for keyFor"),
];
/// What every object and every function has.
const OF_ALL: &str = "__defineGetter__ __defineSetter__ __lookupGetter__ __lookupSetter__ apply bind call constructor \
                      hasOwnProperty isPrototypeOf propertyIsEnumerable toLocaleString toString valueOf";
/// Functions of `Object` that take neither `null` nor `undefined`.
const OF_SOMETHING: [&str; 6] = ["assign", "entries", "getOwnPropertyNames", "getPrototypeOf", "keys", "values"];
/// Classes whose length cannot be less than nothing.
const LENGTHS: [&str; 8] = [
    "ArrayBuffer",
    "Float32Array",
    "Float64Array",
    "Int32Array",
    "SharedArrayBuffer",
    "Uint16Array",
    "Uint32Array",
    "Uint8Array",
];
/// Functions that take a function first.
const TAKES_FUNCTION: [&str; 4] = ["queueMicrotask", "setImmediate", "setInterval", "setTimeout"];

impl<'a> Reader<'a, '_> {
    /// Notes a call, or a `new`, that throws for what it is given.
    pub(super) fn note_misused(&mut self, callee: &Val<'a>, given: &[Argument<'a>], is_new: bool, span: Span) {
        let wrong = match callee {
            Val::Global(name) => self.misused_global(name, given, is_new),
            Val::Member(Val::Global(of), name) => self.misused_member(of, name, given, is_new),
            Val::Member(Val::Text(_), "repeat") => {
                let times = number_of(given.first());
                times.filter(|times| *times < 0.0).map(|_| ("repeat".to_owned(), None))
            }
            _ => None,
        };
        if let Some((written, said)) = wrong {
            self.throws_surely(written, said, span);
        }
    }

    fn misused_global(&mut self, name: &str, given: &[Argument<'a>], is_new: bool) -> Option<(String, Option<String>)> {
        let first = given.first();
        let is_wrong = match name {
            "RegExp" => {
                let pattern = text_given(first)?;
                let flags = match given.get(1) {
                    Some(_) => text_given(given.get(1))?,
                    None => "",
                };
                return self.wrong_expression(pattern, flags).map(|said| ("RegExp".to_owned(), said));
            }
            "Array" if given.len() == 1 => number_of(first).is_some_and(|length| length < 0.0 || length.fract() != 0.0),
            "BigInt" if !is_new => match first {
                Some(Argument::StringLiteral(text)) => is_no_integer(text.value.as_str()),
                first => number_of(first).is_some_and(|number| number.fract() != 0.0),
            },
            "Symbol" | "BigInt" => {
                let said = is_new.then(|| format!("TypeError: {name} is not a constructor"));
                return said.map(|said| (format!("new {name}"), Some(said)));
            }
            "URL" if is_new => match given {
                [Argument::StringLiteral(_), Argument::StringLiteral(base)] => !base.value.contains(':'),
                _ => false,
            },
            "Map" | "Set" | "WeakMap" | "WeakSet" if is_new => {
                matches!(first, Some(Argument::NumericLiteral(_) | Argument::BooleanLiteral(_)))
            }
            "Promise" if is_new => first.is_none_or(is_no_function),
            "decodeURI" | "decodeURIComponent" => has_lone_percent(text_given(first)?),
            "structuredClone" => {
                matches!(first, Some(Argument::ArrowFunctionExpression(_) | Argument::FunctionExpression(_)))
            }
            name if TAKES_FUNCTION.contains(&name) => first.is_none_or(is_no_function),
            name if is_new && LENGTHS.contains(&name) => number_of(first).is_some_and(|length| length < 0.0),
            _ => false,
        };
        let new = if is_new { "new " } else { "" };
        is_wrong.then(|| (format!("{new}{name}"), None))
    }

    fn misused_member(
        &mut self,
        of: &str,
        name: &str,
        given: &[Argument<'a>],
        is_new: bool,
    ) -> Option<(String, Option<String>)> {
        let first = given.first();
        let wrong = || Some((format!("{of}.{name}"), None));
        match (of, name) {
            ("Object", name) if OF_SOMETHING.contains(&name) => first
                .is_none_or(|first| first.as_expression().is_some_and(|first| self.nothing(first).is_some()))
                .then(wrong)?,
            ("JSON", "stringify") => matches!(first, Some(Argument::BigIntLiteral(_))).then(wrong)?,
            ("Array", "from") => first
                .is_none_or(|first| first.as_expression().is_some_and(|first| self.nothing(first).is_some()))
                .then(wrong)?,
            ("Intl", name) if is_new && name != "Locale" => {
                let is_wrong = match first {
                    Some(Argument::StringLiteral(tag)) => is_no_language(tag.value.as_str()),
                    _ => false,
                };
                (is_wrong || lacks_currency(given)).then(wrong)?
            }
            _ => {
                let known = MEMBERS.iter().find(|(known, _)| *known == of).filter(|_| !is_new)?.1;
                let has = |names: &str| names.split_ascii_whitespace().any(|known| known == name);
                let is_absent = name != "*" && !has(known) && !has(OF_ALL) && !self.assigned.contains(name);
                is_absent.then(|| (format!("{of}.{name}"), Some(format!("TypeError: {of}.{name} is not a function"))))
            }
        }
    }

    /// What Node says of a regular expression that no version reads, as far as that is known.
    fn wrong_expression(&self, pattern: &'a str, flags: &'a str) -> Option<Option<String>> {
        let is_flag = |(at, flag): (usize, char)| {
            "dgimsuvy".contains(flag) && !flags.get(..at).unwrap_or_default().contains(flag)
        };
        if !flags.char_indices().all(is_flag) || (flags.contains('u') && flags.contains('v')) {
            return Some(Some(format!("SyntaxError: Invalid flags supplied to RegExp constructor '{flags}'")));
        }
        let parser = LiteralParser::new(self.memory, pattern, Some(flags), Options::default());
        (!pattern.is_empty() && parser.parse().is_err()).then_some(None)
    }

    /// `f().a`, where `f` gives nothing.
    pub(super) fn note_member_of_given(&mut self, object: &Expression<'a>, name: &str, span: Span) {
        if let Expression::CallExpression(call) = object
            && !call.optional
            && matches!(call.callee, Expression::Identifier(_) | Expression::StaticMemberExpression(_))
        {
            let said = format!("TypeError: Cannot read properties of undefined (reading '{name}')");
            self.throws_if_nothing(object, Some(said), span);
        }
    }

    /// `const { a } = f()`, where `f` gives nothing.
    pub(super) fn note_given_taken_apart(&mut self, it: &VariableDeclarator<'a>) {
        let is_apart = matches!(&it.id, BindingPattern::ObjectPattern(_) | BindingPattern::ArrayPattern(_));
        if let (true, Some(call @ Expression::CallExpression(_))) = (is_apart, &it.init) {
            self.throws_if_nothing(call, None, it.span);
        }
    }

    /// Notes what throws where a call gives nothing, which is known once the function was seen.
    fn throws_if_nothing(&mut self, call: &Expression<'a>, said: Option<String>, span: Span) {
        let Val::Call(callee, _) = self.value(call) else { return };
        let may_give_nothing = match (self.plain(callee), callee) {
            (Val::Body(_), _) => self.surely_gives_nothing(callee),
            // It stands further down.
            (Val::Unknown, Val::Symbol(name)) => self.scoping.symbol_flags(*name).is_function(),
            _ => false,
        };
        if !may_give_nothing {
            return;
        }
        let before = self.ends.all.len();
        self.throws_surely("undefined", said, span);
        if self.ends.all.len() > before {
            self.given_nothing.insert(u32::try_from(before).unwrap_or(u32::MAX), callee);
        }
    }

    /// Whether an end is none, as what was called gives something, or may do so.
    pub(super) fn is_given_something(&self, ending: u32) -> bool {
        let Some(callee) = self.given_nothing.get(&ending) else { return false };
        !self.surely_gives_nothing(callee)
    }

    fn surely_gives_nothing(&self, callee: &Val<'a>) -> bool {
        matches!(self.plain(callee), Val::Body(body) if self.gives_nothing(body))
            && !self.comes_of_call(callee, MAX_DEPTH)
    }

    /// Whether something was given by a call: what a function makes of another one may run that and give something else, as
    /// esbuild's `__commonJS` does.
    fn comes_of_call(&self, value: &Val<'a>, depth: u32) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return true };
        match value {
            Val::Symbol(symbol) => self.inits.get(symbol).is_some_and(|init| self.comes_of_call(init, depth)),
            Val::Call(..) => true,
            Val::Member(of, name) => self.member_comes_of_call(of, name, depth),
            _ => false,
        }
    }

    fn member_comes_of_call(&self, of: &Val<'a>, name: &str, depth: u32) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return true };
        let number = match self.plain(of) {
            Val::Class(class) | Val::This(class) | Val::ThisClass(class) => class,
            Val::New(class, _) => return self.member_comes_of_call(class, name, depth),
            _ => return false,
        };
        let Some(class) = self.classes.get(number as usize) else { return false };
        let given = class.given.iter().filter(|(known, _)| *known == name).map(|(_, value)| value);
        let mut own = class.statics.get(name).into_iter().chain(class.members.get(name)).chain(given).peekable();
        match (own.peek(), class.base) {
            (None, Some(base)) => self.member_comes_of_call(base, name, depth),
            _ => own.any(|value| self.comes_of_call(value, depth)),
        }
    }

    fn gives_nothing(&self, body: u32) -> bool {
        self.bodies_made.get(body as usize).is_some_and(|body| {
            let is_nothing = body.returns == 0 || matches!(body.gives, Some(Val::Global("undefined")));
            body.kind == BodyKind::Sync && body.returns <= 1 && is_nothing
        })
    }
}

/// A text that is written down.
fn text_given<'a>(given: Option<&Argument<'a>>) -> Option<&'a str> {
    given?.as_expression().and_then(literal)
}

/// A number that is written down.
fn number_of(given: Option<&Argument<'_>>) -> Option<f64> {
    match given? {
        Argument::NumericLiteral(number) => Some(number.value),
        Argument::UnaryExpression(it) if it.operator == UnaryOperator::UnaryNegation => match &it.argument {
            Expression::NumericLiteral(number) => Some(-number.value),
            _ => None,
        },
        _ => None,
    }
}

fn is_no_function(given: &Argument<'_>) -> bool {
    matches!(
        given,
        Argument::NumericLiteral(_)
            | Argument::StringLiteral(_)
            | Argument::BooleanLiteral(_)
            | Argument::NullLiteral(_)
            | Argument::ObjectExpression(_)
            | Argument::ArrayExpression(_)
    )
}

/// Whether a text stands for no integer: ASCII letters that begin neither `0x` nor a name of nothing.
fn is_no_integer(text: &str) -> bool {
    let text = text.trim();
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    text.is_ascii() && digits.starts_with(|first: char| first.is_ascii_alphabetic())
}

/// Whether a `%` is followed by something else than two digits.
fn has_lone_percent(text: &str) -> bool {
    text.split('%').skip(1).any(|rest| {
        let digits = rest.get(..2).unwrap_or_default();
        digits.len() < 2 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit())
    })
}

/// Whether a text is surely no language tag: `en_US`.
fn is_no_language(tag: &str) -> bool {
    let is_wrong =
        |part: &str| part.is_empty() || part.len() > 8 || !part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    tag.split('-').any(is_wrong)
}

/// `{ style: 'currency' }` without a currency.
fn lacks_currency(given: &[Argument<'_>]) -> bool {
    let Some(Argument::ObjectExpression(options)) = given.get(1) else { return false };
    let mut is_currency = false;
    for property in &options.properties {
        let ObjectPropertyKind::ObjectProperty(property) = property else { return false };
        match name_of_key(&property.key) {
            Some("currency") | None => return false,
            Some("style") => {
                is_currency = matches!(&property.value, Expression::StringLiteral(style) if style.value == "currency");
            }
            Some(_) => {}
        }
    }
    is_currency
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_stand_for_nothing_are_told() {
        assert!(is_no_integer("x") && is_no_integer("-y1"));
        assert!(!is_no_integer("1") && !is_no_integer("0x1f") && !is_no_integer("") && !is_no_integer(" 12 "));
        assert!(has_lone_percent("%") && has_lone_percent("a%zz") && has_lone_percent("%4"));
        assert!(!has_lone_percent("%41b") && !has_lone_percent("x"));
        assert!(is_no_language("en_US") && is_no_language("en-") && is_no_language("en-toolongapart"));
        assert!(!is_no_language("en") && !is_no_language("de-CH-1996") && !is_no_language("zh-Hans-CN-u-nu-hanidec"));
    }
}
