//! What a file is, by its first bytes: so that `archive-unreadable` can say what came instead of an archive.

use crate::tree::defect::FileFormat;

/// How many bytes are enough to tell.
pub(super) const ENOUGH: usize = 512;

/// The signatures of formats, from their specifications (the same as in file(1)'s database).
const SIGNATURES: [(&[u8], FileFormat); 12] = [
    (b"\x1f\x8b", FileFormat::Gzip),
    (b"PK\x03\x04", FileFormat::Zip),
    (b"PK\x05\x06", FileFormat::Zip),
    (b"\xfd7zXZ\x00", FileFormat::Xz),
    (b"\x28\xb5\x2f\xfd", FileFormat::Zstd),
    (b"BZh", FileFormat::Bzip2),
    (b"LZIP", FileFormat::Lzip),
    (b"7z\xbc\xaf\x27\x1c", FileFormat::SevenZip),
    (b"\x1f\x9d", FileFormat::Compress),
    (b"\x1f\xa0", FileFormat::Compress),
    (b"version https://git-lfs.github.com/spec/", FileFormat::GitLfsPointer),
    (b"\x1f\x1e", FileFormat::Compress),
];

/// The format that the first bytes of a file (up to [`ENOUGH`]) show.
#[must_use]
pub(super) fn format(head: &[u8]) -> FileFormat {
    if head.is_empty() {
        return FileFormat::Empty;
    }
    if let Some((_, format)) = SIGNATURES.iter().find(|(signature, _)| head.starts_with(signature)) {
        return *format;
    }
    // The checksum tells where there is no magic: archives of V7, and of GNU tar's `--format=v7`.
    if head.get(257..262) == Some(b"ustar") || super::header::checksum_is_right(head) {
        return FileFormat::Tar;
    }
    if head.iter().all(|byte| *byte == 0) {
        return FileFormat::Zeros;
    }
    text_format(head)
}

fn text_format(head: &[u8]) -> FileFormat {
    // A multi-byte character may be cut at the end of the head.
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(head.get(..error.valid_up_to()).unwrap_or_default()).unwrap_or_default()
        }
        Err(_) => return FileFormat::Unknown,
    };
    if text.contains(|c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return FileFormat::Unknown;
    }
    let start = text.trim_start_matches('\u{feff}').trim_start().to_ascii_lowercase();
    if ["<!doctype html", "<html", "<head", "<body", "<title", "<!--", "<h1", "<?xml"]
        .iter()
        .any(|tag| start.starts_with(tag))
    {
        FileFormat::Html
    } else if start.starts_with('{') || start.starts_with('[') {
        FileFormat::Json
    } else {
        FileFormat::Text
    }
}

/// The first words of a text file, for a person to recognise it by: an error page's title, or its first line.
#[must_use]
pub(super) fn excerpt(head: &[u8], format: FileFormat) -> Option<String> {
    if !matches!(format, FileFormat::Html | FileFormat::Json | FileFormat::Text) {
        return None;
    }
    let text = String::from_utf8_lossy(head);
    let lower = text.to_ascii_lowercase();
    let title = lower.find("<title>").map(|at| at + "<title>".len()).and_then(|start| {
        let end = lower.get(start..)?.find("</title>")? + start;
        text.get(start..end)
    });
    let words = title.unwrap_or_else(|| text.trim().lines().next().unwrap_or_default()).trim();
    let short: String = words.chars().take(60).collect();
    (!short.is_empty()).then(|| crate::text::printable(&short).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_known_by_their_first_bytes() {
        for (head, expected) in [
            (&b""[..], FileFormat::Empty),
            (b"\x1f\x8b\x08\0", FileFormat::Gzip),
            (b"PK\x03\x04....", FileFormat::Zip),
            (b"\xfd7zXZ\0\0", FileFormat::Xz),
            (b"\x28\xb5\x2f\xfd\x04", FileFormat::Zstd),
            (b"BZh91AY", FileFormat::Bzip2),
            (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n", FileFormat::GitLfsPointer),
            (b"<!DOCTYPE html>\n<html>", FileFormat::Html),
            (b"\n  <html lang=fr>", FileFormat::Html),
            (b"{\"error\":\"not found\"}", FileFormat::Json),
            (b"Not Found\n", FileFormat::Text),
            (b"\0\0\0\0", FileFormat::Zeros),
            (b"\x7fELF\x02", FileFormat::Unknown),
            (b"\xff\xfe\xfd", FileFormat::Unknown),
        ] {
            assert_eq!(format(head), expected, "{head:?}");
        }
    }

    #[test]
    fn an_error_page_is_quoted_by_its_title() {
        let page = b"<html>\n<head><title>404 Not Found</title></head>";
        assert_eq!(excerpt(page, FileFormat::Html).as_deref(), Some("404 Not Found"));
        assert_eq!(excerpt(b"Not Found\nmore", FileFormat::Text).as_deref(), Some("Not Found"));
        assert_eq!(excerpt(b"\x1f\x8b", FileFormat::Gzip), None);
    }
}
