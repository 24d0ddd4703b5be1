"""A tour of the sandbox with Mastodon.py, a client that knows nothing of gigcast.

Usage: tour.py URL. Each stop prints one line; the first surprise ends the tour with a traceback and a failing exit code.
"""

import re
import sys
import time
import typing
import warnings
from html import unescape
from urllib.parse import parse_qs, urlparse

import requests
from mastodon import (
    Mastodon,
    MastodonAPIError,
    MastodonNotFoundError,
    MastodonUnauthorizedError,
)

SCOPES = ["profile", "read", "write"]
BACK = "http://127.0.0.1:9/back"
OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"

# Fields that the client's types demand although Mastodon adds them only after the version that the sandbox says it is,
# or lets them be null.
NOT_DEMANDED = {
    "Account": {"feature_approval", "show_featured", "show_media", "show_media_replies"},
    "Status": {"tagged_collections"},
    # In a status it is no more than a name and a website.
    "Application": {"id", "redirect_uri", "redirect_uris", "scopes", "vapid_key"},
    "Instance": {"contact_account"},
    "InstanceContact": {"account"},
    "InstanceAccountConfiguration": {
        "max_avatar_description_length",
        "max_display_name_length",
        "max_header_description_length",
        "max_note_length",
        "profile_field_name_limit",
        "profile_field_value_limit",
    },
    "Role": {"collection_limit"},
}


# What `complete` has found missing, told all at once at the end.
LACKING = set()


def stop(name):
    print(f"tour: {name}", flush=True)


def refused(status, call, *arguments, **named):
    """The call must fail with this status."""
    try:
        call(*arguments, **named)
    except MastodonAPIError as error:
        assert error.args[1] == status, error.args
        return error
    raise AssertionError(f"{call.__name__} was not refused")


def complete(entity):
    """Every field that the client's own types call non-optional must be there, in this entity and in those inside it.

    The client fills what is missing with None, so None is what a missing field looks like.
    """
    if isinstance(entity, list):
        for item in entity:
            complete(item)
    elif isinstance(entity, dict):
        kind = type(entity)
        if kind.__module__.startswith("mastodon"):
            namespace = vars(sys.modules["mastodon.return_types"])
            hints = typing.get_type_hints(kind, namespace)
            demanded = {name for name, hint in hints.items() if type(None) not in typing.get_args(hint)}
            demanded = {name for name in demanded if not name.startswith("_")}
            missing = {name for name in demanded if entity.get(name) is None} - NOT_DEMANDED.get(kind.__name__, set())
            LACKING.update(f"{kind.__name__}.{name}" for name in missing)
        for value in entity.values():
            complete(value)
    return entity


def form_of(page):
    """The hidden fields and the people of the authorize page, read as a browser would."""
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
    people = re.findall(r'<option value="([^"]+)"', page)
    return {name: unescape(value) for name, value in fields.items()}, people


def code_by_hand(url, address, person, decision="allow"):
    """What a person does in a browser: opens the address, picks who to be, presses a button."""
    page = requests.get(address, timeout=10)
    assert page.status_code == 200, page.text
    fields, people = form_of(page.text)
    assert person in people, people
    form = {**fields, "person": person, "decision": decision}
    return requests.post(f"{url}/oauth/authorize", data=form, timeout=10, allow_redirects=False)


def linked(url, person):
    """A logged-in client of this inhabitant, through the whole of OAuth."""
    client_id, client_secret = Mastodon.create_app(
        "tour", scopes=SCOPES, redirect_uris=[BACK, OUT_OF_BAND], website="https://tour.example", api_base_url=url
    )
    client = Mastodon(
        client_id=client_id,
        client_secret=client_secret,
        api_base_url=url,
        ratelimit_method="throw",
        version_check_mode="created",
        request_timeout=10,
    )
    address = client.auth_request_url(redirect_uris=BACK, scopes=SCOPES, state="st&te", allow_http=True)
    answer = code_by_hand(url, address, person)
    assert answer.status_code == 302, answer.text
    query = parse_qs(urlparse(answer.headers["Location"]).query)
    assert query["state"] == ["st&te"], query
    client.log_in(code=query["code"][0], redirect_uri=BACK, scopes=SCOPES, allow_http=True)
    return client


