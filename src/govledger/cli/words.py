"""Sentences of the command line, in English and Dutch.

Here: one table, with the headings that pages have, too (`govledger.headings`). Not here: the
terms of the field (`govledger.terms`).
"""

from __future__ import annotations

from collections.abc import Mapping

from govledger.headings import HEADINGS

WORDS: Mapping[str, tuple[str, str]] = {
    **HEADINGS,
    # sentences
    "register_on": (
        "on {day}, as known at record {known}",
        "op {day}, zoals bekend bij nr. {known}",
    ),
    "nothing": ("Nothing on record.", "Niets vastgelegd."),
    "no_ledgers": ("No ledgers.", "Geen grootboeken."),
    "no_match": ("None matches.", "Geen enkele voldoet."),
    "not_on_record": (
        "{subject} is not on record on {day}, as known at record {known}.",
        "{subject} is op {day} niet vastgelegd, zoals bekend bij nr. {known}.",
    ),
    "records": ("Records", "Vastleggingen"),
    "about": ("About {subject}", "Over {subject}"),
    "decides": ("sets the status", "bepaalt de stand"),
    "late": ("recorded late", "later vastgelegd"),
    "withdrawn": ("retracted by {by}", "vastlegging vervallen door nr. {by}"),
    "corrected": ("corrected by {by}", "gecorrigeerd door nr. {by}"),
    "corrects": ("corrects {position}", "corrigeert nr. {position}"),
    "retracts": ("retracts {position}", "laat nr. {position} vervallen"),
    "notice": ("notice", "opmerking"),
    "verdict": ("verdict", "oordeel"),
    "new": ("(not on record)", "(niet vastgelegd)"),
    "no_change": ("Nothing changed.", "Niets veranderd."),
    "overdue_means": (
        "overdue: the deadline has passed and no completion is on record",
        "verstreken: de termijn is voorbij en er is geen afronding vastgelegd",
    ),
    "more_fields": (
        "{count} more fields: see --format json, or show.",
        "Nog {count} velden: zie --format json, of show.",
    ),
    "no_completion": ("no completion on record", "geen afronding vastgelegd"),
    "breaches": (
        "Breaches of the rules on the books: {count}. See govledger check.",
        "Overtredingen van de regels in de boeken: {count}. Zie govledger check.",
    ),
    # the demo
    "demo_title": (
        "The extraordinary assembly of the VNG, 30 November 2018",
        "De buitengewone ALV van de VNG, 30 november 2018",
    ),
    "demo_recorded": (
        "{count} records written to {file}, each with its source.",
        "{count} vastleggingen geschreven naar {file}, elk met zijn bron.",
    ),
    "demo_there": (
        "{count} records are in {file} from an earlier demo; nothing was added.",
        "{count} vastleggingen staan al in {file}; er is niets toegevoegd.",
    ),
    "demo_register": ("The register before and after", "Het register ervoor en erna"),
    "demo_changed": (
        "Changed on that day: {changed}. New: {new}.",
        "Die dag gewijzigd: {changed}. Nieuw: {new}.",
    ),
    "demo_why": ("Why is rob-i completed?", "Waarom is rob-i afgedaan?"),
    "demo_completed": (
        "Completed says that the assembly no longer follows it, not that it was carried out.",
        "Afgedaan zegt dat de vergadering de motie niet meer volgt, niet dat zij is uitgevoerd.",
    ),
    "demo_overdue": (
        "What is overdue on 1 March 2019?",
        "Welke termijn is op 1 maart 2019 verstreken?",
    ),
    "demo_next": ("Type next", "Typ hierna"),
}
"""Word -> (English, Dutch)."""
