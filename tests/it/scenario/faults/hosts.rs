//! Names that lead nowhere for an hour, a network that takes a minute to answer, a host that turns everybody away.

use super::{HOUR, MINUTE, SECOND, Stage, natives, nothing};
use crate::support::fake_network::Fault;
use crate::support::world::brisk;
use gigcast::person::Account;

/// Accounts of one host, by its name.
async fn linked(stage: &Stage, host: &str, count: usize) -> Vec<Account> {
    let mut accounts = Vec::new();
    for n in 0..count {
        accounts.push(stage.link(host, &format!("{n}@{host}"), brisk()).await);
    }
    accounts
}

#[tokio::test]
async fn names_that_lead_nowhere_for_an_hour_delay_and_cost_nothing() {
    let stage = Stage::set().await;
    let hosts = ["a.example", "b.example", "c.example"];
    let mut accounts = Vec::new();
    for host in hosts {
        accounts.extend(linked(&stage, host, 3).await);
        stage.network().weather(&format!("https://{host}"), Some(Fault::Nameless));
    }
    stage.take("1").await;
    assert_eq!(stage.pass(30 * MINUTE).await, nothing(), "it is the world that is broken, and not gigcast");
    stage.take("2").await;
    assert_eq!(stage.pass(30 * MINUTE).await, nothing());
    assert_eq!(stage.network().posts().len(), 0);
    for native in ["1", "2"] {
        let why = stage.why(native, &accounts[0]).await;
        assert!(why.contains("It is tried again at"), "{why}");
        assert!(why.contains("surely did not arrive: the name of the host could not be resolved"), "{why}");
    }
    for host in hosts {
        stage.network().weather(&format!("https://{host}"), None);
    }
    assert_eq!(stage.pass(2 * HOUR).await, nothing());
    stage.each_stands_once(&accounts, &natives(1..=2)).await;
}

#[tokio::test]
async fn a_network_that_takes_a_minute_to_answer_keeps_no_other_waiting_and_is_never_asked_twice() {
    let stage = Stage::set().await;
    let clock = &stage.world().clock;
    let (slow, quick) = (linked(&stage, "slow.example", 10).await, linked(&stage, "quick.example", 10).await);
    // What it takes shows after a minute; the request is given up after half of one.
    stage.network().weather("https://slow.example", Some(Fault::Late(MINUTE)));
    stage.network().stall("https://slow.example");
    stage.take("1").await;
    stage.turn_with_some_out().await;
    assert_eq!(stage.asked(&quick).len(), 10, "all of the quick one, at once");
    assert_eq!(stage.asked(&slow).len(), 8, "no more at a time than one host is to bear");
    let out = stage.network().calls().last().unwrap().2.clone();
    let out = slow.iter().find(|account| account.native == out).unwrap_or(&slow[0]);
    let why = stage.why("1", out).await;
    assert!(why.contains("It is being sent right now, try 1.") || why.contains("goes out as soon as"), "{why}");
    clock.advance(5 * SECOND);
    stage.take("2").await;
    stage.turn_with_some_out().await;
    assert_eq!(stage.asked(&quick)[10..], [5 * SECOND; 10], "the next gig is not kept waiting either");
    assert_eq!(stage.ailments().await, Vec::<String>::new());

    for _ in 0..5 {
        clock.advance(30 * SECOND);
        stage.network().release();
        while stage.world().deliver.in_flight() > 0 {
            tokio::task::yield_now().await;
        }
        stage.network().stall("https://slow.example");
        stage.turn_with_some_out().await;
        assert_eq!(stage.ailments().await, Vec::<String>::new(), "slow is not stuck");
        let said = stage.why("1", &slow[0]).await;
        assert!(
            ["it may be there already", "being sent right now", "It stands at ", "goes out as soon as"]
                .iter()
                .any(|words| said.contains(words)),
            "{said}"
        );
    }
    stage.network().weather("https://slow.example", None);
    stage.network().release();
    assert_eq!(stage.pass(20 * MINUTE).await, nothing());
    let all = [slow.clone(), quick].concat();
    stage.each_stands_once(&all, &natives(1..=2)).await;
    assert_eq!(stage.asked(&slow).len(), 20, "each was found by a look, and sent once");
    let why = stage.why("1", &slow[0]).await;
    assert!(
        why.contains("The answer to try 1 was lost") && why.contains("It was looked for and found there."),
        "{why}"
    );
}

#[tokio::test]
async fn a_storm_of_429_on_one_host_is_obeyed_there_and_felt_nowhere_else() {
    let stage = Stage::set().await;
    let (storm, calm) = (linked(&stage, "storm.example", 10).await, linked(&stage, "calm.example", 10).await);
    stage.network().weather("https://storm.example", Some(Fault::HostLimited(5 * MINUTE)));
    for n in 1..=6 {
        stage.take(&n.to_string()).await;
        let at = stage.asked(&calm).len();
        assert_eq!(stage.pass(5 * MINUTE).await, nothing(), "gigcast itself does what it should");
        let minutes = 5 * MINUTE * (n - 1);
        assert_eq!(stage.asked(&calm)[at..], [minutes; 10], "the other host has it at once");
        let why = stage.why("1", &storm[0]).await;
        assert!(why.contains("for the time the network asked us to wait"), "{why}");
    }
    // The first who come find out for all; nobody comes before the time is up.
    let asked = stage.asked(&storm);
    let mut waves = asked.clone();
    waves.dedup();
    assert!(waves.windows(2).all(|two| two[0] + 5 * MINUTE <= two[1]), "{waves:?}");
    assert!(asked.len() <= 8 * waves.len(), "{} requests in {} waves", asked.len(), waves.len());
    assert!(waves.len() > 2, "it asks again when it may");

    stage.network().weather("https://storm.example", None);
    assert_eq!(stage.pass(HOUR).await, nothing());
    stage.each_stands_once(&[storm, calm].concat(), &natives(1..=6)).await;
}
