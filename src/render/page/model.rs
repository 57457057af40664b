//! What a page is made of: plain data, in the order in which it is read.

/// How bad it is, which is all that colour says.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Tone {
    /// Nothing is wrong.
    Good,
    /// Worth a look, or not known.
    Doubtful,
    /// Wrong.
    Bad,
    /// It says nothing of good or bad.
    #[default]
    Plain,
}

/// Whether the reader sees it at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Disclosure {
    /// It is open.
    #[default]
    Open,
    /// It is folded away, and opened by a click.
    Folded,
}

/// A whole page.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Page {
    /// The command whose report it is.
    pub command: String,
    /// What was judged: a path, a unit.
    pub subject: String,
    /// The verdict, which would do alone behind the subject.
    pub verdict: String,
    /// The verdict's.
    pub tone: Tone,
    /// What is known of the subject, in a few words each.
    pub facts: Vec<String>,
    /// The rest.
    pub sections: Vec<Section>,
    /// What was not looked at, and other notes, at the end.
    pub notes: Vec<String>,
    /// When it was seen, where the report says so (RFC 3339).
    pub at: Option<String>,
}

/// A part of a page with a heading: a finding, a cause, a subject of several.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Section {
    /// What kind of thing it is: `error`, `cause`, `evidence`; may be empty.
    pub label: String,
    /// Its name; may be empty where the label says all.
    pub title: String,
    /// The label's.
    pub tone: Tone,
    /// Whether it is seen at once.
    pub shown: Disclosure,
    /// Where links from elsewhere on the page lead.
    pub anchor: Option<usize>,
    /// What it says.
    pub blocks: Vec<PageBlock>,
    /// Parts of it, one heading below.
    pub sections: Vec<Section>,
}

impl Section {
    /// A heading of ours with what stands below it.
    pub(crate) fn new(label: impl Into<String>, blocks: Vec<PageBlock>) -> Self {
        Self { label: label.into(), blocks, ..Self::default() }
    }

    /// A thing with a name.
    pub(crate) fn named(tone: Tone, label: impl Into<String>, title: impl Into<String>) -> Self {
        Self { label: label.into(), title: title.into(), tone, ..Self::default() }
    }

    /// Folded away.
    pub(crate) const fn folded(mut self) -> Self {
        self.shown = Disclosure::Folded;
        self
    }
}

/// What stands in a section.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum PageBlock {
    /// A paragraph. What stands between backticks is shown as code.
    Words(String),
    /// Facts in a line.
    Facts(Vec<String>),
    /// The machine's own words, each with where and when it was said.
    Seen(Vec<ShownEvidence>),
    /// Commands to copy.
    Script(CommandBlock),
    /// Lines as they are: what a program printed, a diff.
    Lines(QuotedLines),
    /// What was looked at or done, a line each.
    Items(Vec<Item>),
    /// What happened, oldest first.
    Moments(Vec<TimelineMoment>),
    /// A bundle's folders, with findings where they are.
    Tree(Vec<TreeNode>),
    /// Numbers to compare.
    Table(Table),
}

/// A piece of evidence.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct ShownEvidence {
    /// Who says it, or where it stands: `journal`, `dist/index.js:8`; may be empty.
    pub source: String,
    /// When (RFC 3339, or a time of day).
    pub at: Option<String>,
    /// The words.
    pub text: String,
}

/// Commands to copy.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct CommandBlock {
    /// What is to be known before they are typed.
    pub words: String,
    /// As they are typed, a line each.
    pub commands: Vec<String>,
}

/// Lines as they are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct QuotedLines {
    /// What they are.
    pub kind: LineKind,
    /// The lines, with their ends.
    pub text: String,
}

/// What lines are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum LineKind {
    /// What a program printed.
    Output,
    /// A unified diff.
    Diff,
}

/// One of the things that were looked at or done.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Item {
    /// What became of it.
    pub tone: Tone,
    /// The same in a word.
    pub status: String,
    /// Which it is.
    pub name: String,
    /// What is said of it.
    pub words: String,
}

/// Something that happened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct TimelineMoment {
    /// When (RFC 3339).
    pub at: String,
    /// What kind of thing.
    pub kind: String,
    /// How bad it is.
    pub tone: Tone,
    /// In the machine's own words.
    pub text: String,
}

/// A file or a folder.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct TreeNode {
    /// Its name.
    pub name: String,
    /// What is known of it: a size, how many files are below.
    pub words: String,
    /// What was found there.
    pub found: Vec<TreeFinding>,
    /// What is below it; a folder that holds nothing worth showing has none.
    pub children: Vec<TreeNode>,
    /// Whether it is a folder.
    pub kind: TreeKind,
}

/// Findings of one rule at one place.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct TreeFinding {
    /// How bad.
    pub tone: Tone,
    /// The rule.
    pub rule: String,
    /// Where on the page the first is told.
    pub anchor: Option<usize>,
    /// How many there are.
    pub times: u64,
}

impl TreeFinding {
    /// The rule, and how often it found something there.
    #[must_use]
    pub(crate) fn words(&self) -> String {
        if self.times > 1 { format!("{} ({})", self.rule, self.times) } else { self.rule.clone() }
    }
}

/// What stands in a tree.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum TreeKind {
    /// A folder.
    #[default]
    Folder,
    /// Anything else.
    File,
    /// What stands for all that is not shown.
    Rest,
}

/// Numbers to compare.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Table {
    /// What it shows.
    pub caption: String,
    /// What stands in each column; the first is the name of a row.
    pub columns: Vec<String>,
    /// The rows.
    pub rows: Vec<TableRow>,
}

/// A row of a table.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct TableRow {
    /// As many as there are columns.
    pub cells: Vec<String>,
    /// How much of the largest it is, from 0 to 100, for a bar.
    pub share: Option<u8>,
    /// How bad it is.
    pub tone: Tone,
}
