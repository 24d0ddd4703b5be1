//! Notices from the news to the person: a webhook and a mail server of our own stand at the other end.

#![allow(clippy::unwrap_used)] // test code that cannot go on should stop

use super::world;
use crate::support::fake_network::Fault;
use crate::support::world::{World, brisk, sighting};
use gigcast::clock::{Clock, SystemClock};
use gigcast::config::Smtp;
use gigcast::courier::{Courier, Mailer};
use gigcast::daemon::notify::Notify;
use gigcast::id::PersonId;
use gigcast::ports::Wire;
use gigcast::wire::{Client, Settings};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

type Got = Arc<Mutex<Vec<String>>>;

/// Answers each POST with the next status, and keeps head and body.
async fn webhook(statuses: &[u16]) -> (SocketAddr, Got) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (at, got, statuses) = (listener.local_addr().unwrap(), Got::default(), statuses.to_vec());
    let keep = Arc::clone(&got);
    tokio::spawn(async move {
        for status in statuses {
            let (stream, _) = listener.accept().await.unwrap();
            let mut stream = BufReader::new(stream);
            let (mut head, mut length) = (String::new(), 0);
            while !head.ends_with("\r\n\r\n") {
                let begun = head.len();
                stream.read_line(&mut head).await.unwrap();
                if let Some(value) = head[begun..].to_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
            }
            let mut body = vec![0; length];
            stream.read_exact(&mut body).await.unwrap();
            keep.lock().unwrap().push(head + &String::from_utf8(body).unwrap());
            let answer = format!("HTTP/1.1 {status} x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    (at, got)
}

/// A mail server of the fewest words; keeps what it is given as one text per mail.
async fn mail_server() -> (SocketAddr, Got) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (at, got) = (listener.local_addr().unwrap(), Got::default());
    let keep = Arc::clone(&got);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let mut stream = BufReader::new(stream);
            stream.write_all(b"220 mail.example\r\n").await.unwrap();
            let mut mail = String::new();
            loop {
                let mut line = String::new();
                if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
                    break;
                }
                mail.push_str(&line);
                let answer: &[u8] = match line.trim_end() {
                    "DATA" => {
                        stream.write_all(b"354 go on\r\n").await.unwrap();
                        while !mail.ends_with("\r\n.\r\n") {
                            stream.read_line(&mut mail).await.unwrap();
                        }
                        keep.lock().unwrap().push(std::mem::take(&mut mail));
                        b"250 taken\r\n"
                    }
                    "QUIT" => b"221 bye\r\n",
                    _ => b"250 ok\r\n",
                };
                stream.write_all(answer).await.unwrap();
            }
        }
    });
    (at, got)
}

/// A world in which an account's grant died while a gig went out.
async fn revoked() -> (World, tempfile::TempDir) {
    let (world, dir) = world().await;
    world.link("ana", brisk()).await;
    world.network.fail_next([Fault::Revoked]);
    world.take(&sighting("1")).await.unwrap();
    world.settle().await.unwrap();
    (world, dir)
}

fn wire(trusted: SocketAddr) -> Arc<dyn Wire> {
    let settings = Settings {
        trusted_origins: vec![format!("http://{trusted}")],
        connect_timeout: Duration::from_secs(5),
        total_timeout: Duration::from_secs(10),
        user_agent: "gigcast/test".to_owned(),
    };
    Arc::new(Client::new(settings, Arc::new(SystemClock::default())).unwrap())
}

fn notify(world: &World, courier: Courier) -> Notify {
    Notify {
        ledger: world.ledger.clone(),
        clock: Arc::new(world.clock.clone()) as Arc<dyn Clock>,
        courier: gigcast::config::Live::new(courier),
        backoff: Notify::schedule(),
        bell: Arc::default(),
    }
}

fn courier(trusted: SocketAddr) -> Courier {
    Courier { wire: wire(trusted), webhook: None, mailer: None, operator: None, base: None }
}

