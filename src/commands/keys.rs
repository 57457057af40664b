//! Keys and signatures as files: where they are looked for, read with a bound, and named in errors.

use super::failure::{Failure, refused};
use super::session::Configured;
use crate::check::authentication::Trust;
use crate::cli::signing::{KeyArgs, PassphraseArgs};
use crate::host;
use crate::host::files::{self, Existing};
use crate::host::terminal::Terminal;
use crate::host::trusted::{self, RefusedFile};
use crate::signing::key_files::MAX_KEY_FILE;
use crate::signing::{KeyError, PublicKey, SecretKey, TrustStore};
use crate::text::printable_path;
use anyhow::{Context, Error, Result, bail};
use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The variable with the paths of trusted public keys, separated as in `PATH`.
const KEYS_VARIABLE: &str = "BUNDLE_DOCTOR_KEYS";
/// The variable with the passphrase of the private key.
const PASSPHRASE_VARIABLE: &str = "BUNDLE_DOCTOR_PASSPHRASE";
/// The machine's trusted public keys.
const SYSTEM_KEYS: &str = "/etc/bundle-doctor/keys.d";
/// The control plane's public key, below the home of the agent's user.
const CONTROL_PLANE_KEY: &str = ".server-flow/cp-public-key.pem";
/// What to do where they cannot be read.
const PASSPHRASE_HELP: &str =
    "write the passphrase into it, readable to you only, or give the path of the file that has it";
const KEY_HELP: &str = "give the path of a private key; `bundle-doctor keygen -o NAME` makes one";
/// The longest passphrase read from a file, in bytes.
const MAX_PASSPHRASE: usize = 4096;

/// Where trusted keys are looked for beside `--key` and the configuration.
struct KeyPlaces {
    listed: Option<OsString>,
    system: PathBuf,
    /// The control plane's keys, where they exist.
    control_plane: Vec<PathBuf>,
}

/// Every trusted public key: `--key`, BUNDLE_DOCTOR_KEYS, /etc/bundle-doctor/keys.d/*, ~/.server-flow/cp-public-key.pem
/// where it exists, and without `--key` those of `[signature] keys` (relative to the configuration's folder): a
/// configuration adds nobody to whom the command line names.
///
/// # Errors
/// For a key that cannot be read, wherever it was named or found: one that is left out in silence would
/// make good signatures look strange.
pub(super) fn trusted(options: &KeyArgs, configured: &Configured) -> Result<TrustStore> {
    trusted_with(options, configured, None)
}

/// [`trusted`], and the control plane's key in the home of a server's agent.
fn trusted_with(options: &KeyArgs, configured: &Configured, agents: Option<PathBuf>) -> Result<TrustStore> {
    let own = host::env("HOME").map(|home| Path::new(&home).join(CONTROL_PLANE_KEY));
    let places = KeyPlaces {
        listed: host::env(KEYS_VARIABLE),
        system: SYSTEM_KEYS.into(),
        control_plane: agents.into_iter().chain(own).collect(),
    };
    collect(options, configured, &places)
}

/// What is thought of a bundle without a signature.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Unsigned {
    /// It is refused, whatever the configuration says.
    Refused,
    /// It is refused where the configuration says so.
    AsConfigured,
}

/// The trusted keys, and whether a signature is required.
///
/// # Errors
/// For a key that cannot be read, and where a signature is required and no key is known.
pub(super) fn trust(options: &KeyArgs, unsigned: Unsigned, configured: &Configured) -> Result<Trust> {
    demanded(trusted(options, configured)?, unsigned, configured)
}

