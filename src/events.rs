//! The closed list of what gigcast says in its log: each event's name, weight, fields and meaning.
//!
//! A line carries its name as `event = "delivery.delivered"`, written out where it is said, so that a search for the name finds the
//! place. The rules of the house (tests/tidy/events.rs) hold both together: no line without a name, no name, level or field that is not
//! here, nothing here that no line says. docs/LOGGING.md is made from this list.

use crate::config::LogLevel;

/// One kind of thing that happens.
#[derive(Debug, Clone, Copy)]
pub struct Event {
    /// What it is about, a dot, what happened: `delivery.delivered`.
    pub name: &'static str,
    pub level: LogLevel,
    /// The fields beside `event` that it may have, separated by blanks; one that has no value is left out of the line.
    pub fields: &'static str,
    pub means: &'static str,
}

const fn error(name: &'static str, fields: &'static str, means: &'static str) -> Event {
    Event { name, level: LogLevel::Error, fields, means }
}

const fn warn(name: &'static str, fields: &'static str, means: &'static str) -> Event {
    Event { name, level: LogLevel::Warn, fields, means }
}

const fn info(name: &'static str, fields: &'static str, means: &'static str) -> Event {
    Event { name, level: LogLevel::Info, fields, means }
}

const fn debug(name: &'static str, fields: &'static str, means: &'static str) -> Event {
    Event { name, level: LogLevel::Debug, fields, means }
}

/// What every change of a delivery tells.
const DELIVERY: &str = "gig.id delivery.id account.id network.id attempt duration_ms due";

