//! `keygen`: a new key pair from the operating system's randomness, in two files that overwrite nothing.

use super::keys;
use super::session::Session;
use crate::cli::format::PlainFormat;
use crate::cli::signing::Keygen;
use crate::exit_code;
use crate::host::files::Staged;
use crate::render::signing::{self, NewKey};
use crate::signing::SecretKey;
use anyhow::{Context, Result, bail};
use zeroize::Zeroizing;

/// Writes NAME.key and NAME.pub.pem, both or neither.
pub(super) fn run(options: &Keygen, session: &Session<'_>) -> Result<u8> {
    let Some(name) = options.output.as_ref().filter(|name| name.file_name().is_some()) else {
        bail!("give the keys a name: `-o release` makes release.key and release.pub.pem");
    };
    let (private, public) =
        (crate::host::files::with_extension(name, "key"), crate::host::files::with_extension(name, "pub.pem"));
    for place in [&private, &public] {
        keys::may_write(place, options.force.existing())?;
    }
    let passphrase = match options.no_passphrase {
        true => None,
        false => Some(keys::new_passphrase(&options.passphrase)?),
    };

    let key = SecretKey::from_seed(&*random::<32>()?);
    let pem = match &passphrase {
        None => key.to_pkcs8_pem(),
        Some(words) => {
            key.to_encrypted_pkcs8_pem(words, &*random()?, &*random()?).context("cannot encrypt the private key")?
        }
    };
    let staged = [(&private, pem.as_bytes(), 0o600), (&public, key.public().to_spki_pem().as_bytes(), 0o644)].map(
        |(place, content, mode)| Staged::write(place, content, mode).map_err(|error| keys::unwritten(place, error)),
    );
    let [private_file, public_file] = staged;
    keys::commit(&[private_file?, public_file?], options.force.existing())?;

    let made = NewKey {
        key_id: key.id().to_string(),
        minisign: key.public().to_minisign_line(),
        private: crate::text::printable_path(&private),
        public: crate::text::printable_path(&public),
        encrypted: passphrase.is_some(),
    };
    session.write(|out| match options.format.word {
        PlainFormat::Json => signing::new_key_json(&made, out),
        PlainFormat::Human => signing::new_key(&made, session.style(), out),
    })?;
    Ok(exit_code::PASS)
}

/// Fresh random bytes, wiped when dropped.
fn random<const N: usize>() -> Result<Zeroizing<[u8; N]>> {
    let mut bytes = Zeroizing::new([0; N]);
    getrandom::fill(&mut *bytes).context("the operating system gives no random bytes")?;
    Ok(bytes)
}
