//! The master key: where it comes from, and how it is made once.

use super::VaultError;
use crate::id::digest;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The variable that may hold the key, as 64 hexadecimal digits.
pub const VAULT_KEY_ENV: &str = "GIGCAST_VAULT_KEY";
/// The variable that may hold the key to change to.
pub const VAULT_KEY_NEXT_ENV: &str = "GIGCAST_VAULT_KEY_NEXT";
/// The key file in the data directory.
pub const VAULT_KEY_FILE: &str = "vault.key";
/// The key to change to, beside the one that is changed from, until the change is done.
pub const VAULT_KEY_NEXT_FILE: &str = "vault.key.next";

/// systemd's directory of credentials, and the one that is ours.
const CREDENTIALS_ENV: &str = "CREDENTIALS_DIRECTORY";
const CREDENTIAL: &str = "gigcast-vault-key";

const KEY_BYTES: usize = 32;
pub(super) const ID_BYTES: usize = 4;

/// Names a key without helping anyone to guess it: the first bytes of its hash.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyId([u8; ID_BYTES]);

impl KeyId {
    pub const fn from_bytes(bytes: [u8; ID_BYTES]) -> Self {
        Self(bytes)
    }

    pub const fn as_bytes(&self) -> &[u8; ID_BYTES] {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", u32::from_be_bytes(self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// No `Debug`: it cannot be printed by accident.
pub(super) struct Key {
    bytes: Zeroizing<[u8; KEY_BYTES]>,
    id: KeyId,
}

impl Key {
    fn new(bytes: Zeroizing<[u8; KEY_BYTES]>) -> Self {
        let [a, b, c, d, ..] = digest("vault key id", &[bytes.as_slice()]);
        Self { bytes, id: KeyId([a, b, c, d]) }
    }

    pub(super) fn id(&self) -> KeyId {
        self.id
    }

    pub(super) fn as_bytes(&self) -> &[u8; KEY_BYTES] {
        &self.bytes
    }

    /// `origin` says where the text stood, for the error.
    fn from_hex(text: &str, origin: &str) -> Result<Self, VaultError> {
        let no_key = || VaultError::NoKey { origin: origin.to_owned() };
        let digits = text.trim().as_bytes();
        if digits.len() != KEY_BYTES * 2 {
            return Err(no_key());
        }
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let value = |digit: u8| char::from(digit).to_digit(16).and_then(|v| u8::try_from(v).ok());
            *byte = value(pair[0]).zip(value(pair[1])).map(|(high, low)| high << 4 | low).ok_or_else(no_key)?;
        }
        Ok(Self::new(bytes))
    }

    fn to_hex(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(KEY_BYTES * 2 + 1));
        for byte in self.bytes.iter() {
            for digit in [byte >> 4, byte & 15] {
                text.push(char::from_digit(digit.into(), 16).expect("four bits are one digit"));
            }
        }
        text
    }
}

/// Where a key came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    Variable(&'static str),
    Credential(PathBuf),
    File(PathBuf),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(name) => f.write_str(name),
            Self::Credential(path) => write!(f, "the credential {}", path.display()),
            Self::File(path) => write!(f, "the file {}", path.display()),
        }
    }
}

pub(super) struct Found {
    pub(super) key: Key,
    pub(super) origin: Origin,
}

type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The master key, wherever it is; nothing where there is none.
pub(super) fn find(dir: &Path, env: Env<'_>) -> Result<Option<Found>, VaultError> {
    if let Some(found) = in_variable(VAULT_KEY_ENV, env)? {
        return Ok(Some(found));
    }
    if let Some(credentials) = env(CREDENTIALS_ENV) {
        let path = Path::new(&credentials).join(CREDENTIAL);
        if let Some(text) = read(&path)? {
            return found(&text, Origin::Credential(path)).map(Some);
        }
    }
    in_file(dir.join(VAULT_KEY_FILE))
}

/// The key to change to, as far as there is one.
pub(super) fn find_next(dir: &Path, env: Env<'_>) -> Result<Option<Found>, VaultError> {
    match in_variable(VAULT_KEY_NEXT_ENV, env)? {
        Some(found) => Ok(Some(found)),
        None => in_file(dir.join(VAULT_KEY_NEXT_FILE)),
    }
}

