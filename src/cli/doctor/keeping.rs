//! The data directory: whose it is, what it lies on, how much room it has, and whether the key to the grants is there.

use super::finding;
use crate::config::Config;
use crate::vault::{VAULT_KEY_ENV, VAULT_KEY_FILE};
use crate::web::admin::answers::{Checked, Verdict};
use rustix::fs::{Access, access, statfs};
use rustix::process::{Resource, getrlimit};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Sockets, log and store files, with room to spare.
const ENOUGH_FILES: u64 = 1024;

/// File systems by the number that Linux gives them, on which a lock or a sync may be a promise that nobody keeps.
const FAR_AWAY: [(u64, &str); 4] = [(0x6969, "NFS"), (0xff53_4d42, "CIFS"), (0xfe53_4d42, "SMB"), (0x0102_1997, "9P")];
const TMPFS: u64 = 0x0102_1994;

pub(super) fn looked_over(config: &Config) -> Vec<Checked> {
    let dir = &config.store.data_dir;
    let mut found = directory(dir);
    let there = existing(dir);
    found.extend(lies_on(there));
    found.push(room(there, config.store.free_floor_bytes));
    found.extend(key(dir, std::env::var_os(VAULT_KEY_ENV).is_some()));
    found.extend(files(getrlimit(Resource::Nofile).current));
    found
}

/// The directory, or the nearest one above it that is there: it is made in that one.
fn existing(dir: &Path) -> &Path {
    let parent = dir.ancestors().find(|above| above.exists());
    parent.unwrap_or_else(|| Path::new("."))
}

fn directory(dir: &Path) -> Vec<Checked> {
    let (what, shown) = ("data directory", dir.display());
    let Ok(metadata) = fs::metadata(dir) else {
        let above = existing(dir);
        return vec![if access(above, Access::WRITE_OK).is_ok() {
            finding(what, Verdict::Note, format!("{shown} is not there yet; the first `gigcast run` makes it"))
        } else {
            let said = format!(
                "{shown} is not there, and this user may not make it in {}: make it, and give it to the user that gigcast runs as",
                above.display()
            );
            finding(what, Verdict::Wrong, said)
        }];
    };
    let mut found = Vec::new();
    if access(dir, Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK).is_err() {
        let said = format!(
            "this user may not write in {shown}: run this as the user that gigcast runs as, or give it that directory"
        );
        found.push(finding(what, Verdict::Wrong, said));
    }
    if metadata.mode() & 0o077 != 0 {
        let said = format!("others on this machine can look into {shown}: `chmod 700 {shown}`");
        found.push(finding(what, Verdict::Note, said));
    }
    if found.is_empty() {
        found.push(finding(what, Verdict::Fine, format!("{shown} is this user's own")));
    }
    found
}

fn lies_on(dir: &Path) -> Option<Checked> {
    let kind = u64::try_from(statfs(dir).ok()?.f_type).ok()?;
    let what = "file system";
    if let Some((_, name)) = FAR_AWAY.iter().find(|(number, _)| *number == kind) {
        let said = format!(
            "{} lies on {name}: what is written there may be lost when the network or its server stops. Use a disk of this machine",
            dir.display()
        );
        return Some(finding(what, Verdict::Wrong, said));
    }
    (kind == TMPFS).then(|| {
        let said =
            format!("{} lies in memory: everything is gone when this machine restarts. Use a disk", dir.display());
        finding(what, Verdict::Note, said)
    })
}

fn room(dir: &Path, floor_bytes: u64) -> Checked {
    let what = "room";
    let Ok(there) = statfs(dir) else {
        return finding(what, Verdict::Wrong, format!("{} cannot be asked for its room", dir.display()));
    };
    let block = u64::try_from(there.f_bsize).unwrap_or_default();
    let free = there.f_bavail.saturating_mul(block);
    let (free_mib, floor_mib) = (free >> 20, floor_bytes >> 20);
    if free < floor_bytes {
        let said = format!(
            "{free_mib} MiB are free, and below {floor_mib} MiB nothing is taken in and nothing sent: make room, or lower store.free_floor_mib"
        );
        return finding(what, Verdict::Wrong, said);
    }
    let verdict = if free < floor_bytes.saturating_mul(4) { Verdict::Note } else { Verdict::Fine };
    finding(what, verdict, format!("{free_mib} MiB are free; gigcast stops below {floor_mib}"))
}

