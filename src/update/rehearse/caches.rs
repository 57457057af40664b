//! What the package managers see of the caller: how to reach the registry, and, with `--offline`, what is in their caches.
//!
//! Measured with pnpm 9 and npm 10 (`tests/lab/rehearse.py` looks at every file before and after): `pnpm install --offline`
//! writes nothing to its store unless it links files into it, hence `package-import-method`; `npm install --offline` writes
//! its index anew, hence a copy of the index beside a link to the contents.

use super::error::RehearsalError;
use super::plan::{Choice, Network, RehearsalPlan};
use super::prepare::prepare;
use crate::host::process::{Environment, Request};
use crate::host::{self, folders, paths};
use crate::redact::Redactor;
use crate::update::Manager;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// The rehearsal's own caches.
pub(super) struct Caches {
    root: PathBuf,
    network: Network,
    caller: Vec<(OsString, OsString)>,
    shown: Vec<String>,
}

/// Variables of the caller's that lead to its tools and to the registry, and hold nothing secret. A proxy's address may have
/// a password in it, without which nothing could be installed.
const PASSED_ON: [&str; 40] = [
    "PATH",
    "USER",
    "LOGNAME",
    "SHELL",
    "LANG",
    "TZ",
    "TERM",
    "LD_LIBRARY_PATH",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "NODE_EXTRA_CA_CERTS",
    "CURL_CA_BUNDLE",
    "NIX_SSL_CERT_FILE",
    "OPENSSL_CONF",
    "NODE_USE_SYSTEM_CA",
    "NODE_USE_ENV_PROXY",
    "COREPACK_HOME",
    "COREPACK_ROOT",
    "COREPACK_NPM_REGISTRY",
    "COREPACK_INTEGRITY_KEYS",
    "XDG_CONFIG_HOME",
    "VOLTA_HOME",
    "NVM_DIR",
    "NVM_BIN",
    "FNM_DIR",
    "FNM_MULTISHELL_PATH",
    "PNPM_HOME",
    "N_PREFIX",
    "NODENV_ROOT",
    "NODENV_VERSION",
    "ASDF_DIR",
    "ASDF_DATA_DIR",
    "MISE_DATA_DIR",
    "MISE_CONFIG_DIR",
];

/// Whether the update's commands may see a variable of the caller's: a bundle's install scripts see what they see.
fn is_passed_on(name: &OsStr, shown: &[String]) -> bool {
    let Some(name) = name.to_str() else { return false };
    let npm = name.get(..11).is_some_and(|start| start.eq_ignore_ascii_case("npm_config_"));
    // `npm_config__auth`, `npm_config_//registry/:_authToken`: the caller's `.npmrc` is where those belong.
    let plain =
        || !name.contains("//") && !name.to_ascii_lowercase().contains("auth") && !Redactor::is_secret_name(name);
    shown.iter().any(|wanted| wanted == name) || PASSED_ON.contains(&name) || (npm && plain())
}

impl Caches {
    /// Makes them: empty, or showing what the caller's have.
    pub(super) fn prepare(root: &Path, plan: &RehearsalPlan, stop: &AtomicBool) -> Result<Self, RehearsalError> {
        let (network, choice) = (plan.network, plan.choice);
        let shown = plan.shown_variables.clone();
        let caches = Self { root: root.join("caches"), network, caller: host::environment(), shown };
        let failed = |source| RehearsalError::Io { what: "prepare the package managers' caches".to_owned(), source };
        folders::make(&caches.root).map_err(failed)?;
        if network == Network::CachesOnly {
            if choice != Choice::Only(Manager::Pnpm)
                && let Some(npm) = caches.place("npm_config_cache", "npm", &["config", "get", "cache"], stop)?
            {
                caches.show_npm(&npm).map_err(failed)?;
            }
            if choice != Choice::Only(Manager::Npm) {
                if let Some(store) = caches.place("npm_config_store_dir", "pnpm", &["store", "path"], stop)? {
                    caches.show_store(&store).map_err(failed)?;
                }
                let configured = caches.place("npm_config_cache_dir", "pnpm", &["config", "get", "cache-dir"], stop)?;
                if let Some(cache) = configured.or_else(|| Some(caches.callers_cache()?.join("pnpm"))) {
                    folders::link_each(&cache, &caches.pnpm()).map_err(failed)?;
                }
            }
        }
        Ok(caches)
    }

    fn store(&self) -> PathBuf {
        self.root.join("pnpm-store")
    }

    fn pnpm(&self) -> PathBuf {
        self.root.join("pnpm")
    }

    fn npm(&self) -> PathBuf {
        self.root.join("npm")
    }

    /// A place of the caller's: what its environment says, before which a package manager heeds its command line only (npm's
    /// manual, "config"), else what the program answers. A start of either takes longer than extracting a bundle.
    fn place(
        &self,
        variable: &str,
        program: &str,
        args: &[&str],
        stop: &AtomicBool,
    ) -> Result<Option<PathBuf>, RehearsalError> {
        let mut given = self.caller.iter().filter(|(known, _)| same_name(known, variable)).map(|(_, value)| value);
        if let (Some(path), None) = (given.next().map(PathBuf::from), given.next())
            && path.is_absolute()
        {
            return Ok(Some(path));
        }
        let answer = ask(program, args, stop)?;
        Ok(answer.filter(|path| path != "undefined").map(PathBuf::from))
    }

