//! Why a key file could not be read. No variant can hold key material: the fields are sizes,
//! names from fixed tables, and PEM labels that passed a check.

use thiserror::Error;

/// Why a public or private key could not be read or written.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Larger than any key file; nothing was parsed. Sizes are in bytes.
    #[error("{size} bytes are too many for a key file (at most {limit}); is this the right file?")]
    TooLarge {
        /// Bytes given.
        size: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// Neither PEM nor one of minisign's forms.
    #[error("not a key: expected a PEM file (`-----BEGIN …`), a minisign key file, or a minisign public key (`RW…`)")]
    NotAKey,
    /// A key of another tool's, or in a form that is not read.
    #[error("{what}, which is not read here; {help}")]
    Foreign {
        /// What it is, with its article.
        what: &'static str,
        /// What to do.
        help: &'static str,
    },
    /// More than one PEM block: which one is meant is not ours to guess.
    #[error("{count} PEM blocks in one key file; keep one key in a file")]
    SeveralPemBlocks {
        /// `BEGIN` lines seen.
        count: usize,
    },
    /// A `BEGIN` line without its `END` line.
    #[error("the PEM block `{label}` is cut off: its END line is missing")]
    UnpairedPem {
        /// The checked label.
        label: String,
    },
    /// The base64 or the DER inside the PEM block is damaged.
    #[error("the PEM block `{label}` is damaged: {what}")]
    DamagedPem {
        /// The checked label.
        label: String,
        /// What was expected and not found.
        what: &'static str,
    },
    /// A PEM block of a kind that is not read here (a certificate, an OpenSSH key, …).
    #[error("a PEM block `{label}` is not a PKCS#8 private key or an SPKI public key; {help}")]
    UnsupportedPem {
        /// The checked label.
        label: String,
        /// How to get from this to a key that can be read.
        help: &'static str,
    },
    /// A well-formed key of another algorithm.
    #[error("a key for {found}, not for Ed25519; make one with `keygen` or `openssl genpkey -algorithm ed25519`")]
    WrongAlgorithm {
        /// The name of the algorithm, or its object identifier.
        found: String,
    },
    /// A private key where a public one was asked for.
    #[error("a private key where a public key is needed; give the public half, and keep this file private")]
    PrivateGivenAsPublic,
    /// A public key where a private one was asked for.
    #[error("a public key where a private key is needed")]
    PublicGivenAsPrivate,
    /// A minisign signature where a key was asked for.
    #[error("a minisign signature where a key is needed")]
    SignatureGivenAsKey,
    /// A minisign key that does not have the documented form.
    #[error("a damaged minisign key: {what}")]
    DamagedMinisign {
        /// What was expected and not found.
        what: &'static str,
    },
    /// A public key nobody should trust: it decodes, but anyone could sign for it, or it has several encodings.
    #[error("an unsafe Ed25519 public key: {why}; make a new key pair")]
    UnsafePublicKey {
        /// Which property fails.
        why: &'static str,
    },
    /// The public half stored beside the private one belongs to another key. Signing with such a pair gives the private key away.
    #[error(
        "the public half stored in the private key does not belong to it; the file is damaged or was tampered with"
    )]
    HalvesDisagree,
    /// Encrypted, and no passphrase was given.
    #[error("the private key is encrypted: a passphrase is needed")]
    PassphraseMissing,
    /// The passphrase does not open the key. A damaged file looks the same.
    #[error("the passphrase does not open the private key (or the file is damaged)")]
    PassphraseWrong,
    /// An empty passphrase for writing protects nothing.
    #[error("an empty passphrase protects nothing; give one, or ask for an unencrypted key")]
    PassphraseEmpty,
    /// Encrypted in a way that is not supported (PBES1, triple DES, HMAC-SHA-1, …).
    #[error(
        "the private key is encrypted with an old or unknown scheme; rewrite it with `openssl pkcs8 -topk8 -v2 aes-256-cbc`"
    )]
    UnsupportedEncryption,
    /// The file asks for more work or memory than any honest tool would.
    #[error("the private key asks for an absurd amount of work to open ({asked}; at most {limit}); it was not tried")]
    CostTooHigh {
        /// What the file asks for, with its unit.
        asked: String,
        /// What is allowed, with its unit.
        limit: &'static str,
    },
    /// The work is allowed, but this process cannot have the memory.
    #[error("opening the private key needs {needed} MiB of memory, which cannot be had here")]
    NotEnoughMemory {
        /// MiB needed.
        needed: u64,
    },
}
