"""Headings and sentences of the command line, in English and Dutch.

Here: one table. Not here: the terms of the field (`govledger.terms`).
"""

from __future__ import annotations

from collections.abc import Mapping

from govledger.terms import LANGUAGES

WORDS: Mapping[str, tuple[str, str]] = {
    # headings
    "motions": ("Motions", "Moties"),
    "mandates": ("Mandates", "Opdrachten"),
    "blockades": ("Blockades", "Blokkades"),
    "proposals": ("Proposals", "Voorstellen"),
    "meetings": ("Meetings", "Vergaderingen"),
    "motion": ("motion", "motie"),
    "mandate": ("mandate", "opdracht"),
    "blockade": ("blockade", "blokkade"),
    "proposal": ("proposal", "voorstel"),
    "meeting": ("meeting", "vergadering"),
    "response": ("response", "reactie"),
    "agreement": ("agreement", "overeenstemming"),
    "statement": ("statement", "toelichting"),
    "responses": ("responses", "reacties"),
    "agreements": ("agreements", "overeenstemmingen"),
    "statements": ("statements", "toelichtingen"),
    "ledger": ("ledger", "grootboek"),
    "id": ("subject", "onderwerp"),
    "title": ("title", "titel"),
    "status": ("status", "stand"),
    "decision": ("decision", "besluit"),
    "follow_up": ("follow-up", "opvolging"),
    "force": ("in force", "van kracht"),
    "since": ("since", "sinds"),
    "submitted_on": ("submitted on", "ingediend op"),
    "tally": ("vote", "stemming"),
    "by_acclamation": ("by acclamation", "bij acclamatie"),
    "as_amended": ("as amended", "na wijziging"),
    "referred_to": ("referred to", "verwezen naar"),
    "deferred_until": ("deferred until", "aangehouden tot"),
    "kind": ("kind", "soort"),
    "code": ("code", "code"),
    "message": ("message", "melding"),
    "outcome": ("outcome", "uitkomst"),
    "name": ("name", "naam"),
    "detail": ("detail", "toelichting"),
    "tally_of": (
        "{in_favour} in favour, {against} against, {abstained} abstained, {absent} absent ({unit})",
        "{in_favour} voor, {against} tegen, {abstained} onthouden, {absent} afwezig ({unit})",
    ),
    "tally_of_all": (
        (
            "{in_favour} in favour, {against} against, {abstained} abstained, {absent} absent,"
            " of {electorate} ({unit})"
        ),
        (
            "{in_favour} voor, {against} tegen, {abstained} onthouden, {absent} afwezig,"
            " van {electorate} ({unit})"
        ),
    ),
    "decided_on": ("decided on", "besloten op"),
    "follow_up_meeting": ("followed up at", "opvolging besproken in"),
    "movers": ("movers", "indieners"),
    "aliases": ("also called", "ook genoemd"),
    "pending": ("pending", "in afwachting van"),
    "review_on": ("review on", "opnieuw bezien op"),
    "because": ("because of", "vanwege"),
    "in_light_of": ("in light of", "in het licht van"),
    "successor": ("successor", "opvolger"),
    "task": ("task", "taak"),
    "addressee": ("addressee", "opdrachtnemer"),
    "due": ("due", "termijn"),
    "deadline": ("deadline", "termijnstatus"),
    "condition": ("condition", "voorwaarde"),
    "condition_met": ("condition met", "voorwaarde vervuld"),
    "evidence": ("evidence", "bewijs"),
    "by": ("by", "door"),
    "scope": ("scope", "reikwijdte"),
    "conditions": ("conditions of lifting", "voorwaarden bij opheffing"),
    "release_condition": ("release condition", "voorwaarde voor opheffing"),
    "conditions_met": ("met on record", "vervuld volgens vastlegging"),
    "condition_state": ("release condition is", "stand van die voorwaarde"),
    "lifted_by": ("lifted by", "opgeheven door"),
    "replaced_by": ("replaced by", "vervangen door"),
    "text": ("text", "tekst"),
    "regarding": ("regarding", "betreft"),
    "body": ("body", "orgaan"),
    "place": ("place", "plaats"),
    "on": ("on", "op"),
    "parties": ("parties", "partijen"),
    "note": ("note", "opmerking"),
    "findings": ("findings", "bevindingen"),
    "position": ("no.", "nr."),
    "recorded_at": ("recorded (UTC)", "vastgelegd (UTC)"),
    "type": ("event", "gebeurtenis"),
    "subject": ("subject", "onderwerp"),
    "source": ("source", "bron"),
    "field": ("what", "wat"),
    "size": ("records", "vastleggingen"),
    "last_recorded_at": ("last recorded (UTC)", "laatst vastgelegd (UTC)"),
    "before": ("before", "voor"),
    "after": ("after", "na"),
    "erased": ("[erased]", "[gewist]"),
    "withheld": ("[withheld]", "[niet meegegeven]"),
    "true": ("yes", "ja"),
    "false": ("no", "nee"),
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


def word(name: str, language: str, **values: object) -> str:
    """A heading or sentence in a language; `name` itself where there is none."""
    found = WORDS.get(name)
    text = found[LANGUAGES.index(language)] if found else name
    return text.format(**values) if values else text