fn in_variable(name: &'static str, env: Env<'_>) -> Result<Option<Found>, VaultError> {
    env(name).map(Zeroizing::new).map(|text| found(&text, Origin::Variable(name))).transpose()
}

fn in_file(path: PathBuf) -> Result<Option<Found>, VaultError> {
    read_private(&path)?.map(|text| found(&text, Origin::File(path))).transpose()
}

fn found(text: &str, origin: Origin) -> Result<Found, VaultError> {
    Ok(Found { key: Key::from_hex(text, &origin.to_string())?, origin })
}

/// Makes a key in the data directory, under this name.
pub(super) fn make(dir: &Path, name: &str) -> Result<Found, VaultError> {
    let path = dir.join(name);
    let key = write_new(dir, &path)?;
    Ok(Found { key, origin: Origin::File(path) })
}

/// Puts the key that was changed to in the place of the one before it, which is gone by that.
pub(super) fn replace(dir: &Path) -> Result<(), VaultError> {
    let path = dir.join(VAULT_KEY_FILE);
    let placed = fs::rename(dir.join(VAULT_KEY_NEXT_FILE), &path).and_then(|()| File::open(dir)?.sync_all());
    placed.map_err(|source| VaultError::Io { path, source })
}

/// Nothing when there is no such file.
fn read(path: &Path) -> Result<Option<Zeroizing<String>>, VaultError> {
    absent_is_none(fs::read_to_string(path).map(Zeroizing::new), path)
}

/// As [`read`], but refuses a file that anyone but its owner may read or write.
fn read_private(path: &Path) -> Result<Option<Zeroizing<String>>, VaultError> {
    let Some(about) = absent_is_none(fs::metadata(path), path)? else { return Ok(None) };
    if about.mode() & 0o077 != 0 {
        return Err(VaultError::Readable { path: path.to_owned() });
    }
    read(path)
}

fn absent_is_none<T>(result: io::Result<T>, path: &Path) -> Result<Option<T>, VaultError> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(VaultError::Io { path: path.to_owned(), source }),
    }
}

/// Written whole under another name, then linked to its own, which fails where a key is already: a crash leaves either no key
/// or all of it, and no key is ever overwritten.
fn write_new(dir: &Path, path: &Path) -> Result<Key, VaultError> {
    let mut bytes = Zeroizing::new([0; KEY_BYTES]);
    getrandom::fill(bytes.as_mut_slice()).map_err(|error| VaultError::NoRandomness(error.to_string()))?;
    let key = Key::new(bytes);
    let mut text = key.to_hex();
    text.push('\n');
    place(dir, path, text.as_bytes()).map_err(|source| VaultError::Io { path: path.to_owned(), source })?;
    Ok(key)
}

