//! Programs that are given secrets on their command line, and where: behind options, and in places that say nothing.

/// What a program's option holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    /// A secret.
    Secret,
    /// A user, a sign, and a password.
    UserAnd(u8),
    /// A user, a sign and a password; or, without the sign, a secret that looks made by chance.
    UserOrSecret(u8),
    /// `pass:PASSWORD`, or a file or a variable that holds it.
    PassWord,
}

/// Programs, and their options that hold a secret.
pub(super) type Options = (&'static [&'static str], &'static [(&'static str, Holds)]);

/// Options by program, as their manual pages have them. `-p*` is an option whose value follows without a blank, `-~u` one
/// that may stand last among others that have none (`-sSLu`).
pub(super) const OPTIONS: &[Options] = &[
    (
        &["curl", "wget", "lwp-request", "aria2c"],
        &[
            ("-~u", Holds::UserAnd(b':')),
            ("-u*", Holds::UserAnd(b':')),
            ("--user", Holds::UserAnd(b':')),
            ("--user=*", Holds::UserAnd(b':')),
            ("--proxy-user=*", Holds::UserAnd(b':')),
            ("-U", Holds::UserAnd(b':')),
            ("--proxy-user", Holds::UserAnd(b':')),
            ("--oauth2-bearer", Holds::Secret),
            ("-b", Holds::Secret),
            ("--cookie", Holds::Secret),
        ],
    ),
    (
        &["http", "https", "xh", "xhs", "httpie"],
        &[
            ("-a", Holds::UserOrSecret(b':')),
            ("--auth", Holds::UserOrSecret(b':')),
            ("--auth=*", Holds::UserOrSecret(b':')),
        ],
    ),
    (&["put-parameter"], &[("--value", Holds::Secret), ("--value=*", Holds::Secret)]),
    (&["security"], &[("-p", Holds::Secret), ("-w", Holds::Secret)]),
    (&["gem"], &[("--key", Holds::Secret), ("-k", Holds::Secret)]),
    (&["etcdctl"], &[("--user", Holds::UserAnd(b':')), ("--user=*", Holds::UserAnd(b':'))]),
    (
        &[
            "mysql",
            "mysqldump",
            "mysqladmin",
            "mysqlimport",
            "mysqlshow",
            "mysqlcheck",
            "mariadb",
            "mariadb-dump",
            "mariadb-admin",
        ],
        &[("-p*", Holds::Secret)],
    ),
    (&["sshpass"], &[("-p", Holds::Secret), ("-p*", Holds::Secret)]),
    (
        &[
            "docker",
            "podman",
            "nerdctl",
            "helm",
            "oc",
            "az",
            "skopeo",
            "mongo",
            "mongosh",
            "mongodump",
            "mongorestore",
            "useradd",
            "usermod",
            "pveum",
            "twine",
            "cqlsh",
            "racadm",
            "evil-winrm",
            "clickhouse-client",
            "rabbitmqadmin",
            "tsm",
            "tabcmd",
            "nuget",
            "jf",
            "jfrog",
        ],
        &[("-p", Holds::Secret), ("-p*", Holds::Secret)],
    ),
    (&["redis-cli"], &[("-a", Holds::Secret), ("--pass", Holds::Secret)]),
    (
        &["ldapsearch", "ldapmodify", "ldapadd", "ldapwhoami", "ldappasswd", "ldapdelete"],
        &[("-w", Holds::Secret), ("-w*", Holds::Secret), ("-s", Holds::Secret)],
    ),
    (
        &["smbclient", "rpcclient", "net", "winexe", "wmic", "smbget"],
        &[("-U", Holds::UserAnd(b'%')), ("-U*", Holds::UserAnd(b'%'))],
    ),
    (
        &["openssl"],
        &[
            ("-pass", Holds::PassWord),
            ("-passin", Holds::PassWord),
            ("-passout", Holds::PassWord),
            ("-k", Holds::Secret),
            ("-K", Holds::Secret),
            ("-hmac", Holds::Secret),
        ],
    ),
    (&["ssh-keygen"], &[("-N", Holds::Secret), ("-P", Holds::Secret)]),
    (&["plink", "pscp", "psftp"], &[("-pw", Holds::Secret)]),
    (
        &["zip", "unzip", "ipmitool", "xl2tpd", "sqlcmd", "bcp", "isql", "mosquitto_pub", "mosquitto_sub"],
        &[("-P", Holds::Secret), ("-P*", Holds::Secret)],
    ),
    (&["7z", "7za", "7zz", "rar", "unrar"], &[("-p*", Holds::Secret), ("-hp*", Holds::Secret)]),
    (
        &["snmpwalk", "snmpget", "snmpset", "snmpbulkwalk", "snmptrap"],
        &[("-c", Holds::Secret), ("-A", Holds::Secret), ("-X", Holds::Secret)],
    ),
    (&["lftp", "ncftpget", "ncftpput", "ncftpls", "open"], &[("-u", Holds::UserAnd(b',')), ("-p", Holds::Secret)]),
    (&["xfreerdp", "rdesktop"], &[("-p", Holds::Secret), ("/p:*", Holds::Secret)]),
];

