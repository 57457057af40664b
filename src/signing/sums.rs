//! The lines of a checksum file as `sha256sum -c` of GNU coreutils reads them (`split_3` in its digest.c; each form was
//! tried with 9.1): `digest  name`, `digest *name`, `SHA256 (name) = digest` as `--tag` writes it, `digest name` with
//! one space as BSD's `-r` does, blanks before all of them, CRLF, comments and empty lines.

/// What one line says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Sum {
    /// The name, unescaped.
    pub name: Vec<u8>,
    /// The SHA-256.
    pub digest: [u8; 32],
}

/// Why `sha256sum` would call a line improperly formatted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineFault {
    /// It has none of the forms.
    Form,
    /// What stands where the digest should is not 64 hex digits.
    Digest,
    /// A backslash in an escaped name that starts none of the known escapes.
    Escape,
}

/// How a name follows its digest. The first line that shows it decides for the whole file: otherwise a name that starts
/// with a space could be taken for another one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Gap {
    Undecided,
    /// Two spaces, or a space and `*`.
    Gnu,
    /// One space.
    Bsd,
}

/// Reads the lines of one file, in their order.
pub(super) struct SumReader {
    gap: Gap,
}

impl SumReader {
    /// For a file of which no line was read.
    pub(super) const fn new() -> Self {
        Self { gap: Gap::Undecided }
    }

    /// Reads a line, given without its newline; nothing for a comment or an empty line.
    ///
    /// # Errors
    /// [`LineFault`].
    pub(super) fn line(&mut self, line: &[u8]) -> Result<Option<Sum>, LineFault> {
        if line.starts_with(b"#") {
            return Ok(None);
        }
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            return Ok(None);
        }
        let line = without_blanks(line);
        let (escaped, line) = match line.strip_prefix(b"\\") {
            Some(rest) => (true, rest),
            None => (false, line),
        };
        let (name, digest) = match line.strip_prefix(b"SHA256") {
            Some(rest) => tagged(rest)?,
            None => self.untagged(line)?,
        };
        let name = if escaped { unescape(name).ok_or(LineFault::Escape)? } else { name.to_vec() };
        Ok(Some(Sum { name, digest }))
    }

    fn untagged<'l>(&mut self, line: &'l [u8]) -> Result<(&'l [u8], [u8; 32]), LineFault> {
        let (hex, rest) = line.split_first_chunk::<64>().ok_or(LineFault::Form)?;
        let digest = parse_hex(hex).ok_or(LineFault::Digest)?;
        let (blank, rest) = rest.split_first().ok_or(LineFault::Form)?;
        if !is_blank(*blank) {
            return Err(if blank.is_ascii_hexdigit() { LineFault::Digest } else { LineFault::Form });
        }
        let marked = rest.len() > 1 && matches!(rest.first(), Some(b' ' | b'*'));
        let (gap, name) = match (self.gap, marked) {
            (Gap::Gnu, false) => return Err(LineFault::Form),
            (Gap::Bsd, _) | (Gap::Undecided, false) => (Gap::Bsd, rest),
            (Gap::Gnu | Gap::Undecided, true) => (Gap::Gnu, rest.get(1..).unwrap_or_default()),
        };
        if name.is_empty() {
            return Err(LineFault::Form);
        }
        self.gap = gap;
        Ok((name, digest))
    }
}

/// What follows `SHA256` in the form of `--tag`: the last `)` ends the name.
fn tagged(rest: &[u8]) -> Result<(&[u8], [u8; 32]), LineFault> {
    let rest = rest.strip_prefix(b" ").unwrap_or(rest).strip_prefix(b"(").ok_or(LineFault::Form)?;
    let end = rest.iter().rposition(|byte| *byte == b')').ok_or(LineFault::Form)?;
    let (name, after) = rest.split_at(end);
    let after = without_blanks(after.get(1..).unwrap_or_default()).strip_prefix(b"=").ok_or(LineFault::Form)?;
    let hex = without_blanks(after).try_into().map_err(|_| LineFault::Digest)?;
    Ok((name, parse_hex(hex).ok_or(LineFault::Digest)?))
}

const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

fn without_blanks(text: &[u8]) -> &[u8] {
    let start = text.iter().position(|byte| !is_blank(*byte)).unwrap_or(text.len());
    text.get(start..).unwrap_or_default()
}

fn parse_hex(hex: &[u8; 64]) -> Option<[u8; 32]> {
    let nibble = |byte: u8| char::from(byte).to_digit(16).and_then(|n| u8::try_from(n).ok());
    let (pairs, _) = hex.as_chunks::<2>();
    let mut digest = [0; 32];
    for (to, [high, low]) in digest.iter_mut().zip(pairs) {
        *to = nibble(*high)? << 4 | nibble(*low)?;
    }
    Some(digest)
}

fn unescape(name: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(name.len());
    let mut bytes = name.iter();
    while let Some(&byte) = bytes.next() {
        out.push(match byte {
            b'\\' => match bytes.next()? {
                b'\\' => b'\\',
                b'n' => b'\n',
                b'r' => b'\r',
                _ => return None,
            },
            other => other,
        });
    }
    Some(out)
}
