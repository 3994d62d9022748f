"""The command line: `python -m secretariat` serves, `demo` fills a ledger first, `user` adds one.

Here: the only code that prints. Not here: what the application does.
"""

from __future__ import annotations

import argparse
import secrets

import uvicorn

from govledger import Ledger
from govledger.cli.demo import example
from govledger.dataset import import_dataset, ledger_options, load
from secretariat.app import create_app
from secretariat.settings import Settings, from_environment
from secretariat.users import Role, User, hashed, keep_user, read_users


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser("secretariat", description="An association secretariat.")
    parser.set_defaults(command="serve", port=8000)
    commands = parser.add_subparsers(dest="command")
    for name, does in (("serve", "serve the ledger"), ("demo", "fill a new one, then serve it")):
        command = commands.add_parser(name, help=does)
        command.add_argument("--port", type=int, default=8000)
    user = commands.add_parser("user", help="add a user, or give one another password")
    user.add_argument("login")
    user.add_argument("role", choices=tuple(Role))
    user.add_argument("--name", help="as it will stand in records; the login unless given")
    user.add_argument("--password", help="a random one, which is printed once, unless given")
    given = parser.parse_args()
    settings = from_environment()
    if given.command == "user":
        _user(settings, given.login, given.role, given.name or given.login, given.password)
        return
    if given.command == "demo":
        _demo(settings)
    app = create_app(settings)
    uvicorn.run(app, host="127.0.0.1", port=given.port, ws="none", server_header=False)


def _user(settings: Settings, login: str, role: Role, name: str, password: str | None) -> None:
    if password is None:
        password = secrets.token_urlsafe(9)
        print(f"{login} ({role}) signs in with the password {password}")
    keep_user(settings.users, User(login, name, role, hashed(password)))


def _demo(settings: Settings) -> None:
    """The assembly of the worked example, and two users, in a fresh folder."""
    dataset = load(example())
    with Ledger.open(settings.ledger, **ledger_options(dataset)) as ledger:
        import_dataset(ledger, dataset)  # which writes nothing that is there already
    if not read_users(settings.users):
        _user(settings, "clara", Role.SECRETARY, "Clara Meijer", None)
        _user(settings, "aad", Role.AUDITOR, "Aad Visser", None)


if __name__ == "__main__":
    main()
