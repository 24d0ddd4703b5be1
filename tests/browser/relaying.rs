//! Somebody who posts nothing links an account, relays a business's gigs with it, and sees the next one on their own page at the network.

use crate::driver::{Browser, Scheme};
use crate::house::House;
use crate::steps::{allow_at_the_sandbox, come_in, link_at_the_sandbox, look_at, post_it, write_a_gig};
use gigcast::id::PersonId;

#[test]
#[ignore = "needs Chromium: tests/run"]
fn a_freelancer_relays_the_gigs_of_a_business() {
    let house = House::open();
    let (business, freelancer) = (Browser::open(), Browser::open());
    for browser in [&business, &freelancer] {
        browser.look(1280, 800, Scheme::Light);
    }
    let invited = house.say(&["invite", "Acme Studio"]);
    let address = invited.split_whitespace().find(|word| word.contains("/invite/")).expect("an address").to_owned();
    come_in(&business, &address);
    link_at_the_sandbox(&business, &house.sandbox);
    business.until_it_says("Works. Nothing posted yet.");

    freelancer.go(&format!("{}/sign-in", house.pages));
    freelancer.fill("Mastodon", "server", &house.sandbox);
    freelancer.press("Continue with Mastodon");
    freelancer.until_it_says("Let gigcast act for you?");
    freelancer.pick("You are", "@lena");
    freelancer.press("Allow");
    // Whoever goes elsewhere sooner is brought back by the answer.
    freelancer.until_it_says("What you offer");
    let acme = format!("{}/people/{}", house.pages, PersonId::from_name("Acme Studio"));
    freelancer.go(&acme);
    freelancer.until_it_says("It takes an account that you have linked");
    look_at(&freelancer, "relay-none");
    freelancer.follow("Link an account");
    freelancer.until_it_says("Linking alone posts nothing");
    look_at(&freelancer, "accounts-freelancer");
    freelancer.fill("Mastodon", "server", &house.sandbox);
    freelancer.press("Link Mastodon");
    freelancer.until_it_says("Let gigcast act for you?");
    freelancer.pick("You are", "@lena");
    allow_at_the_sandbox(&freelancer);
    freelancer.until_it_says("Works. Nothing posted yet.");

    freelancer.go(&acme);
    freelancer.choose("@lena@");
    look_at(&freelancer, "relay-form");
    freelancer.press("Relay their gigs");
    freelancer.until_it_says("reshares gigs of every kind");
    look_at(&freelancer, "relay-on");
    freelancer.go(&format!("{}/me", house.pages));
    freelancer.until_it_says("Whose gigs you relay");
    look_at(&freelancer, "me-relays");

    write_a_gig(&business, &house.pages, "Illustrator for a children's book");
    post_it(&business);
    freelancer.go(&format!("{}/@acme", house.sandbox));
    freelancer.until_it_says("Boosted by Lena Brandt");
    freelancer.go(&format!("{}/me", house.pages));
    freelancer.unfold("Switch off");
    look_at(&freelancer, "relay-end");
    freelancer.press("Stop, and take back what was reshared");
    freelancer.until_it_says("An account of yours can reshare");
    freelancer.go(&format!("{}/@acme", house.sandbox));
    freelancer.until_without("Boosted by Lena Brandt");
}