/// [`trust`] of a server, whose agent has a control plane's key in its home.
///
/// # Errors
/// As [`trust`].
pub(super) fn trust_on_server(
    named: &[PathBuf],
    agents: Option<PathBuf>,
    configured: &Configured,
) -> Result<(Trust, KeyPurpose)> {
    let options = KeyArgs { keys: named.to_vec(), signature: None };
    let trust = demanded(trusted_with(&options, configured, agents)?, Unsigned::AsConfigured, configured)?;
    let places = KeyPlaces { listed: host::env(KEYS_VARIABLE), system: SYSTEM_KEYS.into(), control_plane: Vec::new() };
    let by_somebody = !collect(&options, configured, &places)?.is_empty();
    Ok((trust, if by_somebody { KeyPurpose::BySomebody } else { KeyPurpose::ByNobody }))
}

/// Whether a trusted key was put where it is for the sake of signatures of bundles.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum KeyPurpose {
    /// On the command line, in the environment, the configuration or `keys.d`.
    BySomebody,
    /// There is none, or only the control plane's, which every agent has for another purpose.
    ByNobody,
}

fn demanded(keys: TrustStore, unsigned: Unsigned, configured: &Configured) -> Result<Trust> {
    let required = unsigned == Unsigned::Refused || configured.config.signature.required;
    if required && keys.is_empty() {
        let help = "give one with `--key FILE`, in `[signature] keys`, or in BUNDLE_DOCTOR_KEYS";
        bail!(Failure::new("a signature is required, and no trusted key is known").help(help));
    }
    Ok(Trust { keys, required })
}

fn collect(options: &KeyArgs, configured: &Configured, places: &KeyPlaces) -> Result<TrustStore> {
    let mut store = TrustStore::new();
    for path in &options.keys {
        add(&mut store, path, "--key")?;
    }
    for path in places.listed.iter().flat_map(std::env::split_paths).filter(|path| !path.as_os_str().is_empty()) {
        add(&mut store, &path, KEYS_VARIABLE)?;
    }
    let configured_keys = options.keys.is_empty().then_some(&configured.config.signature.keys);
    for path in configured_keys.into_iter().flatten() {
        let path = configured.folder.as_deref().unwrap_or(Path::new("")).join(path);
        add(&mut store, &path, "[signature] keys")?;
    }
    for path in keys_in(&places.system)? {
        add(&mut store, &path, "")?;
    }
    for path in &places.control_plane {
        if exists(path)? {
            add(&mut store, path, "")?;
        }
    }
    Ok(store)
}

/// Trusts the key in a file. `named_by` says who named it, for errors; its own path is enough for a report.
fn add(store: &mut TrustStore, path: &Path, named_by: &str) -> Result<()> {
    let who = if named_by.is_empty() { String::new() } else { format!(" (named by {named_by})") };
    let shown = printable_path(path);
    let read = trusted::read(path, MAX_KEY_FILE).map_err(|error| {
        let help = "give the path of a public key: PEM, or minisign's";
        refused(error, Failure::new(format!("cannot read the public key {shown}{who}")).at(&shown).help(help))
    })?;
    let key = within(&read)
        .and_then(PublicKey::read)
        .with_context(|| Failure::new(format!("cannot use {shown} as a public key{who}")).at(&shown))?;
    store.add(key, shown);
    Ok(())
}

fn within(read: &files::Bounded) -> std::result::Result<&[u8], KeyError> {
    if read.size > MAX_KEY_FILE {
        return Err(KeyError::TooLarge { size: read.size, limit: MAX_KEY_FILE });
    }
    Ok(&read.bytes)
}

