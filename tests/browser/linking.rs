//! Link once: from the invitation to a post that is out, and from a revoked grant to one that waited and went out after all.

use crate::driver::{Browser, Scheme};
use crate::house::House;
use crate::steps::{allow_at_the_sandbox, come_in, link_at_the_sandbox, look_at, post_it, write_a_gig};

#[test]
#[ignore = "needs Chromium: tests/run"]
fn a_business_links_its_account_once_and_again_when_the_network_says_no() {
    let house = House::open();
    let browser = Browser::open();
    browser.look(1280, 800, Scheme::Light);

    let invited = house.say(&["invite", "Acme Studio"]);
    let address = invited.split_whitespace().find(|word| word.contains("/invite/")).expect("an address").to_owned();
    browser.go(&format!("{}/sign-in", house.pages));
    look_at(&browser, "sign-in");
    come_in(&browser, &address);
    look_at(&browser, "accounts-none");
    browser.fill("Mastodon", "server", "http://127.0.0.1:1");
    browser.press("Link Mastodon");
    browser.until_it_says("That did not work");
    look_at(&browser, "accounts-wrong-server");
    browser.go(&format!("{}/link/callback?state=made-up&code=made-up", house.pages));
    browser.until_it_says("Nothing here waits for this answer");
    look_at(&browser, "callback-unknown");
    browser.follow("Back to your accounts");
    link_at_the_sandbox(&browser, &house.sandbox);
    browser.until_it_says("Works. Nothing posted yet.");
    look_at(&browser, "accounts-one");

    write_a_gig(&browser, &house.pages, "Illustrator for a children's book");
    look_at(&browser, "gig-preview");
    post_it(&browser);
    browser.until_it_says("✓ out");
    look_at(&browser, "gig-own");
    browser.go(&browser.url().replace("/gigs/", "/g/"));
    browser.until_it_says("How it travelled");
    look_at(&browser, "gig-cascade");
    browser.go(&format!("{}/circle", house.pages));
    browser.until_it_says("Who would my circle pick?");
    look_at(&browser, "circle-none");
    browser.go(&format!("{}/@acme", house.sandbox));
    browser.until_it_says("Illustrator for a children's book");
    browser.go(&format!("{}/accounts", house.pages));
    browser.until_it_says("Works. Last post");

    browser.go(&format!("{}/sandbox/apps", house.sandbox));
    browser.press("Take back");
    browser.until_it_says("None yet.");
    write_a_gig(&browser, &house.pages, "Logo for a bakery");
    post_it(&browser);
    browser.go(&format!("{}/accounts", house.pages));
    browser.until_it_says("it said “The access token was revoked”. 1 gig is waiting for this account.");
    look_at(&browser, "accounts-needs-relinking");

    browser.press("Re-link");
    allow_at_the_sandbox(&browser);
    browser.until_it_says("Works. Last post");
    browser.go(&format!("{}/@acme", house.sandbox));
    browser.until_it_says("Logo for a bakery");
    browser.go(&format!("{}/gigs", house.pages));
    look_at(&browser, "gigs");

    browser.go(&format!("{}/accounts", house.pages));
    browser.follow("Settings");
    look_at(&browser, "settings");
    browser.choose("Show me each post first");
    browser.press("Save");
    browser.until_it_says("Each post waits until you approve it");
    write_a_gig(&browser, &house.pages, "Lettering for a shop window");
    post_it(&browser);
    browser.go(&format!("{}/review", house.pages));
    browser.until_it_says("Once you approve it: It goes out at once.");
    look_at(&browser, "review");
    browser.press("Approve");
    browser.until_it_says("Nothing waits for you.");
    look_at(&browser, "review-none");
    browser.go(&format!("{}/@acme", house.sandbox));
    browser.until_it_says("Lettering for a shop window");
    browser.go(&format!("{}/accounts", house.pages));
    browser.follow("Unlink");
    look_at(&browser, "unlink");
}