fn place(dir: &Path, path: &Path, text: &[u8]) -> io::Result<()> {
    let draft = dir.join("vault.key.draft");
    match fs::remove_file(&draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    file.write_all(text)?;
    file.sync_all()?;
    fs::hard_link(&draft, path)?;
    fs::remove_file(&draft)?;
    File::open(dir)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::super::{Expected, Vault};
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

    fn nothing(_: &str) -> Option<String> {
        None
    }

    fn write(path: &Path, text: &str, mode: u32) {
        fs::write(path, text).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn the_first_run_makes_a_key_that_only_its_owner_reads_and_later_runs_find_it() {
        let dir = tempfile::tempdir().unwrap();
        let first = Vault::unlock(dir.path(), &nothing, Expected::New).unwrap().key_id();
        let path = dir.path().join(VAULT_KEY_FILE);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "the draft is gone");
        let text = fs::read_to_string(&path).unwrap();
        for expected in [Expected::New, Expected::Existing(first)] {
            assert_eq!(Vault::unlock(dir.path(), &nothing, expected).unwrap().key_id(), first);
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }

    #[test]
    fn two_installations_have_two_keys() {
        let ids = [0; 2].map(|_: i32| {
            let dir = tempfile::tempdir().unwrap();
            Vault::unlock(dir.path(), &nothing, Expected::New).unwrap().key_id()
        });
        assert_ne!(ids[0], ids[1]);
    }

    #[test]
    fn an_existing_key_is_never_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(VAULT_KEY_FILE);
        write(&path, KEY, 0o600);
        assert!(matches!(write_new(dir.path(), &path), Err(VaultError::Io { .. })));
        write(&path, "half a key", 0o600);
        let refused = Vault::unlock(dir.path(), &nothing, Expected::New).unwrap_err();
        assert!(matches!(refused, VaultError::NoKey { .. }) && !refused.to_string().contains("half"), "{refused}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "half a key");
    }

    #[test]
    fn a_draft_left_by_a_crash_is_in_no_ones_way() {
        let dir = tempfile::tempdir().unwrap();
        write(&dir.path().join("vault.key.draft"), "half", 0o600);
        Vault::unlock(dir.path(), &nothing, Expected::New).unwrap();
    }

    #[test]
    fn a_key_file_that_others_can_read_is_refused_with_the_remedy() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(VAULT_KEY_FILE);
        for mode in [0o640, 0o604, 0o660, 0o644] {
            write(&path, KEY, mode);
            let refused = Vault::unlock(dir.path(), &nothing, Expected::New).unwrap_err().to_string();
            assert!(refused.contains(&format!("chmod 600 {}", path.display())), "{mode:o}: {refused}");
        }
        write(&path, KEY, 0o400);
        assert!(Vault::unlock(dir.path(), &nothing, Expected::New).is_ok());
    }

    #[test]
    fn a_missing_key_is_not_replaced_while_grants_are_sealed_with_it() {
        let dir = tempfile::tempdir().unwrap();
        let wanted = KeyId::from_bytes([1, 2, 3, 4]);
        let refused = Vault::unlock(dir.path(), &nothing, Expected::Existing(wanted)).unwrap_err().to_string();
        assert!(refused.contains("01020304") && refused.contains(VAULT_KEY_ENV), "{refused}");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn another_key_than_the_one_grants_are_sealed_with_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        write(&dir.path().join(VAULT_KEY_FILE), KEY, 0o600);
        let refused = Vault::unlock(dir.path(), &nothing, Expected::Existing(KeyId::from_bytes([1, 2, 3, 4])));
        assert!(matches!(refused, Err(VaultError::OtherKey { .. })));
    }

    #[test]
    fn the_variable_goes_before_the_credential_and_the_credential_before_the_file() {
        let (data, credentials) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let of = |key: &str| Key::from_hex(key, "").unwrap().id();
        let (variable, credential, file) = (KEY.to_owned(), KEY.replace("00", "aa"), KEY.replace("00", "bb"));
        let in_directory = Some(credentials.path().display().to_string());
        write(&data.path().join(VAULT_KEY_FILE), &file, 0o600);
        let unlocked = |variable: Option<String>, directory: Option<String>| {
            let env = move |name: &str| match name {
                VAULT_KEY_ENV => variable.clone(),
                "CREDENTIALS_DIRECTORY" => directory.clone(),
                _ => None,
            };
            Vault::unlock(data.path(), &env, Expected::New).map(|vault| vault.key_id())
        };
        assert_eq!(unlocked(None, in_directory.clone()).unwrap(), of(&file), "the directory may lack our credential");
        write(&credentials.path().join("gigcast-vault-key"), &format!("{credential}\n"), 0o440);
        assert_eq!(unlocked(None, in_directory.clone()).unwrap(), of(&credential));
        assert_eq!(unlocked(Some(variable.clone()), in_directory).unwrap(), of(&variable));
        let refused = unlocked(Some("hunter2".to_owned()), None).unwrap_err();
        assert!(refused.to_string().contains(VAULT_KEY_ENV) && !format!("{refused:?}").contains("hunter2"));
    }

    #[test]
    fn a_key_is_read_in_either_case_and_nothing_shorter_longer_or_odd() {
        assert_eq!(Key::from_hex(KEY, "").unwrap().id(), Key::from_hex(&KEY.to_uppercase(), "").unwrap().id());
        assert_eq!(*Key::from_hex(KEY, "").unwrap().to_hex(), KEY);
        for odd in [&KEY[2..], &format!("{KEY}00"), &KEY.replace('f', "g"), "", &"é".repeat(32)] {
            assert!(Key::from_hex(odd, "").is_err(), "{odd}");
        }
    }
}
