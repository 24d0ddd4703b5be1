//! Link once: from the invitation to a post that is out, and from a revoked grant to one that waited and went out after all.

use crate::driver::{Browser, Scheme};
use crate::house::{House, pictures};

/// Looks at a page as phones, tablets and desks show it, in light and dark, and keeps pictures of it.
fn look_at(browser: &Browser, name: &str) {
    for (width, height) in [(390, 844), (820, 1180), (1280, 800)] {
        for (scheme, word) in [(Scheme::Light, "light"), (Scheme::Dark, "dark")] {
            browser.look(width, height, scheme);
            assert!(!browser.overflows(), "{name} stands out of a window {width} wide");
            browser.picture(&pictures().join(format!("{name}-{width}-{word}.png")));
        }
    }
    browser.look(1280, 800, Scheme::Light);
}

fn allow_at_the_sandbox(browser: &Browser) {
    browser.until_it_says("Let gigcast act for you?");
    browser.press("Allow");
}

fn post_a_gig(browser: &Browser, house: &House, title: &str) {
    browser.go(&format!("{}/gigs/new", house.pages));
    browser.fill("Title", "Title", title);
    browser.fill("Title", "Description", "Twelve spreads in watercolour. We print in March.");
    browser.fill("Title", "How to apply", "https://acme.example/apply");
    browser.press("See how it will look");
    browser.until_it_says("of 500");
}

#[test]
#[ignore = "needs Chromium: tests/run"]
fn a_business_links_its_account_once_and_again_when_the_network_says_no() {
    let house = House::open();
    let browser = Browser::open();
    browser.look(1280, 800, Scheme::Light);

    let invited = house.say(&["invite", "Acme Studio"]);
    let address = invited.split_whitespace().find(|word| word.contains("/invite/")).expect("an address").to_owned();
    browser.go(&address);
    browser.until_it_says("Acme Studio");
    look_at(&browser, "invite");
    browser.press("Accept");

    browser.until_it_says("Link an account");
    look_at(&browser, "accounts-none");
    browser.fill("Mastodon", "server", house.server());
    browser.press("Link Mastodon");
    allow_at_the_sandbox(&browser);
    browser.until_it_says("Works. Nothing posted yet.");
    look_at(&browser, "accounts-one");

    post_a_gig(&browser, &house, "Illustrator for a children's book");
    look_at(&browser, "gig-preview");
    browser.press("Post it");
    browser.until_it_says("✓ out");
    look_at(&browser, "gig-own");
    browser.go(&format!("{}/@acme", house.sandbox));
    browser.until_it_says("Illustrator for a children's book");
    browser.go(&format!("{}/accounts", house.pages));
    browser.until_it_says("Works. Last post");

    browser.go(&format!("{}/sandbox/apps", house.sandbox));
    browser.press("Take back");
    browser.until_it_says("None yet.");
    post_a_gig(&browser, &house, "Logo for a bakery");
    browser.press("Post it");
    browser.go(&format!("{}/accounts", house.pages));
    browser.until_it_says("It needs re-linking");
    look_at(&browser, "accounts-needs-relinking");

    browser.press("Re-link");
    allow_at_the_sandbox(&browser);
    browser.until_it_says("Works. Last post");
    browser.go(&format!("{}/@acme", house.sandbox));
    browser.until_it_says("Logo for a bakery");
    browser.go(&format!("{}/gigs", house.pages));
    look_at(&browser, "gigs");
}