#[tokio::test]
async fn a_dead_grant_is_told_by_webhook_once_and_again_only_while_it_is_not_taken() {
    let (world, _dir) = revoked().await;
    let (at, got) = webhook(&[503, 204, 500]).await;
    let hook = Some(format!("http://{at}/hooks/gigcast"));
    let base = Some("https://gigs.example".to_owned());
    let notify = notify(&world, Courier { webhook: hook, base, ..courier(at) });
    let due = notify.step().await.unwrap().next_due.expect("a round that failed has another");
    assert_eq!(notify.step().await.unwrap().next_due, Some(due), "and not before");
    world.clock.advance_to(due);
    assert_eq!(notify.step().await.unwrap().next_due, None);
    notify.step().await.unwrap();

    let got = got.lock().unwrap().clone();
    assert_eq!(got.len(), 2, "{got:?}");
    let (head, body) = got[1].split_once("\r\n\r\n").unwrap();
    let told: serde_json::Value = serde_json::from_str(body).unwrap();
    assert!(head.starts_with("POST /hooks/gigcast ") && head.contains(told["id"].as_str().unwrap()), "{head}");
    assert_eq!((told["kind"].as_str(), told["person"]["name"].as_str()), (Some("needs_relink"), Some("Acme")));
    assert_eq!(told["account"]["handle"], "@ana@fake.example");
    assert!(told["text"].as_str().unwrap().ends_with("https://gigs.example/accounts"), "{told}");
    assert!(told["text"].as_str().unwrap().contains("it said “The access token was revoked”"), "{told}");
    assert!(got[0].ends_with(body), "each try says the same");
}

#[tokio::test]
async fn a_mail_goes_to_the_person_and_to_the_operator() {
    let (world, _dir) = revoked().await;
    let acme = world.ledger.person(PersonId::from_name("Acme")).await.unwrap().unwrap();
    world.ledger.revise_person(acme.id, |acme| acme.email = Some("acme@acme.example".into())).await.unwrap();
    let (at, got) = mail_server().await;
    let smtp = Smtp::parse(&format!("smtp://{at}")).unwrap();
    let mailer = Some(Mailer::new(&smtp, "gigcast <gigs@gigs.example>", None).unwrap());
    let operator = Some("ops@gigs.example".to_owned());
    let notify = notify(&world, Courier { mailer, operator, ..courier(at) });
    assert_eq!(notify.step().await.unwrap().next_due, None);
    notify.step().await.unwrap();

    let got = got.lock().unwrap().clone();
    assert_eq!(got.len(), 2, "{got:?}");
    for (mail, to) in got.iter().zip(["<ops@gigs.example>", "<acme@acme.example>"]) {
        assert!(mail.contains(&format!("RCPT TO:{to}")), "{mail}");
        assert!(mail.contains("Subject: @ana@fake.example needs to be linked again"), "{mail}");
        assert!(mail.contains("Nothing is lost."), "{mail}");
    }
}

#[tokio::test]
async fn a_mail_server_that_is_away_is_tried_for_a_day_and_holds_up_no_other_way() {
    let (world, _dir) = revoked().await;
    let (at, got) = webhook(&[200, 200]).await;
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let smtp = Smtp::parse(&format!("smtp://{closed}")).unwrap();
    let mailer = Some(Mailer::new(&smtp, "gigs@gigs.example", None).unwrap());
    let (webhook, operator) = (Some(format!("http://{at}/")), Some("ops@gigs.example".to_owned()));
    let notify = notify(&world, Courier { webhook, mailer, operator, ..courier(at) });
    let (begun, mut rounds) = (world.clock.now(), 0);
    while let Some(due) = notify.step().await.unwrap().next_due {
        rounds += 1;
        world.clock.advance_to(due);
    }
    assert_eq!((rounds, got.lock().unwrap().len()), (5, 1));
    assert!(world.clock.now().since(begun) > Duration::from_hours(23));
    assert!(world.ledger.unsent().await.unwrap().is_empty(), "given up, and said");
}

#[tokio::test]
async fn nothing_is_kept_where_nobody_is_to_be_told() {
    let (world, _dir) = revoked().await;
    assert_eq!(world.ledger.unsent().await.unwrap().len(), 1, "one notice, however many deliveries wait");
    let nowhere: SocketAddr = "127.0.0.1:9".parse().unwrap();
    assert_eq!(notify(&world, courier(nowhere)).step().await.unwrap().next_due, None);
    assert!(world.ledger.unsent().await.unwrap().is_empty());
}
