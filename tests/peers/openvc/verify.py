"""What openvc-core says of credentials, one JSON question per line of standard input; README.md shows their shape."""

import json
import sys
from datetime import datetime

from openvc.did.base import DidResolverRegistry
from openvc.did.did_key import DidKeyResolver
from openvc.did.did_web import DidWebResolver
from openvc.errors import OpenvcError
from openvc.verify import VerificationPolicy, verify_credential


def verdict(question):
    published = question["published"]
    resolver = DidResolverRegistry([DidKeyResolver(), DidWebResolver(lambda url: json.loads(published[url]))])
    policy = VerificationPolicy(now=datetime.fromisoformat(question["now"]), expected_types=["VouchCredential"])
    try:
        verify_credential(json.loads(question["credential"]), policy=policy, resolver=resolver)
    except OpenvcError as refused:
        return {"verdict": "refused", "why": f"{type(refused).__name__}: {refused}"}
    return {"verdict": "accepted", "why": ""}


for line in sys.stdin:
    print(json.dumps(verdict(json.loads(line))), flush=True)
