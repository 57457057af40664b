//! Keys and signatures made by the real tools (minisign 0.11, OpenSSL 3.0.19, Node 20.20.2), for tests only.
//!
//! TEST KEYS. They are public, they sign nothing, and nobody may ever trust them. The passphrase of every encrypted one is
//! `correct horse`.

/// The passphrase of the encrypted test keys.
pub(super) const PASSPHRASE: &[u8] = b"correct horse";

/// What was signed.
pub(super) const PAYLOAD: &[u8] = b"agent bundle\n";

/// TEST KEY. `minisign -G -W`: the public key.
pub(super) const W_PUB: &str = "untrusted comment: minisign public key F1D834EE513EDF5F\n\
RWRf3z5R7jTY8Ywn+W9bSsdAAEPHpXbFZt4rxeH6Ijg0yl2i95BzOfHZ\n\
";
/// TEST KEY. The secret key of it, whose checksum minisign 0.11 leaves zero.
pub(super) const W_KEY: &str = "untrusted comment: minisign encrypted secret key\n\
RWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAX98+Ue402PHONmDblQxxHiy6pPL47pHZCt+yQJNB2OOH9Zx52nzKdown+W9bSsdAAEPHpXbFZt4rxeH6Ijg0yl2i95BzOfHZAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\
";
/// TEST KEY. The same key with the checksum filled in.
pub(super) const W_KEY_SUMMED: &str = "untrusted comment: minisign unencrypted secret key\n\
RWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAX98+Ue402PHONmDblQxxHiy6pPL47pHZCt+yQJNB2OOH9Zx52nzKdown+W9bSsdAAEPHpXbFZt4rxeH6Ijg0yl2i95BzOfHZGEsCLHrEaXD7+9pip5nwQBh4ne811hSgQfcwnIK1d0U=\n\
";
/// TEST KEY. The same key, encrypted at libsodium's least cost so that tests are quick. minisign 0.11 opens it.
pub(super) const W_KEY_LOW: &str = "untrusted comment: minisign encrypted secret key\n\
RWRTY0IyxG8KEMaIQdS2vjU4frCPyLG1jCYMxAtUbN6/IrhMobcAgAAAAAAAAAAAAAEAAAAAXTRA0wPsOmGMUOtSPgj6R14seuEuNc2nJpHyuAmH4+faZ+MISxvqFYHTrRqntjSJnkebiQJ/TXPkTe3x8xWc/7zjCO+eG/iDWPfS3PUxhQzzI9NiCNpSGmADUxKoV6lq8y4FEg62h/M=\n\
";
/// `minisign -S` with that key, over the payload.
pub(super) const W_PREHASHED: &str = "untrusted comment: signature from minisign secret key\n\
RURf3z5R7jTY8dgFRzKJAvTYYxmQdI1mGqExc0dIpuZznbIuvGcxRNBkUt7FVrYgqWWR2At34bKb9mhp2F3I+w4M/jnbwka5LAQ=\n\
trusted comment: timestamp:1795443701\tfile:payload.txt\thashed\n\
QBxQEccMVAHhfx2S1d7Z6XdD00P4tYhDyptIZ7nNY7m/SZ+qh8TCpYZeR3vDzm8NdORrHELWL2zLmopXekMwBw==\n\
";
/// `minisign -S -l` with that key, over the payload.
pub(super) const W_LEGACY: &str = "untrusted comment: signature from minisign secret key\n\
RWRf3z5R7jTY8WNFJofCw45RhEsaulyQp3DHFRGnBgWd83XjffSXFkX/e95eMVRllxVzLMoq7NqLZDh4sn+BOkR6J35MF7PfOQ0=\n\
trusted comment: timestamp:1795443701\tfile:payload.txt\n\
lKQBIBRh2j1XTPZ/A4SHqNP3u64hWTSor0htTBmm60CHAEL/xCxXOXfvQKI7va9dndwg1M/E/a5NE4b5Xrd9Bw==\n\
";
/// TEST KEY. `minisign -G` with a passphrase, at minisign's own cost: the public key.
pub(super) const E_PUB: &str = "untrusted comment: minisign public key EC099D54F3BAB9CC\n\
RWTMubrzVJ0J7EQ7dN93x2uwSiOoBWKekZHeQn4MGtUWBxmu3EOg4s7G\n\
";
/// TEST KEY. The secret key of it.
pub(super) const E_KEY: &str = "untrusted comment: minisign encrypted secret key\n\
RWRTY0IywSWfkDGwRMwf2SrX7Oy1L+C9vy8E+/SED1BfSCIuNZ8AAAACAAAAAAAAAEAAAAAAhJUONWvIdBxGNI8fDLOx9cjzhJpk6pVXoXDpmqKQ123yOZ4eJBtJUKvBzc0jLeAC13XqeC2jtsehfyZoiRItQqd8XFwGoxYqjgOF1uK/k/3rFeOlmRla3o2jMh98jllba35NhacLBSA=\n\
";
/// `minisign -S -t … -c …` with that key, over the payload.
pub(super) const E_SIGNATURE: &str = "untrusted comment: by the encrypted test key\n\
RUTMubrzVJ0J7B+M2PUhNLIVmwmknRcdVldzVEsF+kHaPhT+p+LvUw+wUwClBAiRFnEMH5tVwfCMTTzpUr7iaM+Xyc0JBIkubgo=\n\
trusted comment: timestamp:1700000000\tfile:agent-bundle.tar.gz\tversion:0.1.27\thashed\n\
sL/t9SG9SZztXKr/95JNbQSY2J/GRqVkIgM/PkbzdfC6DPjSP+VwdKd8oH2mN6eA6Y7MTuXROXhQoUAkYXmkDw==\n\
";
/// TEST KEY. `openssl genpkey -algorithm ed25519`.
pub(super) const O_KEY: &str = "-----BEGIN PRIVATE KEY-----\n\
MC4CAQAwBQYDK2VwBCIEIICLuX8SwmFH9iHC4nuKUUuPKh82v2sT8uOyEoHvYuHQ\n\
-----END PRIVATE KEY-----\n\
";
/// TEST KEY. `openssl pkey -pubout` of it.
pub(super) const O_PUB: &str = "-----BEGIN PUBLIC KEY-----\n\
MCowBQYDK2VwAyEANKbZwrYPdZC5s3Gn2dVAGpX0KCN5T7ciU3JawvAI8+E=\n\
-----END PUBLIC KEY-----\n\
";
/// TEST KEY. `openssl pkcs8 -topk8 -v2 aes-256-cbc` of it.
pub(super) const O_KEY_PBKDF2: &str = "-----BEGIN ENCRYPTED PRIVATE KEY-----\n\
MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAhs2BhnAktpNwICCAAw\n\
DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEGAKHTpkMFdEf8qmDKNbEGgEQKXW\n\
HKN1HgbD8Q3ye4ELs5CpH5pvKenwrBj65nXdkJZB/a4FG8J2LaZmMbQkUF5SmpUh\n\
a/7lSLhbe+PQiMcj3fM=\n\
-----END ENCRYPTED PRIVATE KEY-----\n\
";
/// TEST KEY. `openssl pkcs8 -topk8 -scrypt` of it.
pub(super) const O_KEY_SCRYPT: &str = "-----BEGIN ENCRYPTED PRIVATE KEY-----\n\
MIGTME8GCSqGSIb3DQEFDTBCMCEGCSsGAQQB2kcECzAUBAhuHbXsqtxYKgICQAAC\n\
AQgCAQEwHQYJYIZIAWUDBAEqBBDqjcExwGxY+203oeMVrmelBEDNf8ectCAACLc/\n\
JZt3X28tfNdoLey6/+Q9fQV/QcZFpBZBHGC3eif/4lYln4518fn2Z8/3orQELfVX\n\
NwysnpHt\n\
-----END ENCRYPTED PRIVATE KEY-----\n\
";
/// TEST KEY. `openssl pkcs8 -topk8 -v2 des3` of it: a cipher we do not take.
pub(super) const O_KEY_3DES: &str = "-----BEGIN ENCRYPTED PRIVATE KEY-----\n\
MIGKME4GCSqGSIb3DQEFDTBBMCkGCSqGSIb3DQEFDDAcBAhkvdFkrFxkygICCAAw\n\
DAYIKoZIhvcNAgkFADAUBggqhkiG9w0DBwQItvK0mN6k6EgEOOOig5K3pNQIcHtb\n\
srh1Q2SNUdhFrw7ROiD8tdx4bUhBu26Df4WqUMxjmokl/wSQsZRA2fzuw05u\n\
-----END ENCRYPTED PRIVATE KEY-----\n\
";
/// TEST KEY. `openssl pkcs8 -topk8 -v1 PBE-SHA1-3DES` of it: a scheme we do not take.
pub(super) const O_KEY_PBES1: &str = "-----BEGIN ENCRYPTED PRIVATE KEY-----\n\
MFgwHAYKKoZIhvcNAQwBAzAOBAiQPnKVbEBuWAICCAAEOEEsQ0altOzz9mr2cqEN\n\
y9VSjh5YWeAzyC7CHNecY6TnNW4Cz9WZDfAxqBzqO1npa9FR7RSp9hpr\n\
-----END ENCRYPTED PRIVATE KEY-----\n\
";
/// `openssl pkeyutl -sign -rawin` with that key over the payload, as `openssl base64 -A` writes it.
pub(super) const O_BASE64: &str = "cdZ4tWa7v5cl/hqmDhLs2er20swhzdpNrmbe6V6kzQobaZTo6aCx0OM2/1Tf3JSKeKysvJoAVHR5q+LNenhQAw==\n\
";
/// The same as `openssl base64` wraps it.
pub(super) const O_BASE64_WRAPPED: &str = "cdZ4tWa7v5cl/hqmDhLs2er20swhzdpNrmbe6V6kzQobaZTo6aCx0OM2/1Tf3JSK\n\
eKysvJoAVHR5q+LNenhQAw==\n\
";
/// The first 16 hex digits of `openssl pkey -pubin -outform DER | sha256sum` for that key.
pub(super) const O_ID: &str = "ACAA06BD3EF893C2";
/// TEST KEY. Node's `generateKeyPairSync('ed25519')`, PKCS#8 PEM.
pub(super) const N_KEY: &str = "-----BEGIN PRIVATE KEY-----\n\
MC4CAQAwBQYDK2VwBCIEIHD8cdbTvLjQhDTmfAfdWdg2DBK5AEeiDHmOvblXC2s8\n\
-----END PRIVATE KEY-----\n\
";
/// TEST KEY. The public half, SPKI PEM.
pub(super) const N_PUB: &str = "-----BEGIN PUBLIC KEY-----\n\
MCowBQYDK2VwAyEA36ydxBHyx5r8jx1h0Gedtjvj8XJc3Vp/7SlCSPk648s=\n\
-----END PUBLIC KEY-----\n\
";
/// TEST KEY. The same with Node's `cipher: 'aes-256-cbc'`.
pub(super) const N_KEY_ENCRYPTED: &str = "-----BEGIN ENCRYPTED PRIVATE KEY-----\n\
MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAgj3CG8yUhW1gICCAAw\n\
DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEMXp6vysE9jdND8M2LNWTOIEQK/3\n\
mOZ8yDyI4z8WLh8QUN0BHLVVOkGcMcesx5dv/TrjwLYPk6yqhDcDTqRb3Pab+4u2\n\
BHsycLYKQ5hY12bqCs0=\n\
-----END ENCRYPTED PRIVATE KEY-----\n\
";
/// Node's `sign(null, payload, key).toString('base64')`.
pub(super) const N_BASE64: &str =
    "VCZkATkLgSnd+N03GZSmszloJUmET7AUGvqvbW0oR4E4wSYWBje2GaQdkDAL58lvejZDhrH4EIqNHkCm5iDQBQ==";
