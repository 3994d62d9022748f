"""Headings: what kinds of subject, their fields and the columns of records are called.

Here: one table, in English and Dutch, for whatever prints. Not here: the terms of the field
(`terms`), or sentences.
"""

from __future__ import annotations

from collections.abc import Mapping

HEADINGS: Mapping[str, tuple[str, str]] = {
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
}
"""Heading -> (English, Dutch), as in `terms.LANGUAGES`."""