fn key(dir: &Path, from_environment: bool) -> Option<Checked> {
    let (what, file) = ("vault key", dir.join(VAULT_KEY_FILE));
    if from_environment {
        return Some(finding(what, Verdict::Fine, format!("it comes from {VAULT_KEY_ENV}")));
    }
    match fs::metadata(&file) {
        Ok(metadata) if metadata.mode() & 0o077 != 0 => {
            let said = format!("others can read {0}, and with it every grant: `chmod 600 {0}`", file.display());
            Some(finding(what, Verdict::Wrong, said))
        }
        Ok(_) => Some(finding(what, Verdict::Fine, format!("{} is for this user alone", file.display()))),
        // Made at the first start, and wanted only where there is something sealed.
        Err(_) if !dir.join("db").exists() && !dir.join("owner").exists() => None,
        Err(cause) => {
            let said = format!(
                "{} cannot be read: {cause}. Put it back from where you keep it; without it every account must be linked again. \
                 Where it is a credential of systemd's, only the service sees it",
                file.display()
            );
            Some(finding(what, Verdict::Note, said))
        }
    }
}

fn files(limit: Option<u64>) -> Option<Checked> {
    let limit = limit.filter(|limit| *limit < ENOUGH_FILES)?;
    let said = format!(
        "at most {limit} files may be open at once here: raise it to {ENOUGH_FILES} (`ulimit -n`, LimitNOFILE=)"
    );
    Some(finding("open files", Verdict::Note, said))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_directory_that_others_can_look_into_is_noted() {
        let dir = tempfile::tempdir().unwrap();
        mode(dir.path(), 0o700);
        assert_eq!(directory(dir.path())[0].verdict, Verdict::Fine);
        mode(dir.path(), 0o755);
        let found = directory(dir.path());
        assert!(found[0].verdict == Verdict::Note && found[0].said.contains("chmod 700"), "{found:?}");
    }

    #[test]
    fn a_directory_that_is_not_there_is_made_by_the_first_run() {
        let dir = tempfile::tempdir().unwrap();
        let found = directory(&dir.path().join("deep/er"));
        assert!(found[0].verdict == Verdict::Note && found[0].said.contains("the first `gigcast run`"), "{found:?}");
    }

    #[test]
    fn too_little_room_is_wrong_and_scarce_room_is_noted() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(room(dir.path(), u64::MAX).verdict, Verdict::Wrong);
        assert_eq!(room(dir.path(), 0).verdict, Verdict::Fine);
    }

    #[test]
    fn a_key_that_others_can_read_is_wrong() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(key(dir.path(), false), None, "nothing was ever sealed here");
        assert_eq!(key(dir.path(), true).map(|found| found.verdict), Some(Verdict::Fine));
        fs::write(dir.path().join("owner"), "").unwrap();
        assert_eq!(key(dir.path(), false).map(|found| found.verdict), Some(Verdict::Note), "it is missed");
        let file = dir.path().join(VAULT_KEY_FILE);
        fs::write(&file, "").unwrap();
        mode(&file, 0o600);
        assert_eq!(key(dir.path(), false).map(|found| found.verdict), Some(Verdict::Fine));
        mode(&file, 0o640);
        assert_eq!(key(dir.path(), false).map(|found| found.verdict), Some(Verdict::Wrong));
    }

    #[test]
    fn few_open_files_are_noted() {
        assert!(files(Some(256)).is_some_and(|found| found.said.contains("256")));
        assert_eq!(files(Some(ENOUGH_FILES)), None);
        assert_eq!(files(None), None, "no limit");
    }
}
