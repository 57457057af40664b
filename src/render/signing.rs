//! What `keygen`, `sign` and `verify` say, for people and as JSON. No private half of anything comes here.

use super::style::Style;
use super::{human, json};
use crate::report::finding::{Finding, Severity};
use crate::report::signature::{Coverage, SignatureReport, SignatureStatus};
use crate::report::verdict::Verdict;
use crate::text;
use serde::Serialize;
use std::io::{self, Write};

/// A key pair that was made.
#[derive(Serialize)]
pub(crate) struct NewKey {
    /// Its id.
    pub key_id: String,
    /// The public half as minisign's `RW…` line.
    #[serde(rename = "public_key")]
    pub minisign: String,
    /// The file with the private half.
    #[serde(rename = "private_file")]
    pub private: String,
    /// The file with the public half.
    #[serde(rename = "public_file")]
    pub public: String,
    /// Whether a passphrase is needed to use it.
    pub encrypted: bool,
}

/// What signing a folder's manifest covered.
#[derive(Serialize, Clone, Copy)]
pub(crate) struct SignedManifest {
    /// Files listed.
    pub listed: usize,
    /// Links below `node_modules`, which no manifest covers.
    pub links: usize,
}

/// A signature that was made.
#[derive(Serialize)]
pub(crate) struct SignedReport {
    /// The path as the user gave it, printable.
    pub file: String,
    /// The signature.
    pub signature: SignatureReport,
    /// The files that were written.
    pub written: Vec<String>,
    /// For a folder.
    pub manifest: Option<SignedManifest>,
}

/// What `verify` found.
#[derive(Serialize)]
pub(crate) struct Verification {
    /// The path as the user gave it, printable.
    pub file: String,
    /// Whether it is what was signed, by a trusted key.
    #[serde(skip)]
    pub verdict: Verdict,
    /// The signature.
    pub signature: SignatureReport,
    /// Where the trusted key was found, printable.
    #[serde(skip)]
    pub origins: Vec<String>,
    /// For a folder whose manifest's signature was verified.
    pub manifest: Option<Coverage>,
    /// What is wrong.
    pub findings: Vec<Finding>,
}

/// What `keygen` made.
///
/// # Errors
/// Whatever `out` gives.
pub(crate) fn new_key(key: &NewKey, style: Style, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", style.verdict(Verdict::Pass, &format!("new key {}", key.key_id)))?;
    if style.quiet {
        return Ok(());
    }
    let kept = if key.encrypted { "encrypted with the passphrase" } else { "not encrypted: whoever reads it can sign" };
    writeln!(out, "private key  {}  ({kept})", key.private)?;
    writeln!(out, "public key   {}", key.public)?;
    writeln!(out, "minisign     {}", key.minisign)
}

/// The same, as JSON.
///
/// # Errors
/// Whatever `out` gives.
pub(crate) fn new_key_json(key: &NewKey, out: &mut dyn Write) -> io::Result<()> {
    json::write("keygen", "pass", key, out)
}

/// What `sign` made.
///
/// # Errors
/// Whatever `out` gives.
pub(crate) fn signed(report: &SignedReport, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let id = report.signature.key_id.as_deref().unwrap_or_default();
    writeln!(out, "{}  {}", report.file, style.verdict(Verdict::Pass, &format!("signed by {id}")))?;
    if style.quiet {
        return Ok(());
    }
    if let Some(SignedManifest { listed, links }) = report.manifest {
        let files = text::plural(listed as u64, "file");
        let aside = match links {
            0 => String::new(),
            links => format!(" · {} below node_modules listed by target", text::plural(links as u64, "link")),
        };
        writeln!(out, "{files} listed{aside}")?;
    }
    comment(&report.signature, out)?;
    writeln!(out, "wrote {}", report.written.join(", "))
}

/// The same, as JSON.
///
/// # Errors
/// Whatever `out` gives.
pub(crate) fn signed_json(report: &SignedReport, out: &mut dyn Write) -> io::Result<()> {
    json::write("sign", "pass", report, out)
}

/// What `verify` found.
///
/// # Errors
/// Whatever `out` gives.
pub(crate) fn verification(report: &Verification, style: Style, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}  {}", report.file, style.verdict(report.verdict, &verdict(report)))?;
    if style.quiet {
        return Ok(());
    }
    if report.signature.status == SignatureStatus::Verified {
        comment(&report.signature, out)?;
    }
    if let Some(Coverage { listed, verified, outside }) = report.manifest {
        let outside = match outside {
            0 => String::new(),
            outside => format!(" · {outside} outside the manifest, not verified"),
        };
        writeln!(out, "{verified} of {} as listed{outside}", text::plural(listed as u64, "file"))?;
    }
    human::groups(&report.findings, human::Fixes::Told, style, out)
}

/// The verdict's words: `verified` is said of nothing that is not.
fn verdict(report: &Verification) -> String {
    let id = report.signature.key_id.as_deref().unwrap_or_default();
    let errors = report.findings.iter().filter(|finding| finding.severity == Severity::Error).count();
    match report.signature.status {
        SignatureStatus::Verified if report.verdict == Verdict::Pass => {
            format!("verified: signed by {id} ({})", report.origins.join(", "))
        }
        SignatureStatus::Verified if report.findings.iter().any(|finding| finding.rule == "checksum-mismatch") => {
            let verb = if errors == 1 { "does" } else { "do" };
            let wrong = text::plural(errors as u64, "path");
            format!("refused: the manifest is signed by {id}, and {wrong} {verb} not fit it")
        }
        SignatureStatus::Verified => format!("refused: signed by {id}, but not as this"),
        SignatureStatus::Untrusted => format!("refused: signed by the unknown key {id}"),
        SignatureStatus::Invalid => "refused: the signature is invalid".to_owned(),
        SignatureStatus::Missing | SignatureStatus::NotChecked => "refused: the signature was not checked".to_owned(),
    }
}

/// The trusted comment, which is printable by now.
fn comment(signature: &SignatureReport, out: &mut dyn Write) -> io::Result<()> {
    match &signature.comment {
        Some(comment) => writeln!(out, "comment  {}", comment.replace("\\t", "  ")),
        None => Ok(()),
    }
}

/// The same, as JSON.
///
/// # Errors
/// Whatever `out` gives.
pub(crate) fn verification_json(report: &Verification, out: &mut dyn Write) -> io::Result<()> {
    json::write("verify", json::word(report.verdict), report, out)
}
