//! The value of a string as the scanners read it: names and specifiers may be written with escapes.

use crate::node::modules::Lexer;
use std::iter::Peekable;
use std::str::Chars;

/// What a name or a string with its quotes stands for; nothing where the scanner drops it.
pub(super) fn value_of(written: &str, lexer: Lexer) -> Option<String> {
    let Some(quote) = written.chars().next().filter(|first| matches!(first, '\'' | '"')) else {
        return Some(written.to_owned());
    };
    let inner = written.get(1..)?.strip_suffix(quote)?;
    if !inner.contains('\\') {
        return Some(inner.to_owned());
    }
    let mut units = Vec::with_capacity(inner.len());
    let mut letters = inner.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter == '\\' {
            escape(&mut letters, lexer, &mut units)?;
        } else {
            units.extend_from_slice(letter.encode_utf16(&mut [0; 2]));
        }
    }
    String::from_utf16(&units).ok()
}

/// Reads what stands behind a backslash.
fn escape(letters: &mut Peekable<Chars<'_>>, lexer: Lexer, units: &mut Vec<u16>) -> Option<()> {
    let letter = letters.next()?;
    let code = match letter {
        'n' => 0x0a,
        'r' => 0x0d,
        't' => 0x09,
        'b' => 0x08,
        'f' => 0x0c,
        'v' => 0x0b,
        'x' => match hexadecimal(letters, 2)? {
            // It writes bytes, and one above 0x7f is no UTF-8.
            code @ 0x80.. if lexer == Lexer::Native && code > 0x7f => 0xfffd,
            code => code,
        },
        'u' if letters.next_if_eq(&'{').is_some() => {
            let mut code = 0_u32;
            loop {
                match letters.next()? {
                    '}' => break code,
                    digit => code = code.checked_mul(16)?.checked_add(digit.to_digit(16)?)?,
                }
            }
        }
        'u' => hexadecimal(letters, 4)?,
        '0' if lexer == Lexer::Native => 0,
        // A line that goes on.
        '\n' | '\u{2028}' | '\u{2029}' if lexer != Lexer::Native => return Some(()),
        '\r' if lexer != Lexer::Native => {
            letters.next_if_eq(&'\n');
            return Some(());
        }
        '0'..='7' if lexer != Lexer::Native => octal(letter, letters),
        other => u32::from(other),
    };
    match char::from_u32(code) {
        Some(letter) => units.extend_from_slice(letter.encode_utf16(&mut [0; 2])),
        // Half of a pair, which the other half may follow.
        None => units.push(u16::try_from(code).ok()?),
    }
    Some(())
}

fn hexadecimal(letters: &mut Peekable<Chars<'_>>, digits: usize) -> Option<u32> {
    let mut code = 0;
    for _ in 0..digits {
        code = code * 16 + letters.next()?.to_digit(16)?;
    }
    Some(code)
}

fn octal(first: char, letters: &mut Peekable<Chars<'_>>) -> u32 {
    let mut code = first.to_digit(8).unwrap_or_default();
    for _ in 0..if first <= '3' { 2 } else { 1 } {
        let Some(digit) = letters.peek().and_then(|letter| letter.to_digit(8)) else { break };
        code = code * 8 + digit;
        letters.next();
    }
    code
}
