//! What people do on the way, in every walk through the pages.

use crate::driver::{Browser, Scheme};
use crate::house::pictures;

/// Looks at a page as phones, tablets and desks show it, in light and dark, and keeps pictures of it.
pub fn look_at(browser: &Browser, name: &str) {
    for (width, height) in [(390, 844), (820, 1180), (1280, 800)] {
        for (scheme, word) in [(Scheme::Light, "light"), (Scheme::Dark, "dark")] {
            browser.look(width, height, scheme);
            assert!(!browser.overflows(), "{name} stands out of a window {width} wide");
            browser.picture(&pictures().join(format!("{name}-{width}-{word}.png")));
        }
    }
    browser.look(1280, 800, Scheme::Light);
}

/// Accepts the invitation at this address.
pub fn come_in(browser: &Browser, invitation: &str) {
    browser.go(invitation);
    browser.until_it_says("Acme Studio");
    look_at(browser, "invite");
    browser.press("Accept");
    browser.until_it_says("Link an account");
}

pub fn link_at_the_sandbox(browser: &Browser, server: &str) {
    browser.fill("Mastodon", "server", server);
    browser.press("Link Mastodon");
    allow_at_the_sandbox(browser);
}

pub fn allow_at_the_sandbox(browser: &Browser) {
    browser.until_it_says("Let gigcast act for you?");
    browser.press("Allow");
}

/// As far as the page that shows what each account would say.
pub fn write_a_gig(browser: &Browser, pages: &str, title: &str) {
    browser.go(&format!("{pages}/gigs/new"));
    browser.fill("Title", "Title", title);
    browser.fill("Title", "Description", "Twelve spreads in watercolour. We print in March.");
    browser.fill("Title", "How to apply", "https://acme.example/apply");
    browser.press("See how it will look");
    browser.until_it_says("of 500");
}

/// Posts what the page shows, and stays until it is on record: who goes elsewhere sooner may be brought back by the answer.
pub fn post_it(browser: &Browser) {
    browser.press("Post it");
    browser.until_it_says("Where it stands");
}
