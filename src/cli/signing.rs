//! The command line of `keygen`, `sign` and `verify`, and the options about trusted keys that `check` has too.

use super::format::{FormatArgs, PlainFormat};
use super::limits::LimitArgs;
use super::values::version;
use crate::host::files::Existing;
use clap::{Args, ValueEnum, ValueHint};
use std::path::PathBuf;

/// Which keys are trusted, and where the signature is.
#[derive(Args, Debug, Clone, Default)]
pub(crate) struct KeyArgs {
    /// Trust the public key in FILE: PEM, or minisign's (repeatable; any one that signed suffices)
    #[arg(long = "key", value_name = "FILE", help_heading = "Signature")]
    pub keys: Vec<PathBuf>,
    /// The signature [default: the path with .minisig, else with .sig]
    #[arg(long, value_name = "FILE", help_heading = "Signature")]
    pub signature: Option<PathBuf>,
}

/// The rules by which a signature is judged, and with it what was signed.
pub(crate) const SIGNATURE_RULES: [&str; 4] =
    ["signature-missing", "signature-invalid", "signature-untrusted", "checksum-mismatch"];

impl KeyArgs {
    /// The rules that naming a key demands.
    #[must_use]
    pub(crate) fn demands(&self) -> &'static [&'static str] {
        if self.keys.is_empty() { &[] } else { &SIGNATURE_RULES }
    }
}

/// Where the passphrase of a private key comes from; without either, BUNDLE_DOCTOR_PASSPHRASE, and then the terminal.
#[derive(Args, Clone)]
pub(crate) struct PassphraseArgs {
    /// The passphrase of the private key. Other users of this machine can see it while this runs: a file or
    /// BUNDLE_DOCTOR_PASSPHRASE keeps it to you
    #[arg(long, value_name = "TEXT", conflicts_with = "passphrase_file", help_heading = "Passphrase")]
    pub passphrase: Option<String>,
    /// Read the passphrase from FILE; a line end at its end is not part of it
    #[arg(long, value_name = "FILE", help_heading = "Passphrase")]
    pub passphrase_file: Option<PathBuf>,
}

/// The passphrase itself is never shown, not even by mistake.
impl std::fmt::Debug for PassphraseArgs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PassphraseArgs")
            .field("passphrase", &self.passphrase.as_ref().map(|_| "…"))
            .field("passphrase_file", &self.passphrase_file)
            .finish()
    }
}

/// What becomes of files that are there already.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct ForceArgs {
    /// Overwrite files that are there
    #[arg(long)]
    force: bool,
}

impl ForceArgs {
    /// What becomes of them.
    #[must_use]
    pub(crate) const fn existing(self) -> Existing {
        if self.force { Existing::Replaced } else { Existing::Kept }
    }
}

/// `keygen`.
#[derive(Args, Debug)]
pub(crate) struct Keygen {
    /// Write the private key to NAME.key and the public key to NAME.pub.pem
    // The same id as the option of every command, which it takes the place of.
    #[arg(short, long, required = true, value_name = "NAME")]
    pub output: Option<PathBuf>,
    /// Where the passphrase comes from that the private key is encrypted with.
    #[command(flatten)]
    pub passphrase: PassphraseArgs,
    /// Do not encrypt the private key: whoever reads the file has it
    #[arg(long, conflicts_with_all = ["passphrase", "passphrase_file"], help_heading = "Passphrase")]
    pub no_passphrase: bool,
    /// Whether files that are there are overwritten.
    #[command(flatten)]
    pub force: ForceArgs,
    /// How the report is written.
    #[command(flatten)]
    pub format: FormatArgs<PlainFormat>,
}

/// `sign`.
#[derive(Args, Debug)]
pub(crate) struct Sign {
    /// A file, or the folder of a bundle, which gets a signed SHA256SUMS
    #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub path: String,
    /// The private key: PKCS#8 PEM, or minisign's
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// How the signature is written: PATH.minisig, or PATH.sig for the others
    #[arg(long, value_enum, default_value = "minisign", value_name = "FORMAT")]
    pub signature_format: SignatureWord,
    /// Sign this comment instead of time, file name and version (minisign only)
    #[arg(long, value_name = "TEXT")]
    pub comment: Option<String>,
    /// Where the passphrase of the private key comes from.
    #[command(flatten)]
    pub passphrase: PassphraseArgs,
    /// Whether files that are there are overwritten.
    #[command(flatten)]
    pub force: ForceArgs,
    /// Where reading stops.
    #[command(flatten)]
    pub limits: LimitArgs,
    /// How the report is written.
    #[command(flatten)]
    pub format: FormatArgs<PlainFormat>,
}

/// `verify`.
#[derive(Args, Debug)]
pub(crate) struct Verify {
    /// A signed file, or a folder with a signed SHA256SUMS
    #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub path: String,
    /// Which keys are trusted.
    #[command(flatten)]
    pub keys: KeyArgs,
    /// Fail if the version of the bundle is not newer than this one: an old release keeps its valid signature
    #[arg(long, value_name = "VERSION", value_parser = version)]
    pub newer_than: Option<semver::Version>,
    /// Where reading stops.
    #[command(flatten)]
    pub limits: LimitArgs,
    /// How the report is written.
    #[command(flatten)]
    pub format: FormatArgs<PlainFormat>,
}

/// How a signature is written.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum SignatureWord {
    /// minisign's form, prehashed, with a trusted comment
    Minisign,
    /// The plain 64 bytes, as `openssl pkeyutl` takes them
    Raw,
    /// The 64 bytes in base64
    Base64,
}