    /// pnpm's store, with or without the version of its layout, such as `v3`, which pnpm appends by itself.
    fn show_store(&self, store: &Path) -> io::Result<()> {
        let is_version = |name: &OsStr| {
            name.to_str().and_then(|name| name.strip_prefix('v')).is_some_and(|number| number.parse::<u32>().is_ok())
        };
        if let Some(version) = store.file_name().filter(|name| is_version(name)) {
            return folders::link_each(store, &self.store().join(version));
        }
        if !store.is_dir() {
            return Ok(());
        }
        for version in paths::names(store)?.iter().filter(|name| is_version(name)) {
            folders::link_each(&store.join(version), &self.store().join(version))?;
        }
        Ok(())
    }

    fn show_npm(&self, cache: &Path) -> io::Result<()> {
        let (theirs, ours) = (cache.join("_cacache"), self.npm().join("_cacache"));
        if !theirs.is_dir() {
            return Ok(());
        }
        folders::make_all(&ours)?;
        for name in paths::names(&theirs)? {
            let entry = theirs.join(&name);
            match name.to_str() {
                Some(index) if index.starts_with("index-") => folders::copy_through(&entry, &ours.join(index))?,
                Some(content) if content.starts_with("content-") => folders::link(&entry, &ours.join(content))?,
                _ => {}
            }
        }
        Ok(())
    }

    fn variable(&self, name: &str) -> Option<&OsStr> {
        self.caller.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_os_str())
    }

    fn callers_home(&self) -> Option<PathBuf> {
        self.variable("HOME").filter(|home| !home.is_empty()).map(PathBuf::from)
    }

    /// XDG Base Directory Specification: `$XDG_CACHE_HOME`, else `~/.cache`.
    fn callers_cache(&self) -> Option<PathBuf> {
        let set = self.variable("XDG_CACHE_HOME").filter(|path| !path.is_empty()).map(PathBuf::from);
        set.or_else(|| Some(self.callers_home()?.join(".cache")))
    }

    /// The environment of the update's commands: the agent's, as systemd gives it, with what is needed to reach the
    /// registry as the caller does (proxies, certificates, npm's own variables). Nothing else of the caller's is passed on:
    /// whoever releases has its keys and tokens there.
    pub(super) fn environment(
        &self,
        home: &Path,
        temporary: &Path,
        manager: Option<Manager>,
    ) -> Vec<(OsString, OsString)> {
        let mut set: Vec<(String, OsString)> = vec![
            ("HOME".into(), home.into()),
            ("TMPDIR".into(), temporary.into()),
            ("NODE_ENV".into(), "production".into()),
            // The words of tar, cp and curl are read.
            ("LC_ALL".into(), "C".into()),
            // No server is a CI, and there pnpm would insist on the lock file. With `false` both believe it.
            ("CI".into(), "false".into()),
            ("COREPACK_ENABLE_DOWNLOAD_PROMPT".into(), "0".into()),
            ("COREPACK_DEFAULT_TO_LATEST".into(), "0".into()),
        ];
        let mut add = |name: &str, value: OsString| set.push((name.to_owned(), value));
        for name in ["NO_PROXY", "no_proxy"] {
            let mut value = self.variable(name).unwrap_or_default().to_owned();
            if !value.is_empty() {
                value.push(",");
            }
            value.push("127.0.0.1");
            add(name, value);
        }
        if let Some(home) = self.callers_home() {
            let elsewhere = [
                ("npm_config_userconfig", home.join(".npmrc")),
                ("XDG_CONFIG_HOME", home.join(".config")),
                ("COREPACK_HOME", home.join(".cache/node/corepack")),
                ("VOLTA_HOME", home.join(".volta")),
            ];
            for (name, path) in elsewhere {
                let given = self.caller.iter().any(|(known, _)| same_name(known, name));
                if !given && path.exists() {
                    add(name, path.into());
                }
            }
        }
        for (name, value) in self.settings(manager) {
            add(name, value);
        }
        let is_ours = |name: &OsStr| set.iter().any(|(ours, _)| same_name(name, ours));
        let mut environment: Vec<_> =
            self.caller.iter().filter(|(name, _)| !is_ours(name) && is_passed_on(name, &self.shown)).cloned().collect();
        environment.extend(set.into_iter().map(|(name, value)| (name.into(), value)));
        environment
    }

    /// Each package manager gets its own variables only: npm complains of those that it does not know.
    fn settings(&self, manager: Option<Manager>) -> Vec<(&'static str, OsString)> {
        let mut settings = match manager {
            None => return Vec::new(),
            Some(Manager::Pnpm) => {
                vec![("npm_config_store_dir", self.store().into()), ("npm_config_cache_dir", self.pnpm().into())]
            }
            Some(Manager::Npm) => vec![
                ("npm_config_cache", self.npm().into()),
                ("npm_config_logs_max", "0".into()),
                ("npm_config_audit", "false".into()),
                ("npm_config_fund", "false".into()),
            ],
        };
        settings.push(("npm_config_update_notifier", "false".into()));
        if self.network == Network::CachesOnly {
            settings.push(("npm_config_offline", "true".into()));
            if manager == Some(Manager::Pnpm) {
                settings.push(("npm_config_package_import_method", "clone-or-copy".into()));
            }
        }
        settings
    }
}