/// A secret in a place that says nothing.
pub(super) struct SecretPlace {
    /// Who is given it.
    pub(super) programs: &'static [&'static str],
    /// The word behind which places are counted: a command, or options in whatever order (`-nb`); the program without.
    pub(super) behind: &'static str,
    /// How many words behind it that are no options; 1 is the next.
    pub(super) at: u32,
    /// What stands there.
    pub(super) holds: Holds,
    /// Whether it must look made by chance, as the words are those of sentences too.
    pub(super) wants_chance: bool,
}

const fn place(programs: &'static [&'static str], behind: &'static str, at: u32) -> SecretPlace {
    SecretPlace { programs, behind, at, holds: Holds::Secret, wants_chance: false }
}

const fn likely(programs: &'static [&'static str], behind: &'static str, at: u32) -> SecretPlace {
    SecretPlace { programs, behind, at, holds: Holds::Secret, wants_chance: true }
}

/// Places by program, as their manual pages have them. The first that fits counts.
pub(super) const PLACES: &[SecretPlace] = &[
    place(&["htpasswd"], "-nb", 2),
    place(&["htpasswd"], "-b", 3),
    place(&["rabbitmqctl"], "add_user", 2),
    place(&["rabbitmqctl"], "change_password", 2),
    place(&["rabbitmqctl"], "authenticate_user", 2),
    place(&["mosquitto_passwd"], "-b", 3),
    place(&["rclone"], "obscure", 1),
    place(&["wpa_passphrase"], "", 2),
    place(&["radtest"], "", 2),
    place(&["nmcli"], "password", 1),
    place(&["iwconfig", "iw"], "key", 1),
    likely(&["vault"], "unseal", 1),
    likely(&["vault"], "login", 1),
    likely(&["vault"], "unwrap", 1),
    likely(&["net", "net.exe"], "user", 2),
    likely(&["pm2"], "link", 1),
    // What Redis and its kin are told.
    likely(&["AUTH"], "", 1),
    likely(&["AUTH"], "default", 1),
    // What mail servers are told (RFC 9051, 6.2.3).
    likely(&["LOGIN"], "", 2),
    likely(&["smbclient"], "", 2),
    place(&["mc"], "set", 4),
    place(&["mc"], "add", 4),
    likely(&["bw"], "unlock", 1),
    likely(&["bw"], "login", 2),
    likely(&["cargo"], "login", 1),
    likely(&["snyk"], "auth", 1),
    likely(&["dotnet"], "set", 2),
    likely(&["poetry", "composer"], "config", 3),
    SecretPlace { holds: Holds::UserAnd(b':'), ..place(&["bundle"], "config", 2) },
    SecretPlace { holds: Holds::UserAnd(b':'), ..place(&["etcdctl"], "add", 1) },
    SecretPlace { holds: Holds::UserAnd(b'/'), ..place(&["sqlplus", "impdp", "expdp", "sqlldr", "rman"], "", 1) },
    SecretPlace { holds: Holds::UserAnd(b':'), ..place(&["winscp", "winscp.com"], "", 1) },
];

/// What reads a secret that is piped or handed to it.
pub(super) const READERS: &[&str] = &[
    "--password-stdin",
    "chpasswd",
    "passwd --stdin",
    "sudo -S",
    "cryptsetup",
    "gpg --passphrase-fd",
    "| passwd",
    "|passwd",
    "kinit",
    "vncpasswd",
    "su -",
    "--with-token",
    "create secret",
    "vault login -",
    "password-file",
    "passphrase-file",
    "private-key <",
    "smbpasswd -s",
    "htpasswd -i",
    "smbpasswd -a",
    "pure-pw",
    "pass insert",
    "op signin",
    "op account",
];

/// Programs that have a `-t` of their own.
pub(super) const OTHER_T: &[&str] = &[
    "docker",
    "podman",
    "kubectl",
    "mount",
    "umount",
    "ssh",
    "scp",
    "iptables",
    "ip6tables",
    "nft",
    "systemctl",
    "tar",
    "ls",
    "sort",
    "xargs",
    "nginx",
    "sshd",
    "logger",
    "tmux",
    "column",
    "ps",
    "netstat",
    "ss",
    "touch",
    "test",
    "psql",
    "mkfs",
    "modprobe",
    "ping",
    "grep",
    "ssh-keygen",
];

/// What starts the agent, whose token may be given with `-t`.
pub(super) const AGENTS: &[&str] = &["node", "nodejs", "tsx", "pnpm", "npm", "npx", "bun", "pm2", "server-flow-agent"];