/// By name.
pub const EVENTS: &[Event] = &[
    info("account.disowned", "account.id person.id", "somebody signs in by an account no more"),
    info("account.linked", "account.id network.id", "an account was linked, or linked again"),
    warn(
        "account.needs_relink",
        "account.id network.id",
        "the network takes the grant no more; its gigs wait for its person",
    ),
    info("account.paused", "account.id network.id", "a person paused an account: nothing new leaves through it"),
    info("account.resumed", "account.id network.id", "a person let a paused account go on"),
    info("account.settings", "account.id network.id", "an account has new settings"),
    warn("account.silent", "account.id network.id", "an account cannot speak now, and its lane waits"),
    warn("account.unlink_failed", "account.id reason", "an account could not be unlinked from its page"),
    info(
        "account.unlinked",
        "account.id network.id deliveries",
        "an account was unlinked, and what waited there was dropped",
    ),
    debug("avatar.not_kept", "account.id", "the picture of an account could not be had, or is none"),
    info(
        "backfeed.ended",
        "gig.id delivery.id account.id network.id",
        "a post is read back no more; who was seen stays on record",
    ),
    warn(
        "backfeed.failed",
        "gig.id delivery.id account.id network.id failures due",
        "who engaged with a post could not be read; asked again when due",
    ),
    error("backfeed.fault", "account.id delivery.id", "reading back stopped short, by a fault in gigcast"),
    info("backfeed.unlinked", "delivery.id", "a post is read back no more, since its account is no longer on record"),
    debug("backfeed.unlisted", "account.id gig.id", "one list of engagements could not be read, the others were"),
    warn("backup.failed", "", "no backup could be taken, and why"),
    warn("backup.left", "", "a backup was begun, and whoever asked for it went away"),
    info("backup.taken", "", "a backup was taken, whole"),
    warn("client.anew", "server", "a server forgot us, and we register anew"),
    debug("client.no_token", "server", "a server gave us no token of our own: whether it still knows us is not known"),
    debug("client.registered", "server", "an authorization server knows us now"),
    info("clock.confirmed", "", "the wall clock is trusted again: expiry and deletes go on"),
    warn(
        "clock.jumped",
        "off_s",
        "the wall clock jumped: nothing expires and nothing is deleted until it is confirmed",
    ),
    info("clock.set_back", "mended", "the wall clock was set back, and waits by the old time were made to fit"),
    info("community.changed", "community.id person.id", "a steward changed what a community says or asks for"),
    info("community.dropped", "community.id", "the operator took a community away"),
    info("community.entered", "community.id person.id", "somebody came into a community"),
    info("community.founded", "community.id person.id", "a community was started"),
    info("community.invited", "community.id person.id", "a steward invited somebody into a community"),
    info("community.left", "community.id person.id", "somebody left a community"),
    info("community.removed", "community.id person.id", "a steward took somebody out of a community"),
    info("community.steward", "community.id person.id", "somebody is a steward of a community now, or no more"),
    info("community.uninvited", "community.id person.id", "a steward took back an invitation into a community"),
    info("config.applied", "key", "a key of the configuration that was read again holds from now on"),
    warn("config.needs_restart", "key", "a key of the configuration that was read again waits for a restart"),
    error("config.refused", "", "the configuration was read again and cannot be used: nothing changed, and why"),
    info("config.same", "", "the configuration was read again and says what it said before"),
    info("console.entered", "", "a browser was let into the operator's console"),
    info("console.left", "", "a browser signed out of the operator's console"),
    warn("console.turned_away", "", "a wrong token, or a code that is used or over, was brought to the console"),
    info("credit.made", "person.id about", "a person spoke for another as a business"),
    info("credit.withdrawn", "person.id about", "a person took back a word for another as a business"),
    info("daemon.draining", "deliveries", "nothing new is started, and what is out is waited for without a limit"),
    error("daemon.fault", "", "a step stopped short, by a fault in gigcast, and is taken again"),
    info(
        "daemon.interrupted",
        "deliveries",
        "deliveries were on their way when gigcast last stopped; each is looked up first",
    ),
    warn(
        "daemon.left_out",
        "deliveries",
        "deliveries were still out when the time to stop was up; the next start looks them up",
    ),
    info("daemon.runs", "public.address admin.address", "gigcast has started and listens"),
    info("daemon.stopping", "", "nothing new is started, what is out is waited for"),
    warn("daemon.stopping_at_once", "", "told twice to stop: what is out is looked up at the next start"),
    warn("delivery.dead", DELIVERY, "given up, with the network's words"),
    info("delivery.deferred", DELIVERY, "a try failed and surely did not arrive; tried again when due"),
    info(
        "delivery.delivered",
        "gig.id delivery.id account.id network.id attempt duration_ms due address",
        "it is out, and on record",
    ),
    info("delivery.dropped", DELIVERY, "no longer wanted: superseded, closed, declined, too old"),
    error("delivery.fault", "account.id delivery.id", "a delivery stopped short, by a fault in gigcast"),
    info("delivery.looked", DELIVERY, "looked for a post whose answer was lost, and cannot tell yet"),
    info("delivery.queued", DELIVERY, "a delivery waits for its turn"),
    info("delivery.rate_limited", DELIVERY, "the network asked us to wait, which costs no try"),
    warn("delivery.relink", DELIVERY, "a delivery waits until its account is linked again"),
    info("delivery.replayed", "deliveries", "deliveries that had been given up were opened anew, by a person"),
    info("delivery.review", DELIVERY, "a delivery waits for the approval of the person behind the account"),
    info("delivery.sending", DELIVERY, "the request is about to leave; this is durable before it does"),
    warn(
        "delivery.unconfirmed",
        DELIVERY,
        "no one can tell whether it arrived: a person must look, then `gigcast release`",
    ),
    warn("delivery.unknown", DELIVERY, "the answer was lost; it is looked for before anything is sent again"),
    error(
        "delivery.unsettled",
        "account.id delivery.id",
        "after a fault a delivery could not be settled, and may wait for the next start",
    ),
    warn("disk.full", "free_mib floor_mib", "nothing is taken in or sent until there is room"),
    warn("disk.reserve_kept", "", "the reserve file of an earlier version could not be deleted"),
    info("disk.room", "free_mib floor_mib", "there is room on the disk again"),
    info(
        "engagement.seen",
        "gig.id delivery.id account.id network.id engagement.id actor",
        "someone reshared, quoted, answered or liked a post, or took that back",
    ),
    info("feed.ended", "person.id", "a person ended the address of their feed"),
    info("feed.readdressed", "person.id", "a person has a new address for their feed"),
    info("gig.baseline", "gig.id source", "a gig was there at the first look at its source; it is not announced"),
    info("gig.changed", "gig.id source revision", "a gig changed at its source"),
    info("gig.decided", "gig.id", "a person filled, withdrew, reopened or edited a gig"),
    info("gig.expired", "gig.id", "a gig's closing day has passed"),
    info("gig.gone", "gig.id source", "a gig is no longer at its source"),
    info("gig.new", "gig.id source", "a gig came in"),
    info("gig.no_account", "gig.id", "a gig is on record, and its poster has no linked account"),
    info("gig.not_relayed", "gig.id account.id", "a post of a gig came out, and a relay does not take it, and why"),
    info(
        "gig.pace_changed",
        "gig.id source",
        "a gig reads the same, and is said sooner, later or on other accounts first",
    ),
    info("gig.planned", "gig.id accounts", "a gig goes out on these accounts"),
    info("gig.rights_changed", "gig.id source", "a gig may be posted elsewhere now, or no more"),
    info(
        "gig.ringed",
        "gig.id accounts due",
        "a gig goes first on some accounts or to a community, and later on so many others",
    ),
    info("gig.skipped", "gig.id account.id", "a gig is not announced on an account, and why"),
    info("gig.stale", "gig.id source", "what a source says is older than what it said before, and is passed over"),
    warn("grant.ends", "account.id network.id ends", "a link ends soon, and only its person can renew it"),
    debug("grant.not_returned", "server", "a grant could not be given back to its server"),
    debug("grant.renewed", "account.id network.id", "a grant was renewed"),
    info("hire.said", "gig.id person.id about", "one of two said that they worked together, or took that back"),
    info("hook.no_gig", "source", "a signed message holds no gig"),
    info("hook.turned_away", "source", "a message to a hook was not taken: signature, time or size"),
    error("hook.unreadable", "source", "a signed message cannot be read as its source is set up"),
    info("hub.asked", "source", "a hub was asked to push a feed"),
    warn("hub.declined", "source", "a hub does not push a feed, which is looked at as ever"),
    error("hub.fault", "source", "asking a hub stopped short, by a fault in gigcast"),
    info("hub.granted", "source until", "a hub pushes a feed, which is looked at seldom meanwhile"),
    warn("hub.lapsed", "source", "a lease was not renewed; the feed is looked at as ever"),
    info("hub.not_told", "source", "a hub that was left could not be told so"),
    warn("hub.refused", "source", "what a hub said means that the feed is looked at as ever"),
    error("hub.unreadable", "source", "what a hub pushed cannot be read; the feed itself is looked at"),
    warn("hub.unsigned", "source", "something was pushed that its hub did not sign; it is passed over"),
    info("interest.sent", "gig.id", "somebody is interested in a gig, and which way they came"),
    info("interest.withdrawn", "gig.id", "somebody is interested no more"),
    info("invite.accepted", "person.id poster", "an invitation was accepted"),
    warn("invite.over", "reason", "an invitation that is used up, over or unknown was opened"),
    info(
        "lane.waits",
        "account.id network.id due",
        "an account waits, or takes no new post: once for each wait, not for each delivery",
    ),
    warn("link.failed", "network.id reason step", "someone could not sign in or link an account"),
    warn("link.refused", "reason", "a link that was begun on the command line ended without an account"),
    info("log.level", "level", "the log is written at another level from now on"),
    warn("notice.failed", "", "a notice did not go out by one way; it is tried again"),
    warn("notice.given_up", "person.id", "a notice is given up: no way took it"),
    debug("notice.sent", "person.id", "a person was told that an account needs them, or of interest in a gig"),
    info("pause.lifted", "by", "what was paused goes on"),
    info("pause.set", "by", "something is paused, and why"),
    info("person.forgotten", "about", "somebody is forgotten: nothing is collected about them any more"),
    info("person.invited", "poster", "a poster was invited"),
    info("person.relisted", "person.id", "somebody may be named again"),
    info("person.renamed", "person.id", "a person goes by another name"),
    info("person.stated", "person.id", "a person said what work they offer"),
    info("person.unlisted", "person.id", "somebody asked not to be named any more"),
    debug("profile.stale", "network.id", "a server did not say its limits anew, so the known ones hold"),
    info("proof.shown", "actor", "somebody showed by a posted code that an account is theirs"),
    info(
        "proof.unseen",
        "network.id reason",
        "an account that somebody says is theirs could not be looked at, and why",
    ),
    info("referrer.named", "person.id about", "a person trusts the word of another from now on"),
    info("referrer.withdrawn", "person.id about", "a person trusts the word of another no more"),
    info("relay.off", "person.id account.id about", "somebody's account reshares a poster's gigs no more"),
    info("relay.on", "person.id account.id about", "somebody's account reshares a poster's gigs from now on"),
    info("retention.done", "removed", "what was over for longer than `[keep]` says is removed, by kind"),
    debug("sign_in.cleared", "removed", "sign-ins and invitations that were over are cleared away"),
    info("sign_in.done", "person.id", "a person signed in"),
    info("sign_in.ended", "person.id sign_ins", "a person signed out everywhere"),
    info("sign_in.first", "account.id network.id", "someone signed in for the first time"),
    info("sign_in.known", "account.id network.id", "a person signed in with an account that is theirs"),
    warn("source.emptied", "source", "more than half of a source's gigs vanished in one look; nothing is concluded"),
    warn("source.ended", "source", "a source says it is gone for good; it is not looked at again"),
    warn("source.failed", "source due failures", "a source could not be read; looked at again when due"),
    error("source.fault", "source", "a look at a source stopped short, by a fault in gigcast"),
    info("source.looked", "source new revised", "a look brought something"),
    warn("source.refused", "source item", "a source holds something that is no gig, and why; it stops nothing else"),
    debug("source.removed", "source", "a source is no longer in the configuration, and is looked at no more"),
    debug("source.unchanged", "source", "a look found nothing new"),
    error(
        "store.failed",
        "account.id source reason step",
        "the store failed: in the daemon's work the process ends with 75; on a page that page is not made",
    ),
    info("store.leftovers", "files", "half-written snapshots of an earlier start were removed"),
    info("store.migrated", "records", "records of an older version were brought to the present one"),
    warn("store.snapshot_bad", "path", "a snapshot could not be used and was moved away; all was read from the log"),
    info("token.made", "poster", "an API token was made"),
    warn(
        "traces.dropped",
        "spans",
        "spans found the queue full, or were not taken before the end: they are in no trace",
    ),
    warn("traces.failing", "", "the collector does not take spans; said once, until it takes them again"),
    info("traces.resumed", "spans", "the collector takes spans again; so many were dropped since the start"),
    warn("trust.flood", "reason actor", "somebody said or did more than counts in one day"),
    warn("trust.left_out", "", "a piece of evidence is left out of the trust network, and why"),
    error("trust.refused", "", "the trust network cannot be woven"),
    warn("trust.unknown_root", "reason", "trust.roots names somebody whom nobody here goes by"),
    info("vault.rotated", "", "a change of the vault key that was interrupted is done now"),
    info("vouch.brought", "person.id", "a person brought vouches that were signed elsewhere"),
    info("vouch.dropped", "person.id", "a person dropped a vouch that they had brought"),
    info("vouch.exported", "person.id", "a person takes their vouches along"),
    info("vouch.issuer_known", "about", "the operator said who signs vouches by a key of elsewhere"),
    info("vouch.made", "person.id about", "a person vouched for another on a page"),
    info(
        "vouch.read",
        "gig.id delivery.id account.id network.id actor whom evidence",
        "a vouch was read from a reply, or is gone with it",
    ),
    info("vouch.withdrawn", "person.id about", "a person took back a vouch made on a page"),
    info("warning.made", "person.id", "a person warned of somebody"),
    info("warning.withdrawn", "person.id", "a person took a warning back"),
    warn("web.cross_site", "reason", "a form that another site sent was refused"),
    error("web.fault", "", "a page could not be made, by a fault in gigcast"),
    warn("web.not_theirs", "person.id reason", "someone asked for an account that is not theirs"),
    warn("web.too_many", "reason", "too many tries to sign in or link came from one address"),
    info("word.withdrawn", "person.id about", "a person took back a word from the page of their record"),
];

