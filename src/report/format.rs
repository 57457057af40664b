//! The formats that a report is written in.

/// How a report is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ReportFormat {
    /// For people.
    Human,
    /// JSON, version 1.
    Json,
    /// SARIF 2.1.0.
    Sarif,
    /// JUnit XML.
    Junit,
    /// GitHub Actions' workflow commands.
    Github,
    /// A page for a browser, in one file.
    Html,
    /// Markdown, for an issue tracker.
    Markdown,
    /// Prometheus' text exposition format: of servers only.
    Prometheus,
}

impl ReportFormat {
    /// Every one.
    pub(crate) const ALL: [Self; 8] =
        [Self::Human, Self::Json, Self::Sarif, Self::Junit, Self::Github, Self::Html, Self::Markdown, Self::Prometheus];
}
