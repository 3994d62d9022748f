"""The standard terms of the field, in English and Dutch.

Here: one word or phrase per status and per event type, in every language. Not here:
headings (`headings`), sentences, nor anything that decides.
A profile may call a thing differently; `Profile.labels` comes before this table.
"""

from __future__ import annotations

from collections.abc import Mapping

LANGUAGES = ("en", "nl")
"""The languages of the terms, in the order of the columns below."""

TERMS: Mapping[str, tuple[str, str]] = {
    # axis A, the decision on a motion
    "submitted": ("submitted", "ingediend"),
    "admitted": ("admitted", "toegelaten"),
    "vote-deferred": ("vote deferred", "aangehouden (vóór stemming)"),
    "referred": ("referred", "verwezen"),
    "adopted": ("adopted", "aangenomen"),
    "rejected": ("rejected", "verworpen"),
    "withdrawn": ("withdrawn", "ingetrokken"),
    "replaced": ("replaced", "vervangen (t.v.v.)"),
    "lapsed": ("lapsed", "vervallen"),
    "rescinded": ("rescinded", "besluit ingetrokken"),
    # axis B, the follow-up of an adopted motion
    "open": ("open", "open"),
    "held-over": ("held over", "aangehouden"),
    "completed": ("completed", "afgedaan"),
    "superseded": ("superseded", "vervangen na aanneming"),
    # axis C, force
    "exact": ("until", "tot en met"),
    "at-least": ("at least until", "ten minste tot"),
    "until-event": ("until", "totdat"),
    # axis D, mandates and their deadlines
    "given": ("given", "opgedragen"),
    "waiting": ("waiting", "wacht op voorwaarde"),
    "in-progress": ("in progress", "in uitvoering"),
    "fulfilled": ("fulfilled", "uitgevoerd"),
    "partly-fulfilled": ("partly fulfilled", "deels uitgevoerd"),
    "not-fulfilled": ("not fulfilled", "niet uitgevoerd"),
    "waived": ("waived", "kwijtgescholden"),
    "none": ("none", "geen"),
    "before": ("before", "vóór"),
    "due": ("due", "loopt af"),
    "overdue": ("overdue", "verstreken"),
    # axis E, blockades
    "imposed": ("imposed", "ingesteld"),
    "lift-proposed": ("lifting proposed", "opheffing voorgesteld"),
    "lift-ordered": ("lifting ordered", "opheffing opgedragen"),
    "lifted": ("lifted", "opgeheven"),
    "unmet": ("unmet", "niet vervuld"),
    "partly-met": ("partly met", "deels vervuld"),
    "met": ("met", "vervuld"),
    # proposals
    "made": ("no decision on record", "geen besluit vastgelegd"),
    "accepted": ("accepted", "aanvaard"),
    # whatever has no status
    "on-record": ("on record", "vastgelegd"),
    # what a tally counts, unless it says otherwise
    "votes": ("votes", "stemmen"),
    # assertion levels
    "stated": ("stated", "vermeld in de bron"),
    "inferred": ("inferred", "afgeleid"),
    "external": ("external", "extern"),
    # verdicts
    "altered": ("altered", "aangetast"),
    "self-consistent": ("self-consistent", "in zichzelf consistent"),
    "extends your checkpoint": ("extends your checkpoint", "sluit aan op uw ijkpunt"),
    "witnessed": ("witnessed", "door getuigen bevestigd"),
    "not proven": ("not proven", "niet bewezen"),
    "included in that checkpoint, for which nobody vouches": (
        "included in that checkpoint, for which nobody vouches",
        "opgenomen in dat ijkpunt, waarvoor niemand instaat",
    ),
    "included and signed": ("included and signed", "opgenomen en ondertekend"),
    "included and witnessed": ("included and witnessed", "opgenomen en door getuigen bevestigd"),
    "not verified: some records cannot be read by this version": (
        "not verified: some records cannot be read by this version",
        "niet beoordeeld: deze versie kan sommige vastleggingen niet lezen",
    ),
    # event types
    "ledger.opened": ("ledger opened", "grootboek geopend"),
    "ledger.extended": ("kept with an extension", "uitgebreid met een extensie"),
    "ledger.profile-changed": ("profile changed", "profiel gewijzigd"),
    "meeting.convened": ("meeting convened", "vergadering bijeengeroepen"),
    "motion.submitted": ("motion submitted", "motie ingediend"),
    "motion.alias-noted": ("also called", "ook genoemd"),
    "motion.admitted": ("motion admitted", "motie toegelaten"),
    "motion.amended": ("motion amended", "motie gewijzigd"),
    "motion.vote-deferred": ("vote deferred", "motie aangehouden (vóór stemming)"),
    "motion.referred": ("motion referred", "motie verwezen"),
    "motion.adopted": ("motion adopted", "motie aangenomen"),
    "motion.rejected": ("motion rejected", "motie verworpen"),
    "motion.withdrawn": ("motion withdrawn", "motie ingetrokken"),
    "motion.replaced": ("motion replaced", "motie vervangen (t.v.v.)"),
    "motion.lapsed": ("motion lapsed", "motie vervallen"),
    "motion.held-over": ("motion held over", "motie aangehouden"),
    "motion.resumed": ("motion resumed", "motie hervat"),
    "motion.completed": ("motion completed", "motie afgedaan"),
    "motion.superseded": ("motion superseded", "motie vervangen na aanneming"),
    "motion.rescinded": ("decision rescinded", "besluit ingetrokken"),
    "motion.reopened": ("motion reopened", "motie heropend"),
    "motion.force-extended": ("kept in force", "van kracht gehouden"),
    "mandate.given": ("mandate given", "opdracht gegeven"),
    "mandate.progressed": ("mandate progressed", "voortgang opdracht"),
    "mandate.condition-met": ("condition of mandate met", "voorwaarde opdracht vervuld"),
    "mandate.fulfilled": ("mandate fulfilled", "opdracht uitgevoerd"),
    "mandate.partly-fulfilled": ("mandate partly fulfilled", "opdracht deels uitgevoerd"),
    "mandate.not-fulfilled": ("mandate not fulfilled", "opdracht niet uitgevoerd"),
    "mandate.waived": ("mandate waived", "opdracht kwijtgescholden"),
    "blockade.imposed": ("blockade imposed", "blokkade ingesteld"),
    "blockade.condition-met": ("release condition met", "voorwaarde blokkade vervuld"),
    "blockade.lift-proposed": ("lifting proposed", "opheffing blokkade voorgesteld"),
    "blockade.lift-ordered": ("lifting ordered", "opheffing blokkade opgedragen"),
    "blockade.lifted": ("blockade lifted", "blokkade opgeheven"),
    "proposal.made": ("proposal made", "voorstel gedaan"),
    "proposal.accepted": ("proposal accepted", "voorstel aanvaard"),
    "proposal.rejected": ("proposal rejected", "voorstel verworpen"),
    "response.received": ("response received", "reactie ontvangen"),
    "agreement.reached": ("agreement reached", "overeenstemming bereikt"),
    "statement.made": ("statement made", "toelichting gegeven"),
    "record.retracted": ("record retracted", "vastlegging ingetrokken"),
    "personal-data.erased": ("personal data erased", "persoonsgegevens gewist"),
}
"""Term -> (English, Dutch)."""


def label(term: str, language: str, special: Mapping[str, Mapping[str, str]] | None = None) -> str:
    """The word for `term` in `language` ("en" or "nl"); `term` itself where none is known.

    `special` are the labels of a profile, language -> term -> word, which come first.
    """
    own = (special or {}).get(language, {})
    if term in own:
        return own[term]
    words = TERMS.get(term)
    return words[LANGUAGES.index(language)] if words else term
