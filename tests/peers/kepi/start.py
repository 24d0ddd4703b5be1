"""kepi, a small server with Mastodon's client API, on loopback with SQLite in a temporary folder.

It prints one JSON line when it answers, and ends when its standard input does, so that it never outlives a test.
"""
import json
import os
import shutil
import signal
import sys
import tempfile
import threading
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

port = int(os.environ.get("PORT") or sys.exit("PORT is not set: it takes a free port"))
folder = tempfile.mkdtemp(prefix="peer-kepi-")
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
os.environ.update(DJANGO_SETTINGS_MODULE="peer_settings", KEPI_DIR=folder, KEPI_HOST=f"127.0.0.1:{port}")

import celery
import django

celery.Celery("peer", broker="memory://").conf.update(task_always_eager=True)
django.setup()

from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application

call_command("migrate", verbosity=0)
accounts = []
for name in ("alice", "bob"):
    user = get_user_model().objects.create_user(username=name, password=f"{name}-pass")
    accounts.append({"name": name, "id": str(user.localperson.id), "password": f"{name}-pass"})


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass


def stop(*_):
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)


def stop_with_standard_input():
    sys.stdin.read()
    stop()


server = make_server("127.0.0.1", port, get_wsgi_application(), Server, Quiet)
signal.signal(signal.SIGTERM, stop)
signal.signal(signal.SIGINT, stop)
threading.Thread(target=stop_with_standard_input, daemon=True).start()
print(json.dumps({"url": f"http://127.0.0.1:{port}", "accounts": accounts}), flush=True)
server.serve_forever()
