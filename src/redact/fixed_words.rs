//! Words that are known when the program is compiled, looked for in whatever letters they are written.
//!
//! The text of a finding goes through three lists of them. An automaton over such a list takes longer to build than a small
//! bundle takes to judge; this is ready when the program starts, and as fast in a long log (`docs/performance.md`).

use super::scan::TextSpan;

/// Two bytes are told apart by as many bits of each.
const BITS: u32 = 6;
/// Pairs of first bytes, a bit for each.
const PAIRS: usize = 1 << (2 * BITS);

/// A list of words of ASCII, in small letters, of two bytes at least.
pub(super) struct FixedWords {
    words: &'static [&'static str],
    /// With which two bytes a word can begin.
    begins: [u64; PAIRS / 64],
}

impl FixedWords {
    /// Has a list ready; one that has a shorter word, or capitals, does not compile.
    pub(super) const fn new(words: &'static [&'static str]) -> Self {
        let mut begins = [0; PAIRS / 64];
        let mut all = words;
        while let [word, others @ ..] = all {
            let mut letters = word.as_bytes();
            assert!(letters.len() >= 2, "a word has two bytes");
            if let [one, other, ..] = letters {
                let pair = pair(*one, *other);
                #[expect(clippy::indexing_slicing, reason = "a pair is below `PAIRS`")]
                (begins[pair / 64] |= 1 << (pair % 64));
            }
            while let [letter, rest @ ..] = letters {
                assert!(letter.is_ascii() && !letter.is_ascii_uppercase(), "a word is of ASCII, in small letters");
                letters = rest;
            }
            all = others;
        }
        Self { words, begins }
    }

    /// Whether a text has one of them anywhere.
    pub(super) fn is_in(&self, text: &str) -> bool {
        self.each_in(text).next().is_some()
    }

    /// Where they stand in a text, from left to right. Those that are found do not overlap; of those that begin at one place
    /// the first of the list counts.
    pub(super) fn each_in(&self, text: &str) -> impl Iterator<Item = TextSpan> {
        let bytes = text.as_bytes();
        let mut from = 0;
        std::iter::from_fn(move || {
            let rest = bytes.get(from..)?;
            let found = rest.windows(2).enumerate().find_map(|(at, two)| {
                let &[one, other] = two else { return None };
                let start = from + at;
                self.may_begin(one, other).then(|| self.at(bytes.get(start..)?).map(|length| (start, length)))?
            });
            let (start, length) = found?;
            from = start + length;
            Some(TextSpan { start, end: from })
        })
    }

    fn may_begin(&self, one: u8, other: u8) -> bool {
        let pair = pair(one, other);
        self.begins.get(pair / 64).is_some_and(|bits| bits >> (pair % 64) & 1 == 1)
    }

    /// The length of the word that stands there.
    fn at(&self, rest: &[u8]) -> Option<usize> {
        let stands =
            |word: &&&str| rest.get(..word.len()).is_some_and(|text| text.eq_ignore_ascii_case(word.as_bytes()));
        self.words.iter().find(stands).map(|word| word.len())
    }
}

/// The bit of two bytes; those of a letter and its capital are the same.
const fn pair(one: u8, other: u8) -> usize {
    const fn bits(byte: u8) -> usize {
        // Small letters and capitals differ in the bit that is left out, or set.
        (byte | 0x20) as usize & ((1 << BITS) - 1)
    }
    bits(one) << BITS | bits(other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aho_corasick::AhoCorasick;
    use proptest::prelude::*;

    static WORDS: FixedWords = FixedWords::new(&["pw", "pass", "auth(", "auth plain", "sig", "x0"]);

    #[test]
    fn words_are_found_in_any_letters_and_anywhere() {
        for (text, found) in [
            ("", vec![]),
            ("p", vec![]),
            ("PW", vec![(0, 2)]),
            ("my PassWord, AUTH( auth Plain", vec![(3, 7), (13, 18), (19, 29)]),
            ("é-sig-\u{1f600}pw", vec![(3, 6), (11, 13)]),
            ("X\u{10}", vec![]),
        ] {
            let told: Vec<_> = WORDS.each_in(text).map(|span| (span.start, span.end)).collect();
            assert_eq!(told, found, "{text}");
            assert_eq!(WORDS.is_in(text), !found.is_empty(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn they_are_found_as_an_automaton_finds_them(text in "[pwasuthigx0PW( é\u{10}]{0,60}") {
            let kind = aho_corasick::MatchKind::LeftmostFirst;
            let other = AhoCorasick::builder().ascii_case_insensitive(true).match_kind(kind).build(WORDS.words).unwrap();
            let told: Vec<_> = WORDS.each_in(&text).map(|span| (span.start, span.end)).collect();
            let expected: Vec<_> = other.find_iter(&text).map(|found| (found.start(), found.end())).collect();
            prop_assert_eq!(told, expected);
        }
    }
}
