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
    "slide_day": ("Day, by sliding", "Dag (schuif)"),
    "change_before": ("Earlier change", "Eerdere wijziging"),
    "change_after": ("Later change", "Latere wijziging"),
    "reset": ("Back to {day}", "Terug naar {day}"),
    "known_on": ("As known", "Zoals bekend"),
    "known_day": ("Recorded up to and including", "Vastgelegd tot en met"),
    "known_record": ("Up to record", "Tot en met nr."),
    "known_all": (
        "at record {all}: all that the page has",
        "bij nr. {all}: alles wat de pagina heeft",
    ),
    "record_of": ("at record {known} of {all}", "bij nr. {known} van {all}"),
    "as_of": (
        "On {day}, by the first {known} records: all that the page has.",
        "Op {day}, volgens de eerste {known} vastleggingen: alle die de pagina heeft.",
    ),
    "as_of_known": (
        "On {day}, as known at record {known} of the {all} that the page has.",
        "Op {day}, zoals bekend bij nr. {known} van de {all} die de pagina heeft.",
    ),
    "as_of_nothing": (
        "On {day}, as known before anything was recorded.",
        "Op {day}, zoals bekend voordat er iets was vastgelegd.",
    ),
    "of_year": (
        (
            "This page is of {year}: subjects to which nothing happened in that year are not"
            " on it ({left} are left out)."
        ),
        (
            "Deze pagina gaat over {year}: onderwerpen waarmee in dat jaar niets gebeurde"
            " staan er niet op ({left} zijn weggelaten)."
        ),
    ),
    "names_withheld": (
        "Names of persons and organisations are not given along.",
        "Namen van personen en organisaties zijn niet opgenomen.",
    ),
    "alarm": (
        "Verification failed when this page was made. Do not rely on it: see Verification.",
        "De controle bij het maken van deze pagina is mislukt. Ga er niet op af: zie Controle.",
    ),
    "not_on_page": ("{name} is not on this page.", "{name} staat niet op deze pagina."),
    "no_such_day": (
        "{day} is not a day; this is the day that the page was made for.",
        "{day} is geen dag; dit is de dag waarvoor de pagina is gemaakt.",
    ),
    "views": ("Parts of the register", "Delen van het register"),
    "others": ("Also on record", "Ook vastgelegd"),
    "changes": ("Changes", "Wijzigingen"),
    "proof": ("Verification", "Controle"),
    "made_by": (
        (
            "Made by govledger {version} from {known} records. The ledger is the source; this"
            " page is a copy of what it says."
        ),
        (
            "Gemaakt met govledger {version} uit {known} vastleggingen. Het grootboek is de"
            " bron; deze pagina is een afschrift."
        ),
    ),
    "sealed_by": (
        "Verdict when it was made: {verdict}. Checkpoint: {checkpoint}",
        "Oordeel bij het maken: {verdict}. IJkpunt: {checkpoint}",
    ),
    "without_script": (
        (
            "Without JavaScript this page shows the register of this one day. With it, it"
            " answers for any day."
        ),
        (
            "Zonder JavaScript toont deze pagina het register van deze ene dag. Met"
            " JavaScript antwoordt zij voor elke dag."
        ),
    ),
    "too_old": (
        (
            "Reading the register. If this stays, the browser is too old for the whole page:"
            " turn JavaScript off to read the register as it stood on {day}."
        ),
        (
            "Het register wordt gelezen. Blijft dit staan, dan is de browser te oud voor de"
            " hele pagina: zet JavaScript uit om het register te lezen zoals het was op {day}."
        ),
    ),
    "damaged": (
        "This page is damaged: a part of it cannot be read. Ask for it again.",
        "Deze pagina is beschadigd: een deel is niet te lezen. Vraag haar opnieuw op.",
    ),
    # lists
    "search": ("Search", "Zoeken"),
    "any": ("any", "alle"),
    "nothing": ("Nothing on record on this day.", "Op deze dag niets vastgelegd."),
    "no_match": ("None matches.", "Geen enkele voldoet."),
    "on_record": ("{count} on record.", "{count} vastgelegd."),
    "on_page": ("{count} on this page.", "{count} op deze pagina."),
    "found_of": ("{count} of {all} ({sought}).", "{count} van {all} ({sought})."),
    "shown_of": ("{from} to {to} are shown.", "{from} tot en met {to} staan hier."),
    "over_time": ("Over time", "Verloop"),
    "pages": ("Pages", "Bladzijden"),
    "previous": ("← Previous", "← Vorige"),
    "next": ("Next →", "Volgende →"),
    "page_of": ("Page {page} of {pages}", "Bladzijde {page} van {pages}"),
    "all_of_them": ("All on one page", "Alle op één bladzijde"),
    "page_by_page": ("Page by page", "Per bladzijde"),
    "first_of": (
        "The first {count} of {all} are shown.",
        "De eerste {count} van {all} staan hier.",
    ),
    # one subject
    "not_then": ("Nothing was on record of it on {day}.", "Op {day} was hiervan niets vastgelegd."),
    "not_then_known": (
        "Nothing was on record of it on {day}, as known at record {known}.",
        "Op {day} was hiervan niets vastgelegd, zoals bekend bij nr. {known}.",
    ),
    "completed_means": (
        (
            "Completed says that the assembly no longer follows the motion, not that it was"
            " carried out."
        ),
        "Afgedaan zegt dat de vergadering de motie niet meer volgt, niet dat zij is uitgevoerd.",
    ),
    "timeline_of": ("Timeline of {subject}", "Verloop van {subject}"),
    "legend_told": (
        "● a record, at the last day on which the fact can have been.",
        "● een vastlegging, op de laatste dag waarop het feit kan zijn geweest.",
    ),
    "legend_open": (
        "A dotted line reaches back to the first.",
        "Een stippellijn loopt terug tot de eerste.",
    ),
    "legend_late": ("○ recorded after what came later.", "○ vastgelegd na wat later kwam."),
    "legend_taken": (
        "× taken back: retracted or corrected.",
        "× teruggenomen: vervallen of gecorrigeerd.",
    ),
    "legend_due": ("◆ a deadline.", "◆ een termijn."),
    "legend_unsure": (
        "Where a band is faint, it may have ended.",
        "Waar een band vaag is, kan hij geëindigd zijn.",
    ),
    "legend_now": (
        "The line is the day that is asked about.",
        "De lijn is de dag waarnaar wordt gevraagd.",
    ),
    "facts": ("On record", "Vastgelegd"),
    "records": ("Records", "Vastleggingen"),
    "why": ("Why: the records behind it", "Waarom: de vastleggingen erachter"),
    "about": ("About {subject}", "Over {subject}"),
    "named_by": ("Named by", "Genoemd in"),
    "by_day": ("on or before {day}", "uiterlijk op {day}"),
    "characters": ("characters {from}–{to}", "tekens {from}–{to}"),
    "decides": ("sets the status", "bepaalt de stand"),
    "late": ("recorded late", "later vastgelegd"),
    "withdrawn": ("retracted by no. {by}", "vastlegging vervallen door nr. {by}"),
    "corrected": ("corrected by no. {by}", "gecorrigeerd door nr. {by}"),
    "corrects": ("corrects no.", "corrigeert nr."),
    "recorded_as": ("No. {position}, recorded {made}", "Nr. {position}, vastgelegd {made}"),
    # findings and changes
    "breach": ("Breach", "Overtreding"),
    "notice": ("Note", "Let op"),
    "findings_mean": (
        (
            "A breach stands against the rules of the association. A note is what a reader"
            " must know, though nothing is broken."
        ),
        (
            "Een overtreding is in strijd met de regels van de vereniging. “Let op” moet een"
            " lezer weten, al is er niets overtreden."
        ),
    ),
    "no_findings": ("No findings on this day.", "Geen bevindingen op deze dag."),
    "no_findings_here": (
        "No findings on this page for this day.",
        "Geen bevindingen op deze pagina voor deze dag.",
    ),
    "changed_since": ("Compared with", "Vergeleken met"),
    "changed_between": (
        "Between the end of {from} and the end of {day}. Subjects changed: {count}.",
        "Tussen het einde van {from} en het einde van {day}. Gewijzigde onderwerpen: {count}.",
    ),
    "no_change": ("Nothing changed.", "Niets veranderd."),
    "new": ("not on record", "niet vastgelegd"),
    "nothing_said": ("–", "–"),
    # the verification
    "verdict_altered": ("The ledger does not agree with itself", "Het grootboek klopt niet"),
    "verdict_unreadable": ("Not verified", "Niet getoetst"),
    "verdict_self_consistent": ("Self-consistent", "In zichzelf consistent"),
    "verdict_extends": ("Extends a checkpoint that was given", "Sluit aan op een gegeven ijkpunt"),
    "verdict_witnessed": ("Witnessed", "Door getuigen bevestigd"),
    "means_altered": (
        (
            "The ledger does not agree with itself, or with a checkpoint that was kept. Do"
            " not rely on this page; the checks below say what failed."
        ),
        (
            "Het grootboek klopt niet met zichzelf, of niet met een bewaard ijkpunt. Ga niet"
            " op deze pagina af; de controles hieronder zeggen wat niet klopt."
        ),
    ),
    "means_unreadable": (
        "Some records cannot be read by this version, so nothing is said of the whole.",
        "Sommige vastleggingen kan deze versie niet lezen; over het geheel is dus niets gezegd.",
    ),
    "means_self_consistent": (
        (
            "The ledger agrees with itself. That finds damage and careless changes. It does"
            " not show that nobody rewrote all of it: for that, hold it against a checkpoint"
            " kept elsewhere."
        ),
        (
            "Het grootboek klopt met zichzelf. Dat brengt schade en achteloze wijzigingen aan"
            " het licht. Het toont niet aan dat niemand alles heeft herschreven: leg het"
            " daarvoor naast een ijkpunt dat elders is bewaard."
        ),
    ),
    "means_extends": (
        (
            "Every record up to a checkpoint that was given when the page was made is still"
            " there, unaltered and in its place; the checks below say how far that reaches."
            " Whoever made the page says that it was kept elsewhere. What came after it agrees"
            " with itself."
        ),
        (
            "Elke vastlegging tot aan een ijkpunt dat bij het maken van de pagina is gegeven,"
            " is er nog, ongewijzigd en op haar plaats; hoe ver dat reikt, zeggen de controles"
            " hieronder. Dat het elders is bewaard, zegt wie de pagina maakte. Wat erna kwam,"
            " klopt met zichzelf."
        ),
    ),
    "means_witnessed": (
        (
            "Witnesses who remember what they saw have signed a checkpoint, and every record"
            " up to it is still there, unaltered and in its place."
        ),
        (
            "Getuigen die onthouden wat zij zagen hebben een ijkpunt ondertekend, en elke"
            " vastlegging tot daar is er nog, ongewijzigd en op haar plaats."
        ),
    ),
    "checkpoint": ("The checkpoint", "Het ijkpunt"),
    "checkpoint_means": (
        (
            "These lines stand for all of the first {known} records. Whoever keeps a copy"
            " elsewhere (in the minutes, say) can show later whether any of them was altered,"
            " moved, left out or added."
        ),
        (
            "Deze regels staan voor alle eerste {known} vastleggingen. Wie elders een"
            " afschrift bewaart (bijvoorbeeld in de notulen) kan later aantonen of er iets is"
            " gewijzigd, verplaatst, weggelaten of toegevoegd."
        ),
    ),
    "no_checkpoint": (
        "No checkpoint is given, for it would stand for records that may have been altered.",
        "Er staat geen ijkpunt, want dat zou staan voor vastleggingen die kunnen zijn aangetast.",
    ),
    "check_it": (
        (
            "Anybody can alter a page. To trust this one, hold it against the ledger: the"
            " first command checks the ledger against these lines, kept in a file; the second"
            " makes a page with the same register."
        ),
        (
            "Iedereen kan een pagina wijzigen. Wie deze wil vertrouwen, legt haar naast het"
            " grootboek: de eerste opdracht toetst het grootboek aan deze regels, bewaard in"
            " een bestand; de tweede maakt een pagina met hetzelfde register."
        ),
    ),
    "checks": (
        "What was checked when the page was made",
        "Wat is nagegaan toen de pagina ontstond",
    ),
    "about_page": ("About this page", "Over deze pagina"),
    "page_means": (
        (
            "It holds what govledger {version} answers for every day, as known at every"
            " record up to that checkpoint. Days begin in {zone}. It asks nothing of any"
            " network. Overdue means that no completion is on record; it never says that"
            " nothing was done."
        ),
        (
            "Zij bevat wat govledger {version} antwoordt voor elke dag, zoals bekend bij elke"
            " vastlegging tot dat ijkpunt. Dagen beginnen in {zone}. Zij vraagt niets van een"
            " netwerk. Verstreken zegt dat er geen afronding is vastgelegd, niet dat er niets"
            " is gedaan."
        ),
    ),
    "page_lacks": (
        (
            "The ledger is kept with extensions that were not at hand: {names}. What they"
            " know of is shown as it was stored."
        ),
        (
            "Het grootboek wordt bijgehouden met extensies die er niet waren: {names}. Wat"
            " die kennen staat hier zoals het is opgeslagen."
        ),
    ),
}
"""Word -> (English, Dutch)."""

