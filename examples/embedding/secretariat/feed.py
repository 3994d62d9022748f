"""The feed that other tools follow: the records, newest first, as JSON Feed 1.1.

Here: its pages, which never change, for records do not. Not here: names of persons: they stay
sealed, for what was once fetched nobody can erase.
"""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from govledger import Ledger
from govledger.codec import exported, timestamp
from govledger.events import kind_of, slug_of
from govledger.terms import label

PAGE = 50


def feed(request: Request) -> Response:
    """The newest records, or those before a position (`?before=51`)."""
    ledger: Ledger = request.state.ledger
    head = ledger.head()
    before = request.query_params.get("before")
    if before is not None and not (before.isascii() and before.isdecimal() and len(before) < 16):
        raise HTTPException(404)
    upto = head if before is None else min(int(before) - 1, head)
    if upto < 1:
        raise HTTPException(404)
    # The root of the tree stands for the first records and no others: a name for what they say.
    tag = f'"{upto}-{ledger.checkpoint(upto).root.hex()[:16]}"'
    headers = {"ETag": tag, "Cache-Control": "public, no-cache"}
    if tag in (known.strip() for known in request.headers.get("if-none-match", "").split(",")):
        return Response(status_code=304, headers=headers)
    records = list(ledger.log(after=max(0, upto - PAGE), upto=upto, sealed=True))
    here = str(request.base_url)
    labels = ledger.profile.labels
    said = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": ledger.name,
        "home_page_url": here,
        "feed_url": f"{here}feed",
        "language": "en",
        "items": [
            {
                "id": f"{ledger.origin}/{record.position}",
                "url": f"{here}motions/{slug_of(record.subject)}"
                if kind_of(record.subject) == "motion"
                else f"{here}register",
                "title": f"{record.subject}: {label(record.type, 'en', labels)}",
                "content_text": f"{label(record.type, 'en', labels)}, {record.on}",
                "date_published": timestamp(record.recorded_at),
                "_govledger": exported(record),
            }
            for record in reversed(records)
        ],
    }
    if records[0].position > 1:
        said["next_url"] = f"{here}feed?before={records[0].position}"
    return JSONResponse(said, headers=headers, media_type="application/feed+json")
