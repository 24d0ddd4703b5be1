//! The log as it is read over HTTP: the last lines that are wanted, and then each that is new.

#![allow(clippy::unwrap_used)] // test code that cannot go on should stop

use crate::support::read_log::Logging;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

fn line(event: &str, n: usize) -> String {
    format!("{{\"level\":\"info\",\"message\":\"line {n}\",\"event\":\"{event}\"}}")
}

#[tokio::test(flavor = "multi_thread")]
async fn as_many_lines_as_were_asked_for_are_told_of_those_that_are_wanted_and_then_the_new_ones() {
    let gigcast = Logging::start().await;
    let (tail, ask) = (&gigcast.tail, async |query: &str| gigcast.asked(query, "").await);
    let body = async |mut asked: TcpStream| {
        let mut answer = String::new();
        asked.read_to_string(&mut answer).await.unwrap();
        answer.split_once("\r\n\r\n").unwrap().1.to_owned()
    };
    for n in 0..8 {
        tail.push(&line(if n % 2 == 0 { "gig.new" } else { "source.read" }, n));
    }
    let once = body(ask("lines=2&event=gig").await).await;
    assert_eq!(once, format!("{}\n{}\n", line("gig.new", 4), line("gig.new", 6)));

    let mut following = ask("lines=2&event=gig&follow=true").await;
    let mut head = [0; 12];
    following.read_exact(&mut head).await.unwrap();
    assert_eq!(&head, b"HTTP/1.0 200");
    for n in 8..12 {
        tail.push(&line(if n % 2 == 0 { "gig.new" } else { "source.read" }, n));
    }
    // What is on its way is told before the end.
    let mut heard = Vec::new();
    while !String::from_utf8_lossy(&heard).contains("line 10") {
        assert!(following.read_buf(&mut heard).await.unwrap() > 0, "{}", String::from_utf8_lossy(&heard));
    }
    gigcast.stop.cancel();
    following.read_to_end(&mut heard).await.unwrap();
    gigcast.running.await.unwrap().unwrap();
    let heard = String::from_utf8(heard).unwrap();
    let told: Vec<&str> = heard.lines().filter_map(|line| line.strip_prefix("data: ")).collect();
    assert_eq!(told, [4, 6, 8, 10].map(|n| line("gig.new", n)));
}
