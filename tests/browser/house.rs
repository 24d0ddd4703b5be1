//! The real program with a folder of gigs and a sandbox it may speak with, each on a free port of this machine.

use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_gigcast");

/// A running program; stopped when dropped.
#[derive(Debug)]
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[derive(Debug)]
pub struct House {
    dir: TempDir,
    _gigcast: Running,
    _sandbox: Running,
    /// Where people see gigcast, and where the sandbox is.
    pub pages: String,
    pub sandbox: String,
}

impl House {
    pub fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut sandbox =
            Command::new(PROGRAM).args(["sandbox", "--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).spawn().unwrap();
        let mut said = BufReader::new(sandbox.stdout.take().unwrap()).lines();
        let first = said.next().expect("the sandbox says where it is").unwrap();
        let sandbox_at = first.split_whitespace().find(|word| word.starts_with("http://")).expect("its address");
        let sandbox_at = sandbox_at.trim_end_matches('.').to_owned();

        let config = format!(
            "[server]\nlisten = \"127.0.0.1:0\"\nadmin_listen = \"127.0.0.1:0\"\n[log]\nformat = \"json\"\n[pace]\ngap = \"1s\"\n\
             [wire]\ntrusted_origins = [\"{sandbox_at}\"]\n"
        );
        std::fs::write(dir.path().join("gigcast.toml"), config).unwrap();
        let mut gigcast =
            Command::new(PROGRAM).arg("run").current_dir(dir.path()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(gigcast.stderr.take().unwrap()).lines().map_while(Result::ok);
        let pages = lines.find_map(|line| {
            let line: Value = serde_json::from_str(&line).ok()?;
            Some(format!("http://{}", line.get("public.address")?.as_str()?))
        });
        let pages = pages.expect("gigcast says where its pages are");
        // Read on, or a full pipe would stop it.
        std::thread::spawn(move || lines.for_each(drop));
        Self { dir, _gigcast: Running(gigcast), _sandbox: Running(sandbox), pages, sandbox: sandbox_at }
    }

    /// What a command of the operator's says.
    pub fn say(&self, arguments: &[&str]) -> String {
        let Output { status, stdout, stderr } =
            Command::new(PROGRAM).args(arguments).current_dir(self.dir.path()).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(status.success(), "{arguments:?}: {}{}", text(&stdout), text(&stderr));
        text(&stdout)
    }
}

/// Where builds, and what tests bring and leave, are kept.
pub fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("it is a folder in the target folder").to_owned()
}

/// Where pictures are left.
pub fn pictures() -> PathBuf {
    let pictures = target().join("pictures");
    std::fs::create_dir_all(&pictures).unwrap();
    pictures
}
