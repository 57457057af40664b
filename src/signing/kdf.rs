//! What a private key file may ask of us before it opens: its cost parameters are an attacker's to choose.

use pkcs8::pkcs5::pbes2::Kdf;
use zeroize::Zeroizing;

use super::error::KeyError;

/// The most memory one key may take, in bytes: 1 GiB of scratch, which is what minisign's default asks for
/// (libsodium's `crypto_pwhash_scryptsalsa208sha256_MEMLIMIT_SENSITIVE`), and 1 MiB for the blocks beside it.
const MAX_MEMORY: u64 = (1 << 30) + (1 << 20);

/// The most block operations (N · r · p) one key may take: four times those of minisign's default.
const MAX_WORK: u64 = 4 * (1 << 20) * 8;

/// The most PBKDF2 rounds. OWASP advises 600,000; this is some seconds.
const MAX_ROUNDS: u32 = 10_000_000;

/// scrypt's three numbers (RFC 7914, section 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ScryptCost {
    /// The binary logarithm of N.
    pub(super) log_n: u8,
    /// The block size, in units of 128 bytes.
    pub(super) r: u32,
    /// How many times in a row.
    pub(super) p: u32,
}

impl ScryptCost {
    /// From the two limits that a minisign secret key stores, as libsodium's `pickparams` does:
    /// `ops` counts Salsa20/8 cores, `memory` is in bytes.
    pub(super) fn from_libsodium_limits(ops: u64, memory: u64) -> Self {
        const R: u64 = 8;
        let ops = ops.max(32_768);
        let by_ops = ops < memory / 32;
        let max_n = if by_ops { ops / (R * 4) } else { memory / (R * 128) };
        let mut log_n: u8 = 1;
        while log_n < 63 && (1_u64 << log_n) <= max_n / 2 {
            log_n += 1;
        }
        let p = if by_ops { 1 } else { ((ops / 4) >> log_n).min(0x3fff_ffff) / R };
        Self { log_n, r: 8, p: u32::try_from(p).unwrap_or(u32::MAX) }
    }

    /// The numbers for the `scrypt` crate, when they are valid, bounded, and the memory can be had.
    pub(super) fn checked(self) -> Result<scrypt::Params, KeyError> {
        let block = u64::from(self.r).saturating_mul(128);
        let n = 1_u64.checked_shl(self.log_n.into()).unwrap_or(u64::MAX);
        // The scratch area of N blocks and the p blocks beside it.
        let memory = block.saturating_mul(n).saturating_add(block.saturating_mul(self.p.into()));
        let work = n.saturating_mul(self.r.into()).saturating_mul(self.p.into());
        if memory > MAX_MEMORY || work > MAX_WORK {
            return Err(KeyError::CostTooHigh {
                asked: format!("scrypt with {} MiB and {work} block operations", memory >> 20),
                limit: "1025 MiB and 33554432 block operations",
            });
        }
        can_allocate(memory)?;
        scrypt::Params::new(self.log_n, self.r, self.p).map_err(|_| KeyError::UnsupportedEncryption)
    }
}

/// Derives `N` bytes with scrypt (RFC 7914).
pub(super) fn scrypt<const N: usize>(
    passphrase: &[u8],
    salt: &[u8],
    cost: ScryptCost,
) -> Result<Zeroizing<[u8; N]>, KeyError> {
    let mut out = Zeroizing::new([0; N]);
    scrypt::scrypt(passphrase, salt, &cost.checked()?, &mut *out).map_err(|_| KeyError::UnsupportedEncryption)?;
    Ok(out)
}

/// Judges the cost of a PBES2 key (RFC 8018, appendix A.2; RFC 7914, section 7) before any of it is spent.
pub(super) fn check_pbes2(kdf: &Kdf) -> Result<(), KeyError> {
    if let Some(pbkdf2) = kdf.pbkdf2() {
        if pbkdf2.iteration_count > MAX_ROUNDS {
            return Err(KeyError::CostTooHigh {
                asked: format!("PBKDF2 with {} rounds", pbkdf2.iteration_count),
                limit: "10000000 rounds",
            });
        }
        return Ok(());
    }
    let params = kdf.scrypt().ok_or(KeyError::UnsupportedEncryption)?;
    let n: u64 = params.cost_parameter;
    if n < 2 || !n.is_power_of_two() {
        return Err(KeyError::UnsupportedEncryption);
    }
    let cost = ScryptCost {
        log_n: u8::try_from(n.trailing_zeros()).unwrap_or(u8::MAX),
        r: params.block_size.into(),
        p: params.parallelization.into(),
    };
    cost.checked().map(drop)
}

/// Asks the allocator first: a failed allocation inside the `scrypt` crate would abort the process.
fn can_allocate(bytes: u64) -> Result<(), KeyError> {
    let refuse = KeyError::NotEnoughMemory { needed: bytes.div_ceil(1 << 20) };
    let Ok(size) = usize::try_from(bytes) else {
        return Err(refuse);
    };
    Vec::<u8>::new().try_reserve_exact(size).map_err(|_| refuse)
}
