"""The example of examples/embedding, served by a real server, and visitors of it.

A visitor here is a client with cookies; `browser` has a real one."""

import html
import re
import socket
from contextlib import contextmanager
from http.client import HTTPResponse
from threading import Thread
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

import uvicorn
from attrs import evolve
from secretariat.app import create_app
from secretariat.settings import Settings
from secretariat.users import Role, User, hashed, keep_user

from govledger import Ledger

PASSWORD = "correct horse"
CHEAP = "2:8:1"
CLARA = User("clara", "Clara Meijer", Role.SECRETARY, hashed(PASSWORD, CHEAP))
AAD = User("aad", "Aad Visser", Role.AUDITOR, hashed(PASSWORD, CHEAP))


def made(folder, place, **options):
    """The settings of a site with a fresh ledger and two users."""
    options = {"name": "Fanfare", "timezone": "Europe/Amsterdam", **options}
    Ledger.open(place, **options).close()
    settings = Settings(ledger=str(place), folder=folder, secret="s3cret")
    for user in (CLARA, AAD):
        keep_user(settings.users, user)
    return settings


@contextmanager
def served(settings):
    """The address of the site, for as long as the block lasts."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(create_app(settings), ws="none", lifespan="on", log_level="warning")
    server = uvicorn.Server(config)
    thread = Thread(target=server.run, args=([listening],))
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listening.close()


class Answer:
    def __init__(self, response: HTTPResponse):
        self.status, self.url, self.headers = response.status, response.url, response.headers
        self.text = response.read().decode()

    def words(self):
        """What there is to read, without tags and more than one blank in a row."""
        main = self.text.partition("<main")[2].partition("</main>")[0]
        return html.unescape(" ".join(re.sub("<[^>]*>", " ", main).split()))

    def value(self, name):
        """What an input of the page holds."""
        tag = re.search(rf'<input[^>]* name="{name}"[^>]*>', self.text)[0]
        return html.unescape(re.search(' value="([^"]*)"', tag)[1])


class Visitor:
    """Somebody who visits a site, and keeps its cookies."""

    def __init__(self, address):
        self.address = address
        self.opener = build_opener(HTTPCookieProcessor())

    def ask(self, path, data=None, **headers):
        request = Request(self.address + path, data, headers)
        try:
            response = self.opener.open(request, timeout=60)
        except HTTPError as error:
            response = error
        with response:
            return Answer(response)

    def get(self, path, **headers):
        return self.ask(path, **headers)

    def post(self, path, fields):
        return self.ask(path, urlencode(fields).encode())

    def fill(self, path, /, **fields):
        """Ask for a form, fill it in and send it; `__` stands for a dot."""
        form = self.get(path)
        hidden = {
            name: form.value(name) for name in ("csrf", "key") if f'name="{name}"' in form.text
        }
        told = {name.replace("__", "."): value for name, value in fields.items()}
        return self.post(path.partition("?")[0], hidden | told)

    def sign_in(self, login, password=PASSWORD, **more):
        return self.fill("/sign-in", login=login, password=password, **more)


def signed_in(address, login):
    visitor = Visitor(address)
    assert visitor.sign_in(login).status == 200
    return visitor
