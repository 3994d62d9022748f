"""The words of the page, in English and Dutch.

Here: tables. Not here: the terms of the field (`govledger.terms`), what fields are called
(`govledger.headings`), or how words are chosen (`govledger.speaking`).
"""

from __future__ import annotations

from collections.abc import Mapping

from govledger.headings import HEADINGS

MONTHS: Mapping[str, tuple[str, ...]] = {
    "en": (
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
    "nl": (
        "januari",
        "februari",
        "maart",
        "april",
        "mei",
        "juni",
        "juli",
        "augustus",
        "september",
        "oktober",
        "november",
        "december",
    ),
}
"""The names of the months, by language."""

WORDS: Mapping[str, tuple[str, str]] = {
    **HEADINGS,
    # around the views
    "register_of": ("Register of decisions: {name}", "Besluitenregister: {name}"),
    "skip": ("Skip to the register", "Naar het register"),
    "language": ("Language", "Taal"),
    "print": ("Print", "Afdrukken"),
    "question": ("The day that is asked about", "De dag waarnaar wordt gevraagd"),
    "on_day": ("As of", "Stand per"),
    "slide_day": ("Slide", "Schuif"),
    "change_before": ("Earlier change", "Eerdere wijziging"),
    "change_after": ("Later change", "Latere wijziging"),
    "reset": ("Back to the start", "Terug naar begin"),
    "known_on": ("As known on", "Zoals bekend op"),
    "known_day": ("Recorded by", "Vastgelegd tot en met"),
    "known_record": ("Up to record", "Tot en met nr."),
    "known_all": (
        "everything recorded so far ({all} records)",
        "alles wat nu is vastgelegd ({all} vastleggingen)",
    ),
    "record_of": ("record {known} of {all}", "nr. {known} van {all}"),
    "as_of": (
        "On {day}, by all that is on record.",
        "Op {day}, volgens alles wat is vastgelegd.",
    ),
    "as_of_known": (
        "On {day}, as known at record {known} of {all}.",
        "Op {day}, zoals bekend bij nr. {known} van {all}.",
    ),
    "views": ("Parts of the register", "Delen van het register"),
    "others": ("Also on record", "Ook vastgelegd"),
    "changes": ("Changes", "Wijzigingen"),
    "proof": ("Proof", "Bewijs"),
    "made_by": (
        (
            "Made by govledger {version} for {day}, from {known} records. The ledger is the source;"
            " this page is a copy of what it says."
        ),
        (
            "Gemaakt door govledger {version} voor {day}, uit {known} vastleggingen. Het"
            " grootboek is"
            " de bron; deze pagina is een afschrift."
        ),
    ),
    "sealed_by": (
        "Verdict when it was made: {verdict}. Checkpoint: {checkpoint}",
        "Oordeel toen zij ontstond: {verdict}. Ijkpunt: {checkpoint}",
    ),
    "without_script": (
        (
            "Without JavaScript this page shows the register of this one day. With it, it"
            " answers for"
            " any day."
        ),
        (
            "Zonder JavaScript toont deze pagina het register van deze ene dag. Met JavaScript"
            " antwoordt zij voor elke dag."
        ),
    ),
    "too_old": (
        (
            "This browser is too old for the whole page. Turn JavaScript off to read the"
            " register as"
            " it stood on {day}."
        ),
        (
            "Deze browser is te oud voor de hele pagina. Zet JavaScript uit om het register te"
            " lezen"
            " zoals het was op {day}."
        ),
    ),
    "damaged": (
        "This page is damaged: a part of it cannot be read. Ask for it again.",
        "Deze pagina is beschadigd: een deel is niet te lezen. Vraag haar opnieuw op.",
    ),
    # lists
    "search": ("Search", "Zoek"),
    "any": ("any", "elke"),
    "nothing": ("Nothing on record on this day.", "Op deze dag niets vastgelegd."),
    "no_match": ("None matches.", "Geen enkele voldoet."),
    "on_record": ("{count} on record.", "{count} vastgelegd."),
    "found_of": ("{count} of {all}.", "{count} van {all}."),
    "over_time": ("Over time", "Verloop"),
    "pages": ("Pages", "Bladzijden"),
    "previous": ("← Previous", "← Vorige"),
    "next": ("Next →", "Volgende →"),
    "page_of": ("Page {page} of {pages}", "Bladzijde {page} van {pages}"),
    "first_of": (
        "The first {count} of {all} are shown.",
        "De eerste {count} van {all} staan hier.",
    ),
    # one subject
    "not_then": (
        "Nothing was on record of it on {day}.",
        "Op {day} was hiervan niets vastgelegd.",
    ),
    "completed_means": (
        (
            "Completed says that the assembly no longer follows the motion, not that it was carried"
            " out."
        ),
        "Afgedaan zegt dat de vergadering de motie niet meer volgt, niet dat zij is uitgevoerd.",
    ),
    "timeline_of": ("Timeline of {subject}", "Verloop van {subject}"),
    "timeline_means": (
        (
            "Dots are records, at the last day on which the fact can have been; a dotted line"
            " reaches"
            " back to the first. An open dot was recorded late, after what came later; a cross was"
            " taken back. A diamond is a deadline. Where a band is faint, it may have ended."
        ),
        (
            "Stippen zijn vastleggingen, op de laatste dag waarop het feit kan zijn geweest; een"
            " stippellijn loopt terug tot de eerste. Een open stip is later vastgelegd dan wat erna"
            " kwam; een kruis is ingetrokken. Een ruit is een termijn. Waar een band vaag is,"
            " kan zij"
            " geëindigd zijn."
        ),
    ),
    "facts": ("On record", "Vastgelegd"),
    "records": ("Records", "Vastleggingen"),
    "why": ("Why: the records behind it", "Waarom: de vastleggingen erachter"),
    "about": ("About {subject}", "Over {subject}"),
    "named_by": ("Named by", "Genoemd in"),
    "decides": ("sets the status", "bepaalt de stand"),
    "late": ("recorded late", "later vastgelegd"),
    "withdrawn": ("retracted by no. {by}", "vastlegging vervallen door nr. {by}"),
    "corrected": ("corrected by no. {by}", "gecorrigeerd door nr. {by}"),
    "corrects": ("corrects no.", "corrigeert nr."),
    "recorded_as": ("No. {position}, recorded {made}", "Nr. {position}, vastgelegd {made}"),
    # findings, changes
    "breach": ("Breach", "Overtreding"),
    "notice": ("Note", "Let op"),
    "findings_mean": (
        (
            "A breach stands against the rules of the association; a note is what a reader must"
            " know,"
            " though nothing is broken."
        ),
        (
            "Een overtreding is in strijd met de regels van de vereniging; een opmerking moet een"
            " lezer weten, al is er niets overtreden."
        ),
    ),
    "no_findings": ("No findings on this day.", "Geen bevindingen op deze dag."),
    "changed_since": ("Compared with", "Vergeleken met"),
    "changed_between": (
        "Between the end of {from} and the end of {day}: {count} subjects changed.",
        "Tussen het einde van {from} en het einde van {day}: {count} onderwerpen gewijzigd.",
    ),
    "no_change": ("Nothing changed.", "Niets veranderd."),
    "new": ("not on record", "niet vastgelegd"),
    "nothing_said": ("–", "–"),
    # proof
    "checkpoint": ("The checkpoint", "Het ijkpunt"),
    "checkpoint_means": (
        (
            "These lines stand for all of the first {known} records. Whoever keeps a copy elsewhere"
            " (in the minutes, say) can show later whether any of them was altered, moved, left out"
            " or added."
        ),
        (
            "Deze regels staan voor alle eerste {known} vastleggingen. Wie elders een afschrift"
            " bewaart (bijvoorbeeld in de notulen) kan later aantonen of er iets is gewijzigd,"
            " verplaatst, weggelaten of toegevoegd."
        ),
    ),
    "check_it": (
        (
            "Anybody can alter a page. To trust this one, compare it with the ledger: the first"
            " command checks the ledger against these lines, kept in a file; the second makes this"
            " page again."
        ),
        (
            "Iedereen kan een pagina wijzigen. Wie deze wil vertrouwen, legt haar naast het"
            " grootboek:"
            " de eerste opdracht toetst het grootboek aan deze regels, bewaard in een bestand; de"
            " tweede maakt deze pagina opnieuw."
        ),
    ),
    "checks": (
        "What was checked when the page was made",
        "Wat is nagegaan toen de pagina ontstond",
    ),
    "means_altered": (
        (
            "The ledger does not agree with itself, or with a checkpoint that was kept. Do not"
            " rely on"
            " this page; the checks below say what failed."
        ),
        (
            "Het grootboek klopt niet met zichzelf, of niet met een bewaard ijkpunt. Ga niet op"
            " deze"
            " pagina af; de controles hieronder zeggen wat niet klopt."
        ),
    ),
    "means_unreadable": (
        "Some records cannot be read by this version, so nothing is said of the whole.",
        "Sommige vastleggingen kan deze versie niet lezen; over het geheel is dus niets gezegd.",
    ),
    "means_self_consistent": (
        (
            "The ledger agrees with itself. That finds damage and careless changes. It does not"
            " show"
            " that nobody rewrote all of it: for that, hold it against a checkpoint kept elsewhere."
        ),
        (
            "Het grootboek klopt met zichzelf. Dat brengt schade en achteloze wijzigingen aan het"
            " licht. Het toont niet aan dat niemand alles heeft herschreven: leg het daarvoor naast"
            " een ijkpunt dat elders is bewaard."
        ),
    ),
    "means_extends": (
        (
            "Every record up to a checkpoint that was kept elsewhere is still there, unaltered"
            " and in"
            " its place. What came after it agrees with itself."
        ),
        (
            "Elke vastlegging tot aan een elders bewaard ijkpunt is er nog, ongewijzigd en op haar"
            " plaats. Wat erna kwam, klopt met zichzelf."
        ),
    ),
    "means_witnessed": (
        (
            "Witnesses who remember what they saw have signed a checkpoint, and every record up"
            " to it"
            " is still there, unaltered and in its place."
        ),
        (
            "Getuigen die onthouden wat zij zagen hebben een ijkpunt ondertekend, en elke"
            " vastlegging"
            " tot daar is er nog, ongewijzigd en op haar plaats."
        ),
    ),
    "about_page": ("About this page", "Over deze pagina"),
    "page_means": (
        (
            "It holds what govledger {version} answers for every day, as known at every record"
            " up to"
            " that checkpoint. Days begin in {zone}. It asks nothing of any network. Overdue"
            " means that"
            " no completion is on record; it never says that nothing was done."
        ),
        (
            "Zij bevat wat govledger {version} antwoordt voor elke dag, zoals bekend bij elke"
            " vastlegging tot dat ijkpunt. Dagen beginnen in {zone}. Zij vraagt niets van een"
            " netwerk."
            " Verstreken zegt dat er geen afronding is vastgelegd, niet dat er niets is gedaan."
        ),
    ),
    "page_withholds": (
        "Texts that may name a person were not given along.",
        "Teksten die een persoon kunnen noemen zijn niet meegegeven.",
    ),
    "page_of_year": (
        (
            "It holds only subjects to which something happened in {year}, and those that they"
            " name;"
            " {count} others are left out."
        ),
        (
            "Zij bevat alleen onderwerpen waarmee in {year} iets gebeurde, en wat die noemen;"
            " {count} andere zijn weggelaten."
        ),
    ),
    "page_lacks": (
        (
            "The ledger is kept with extensions that were not at hand: {names}. What they know"
            " of is"
            " shown as it was stored."
        ),
        (
            "Het grootboek wordt bijgehouden met extensies die er niet waren: {names}. Wat die"
            " kennen"
            " staat hier zoals het is opgeslagen."
        ),
    ),
}
"""Word -> (English, Dutch)."""

FINDINGS: Mapping[str, tuple[str, str]] = {
    "not-on-record": (
        "Of the subject of this record nothing was on record by then.",
        "Over dit onderwerp was toen nog niets vastgelegd.",
    ),
    "already-on-record": (
        "The subject was on record before.",
        "Het onderwerp was al eerder vastgelegd.",
    ),
    "not-adopted": (
        "Held over, completed or superseded, though not adopted.",
        "Aangehouden, afgedaan of vervangen zonder te zijn aangenomen.",
    ),
    "illegal-transition": (
        "This does not follow from where it stood.",
        "Dit volgt niet op de stand die er was.",
    ),
    "not-in-profile": (
        "The association's rules do not know this.",
        "De regels van de vereniging kennen dit niet.",
    ),
    "unknown-reference": (
        "It names something that was not on record by then.",
        "Er wordt iets genoemd dat toen nog niet was vastgelegd.",
    ),
    "self-reference": ("It names itself.", "Het noemt zichzelf."),
    "successor-not-adopted": (
        "Superseded by a motion that was not adopted.",
        "Vervangen door een motie die niet is aangenomen.",
    ),
    "no-condition": (
        "A condition was met that was never set.",
        "Een voorwaarde is vervuld die nooit is gesteld.",
    ),
    "no-evidence": ("Fulfilled without evidence.", "Uitgevoerd zonder bewijs."),
    "may-not-discharge": (
        "The body of that meeting cannot declare motions completed.",
        "Het orgaan van die vergadering kan geen moties afdoen.",
    ),
    "tally-against-outcome": (
        "The count and the announced result disagree.",
        "De telling en de bekendgemaakte uitslag spreken elkaar tegen.",
    ),
    "unknown-majority": (
        "The rules have no majority of that name.",
        "De regels kennen geen meerderheid met die naam.",
    ),
    "no-quorum": ("Too few were present.", "Er waren te weinig aanwezigen."),
    "other-unit": (
        "The count counts something else than the rules do.",
        "De telling telt iets anders dan de regels.",
    ),
    "unequal-votes": (
        "Members have more or less than one vote each.",
        "Leden hebben meer of minder dan één stem.",
    ),
    "tally-over-electorate": (
        "More votes are counted than there are.",
        "Er zijn meer stemmen geteld dan er zijn.",
    ),
    "roll-call-mismatch": (
        "The roll call does not add up to the count.",
        "De hoofdelijke stemming komt niet uit op de telling.",
    ),
    "called-twice": (
        "A member is called twice in one roll call.",
        "Een lid is tweemaal opgeroepen.",
    ),
    "condition-not-met": (
        "Lifted before its release condition was wholly met.",
        "Opgeheven voordat de voorwaarde geheel was vervuld.",
    ),
    "rests-on-no-decision": (
        "It rests on a motion that was not adopted by then.",
        "Het berust op een motie die toen niet was aangenomen.",
    ),
    "no-decision": (
        "No decision on the proposal is on record.",
        "Er is geen besluit over het voorstel vastgelegd.",
    ),
    "quorum-unknown": (
        "The rules ask a quorum, and the count does not say of how many.",
        "De regels vragen een quorum, en de telling zegt niet van hoeveel.",
    ),
    "term-passed": (
        "A term of the rules has passed and no decision is on record.",
        "Een termijn van de regels is verstreken en er is geen besluit vastgelegd.",
    ),
    "overdue": (
        "The deadline has passed and no completion is on record.",
        "De termijn is verstreken en er is geen afronding vastgelegd.",
    ),
}
"""What findings mean, for whoever does not know the rules by heart: code -> (English, Dutch)."""


def long_day(day: str, language: str) -> str:
    """A day in ISO 8601 as people write it."""
    year, month, date = day.split("-")
    return f"{int(date)} {MONTHS[language][int(month) - 1]} {year}"


SHOWN: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "motion": ("title", ("status", "decision", "follow_up", "force", "since")),
    "mandate": ("task", ("motion", "addressee", "status", "due", "deadline")),
    "blockade": ("scope", ("status", "since", "condition_state")),
    "proposal": ("text", ("by", "status", "since")),
    "meeting": ("title", ("on", "body", "place")),
    "response": ("note", ("parties", "on")),
    "agreement": ("note", ("parties", "on")),
    "statement": ("note", ("parties", "on")),
}
"""Kind -> the field that a subject is called by, and the columns of a list."""
