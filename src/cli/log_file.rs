//! The log's own file: appended to, put aside when it is full, and never more of it than the config allows.
//!
//! Put aside by renaming, the newest as `.1`: whoever follows the file by its name (`tail -F`) goes on with the new one.

use crate::config::LogFile;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

#[derive(Debug)]
pub(super) struct Rotating {
    to: LogFile,
    file: File,
    bytes: u64,
}

impl Rotating {
    /// Goes on with the file where there is one.
    pub(super) fn open(to: &LogFile) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(&to.path)?;
        let bytes = file.metadata()?.len();
        Ok(Self { to: to.clone(), file, bytes })
    }

    pub(super) fn write(&mut self, line: &str) -> io::Result<()> {
        let length = line.len() as u64 + 1;
        if self.bytes > 0 && self.bytes + length > self.to.bytes {
            self.put_aside()?;
        }
        self.bytes += length;
        self.file.write_all(format!("{line}\n").as_bytes())
    }

    fn put_aside(&mut self) -> io::Result<()> {
        for number in (1..=self.to.keep).rev() {
            let newer = if number == 1 { self.to.path.clone() } else { aside(&self.to.path, number - 1) };
            match fs::rename(newer, aside(&self.to.path, number)) {
                Err(cause) if cause.kind() != io::ErrorKind::NotFound => return Err(cause),
                _ => {}
            }
        }
        if self.to.keep == 0 {
            fs::remove_file(&self.to.path)?;
        }
        *self = Self::open(&self.to)?;
        Ok(())
    }
}

fn aside(path: &Path, number: u32) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{number}"));
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &Path) -> String {
        fs::read_to_string(path).unwrap_or_default()
    }

    #[test]
    fn a_full_file_is_put_aside_and_the_oldest_goes() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("gigcast.log");
        let to = LogFile { path: path.clone(), bytes: 10, keep: 2 };
        let mut log = Rotating::open(&to).unwrap();
        for line in ["one", "two", "three", "four", "five", "six", "a line that is longer than a file may be"] {
            log.write(line).unwrap();
        }
        assert_eq!(read(&path), "a line that is longer than a file may be\n");
        assert_eq!((read(&aside(&path, 1)).as_str(), read(&aside(&path, 2)).as_str()), ("six\n", "four\nfive\n"));
        assert!(!aside(&path, 3).exists());
        drop(log);
        let mut again = Rotating::open(&to).unwrap();
        again.write("on").unwrap();
        assert_eq!(read(&path), "on\n", "what was there is put aside, not overwritten");
    }

    #[test]
    fn a_file_of_which_nothing_is_kept_begins_anew() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("gigcast.log");
        let mut log = Rotating::open(&LogFile { path: path.clone(), bytes: 8, keep: 0 }).unwrap();
        log.write("before").unwrap();
        log.write("behind").unwrap();
        assert_eq!((read(&path).as_str(), fs::read_dir(dir.path()).unwrap().count()), ("behind\n", 1));
    }
}
