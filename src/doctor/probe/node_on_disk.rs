//! The version of a Node that cannot be run, as its own disk and log tell it.

use super::reach;
use crate::doctor::questions::Server;

/// Most bytes of dpkg's list of packages.
const MAX_OF_PACKAGES: usize = 32 << 20;

/// The version of the Node at a path: of a folder of versions (nvm, fnm, n), of the headers that come with it, or of the
/// package that owns `/usr/bin/node`.
pub(super) fn version(server: &dyn Server, path: &str) -> Option<String> {
    let (real, _) = reach::through(server, path).ok()?;
    of_path(&real).or_else(|| of_headers(server, &real)).or_else(|| of_package(server, &real))
}

/// The version that Node has printed last, in lines of `journalctl -o json`.
pub(super) fn printed(lines: &str) -> Option<String> {
    let at = lines.rfind("\"Node.js v")?;
    let digits = lines.get(at + "\"Node.js v".len()..)?.split('"').next()?;
    sound(digits)
}

fn sound(version: &str) -> Option<String> {
    semver::Version::parse(version).ok().map(|version| version.to_string())
}

/// `/root/.nvm/versions/node/v18.19.0/bin/node`.
fn of_path(path: &str) -> Option<String> {
    path.split('/').rev().find_map(|part| sound(part.strip_prefix('v').unwrap_or(part)))
}

/// `include/node/node_version.h` beside `bin/`, as every official build has it.
fn of_headers(server: &dyn Server, path: &str) -> Option<String> {
    let home = path.strip_suffix("/bin/node").or_else(|| path.strip_suffix("/bin/nodejs"))?;
    let bytes = server.read(&format!("{home}/include/node/node_version.h"), 64 << 10).ok()?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let number = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix("#define ")?.strip_prefix(name))?;
        line.trim().parse::<u64>().ok()
    };
    let part = |name: &str| number(&format!("NODE_{name}_VERSION "));
    Some(format!("{}.{}.{}", part("MAJOR")?, part("MINOR")?, part("PATCH")?))
}

/// The package `nodejs` of dpkg's list (deb-version(7): `18.20.4+dfsg-1~deb12u1`).
fn of_package(server: &dyn Server, path: &str) -> Option<String> {
    if !matches!(path, "/usr/bin/node" | "/usr/bin/nodejs") {
        return None;
    }
    let bytes = server.read("/var/lib/dpkg/status", MAX_OF_PACKAGES).ok()?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let package = text.split("\n\n").find(|package| package.trim_start().starts_with("Package: nodejs\n"))?;
    let installed = package.lines().any(|line| line == "Status: install ok installed");
    let version = package.lines().find_map(|line| line.strip_prefix("Version: ")).filter(|_| installed)?;
    let version = version.split_once(':').map_or(version, |(_, version)| version);
    sound(version.split(['-', '+', '~']).next()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::recording::Recorded;

    #[test]
    fn a_version_is_told_without_running_anything() {
        let look = r#"{"kind":"f","mode":493,"uid":0,"gid":0,"size":9,"changed":0}"#;
        let server = |path: &str, file: &str, text: &str| {
            let text = serde_json::to_string(text).unwrap();
            let lines = format!("{{\"ask\":\"look {path}\",\"ok\":{look}}}\n{{\"ask\":\"read {file}\",\"ok\":{text}}}");
            Recorded::parse(lines).unwrap()
        };
        let headers = "#define NODE_MAJOR_VERSION 20\n#define NODE_MINOR_VERSION 11\n#define NODE_PATCH_VERSION 1\n";
        let packages = "Package: nodejs-doc\nVersion: 1.0.0\n\nPackage: nodejs\nStatus: install ok installed\nVersion: 18.20.4+dfsg-1~deb12u1\n";
        let removed = "Package: nodejs\nStatus: deinstall ok config-files\nVersion: 18.20.4-1\n";
        for (path, file, text, wanted) in [
            ("/root/.nvm/versions/node/v18.19.0/bin/node", "/x", "", Some("18.19.0")),
            ("/usr/local/bin/node", "/usr/local/include/node/node_version.h", headers, Some("20.11.1")),
            ("/usr/bin/node", "/var/lib/dpkg/status", packages, Some("18.20.4")),
            ("/usr/bin/node", "/var/lib/dpkg/status", removed, None),
            ("/opt/node/bin/node", "/var/lib/dpkg/status", packages, None),
        ] {
            assert_eq!(version(&server(path, file, text), path).as_deref(), wanted, "{path}: {text}");
        }
        let log =
            "{\"MESSAGE\":\"Node.js v18.20.8\"}\n{\"MESSAGE\":\"Node.js v20.1.0\",\"_PID\":\"1\"}\n{\"MESSAGE\":\"x\"}";
        assert_eq!(printed(log).as_deref(), Some("20.1.0"));
    }
}
