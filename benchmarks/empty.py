"""The least that a command line made with click can do: the floor of `govledger list`."""

import click


@click.command()
def main() -> None:
    """Do nothing."""


if __name__ == "__main__":
    main()
