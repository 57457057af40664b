//! Errors that no cause is about, and that can be told in plain words: native addons that do not fit, and algorithms that a newer
//! OpenSSL no longer offers.

/// An error in plain words, and what helps.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct ExplainedError {
    /// The beginning of a sentence that ends in Node's own words.
    pub words: &'static str,
    /// What helps.
    pub advice: &'static str,
}

/// What the dynamic loader (dlerror(3), glibc's dl-load.c and dl-version.c) and Node (node_binding.cc) say of an addon, the most
/// telling first.
const OF_ADDONS: [(&[&str], ExplainedError); 5] = [
    (
        &["version `GLIBC", "version `CXXABI", "version `GCC_"],
        ExplainedError {
            words: "A native addon of the bundle was built for a newer system than this one, and cannot be loaded",
            advice: "have the bundle built on a system as old as this one, or a newer system installed here",
        },
    ),
    (
        &["was compiled against a different Node.js version", "did not self-register"],
        ExplainedError {
            words: "A native addon of the bundle was built for another version of Node, and cannot be loaded",
            advice: "have the addon built for the Node that the unit starts, or start the Node that it was built for",
        },
    ),
    (
        &["file too short", "cannot read file data", "ELF file's phentsize", "cannot read file header"],
        ExplainedError {
            words: "A native addon of the bundle is damaged, and cannot be loaded",
            advice: "deploy the bundle again, or install its packages anew",
        },
    ),
    (
        &[
            "invalid ELF header",
            "wrong ELF class",
            ".node: cannot open shared object file",
            "cannot enable executable stack",
        ],
        ExplainedError {
            words: "A native addon of the bundle was built for another kind of machine, and cannot be loaded",
            advice: "have the bundle built for this machine (`uname -m`, and glibc or musl), or install its packages here",
        },
    ),
    (
        &["cannot open shared object file", "undefined symbol: "],
        ExplainedError {
            words: "A native addon of the bundle needs a library that this machine does not have, or not in that version",
            advice: "install the package of the system with the library that is named, then start the agent",
        },
    ),
];

/// What OpenSSL 3 says where an algorithm stands in its legacy provider (nodejs.org, "ERR_OSSL_EVP_UNSUPPORTED").
const OF_OPENSSL: ExplainedError = ExplainedError {
    words: "The agent asks for an algorithm that the OpenSSL of this Node no longer offers",
    advice: "have the agent ask for another algorithm; until then `--openssl-legacy-provider` among the options of Node brings the \
             old ones back",
};

/// What an error means, by its own words.
pub(super) fn explained(text: &str) -> Option<ExplainedError> {
    if text.contains("digital envelope routines::unsupported") {
        return Some(OF_OPENSSL);
    }
    // An addon, or a library that one needs: the path stands in the words.
    let is_of_one = [".node", ".so"].iter().any(|ending| text.contains(ending));
    let found = OF_ADDONS.iter().find(|(says, _)| says.iter().any(|words| text.contains(words)))?;
    is_of_one.then_some(found.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_loader_says_is_told_in_plain_words() {
        for (text, words) in [
            (
                "Error: /lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.38' not found (required by /b/a.node)",
                "newer system",
            ),
            ("Error: /b/build/a.node: invalid ELF header", "another kind of machine"),
            (
                "Error: /b/build/a.node: cannot open shared object file: No such file or directory",
                "another kind of machine",
            ),
            ("Error: libvips.so.42: cannot open shared object file: No such file or directory", "needs a library"),
            ("Error: Module did not self-register: '/b/a.node'.", "another version of Node"),
            (
                "Error: The module '/b/a.node' was compiled against a different Node.js version using NODE_MODULE_VERSION 108.",
                "another version of Node",
            ),
            ("Error: /b/a.node: file too short", "is damaged"),
            ("Error: error:0308010C:digital envelope routines::unsupported", "no longer offers"),
        ] {
            assert!(explained(text).is_some_and(|found| found.words.contains(words)), "{text}");
        }
        for text in ["Error: telemetry queue is corrupt", "Error: gave up: file too short", "Error: x.node is gone"] {
            assert_eq!(explained(text), None, "{text}");
        }
    }
}