/// The files of the machine's key folder, by name; hidden ones are somebody's editor's.
fn keys_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let failure = || {
        let shown = printable_path(folder);
        Failure::new(format!("cannot list the trusted keys in {shown}")).at(&shown)
    };
    let judged = match trusted::folder(folder) {
        Err(RefusedFile::Io(error)) if is_out_of_reach(&error) => return Ok(Vec::new()),
        judged => judged.map_err(|error| refused(error, failure()))?,
    };
    let listing = match fs::read_dir(judged) {
        Err(error) if is_out_of_reach(&error) => return Ok(Vec::new()),
        listing => listing.with_context(failure)?,
    };
    let mut found = Vec::new();
    for entry in listing {
        let entry = entry.with_context(failure)?;
        let hidden = entry.file_name().as_bytes().starts_with(b".");
        if !hidden && !entry.path().is_dir() {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

/// Refuses a signature that was named and is not there, also where no key is known to verify it with.
///
/// # Errors
/// Whatever looking at it gives.
pub(super) fn signature_is_there(options: &KeyArgs) -> Result<()> {
    let Some(path) = &options.signature else { return Ok(()) };
    let shown = printable_path(path);
    let help = "get the signature from where the bundle was released, or leave out --signature";
    let failure = || Failure::new(format!("cannot read the signature {shown}")).at(&shown).help(help);
    fs::metadata(path).map(|_| ()).with_context(failure)
}

fn exists(path: &Path) -> Result<bool> {
    match fs::symlink_metadata(path) {
        Ok(_) => Ok(true),
        Err(error) if is_out_of_reach(&error) => Ok(false),
        Err(error) => {
            let shown = printable_path(path);
            Err(Error::new(error).context(Failure::new(format!("cannot look at {shown}")).at(&shown)))
        }
    }
}

/// A place that nobody named and that is closed to the caller, another user's home for one, is as good as empty: with no
/// key from elsewhere nothing is called verified.
fn is_out_of_reach(error: &io::Error) -> bool {
    files::is_absent(error) || error.kind() == io::ErrorKind::PermissionDenied
}

/// The passphrase that was given, if any. An empty one in a flag or a file is one: it is refused where it protects
/// nothing. An empty variable is none.
///
/// # Errors
/// Where its file cannot be read. The passphrase is in no message.
pub(super) fn passphrase(options: &PassphraseArgs) -> Result<Option<Zeroizing<Vec<u8>>>> {
    if let Some(text) = &options.passphrase {
        return Ok(Some(Zeroizing::new(text.as_bytes().to_vec())));
    }
    if let Some(path) = &options.passphrase_file {
        return passphrase_file(path).map(Some);
    }
    Ok(host::env(PASSPHRASE_VARIABLE).map(|value| Zeroizing::new(OsString::into_encoded_bytes(value))))
}

fn passphrase_file(path: &Path) -> Result<Zeroizing<Vec<u8>>> {
    let shown = printable_path(path);
    let mut read = trusted::read(path, MAX_PASSPHRASE).map_err(|error| {
        refused(
            error,
            Failure::new(format!("cannot read the passphrase file {shown}")).at(&shown).help(PASSPHRASE_HELP),
        )
    })?;
    if read.size > MAX_PASSPHRASE {
        let message = format!("the passphrase file {shown} is too long (at most {MAX_PASSPHRASE} bytes)");
        bail!(Failure::new(message).at(&shown));
    }
    if read.bytes.last() == Some(&b'\n') {
        read.bytes.pop();
        if read.bytes.last() == Some(&b'\r') {
            read.bytes.pop();
        }
    }
    Ok(read.bytes)
}

/// Reads a private key, opening it with the passphrase that was given.
///
/// # Errors
/// Neither key nor passphrase is in its words.
pub(super) fn secret(path: &Path, options: &PassphraseArgs) -> Result<SecretKey> {
    let shown = printable_path(path);
    let read = trusted::read(path, MAX_KEY_FILE).map_err(|error| {
        refused(error, Failure::new(format!("cannot read the private key {shown}")).at(&shown).help(KEY_HELP))
    })?;
    let bytes = within(&read).map_err(|error| unusable(&shown, error))?;
    let given = passphrase(options)?;
    let opened = match SecretKey::read(bytes, given.as_ref().map(|words| words.as_slice())) {
        Err(KeyError::PassphraseMissing) => match Terminal::of_somebody() {
            Some(terminal) => SecretKey::read(bytes, Some(&asked(&terminal, &format!("Passphrase of {shown}: "))?)),
            None => Err(KeyError::PassphraseMissing),
        },
        other => other,
    };
    opened.map_err(|error| unusable(&shown, error))
}

fn asked(terminal: &Terminal, prompt: &str) -> Result<Zeroizing<Vec<u8>>> {
    terminal.ask(prompt).context("no passphrase was given")
}

fn unusable(shown: &str, error: KeyError) -> Error {
    let failure = Failure::new(format!("cannot use {shown} as a private key")).at(shown);
    let failure = match error {
        KeyError::PassphraseMissing => failure
            .help(format!("give it with --passphrase-file FILE, in {PASSPHRASE_VARIABLE}, or with --passphrase TEXT")),
        _ => failure,
    };
    Error::new(error).context(failure)
}

/// The passphrase for a new key: given, or asked for twice on a terminal. A variable that is set and empty is refused: it is a
/// secret that was not there.
///
/// # Errors
/// As [`passphrase`], and where there is none: that a key is not encrypted has to be said.
pub(super) fn new_passphrase(options: &PassphraseArgs) -> Result<Zeroizing<Vec<u8>>> {
    if let Some(found) = passphrase(options)? {
        return Ok(found);
    }
    let help = format!(
        "give one with --passphrase-file FILE or in {PASSPHRASE_VARIABLE}, or say --no-passphrase: whoever reads the file then has the key"
    );
    if host::env_is_set(PASSPHRASE_VARIABLE) {
        bail!(Failure::new(format!("{PASSPHRASE_VARIABLE} is set and empty")).help(help));
    }
    let Some(terminal) = Terminal::of_somebody() else {
        bail!(
            Failure::new("no passphrase for the private key was given, and there is no terminal to ask for one")
                .help(help)
        );
    };
    let first = asked(&terminal, "Passphrase for the private key: ")?;
    if first.is_empty() {
        bail!(Failure::new("an empty passphrase protects nothing").help(help));
    }
    if asked(&terminal, "Again, to be sure: ")? != first {
        bail!(Failure::new("the two passphrases are not the same").help("nothing was written; try again"));
    }
    Ok(first)
}

/// Refuses early what [`commit`] would refuse, before a passphrase is used or a file is read.
///
/// # Errors
/// Where something is at that place, unless it may be overwritten.
pub(super) fn may_write(place: &Path, existing: Existing) -> Result<()> {
    match fs::symlink_metadata(place) {
        Ok(found) if found.is_dir() => Err(unwritten(place, io::ErrorKind::IsADirectory.into())),
        Ok(_) if existing == Existing::Kept => Err(unwritten(place, io::ErrorKind::AlreadyExists.into())),
        // Not even with `--force`: what is no file would be gone for others too.
        Ok(found) if !found.is_file() && !found.is_symlink() => {
            Err(unwritten(place, io::Error::other("it is not a regular file")))
        }
        _ => Ok(()),
    }
}

/// Puts files in their places, all or none.
///
/// # Errors
/// Names the place that could not be taken.
pub(super) fn commit(staged: &[files::Staged], existing: Existing) -> Result<()> {
    files::commit(staged, existing).map_err(|(place, error)| unwritten(&place, error))
}

/// Why a file was not written, and that nothing was.
pub(super) fn unwritten(place: &Path, error: io::Error) -> Error {
    let shown = printable_path(place);
    if error.kind() == io::ErrorKind::AlreadyExists {
        let help = "nothing was written; choose another name, or overwrite it with --force";
        return Failure::new(format!("{shown} is there already")).at(&shown).help(help).into();
    }
    Error::new(error).context(Failure::new(format!("cannot write {shown}")).at(&shown))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::authentication::detached_signature;
    use crate::commands::failure::words;
    use crate::config::Config;
    use crate::signing::SignatureFileError;
    use crate::signing::detached::MAX_SIGNATURE_FILE;

    const ONE: &str = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3\n";

    fn pem(number: u8) -> String {
        SecretKey::from_seed(&[number; 32]).public().to_spki_pem()
    }

    #[test]
    fn keys_are_gathered_from_every_place_and_each_remembers_where() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for (name, content) in
            [("flag", pem(1)), ("listed", ONE.to_owned()), ("config/a", pem(2)), ("keys.d/b", pem(1))]
        {
            fs::create_dir_all(at(name).parent().unwrap()).unwrap();
            fs::write(at(name), content).unwrap();
        }
        fs::write(at("keys.d/.b.swp"), "an editor's").unwrap();
        fs::create_dir_all(at("home/.server-flow")).unwrap();
        fs::write(at("home").join(CONTROL_PLANE_KEY), pem(3)).unwrap();
        let options = KeyArgs { keys: vec![at("flag")], signature: None };
        let config = Config::parse("[signature]\nkeys = [\"a\"]\n").unwrap();
        let configured = Configured { config, path: None, text: None, folder: Some(at("config")) };
        let places = KeyPlaces {
            listed: Some(at("listed").into_os_string()),
            system: at("keys.d"),
            control_plane: vec![at("home").join(CONTROL_PLANE_KEY)],
        };
        let gathered = |places: &KeyPlaces| collect(&options, &configured, places);
        let store = gathered(&places).unwrap();
        let origins: Vec<Vec<_>> = store.iter().map(|known| known.origins.clone()).collect();
        let shown = |name: &str| printable_path(&at(name));
        let expected = [
            vec![shown("flag"), shown("keys.d/b")],
            vec![shown("listed")],
            vec![shown("home/.server-flow/cp-public-key.pem")],
        ];
        assert_eq!(origins, expected);
        // The configuration's count where the command line names none.
        let store = collect(&KeyArgs::default(), &configured, &places).unwrap();
        assert!(store.iter().any(|known| known.origins == [shown("config/a")]));

        // What was named and is not there, or is no key, stops the run; what is only looked for may be absent.
        let nowhere = KeyPlaces { listed: None, system: at("none"), control_plane: vec![at("flag/none")] };
        assert_eq!(gathered(&nowhere).unwrap().len(), 1);
        let gone =
            KeyPlaces { listed: Some(at("gone").into_os_string()), system: at("none"), control_plane: Vec::new() };
        assert!(words(&gathered(&gone).unwrap_err()).contains("BUNDLE_DOCTOR_KEYS"));
        fs::write(at("keys.d/c"), "no key").unwrap();
        assert!(words(&gathered(&places).unwrap_err()).contains("keys.d/c"));
    }

    #[test]
    fn a_signature_is_looked_for_beside_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = printable_path(&folder.path().join("a.tar.gz"));
        let found = |named: Option<&Path>| {
            detached_signature(&file, named).map(|found| found.map(|(path, read)| (path, read.is_ok())))
        };
        assert!(found(None).unwrap().is_none());
        fs::write(format!("{file}.sig"), [1; 64]).unwrap();
        assert_eq!(found(None).unwrap(), Some((format!("{file}.sig").into(), true)));
        fs::write(format!("{file}.minisig"), "not one").unwrap();
        assert_eq!(found(None).unwrap(), Some((format!("{file}.minisig").into(), false)));
        let named = folder.path().join("other");
        assert!(found(Some(&named)).is_err());
        fs::write(&named, vec![0; MAX_SIGNATURE_FILE * 3]).unwrap();
        let (_, read) = detached_signature(&file, Some(&named)).unwrap().unwrap();
        assert_eq!(read.unwrap_err(), SignatureFileError::TooLarge { size: MAX_SIGNATURE_FILE * 3 });
        assert!(detached_signature("-", None).unwrap().is_none());
    }

    #[test]
    fn a_passphrase_loses_one_line_end() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("passphrase");
        for (content, expected) in [("a b \n", "a b "), ("a\r\n", "a"), ("a\n\n", "a\n"), ("a", "a"), ("\n", "")] {
            fs::write(&file, content).unwrap();
            assert_eq!(passphrase_file(&file).unwrap().as_slice(), expected.as_bytes(), "{content:?}");
        }
        fs::write(&file, vec![b'a'; MAX_PASSPHRASE + 1]).unwrap();
        assert!(passphrase_file(&file).is_err());
    }
}