FINDINGS: Mapping[str, tuple[str, str]] = {
    "not-on-record": (
        "Nothing was on record of the subject by then.",
        "Over het onderwerp was toen nog niets vastgelegd.",
    ),
    "already-on-record": (
        "The subject was on record before.",
        "Het onderwerp was al eerder vastgelegd.",
    ),
    "not-adopted": (
        "Held over, completed or superseded, with no adoption on record by then.",
        "Aangehouden, afgedaan of vervangen, terwijl toen geen aanneming was vastgelegd.",
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
        "Superseded by a motion of which no adoption was on record by then.",
        "Vervangen door een motie waarvan toen geen aanneming was vastgelegd.",
    ),
    "no-condition": (
        "A condition is said to be met, and none is on record.",
        "Een voorwaarde heet vervuld, en er is er geen vastgelegd.",
    ),
    "no-evidence": (
        "On record as fulfilled, without evidence being named.",
        "Als uitgevoerd vastgelegd, zonder dat bewijs is genoemd.",
    ),
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
    "no-quorum": (
        "By the count on record, too few were present.",
        "Volgens de vastgelegde telling waren er te weinig aanwezigen.",
    ),
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
        "Lifted, and it is not on record that its release condition was wholly met.",
        "Opgeheven, terwijl niet is vastgelegd dat de voorwaarde geheel was vervuld.",
    ),
    "rests-on-no-decision": (
        "It rests on a motion of which no adoption was on record by then.",
        "Het berust op een motie waarvan toen geen aanneming was vastgelegd.",
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