/// TEST KEY. An X25519 private key of Node.
pub(super) const X25519_KEY: &str = "-----BEGIN PRIVATE KEY-----\n\
MC4CAQAwBQYDK2VuBCIEINhL7QkPwKRIK45W8DpSOHHo8ycQQeYAWoNapJqWZPB7\n\
-----END PRIVATE KEY-----\n\
";
/// TEST KEY. The public half of it.
pub(super) const X25519_PUB: &str = "-----BEGIN PUBLIC KEY-----\n\
MCowBQYDK2VuAyEAPdDAVHgoJH7uX3UMUDrygRKjzVoFnO3Lw5luImk6JXc=\n\
-----END PUBLIC KEY-----\n\
";
/// TEST KEY. An RSA public key of Node (1024 bits).
pub(super) const RSA_PUB: &str = "-----BEGIN PUBLIC KEY-----\n\
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQC72m2XS227erW8EPlWE0XekjvS\n\
VU2Gi8LhBwCIc0hmUipc3tgAZ8sPK8PTuYnPuQA8wRV4ks4xGnjmW/7cIHaZTKWE\n\
4lvoh7r2QKe1pv5hvxqQS3ZUFEmIznE6hhZT42BF6Xpm2BYSTRZYre6kS8JrCTg9\n\
0G17RwQm+c4MLFZ4BwIDAQAB\n\
-----END PUBLIC KEY-----\n\
";
/// TEST KEY. A P-256 public key of Node.
pub(super) const EC_PUB: &str = "-----BEGIN PUBLIC KEY-----\n\
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEDpuAmMlDxC0K+St/Nh3dgZANFm1U\n\
bMN94KfZdzQNPtS0rIhLF5opxawvrMNdtkxL6Z0z5KdreWAYT1JYKFc9jQ==\n\
-----END PUBLIC KEY-----\n\
";