/// What stands in each field.
pub const FIELDS: &[(&str, &str)] = &[
    ("gig.id", "the gig a line is about"),
    ("delivery.id", "the delivery: one intention for one gig on one account"),
    ("account.id", "the account it goes through"),
    ("network.id", "the network's id"),
    ("engagement.id", "what someone did under a post"),
    ("person.id", "the person who did something on a page"),
    ("community.id", "the community a line is about"),
    ("attempt", "tries that have failed at a cost so far"),
    ("duration_ms", "how long the request was out"),
    ("due", "when it is looked at next; `never` when it has ended or waits for a person"),
    ("address", "where the post stands"),
    ("source", "the name of the source"),
    ("item", "an item of a source that could not be read, in the source's own terms"),
    ("new", "gigs that a look brought"),
    ("revised", "gigs that a look found changed"),
    ("revision", "the gig's revision after a change"),
    ("failures", "tries that failed in a row"),
    ("until", "when a hub stops pushing a source, unless the lease is renewed"),
    ("ends", "when a link ends that only its person can renew"),
    ("accounts", "how many accounts a line is about"),
    ("deliveries", "how many deliveries"),
    ("files", "how many files"),
    ("mended", "how many waits were made to fit the new time"),
    ("key", "a key of the configuration"),
    ("records", "how many records were changed"),
    ("removed", "how many records were cleared away"),
    ("sign_ins", "how many sign-ins were ended"),
    ("actor", "who did it, by their id on their network"),
    ("whom", "whom it is about, by their id on their network"),
    ("about", "the person a word is about"),
    ("evidence", "where the words of a vouch stand"),
    ("by", "who did it, as they named themselves"),
    ("poster", "the name of a poster"),
    ("server", "the issuer of an authorization server"),
    ("free_mib", "room on the disk"),
    ("floor_mib", "how much must stay free"),
    ("off_s", "by how much the wall clock jumped"),
    ("public.address", "where pages are served"),
    ("admin.address", "where the operator's side is served"),
    ("spans", "pieces of traces"),
    ("level", "the levels that hold now"),
    ("path", "a file of the data directory"),
    ("step", "where linking or signing in stopped: `begin`, `callback`, `enter`, `relink`"),
    (
        "reason",
        "why something asked on a page was refused, in one word. Of a form: `cross_site`, `invite_over`, `not_theirs`, `too_many` (tries from one address). Of a link or a sign-in: `no_state`, `unknown_state`, `expired`, `used`, `other_browser`, `signed_out` (whoever began it is not signed in any more), `nobody_waits`, `other_server`, `denied`, `refused`, `code_refused`, `scope_missing`, `wrong_account`, `anothers`, `store`, or the class of the network's failure",
    ),
];

/// The two tables of docs/LOGGING.md.
pub fn reference() -> String {
    use std::fmt::Write as _;
    let mut page = "| event | level | means | fields |\n|---|---|---|---|\n".to_owned();
    for event in EVENTS {
        let fields: Vec<_> = event.fields.split_whitespace().map(|field| format!("`{field}`")).collect();
        let _ =
            writeln!(page, "| `{}` | {} | {} | {} |", event.name, event.level.word(), event.means, fields.join(" "));
    }
    page.push_str("\n| field | in it |\n|---|---|\n");
    for (name, means) in FIELDS {
        let _ = writeln!(page, "| `{name}` | {means} |");
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_list_is_sorted_names_each_event_once_and_explains_every_field() {
        assert!(EVENTS.windows(2).all(|two| two[0].name < two[1].name), "by name, each once");
        let used: BTreeSet<&str> = EVENTS.iter().flat_map(|event| event.fields.split_whitespace()).collect();
        let explained: BTreeSet<&str> = FIELDS.iter().map(|(name, _)| *name).collect();
        assert_eq!(used, explained);
    }
}
