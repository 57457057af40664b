//! Offsets to lines, as V8 counts them.

use memchr::memchr3_iter;

/// Where the lines of a file begin.
pub(super) struct LineStarts(Vec<u32>);

impl LineStarts {
    /// Finds the lines of a text: ended by LF, CR, CRLF, U+2028 or U+2029 (ECMA-262, "Line Terminators").
    pub(super) fn new(text: &str) -> Self {
        let bytes = text.as_bytes();
        let start = |at: usize| match bytes.get(at..) {
            Some([b'\r', b'\n', ..]) => None,
            Some([b'\n' | b'\r', ..]) => Some(at + 1),
            Some([0xe2, 0x80, 0xa8 | 0xa9, ..]) => Some(at + 3),
            _ => None,
        };
        let starts = memchr3_iter(b'\n', b'\r', 0xe2, bytes).filter_map(start);
        Self(starts.map(|at| u32::try_from(at).unwrap_or(u32::MAX)).collect())
    }

    /// The line, from 1, that an offset is in.
    pub(super) fn of(&self, offset: u32) -> u32 {
        let before = self.0.partition_point(|start| *start <= offset);
        u32::try_from(before + 1).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_line_end_counts_once() {
        let lines = LineStarts::new("a\nb\r\nc\rd\u{2028}e");
        let found: Vec<_> = [0, 1, 2, 3, 4, 5, 6, 7, 8, 11].iter().map(|offset| lines.of(*offset)).collect();
        assert_eq!(found, [1, 1, 2, 2, 2, 3, 3, 4, 4, 5]);
    }
}
