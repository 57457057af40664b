//! The line of a program's output that says what is wrong.

/// The line of an output that says what is wrong.
#[must_use]
pub(super) fn key_line(output: &str) -> Option<&str> {
    let lines = || output.lines().map(str::trim).filter(|line| !line.is_empty());
    let is_node = |line: &&str| {
        let head = line.split([':', ' ']).next().unwrap_or_default();
        head.ends_with("Error") && head.starts_with(char::is_uppercase)
    };
    let is_npm = |line: &&str| {
        let words = line.strip_prefix("npm error ").or_else(|| line.strip_prefix("npm ERR! "));
        words.is_some_and(|words| !words.starts_with("code ") && !words.starts_with("A complete log"))
    };
    lines()
        .find(is_node)
        .or_else(|| lines().find(|line| line.contains("ERR_PNPM_")))
        .or_else(|| lines().find(is_npm))
        .or_else(|| lines().next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_that_counts_is_found() {
        for (output, expected) in [
            ("node:internal/x:1\n    throw e;\n\nError [ERR_X]: no\n    at y", "Error [ERR_X]: no"),
            ("file:///x:1\nSyntaxError: bad", "SyntaxError: bad"),
            ("npm error code E1\nnpm error what it is\nnpm error A complete log", "npm error what it is"),
            ("Progress\n ERR_PNPM_X  no", "ERR_PNPM_X  no"),
            ("cp: no\n", "cp: no"),
        ] {
            assert_eq!(key_line(output), Some(expected));
        }
        assert_eq!(key_line("\n"), None);
    }
}
