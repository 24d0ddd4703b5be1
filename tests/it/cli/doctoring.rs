//! `gigcast doctor` and `gigcast ready`: an install that does not work, and one that does.

use super::{Home, fs};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;

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
