//! `gigcast doctor` and `gigcast ready`: an install that does not work, and one that does.

use super::{Home, PROGRAM, fs};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

#[test]
fn the_doctor_names_what_is_wrong_and_what_to_do_before_anything_runs() {
    let home = Home::new("");
    let well = home.say(&["doctor"]);
    assert_eq!(well.code, 0, "{}", well.out);
    assert!(well.out.contains("the first `gigcast run` makes it"), "{}", well.out);

    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = taken.local_addr().unwrap().to_string();
    let config = fs::read_to_string(home.path("gigcast.toml")).unwrap();
    fs::write(home.path("gigcast.toml"), config.replacen("127.0.0.1:0", &at, 1)).unwrap();
    let ill = home.say(&["doctor"]);
    assert_eq!(ill.code, 1);
    assert!(ill.out.contains(&format!("wrong server.listen: another program listens at {at}")), "{}", ill.out);
    assert_eq!(home.say(&["ready"]).code, 69, "nobody runs who could be asked");
}

#[test]
fn the_doctor_asks_the_daemon_that_runs_and_sees_a_key_that_others_can_read() {
    let home = Home::new("");
    let _running = home.start();
    let well = home.say(&["doctor"]);
    assert!(well.code == 0 && well.out.contains("daemon: it runs, and does its work"), "{}{}", well.out, well.err);
    assert_eq!(home.say(&["ready"]).out, "ready\n");

    fs::set_permissions(home.path("data/vault.key"), fs::Permissions::from_mode(0o644)).unwrap();
    let ill = home.say(&["doctor"]);
    assert!(ill.code == 1 && ill.out.contains("chmod 600"), "{}", ill.out);
}

#[test]
fn the_doctor_looks_at_ports_room_and_addresses_and_at_no_port_that_is_its_own_daemons() {
    let home = Home::new("");
    let well = home.say(&["doctor"]).out;
    for said in [
        "server.listen: 127.0.0.1:0 is free",
        "server.admin_listen: 127.0.0.1:0 is free",
        "MiB are free; gigcast stops below",
        "server.public_url: it is empty",
    ] {
        assert!(well.contains(said), "{said}: {well}");
    }
    assert!(!well.contains("come by SSH"), "{well}");
    let running = home.start();
    let runs = home.say(&["doctor"]).out;
    assert!(!runs.contains("listen: ") && runs.contains("daemon: it runs"), "{runs}");
    drop(running);

    let config = fs::read_to_string(home.path("gigcast.toml")).unwrap();
    let open = "[server]\npublic_url = \"https://gigs.example\"\n";
    let open =
        config.replace("[server]\n", open).replace("admin_listen = \"127.0.0.1:0\"", "admin_listen = \"0.0.0.0:0\"");
    fs::write(home.path("gigcast.toml"), open).unwrap();
    let open = home.say(&["doctor"]).out;
    assert!(open.contains("server.admin_listen: the operator's side listens at 0.0.0.0:0"), "{open}");
    assert!(open.contains("https://gigs.example was not tried, since no gigcast runs"), "{open}");
}

#[test]
fn the_doctor_notes_few_open_files_and_a_directory_in_memory() {
    let home = Home::new("");
    let told = |data: &str| {
        let mut command = Command::new("sh");
        command.args(["-c", "ulimit -n 256; exec \"$0\" doctor", PROGRAM]).current_dir(home.dir.path());
        let told = command.env("GIGCAST__STORE__DATA_DIR", data).output().unwrap();
        String::from_utf8(told.stdout).unwrap()
    };
    assert!(told("data").contains("open files: at most 256 files may be open at once here"), "{}", told("data"));
    // Where a system has such a thing, it lies in memory.
    if fs::metadata("/dev/shm").is_ok() {
        assert!(told("/dev/shm/gigcast-is-not-there").contains("lies in memory"), "{}", told("/dev/shm/none"));
    }
}