/// npm heeds its variables in any case.
fn same_name(a: &OsStr, b: &str) -> bool {
    a == b || (b.starts_with("npm_config_") && a.to_str().is_some_and(|a| a.eq_ignore_ascii_case(b)))
}

/// What a package manager says of its own places, as the caller has it; nothing where there is no such program.
fn ask(program: &str, args: &[&str], stop: &AtomicBool) -> Result<Option<String>, RehearsalError> {
    let mut request = Request::new(program, args);
    request.timeout = Duration::from_secs(60);
    // Asking leaves no log, nor takes away those that are there: npm removes all but so many, where it finds any.
    let quiet =
        [("npm_config_logs_max", "0"), ("npm_config_logs_dir", "/dev/null"), ("npm_config_update_notifier", "false")];
    let quiet = quiet.map(|(name, value)| (name.into(), Some(value.into())));
    request.environment = Environment::Inherited(quiet.to_vec());
    match prepare(&request, stop, &format!("ask {program} for its cache")) {
        Ok(answer) => Ok(Some(answer.trim().to_owned()).filter(|path| !path.is_empty())),
        Err(RehearsalError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(caller: &[(&str, &str)], network: Network, manager: Option<Manager>) -> Vec<(String, String)> {
        let caller = caller.iter().map(|(name, value)| (name.into(), value.into())).collect();
        let shown = vec!["NPM_TOKEN".to_owned()];
        let caches = Caches { root: PathBuf::from("/t/caches"), network, caller, shown };
        let plain = |word: OsString| word.into_string().unwrap();
        let found = caches.environment(Path::new("/t/home"), Path::new("/t/tmp"), manager);
        found.into_iter().map(|(name, value)| (plain(name), plain(value))).collect()
    }

    fn values<'e>(environment: &'e [(String, String)], name: &str) -> Vec<&'e str> {
        environment.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect()
    }

    #[test]
    fn the_registry_is_the_callers_and_the_places_are_not() {
        let caller = [
            ("HOME", "/nobody"),
            ("npm_config_registry", "http://registry"),
            ("NPM_CONFIG_CACHE", "/nobody/cache"),
            ("XDG_CACHE_HOME", "/nobody/.cache"),
            ("no_proxy", "intranet"),
            ("CI", "true"),
            ("HTTPS_PROXY", "http://proxy"),
            ("BUNDLE_DOCTOR_PASSPHRASE", "secret"),
            ("RELEASE_KEY", "secret"),
            ("GITHUB_TOKEN", "secret"),
            ("AWS_PROFILE", "secret"),
            ("SSH_AUTH_SOCK", "secret"),
            ("npm_config__auth", "secret"),
            ("NPM_CONFIG_//registry/:_authToken", "secret"),
            ("npm_config_otp_secret", "secret"),
            ("LD_PRELOAD", "secret"),
            ("NODE_OPTIONS", "secret"),
            ("NPM_TOKEN", "wanted"),
        ];
        let seen = environment(&caller, Network::Registry, Some(Manager::Npm));
        for (name, expected) in [
            ("HOME", &["/t/home"][..]),
            ("TMPDIR", &["/t/tmp"]),
            ("NODE_ENV", &["production"]),
            ("npm_config_registry", &["http://registry"]),
            // npm heeds both spellings, and which of them wins is not said anywhere.
            ("NPM_CONFIG_CACHE", &[]),
            ("npm_config_cache", &["/t/caches/npm"]),
            ("XDG_CACHE_HOME", &[]),
            ("no_proxy", &["intranet,127.0.0.1"]),
            ("NO_PROXY", &["127.0.0.1"]),
            ("CI", &["false"]),
            ("npm_config_store_dir", &[]),
            ("npm_config_offline", &[]),
            ("HTTPS_PROXY", &["http://proxy"]),
            ("NPM_TOKEN", &["wanted"]),
        ] {
            assert_eq!(values(&seen, name), expected, "{name}");
        }
        assert!(!seen.iter().any(|(_, value)| value == "secret"), "{seen:?}");
        let plain = environment(&caller, Network::Registry, None);
        assert_eq!(values(&plain, "npm_config_cache"), [""; 0]);
    }

    #[test]
    fn offline_nothing_is_linked_into_the_callers_store() {
        let seen = environment(&[], Network::CachesOnly, Some(Manager::Pnpm));
        for (name, expected) in [
            ("npm_config_offline", "true"),
            ("npm_config_package_import_method", "clone-or-copy"),
            ("npm_config_store_dir", "/t/caches/pnpm-store"),
        ] {
            assert_eq!(values(&seen, name), [expected], "{name}");
        }
    }
}
