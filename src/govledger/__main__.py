"""`python -m govledger`: the command line. Nothing else lives here."""

from govledger.cli import main

if __name__ == "__main__":
    main(prog_name="govledger")