def main(url):
    stop("what the server says it is")
    stranger = Mastodon(api_base_url=url, ratelimit_method="throw", version_check_mode="created", request_timeout=10)
    version = stranger.retrieve_mastodon_version()
    assert version.startswith("4."), version
    instance = complete(stranger.instance_v2())
    assert instance.configuration.statuses.max_characters == 500
    assert instance.configuration.statuses.characters_reserved_per_url == 23
    complete(stranger.instance_v1())
    assert complete(stranger.instance_nodeinfo()).software.name == "mastodon"
    assert "S256" in complete(stranger.oauth_authorization_server_info()).code_challenge_methods_supported

    stop("registering, logging in by code, a code by hand")
    acme = linked(url, "acme")
    lena = linked(url, "lena")
    me = complete(acme.account_verify_credentials())
    assert (me.acct, me.source.privacy) == ("acme", "public")
    app = acme.app_verify_credentials()
    assert (app.name, app.scopes, app.redirect_uris) == ("tour", SCOPES, [BACK, OUT_OF_BAND])
    # Here the client insists on https, so it is asked without it.
    bearer = {"Authorization": f"Bearer {acme.access_token}"}
    assert requests.get(f"{url}/oauth/userinfo", headers=bearer, timeout=10).json()["sub"] == me.uri
    by_hand = acme.auth_request_url(redirect_uris=OUT_OF_BAND, scopes=SCOPES, allow_http=True)
    shown = code_by_hand(url, by_hand, "omar")
    assert re.search(r'<code class="code" id="code">[\w-]{20,}</code>', shown.text), shown.text
    denied = code_by_hand(url, acme.auth_request_url(redirect_uris=BACK, scopes=SCOPES, allow_http=True), "omar", "deny")
    assert "error=access_denied" in denied.headers["Location"]

    stop("people")
    assert complete(stranger.account_lookup("lena")).id == lena.me().id
    ines = stranger.account_lookup("ines")
    assert ines.noindex and not ines.indexable, "ines asks not to be listed"

    stop("posting, and posting again with the same key")
    text = "Gig: a catalogue of birds, 3 weeks, remote\nhttps://gigs.example/g/81?v=abc #Gig #illustration"
    post = complete(acme.status_post(text, idempotency_key="key-1", visibility="public", language="en"))
    assert post.language == "en" and post.visibility == "public" and post.edited_at is None
    assert 'href="https://gigs.example/g/81?v=abc"' in post.content, post.content
    assert [tag.name for tag in post.tags] == ["gig", "illustration"]
    assert post.application.name == "tour"
    again = acme.status_post(text, idempotency_key="key-1", visibility="public", language="en")
    assert again.id == post.id
    assert acme.status_post("Another", idempotency_key="key-2").id != post.id
    assert [s.id for s in stranger.timeline_hashtag("gig")] == [post.id]
    own = acme.account_statuses(me, exclude_reblogs=True, tagged="gig", limit=40)
    assert [s.id for s in own] == [post.id]
    assert len(acme.account_statuses(me, min_id=post.id)) == 1

    stop("editing, and what it was before")
    edited = complete(acme.status_update(post, "FILLED. " + text))
    assert edited.edited_at is not None and "FILLED" in edited.content and edited.language == "en"
    history = complete(acme.status_history(post))
    assert len(history) == 2 and "FILLED" not in history[0].content
    assert acme.status_source(post).text.startswith("FILLED")

    stop("replying and vouching")
    host = urlparse(url).netloc
    reply = complete(lena.status_post(f"@acme I vouch for @omar@{host}", in_reply_to_id=post))
    assert sorted(m.acct for m in reply.mentions) == ["acme", "omar"] and "h-card" in reply.content
    context = complete(stranger.status_context(post))
    assert [s.id for s in context.descendants] == [reply.id] and context.ancestors == []
    assert [s.id for s in stranger.status_context(reply).ancestors] == [post.id]

    stop("boosting once, however often")
    boost = complete(lena.status_reblog(post))
    assert boost.reblog.id == post.id and boost.reblog.reblogged
    assert lena.status_reblog(post).id == boost.id
    assert complete(lena.status_favourite(post)).favourites_count == 1
    assert [a.acct for a in complete(stranger.status_favourited_by(post))] == ["lena"]
    assert acme.status_quotes(post) == []
    assert boost.id in [s.id for s in acme.timeline_home()]
    assert boost.id not in [s.id for s in stranger.timeline_public()]

    stop("ninety more boosters, page by page")
    for number in range(90):
        person = requests.post(f"{url}/sandbox/people", json={"username": f"booster{number}"}, timeout=10).json()
        booster = Mastodon(access_token=person["token"], api_base_url=url, ratelimit_method="throw")
        booster.status_reblog(post)
    pages = []
    page = stranger.status_reblogged_by(post)
    while page:
        pages.append([account.acct for account in complete(page)])
        page = stranger.fetch_next(page)
    assert [len(p) for p in pages] == [40, 40, 11], [len(p) for p in pages]
    assert len({acct for p in pages for acct in p}) == 91
    assert stranger.status(post).reblogs_count == 91

    stop("notifications, newest first and forward from one")
    first = complete(acme.notifications(types=["reblog", "favourite", "mention"], limit=80))
    assert len(first) == 80 and first[0].type == "reblog" and first[0].status.id == post.id
    rest = acme.fetch_next(first)
    assert sorted(n.type for n in rest)[:2] == ["favourite", "mention"], [n.type for n in rest]
    oldest = rest[-1]
    forward = acme.notifications(types=["reblog"], min_id=oldest, limit=2)
    assert forward[-1].account.acct == "lena" and forward[0].account.acct == "booster0"
    lena_hears = lena.notifications(types=["update"])
    assert lena_hears == [], "lena boosted after the edit"
    acme.status_update(post, "FILLED, thank you. " + text)
    assert [n.type for n in lena.notifications(types=["update"])] == ["update"]

    stop("taking a boost back")
    assert lena.status_unreblog(post).reblogs_count == 90
    assert lena.status_unfavourite(post).favourites_count == 0

    stop("what is refused")
    assert "500" in str(refused(422, acme.status_post, "x" * 501))
    refused(422, acme.status_post, "   ")
    assert acme.status_post("x" * 475 + " https://gigs.example/" + "y" * 300 + " ").id
    for status, call in [(404, lambda: lena.status_delete(post)), (404, lambda: stranger.status("1"))]:
        assert isinstance(refused(status, call), MastodonNotFoundError)
    assert isinstance(refused(401, stranger.status_post, "hello"), MastodonUnauthorizedError)

    stop("limits, as the client reads them")
    acme.status(post)
    assert acme.ratelimit_limit == 300 and 0 < acme.ratelimit_remaining < 300
    assert time.time() < acme.ratelimit_reset <= time.time() + 301
    fault = {"kind": "rate_limit", "count": 1, "verb": "POST", "path": "/api/v1/statuses", "delay_ms": 2000}
    requests.post(f"{url}/sandbox/faults", json=fault, timeout=10).raise_for_status()
    patient = Mastodon(access_token=acme.access_token, api_base_url=url, ratelimit_method="wait")
    asked = time.time()
    patient.status_post("after the wait")
    assert 1 <= time.time() - asked < 8, "the client waits until the reset and no longer"

    stop("deleting")
    gone = acme.status_delete(post)
    assert gone.text.startswith("FILLED")
    refused(404, stranger.status, post)

    stop("revoking")
    word = acme.access_token
    acme.revoke_access_token(allow_http=True)
    left = Mastodon(access_token=word, api_base_url=url, ratelimit_method="throw")
    assert isinstance(refused(401, left.account_verify_credentials), MastodonUnauthorizedError)
    assert not LACKING, sorted(LACKING)
    print("tour: all seen")


if __name__ == "__main__":
    warnings.simplefilter("error")
    main(sys.argv[1].rstrip("/"))
