"""What is on the books, straight from the definition: every question replays all records.

So it is slow, and knows nothing of how spans and findings are kept.
"""

from govledger.events import references
from govledger.history import replay, timeline
from govledger.spans import Judged, Span
from govledger.state import EVOLVE, evolve


class NaiveBooks:
    """The books (`govledger.spans.Books`) of some records."""

    def __init__(self, records, zone):
        self.records = list(records)
        self.zone = zone

    def last(self, subject):
        return max(self.spans(subject), key=lambda span: span.since, default=None)

    def latest(self, subject):
        last = self.last(subject)
        return last and last.since

    def spans(self, subject):
        """A span from every instant at which something is said of it."""
        state, held = None, {}
        for instant, record in timeline(self.stream(subject), self.zone):
            if type(record.event) in EVOLVE:
                state = evolve(state, record.event)
                held[instant] = Span(subject, instant, record.position, state)
        return list(held.values())

    def naming(self, subject):
        return {
            record.subject
            for record in self.records
            if any(name == subject for _, name in references(record.event))
        }

    def stream(self, subject):
        return [record for record in self.records if record.subject == subject]

    def streams(self, subjects):
        return [record for subject in subjects for record in self.stream(subject)]

    def at(self, position):
        return next((record for record in self.records if record.position == position), None)

    def judged(self, subject):
        found = replay(self.records, self.zone).findings
        for n, finding in enumerate(found):
            if finding.subject == subject:
                number = sum(before.position == finding.position for before in found[:n])
                since = self.at(finding.position).on.counts_from(self.zone)
                yield Judged(finding, since, finding.position, number)

    def after(self, instant):
        subjects = {record.subject for record in self.records}
        return {s for s in subjects if any(span.since >= instant for span in self.spans(s))}
