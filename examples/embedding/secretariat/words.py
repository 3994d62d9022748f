"""What the pages say, in English and Dutch.

Here: one table. Not here: the terms of the field, which govledger has (`govledger.terms`).
"""

from __future__ import annotations

from collections.abc import Mapping

from govledger.terms import LANGUAGES

WORDS: Mapping[str, tuple[str, str]] = {
    # around every page
    "skip": ("Skip to the content", "Naar de inhoud"),
    "menu": ("Main", "Hoofdmenu"),
    "register": ("Register", "Register"),
    "feed": ("Feed", "Feed"),
    "audit": ("Audit", "Controle"),
    "sign_in": ("Sign in", "Inloggen"),
    "sign_out": ("Sign out", "Uitloggen"),
    "secretary": ("secretary", "secretaris"),
    "auditor": ("auditor", "controleur"),
    "other_language": ("Nederlands", "English"),
    "footer": (
        "{count} records, none of them ever changed.",
        "{count} vastleggingen, waarvan er nooit een wordt gewijzigd.",
    ),
    # the register
    "as_of": ("On", "Op"),
    "known_at": ("As known on", "Zoals bekend op"),
    "known_now": ("leave empty for now", "leeg laten voor nu"),
    "show": ("Show", "Toon"),
    "stand_now": (
        "On {day}, as known now (record {known}).",
        "Op {day}, zoals nu bekend (vastlegging {known}).",
    ),
    "stand_then": (
        "On {day}, as known on {then} (record {known}).",
        "Op {day}, zoals bekend op {then} (vastlegging {known}).",
    ),
    "motions": ("Motions", "Moties"),
    "meetings": ("Meetings", "Vergaderingen"),
    "motion": ("Motion", "Motie"),
    "status": ("Status", "Stand"),
    "since": ("Since", "Sinds"),
    "next_page": ("Next page", "Volgende pagina"),
    "nothing": ("Nothing was on record.", "Er was niets vastgelegd."),
    "no_status": ("unknown", "onbekend"),
    # a motion
    "not_then": (
        "This motion was not on record then.",
        "Deze motie was toen niet vastgelegd.",
    ),
    "findings": ("What a reader must know", "Wat een lezer moet weten"),
    "facts": ("As it stands", "Zoals het is"),
    "may_record": ("What may be recorded now", "Wat nu kan worden vastgelegd"),
    "may_record_then": (
        "What could be recorded of {day}",
        "Wat over {day} kan worden vastgelegd",
    ),
    "why": ("Why", "Waarom"),
    "about": ("About {subject}", "Over {subject}"),
    "decides": ("sets the status", "bepaalt de stand"),
    "late": ("recorded late", "later vastgelegd"),
    "withdrawn": ("retracted by {by}: {reason}", "ingetrokken door {by}: {reason}"),
    "corrected": ("corrected by {by}", "gecorrigeerd door {by}"),
    "retract": ("Retract record {position}", "Vastlegging {position} intrekken"),
    "written": ("Recorded, as no. {position}.", "Vastgelegd, als nr. {position}."),
    "recorded_on": ("no. {position}, recorded {day}", "nr. {position}, vastgelegd {day}"),
    "source": ("Source", "Bron"),
    # what is said of motions and in records
    "decision": ("Decision", "Besluit"),
    "follow_up": ("Follow-up", "Opvolging"),
    "force": ("In force", "Van kracht"),
    "submitted_on": ("Submitted", "Ingediend"),
    "decided_on": ("Decided", "Besloten"),
    "meeting": ("Meeting", "Vergadering"),
    "follow_up_meeting": ("Followed up at", "Opvolging besproken in"),
    "tally": ("Vote", "Stemming"),
    "tally_of": (
        "{in_favour} in favour, {against} against, {abstained} abstained",
        "{in_favour} voor, {against} tegen, {abstained} onthouden",
    ),
    "by_acclamation": ("By acclamation", "Bij acclamatie"),
    "as_amended": ("As amended", "Na wijziging"),
    "referred_to": ("Referred to", "Verwezen naar"),
    "deferred_until": ("Deferred until", "Aangehouden tot"),
    "movers": ("Movers", "Indieners"),
    "aliases": ("Also called", "Ook genoemd"),
    "pending": ("Pending", "In afwachting van"),
    "review_on": ("Review on", "Opnieuw bezien op"),
    "because": ("Because of", "Vanwege"),
    "in_light_of": ("In light of", "In het licht van"),
    "successor": ("Successor", "Opvolger"),
    "recorded_by": ("Recorded by", "Vastgelegd door"),
    "reason": ("Reason", "Reden"),
    "position": ("Record", "Vastlegging"),
    "corrects": ("Corrects record", "Corrigeert vastlegging"),
    "yes": ("yes", "ja"),
    "no": ("no", "nee"),
    "erased": ("[erased]", "[gewist]"),
    # forms
    "subject": ("Short name", "Korte naam"),
    "hint subject": (
        "In addresses and in other records; lower case, no spaces: bigger-bins",
        "In adressen en andere vastleggingen; kleine letters, geen spaties: grotere-bakken",
    ),
    "on": ("Day", "Dag"),
    "hint on": ("When it happened, not today's date by habit", "Wanneer het gebeurde"),
    "title": ("Title", "Titel"),
    "body": ("Body", "Orgaan"),
    "place": ("Place", "Plaats"),
    "hint movers": ("One on a line", "Een per regel"),
    "tally.in_favour": ("In favour", "Voor"),
    "tally.against": ("Against", "Tegen"),
    "tally.abstained": ("Abstained", "Onthouden"),
    "by": ("By which motion", "Door welke motie"),
    "to": ("To", "Naar"),
    "alias": ("Other name", "Andere naam"),
    "hint pending": ("One on a line", "Een per regel"),
    "until": ("Until", "Tot"),
    "until.kind": ("How the end is known", "Hoe het einde bekend is"),
    "until.when": ("Until", "Tot"),
    "source.document": ("Source: document", "Bron: document"),
    "hint source.document": (
        "Where it can be read: minutes-2024-03",
        "Waar het te lezen is: notulen-2024-03",
    ),
    "source.url": ("Source: address", "Bron: adres"),
    "note": ("Note", "Opmerking"),
    "optional": ("optional", "niet verplicht"),
    "none": ("none", "geen"),
    "record": ("Record", "Vastleggen"),
    "cancel": ("Cancel", "Annuleren"),
    "for_ever": (
        "A record stays for ever. A mistake is put right by another record.",
        "Een vastlegging blijft altijd staan. Een fout herstelt u met een volgende vastlegging.",
    ),
    "not_recorded": ("Nothing was recorded", "Er is niets vastgelegd"),
    "flag": (
        "This is what happened all the same",
        "Toch is het zo gegaan",
    ),
    "flag_means": (
        "The ledger takes it all the same; every reader will see that it broke a rule.",
        "Het grootboek neemt het toch op; iedere lezer ziet dat een regel is overtreden.",
    ),
    "flag_it": (
        "I have read what is wrong. Record it, and let every reader see the breach.",
        "Ik heb gelezen wat er niet klopt. Leg het vast, zichtbaar voor iedere lezer.",
    ),
    # signing in
    "login": ("Name", "Naam"),
    "password": ("Password", "Wachtwoord"),
    "wrong_password": ("Name or password is wrong.", "Naam of wachtwoord klopt niet."),
    # the audit
    "checkpoint": ("The ledger as it is", "Het grootboek zoals het is"),
    "checkpoint_means": (
        "Keep these lines elsewhere, in the minutes: they show later whether anything was altered.",
        "Bewaar deze regels elders, in de notulen: ze tonen later of er iets is gewijzigd.",
    ),
    "download": ("Download", "Downloaden"),
    "verify": ("Verify", "Controleren"),
    "kept": ("A checkpoint that you kept", "Een ijkpunt dat u bewaarde"),
    "hint kept": (
        "Three lines. Without one the ledger can only be compared with itself.",
        "Drie regels. Zonder ijkpunt is het grootboek alleen met zichzelf te vergelijken.",
    ),
    "verdict": ("Verdict", "Oordeel"),
    "no_findings": ("None.", "Geen."),
    "followers": ("Followers", "Volgers"),
    "follower": ("{name}: {position} of {head} records", "{name}: {position} van {head}"),
    # what goes wrong
    "sorry": ("That did not work", "Dat is niet gelukt"),
    "error 400": ("The request could not be read.", "Het verzoek was niet te lezen."),
    "error 404": ("There is no such page.", "Deze pagina bestaat niet."),
    "error 405": ("There is no such page.", "Deze pagina bestaat niet."),
    "error 413": ("The form is too large.", "Het formulier is te groot."),
    "stale_form": (
        "This form is of an older session, and nothing was recorded. Sign in and fill it in anew.",
        "Dit formulier is van een oudere sessie; er is niets vastgelegd. Log in en begin opnieuw.",
    ),
    "only_secretary": ("Only a secretary may do this.", "Alleen een secretaris mag dit."),
    "only_auditor": ("Only an auditor may do this.", "Alleen een controleur mag dit."),
}
"""Word -> (English, Dutch)."""


def word(name: str, language: str, **values: object) -> str:
    """A word or sentence in a language; the name itself where there is none."""
    found = WORDS.get(name)
    text = found[LANGUAGES.index(language)] if found else name
    return text.format(**values) if values else text
