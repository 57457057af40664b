//! The keywords of JavaScript, as far as they decide what stands behind them.

/// The token before, as far as it decides what a `/` is and whether a statement has ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Before {
    /// Nothing, an operator, an opening bracket or a keyword: an operand follows.
    Operator,
    /// `if`, `while`, `for`, `with`.
    HeadKeyword,
    /// A name, a literal, `]`, or a `)` that ends an expression.
    Operand,
    /// A name that is a keyword in some places.
    Contextual,
    /// `)` of a head: a statement follows.
    HeadEnd,
    /// `}`: of a block, an object or a function.
    Brace,
    /// `.`: what follows is a name, whatever it looks like.
    Dot,
}

/// What a word is, as far as it decides what a `/` behind it is, and whether it goes on with the statement that a `}`
/// seems to end. All others are names. In the order of the alphabet, which [`INITIALS`] relies on.
///
/// Behind an [`Before::Operator`] an operand follows, so that a `/` begins a regular expression; those that are
/// [`Before::Contextual`] are names in some places and begin something in others.
const KEYWORDS: [(&[u8], Before, bool); 44] = [
    (b"accessor", Before::Contextual, false),
    (b"as", Before::Contextual, true),
    (b"async", Before::Contextual, false),
    (b"await", Before::Contextual, false),
    (b"break", Before::Operator, false),
    (b"case", Before::Operator, false),
    (b"catch", Before::Operator, true),
    (b"class", Before::Operator, false),
    (b"const", Before::Operator, false),
    (b"continue", Before::Operator, false),
    (b"debugger", Before::Operator, false),
    (b"default", Before::Operator, false),
    (b"defer", Before::Contextual, false),
    (b"delete", Before::Operator, false),
    (b"do", Before::Operator, false),
    (b"else", Before::Operator, true),
    (b"enum", Before::Operator, false),
    (b"export", Before::Operator, false),
    (b"extends", Before::Operator, false),
    (b"finally", Before::Operator, true),
    (b"for", Before::HeadKeyword, false),
    (b"from", Before::Contextual, true),
    (b"function", Before::Operator, false),
    (b"get", Before::Contextual, false),
    (b"if", Before::HeadKeyword, false),
    (b"import", Before::Operator, false),
    (b"in", Before::Operator, true),
    (b"instanceof", Before::Operator, true),
    (b"let", Before::Contextual, false),
    (b"new", Before::Operator, false),
    (b"of", Before::Contextual, true),
    (b"return", Before::Operator, false),
    (b"set", Before::Contextual, false),
    (b"static", Before::Contextual, false),
    (b"switch", Before::Operator, false),
    (b"throw", Before::Operator, false),
    (b"try", Before::Operator, false),
    (b"typeof", Before::Operator, false),
    (b"using", Before::Contextual, false),
    (b"var", Before::Operator, false),
    (b"void", Before::Operator, false),
    (b"while", Before::HeadKeyword, true),
    (b"with", Before::HeadKeyword, false),
    (b"yield", Before::Contextual, false),
];

/// Which of [`KEYWORDS`] begin with a letter.
#[derive(Clone, Copy)]
struct Initial {
    first: usize,
    count: usize,
    /// Bit N where one of them has N letters: for most names that is enough to tell that they are none.
    lengths: u16,
}

const INITIALS: [Initial; 256] = {
    let mut table = [Initial { first: 0, count: 0, lengths: 0 }; 256];
    let mut at = 0;
    while at < KEYWORDS.len() {
        #[expect(clippy::indexing_slicing, reason = "within a table of its own size, or of all bytes")]
        {
            let word = KEYWORDS[at].0;
            let initial = &mut table[word[0] as usize];
            if initial.count == 0 {
                initial.first = at;
            }
            initial.count += 1;
            initial.lengths |= 1 << word.len();
        }
        at += 1;
    }
    table
};

/// What [`KEYWORDS`] has of a word.
pub(super) fn meaning(word: &[u8]) -> (Before, bool) {
    let initial = word.first().and_then(|byte| INITIALS.get(usize::from(*byte)));
    let initial = initial.filter(|initial| word.len() < 16 && initial.lengths >> word.len() & 1 == 1);
    let known = initial.and_then(|initial| KEYWORDS.get(initial.first..initial.first + initial.count));
    let found = known.and_then(|known| known.iter().find(|(known, ..)| *known == word));
    found.map_or((Before::Operand, false), |(_, before, continues)| (*before, *continues))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_found() {
        assert!(KEYWORDS.is_sorted_by_key(|(word, ..)| *word));
        for (word, before, continues) in KEYWORDS {
            assert!(meaning(word) == (before, continues), "{}", String::from_utf8_lossy(word));
        }
        for name in ["", "x", "int", "instances", "else_", "awaits", "a_very_long_name_of_a_function", "Class"] {
            assert!(meaning(name.as_bytes()) == (Before::Operand, false), "{name}");
        }
    }
}
