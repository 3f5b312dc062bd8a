"""What the link of a reader allows on the pages of the archive."""

from starlette.responses import Response

from digest.core.signup.link_tokens import LinkPurpose, LinkScope, scope_of, verify_link
from digest.web.pages.guarded import Visit

_RANK = (LinkScope.LEAVE, LinkScope.EDIT, LinkScope.MANAGE)


def opened_for(visit: Visit, needed: LinkScope) -> int | Response:
    """Returns the subscription of a link; otherwise what its holder can do.

    Args:
        visit: the request, with the token of a link to the preferences.
        needed: what the page needs.
    """
    for purpose in (LinkPurpose.PREFERENCES, LinkPurpose.MANAGE):
        link = verify_link(purpose, visit.token, secrets=visit.keys)
        if link is None:
            continue
        scope = scope_of(purpose, link, now=visit.now, edit_life=visit.readers.link_life)
        if _RANK.index(scope) >= _RANK.index(needed):
            return link.number
        # The form is that of the preferences, which mails the code.
        action = f"{visit.readers.root}/p/{visit.token}"
        return visit.pages.render("fresh_code", status=403, action=action)
    return visit.pages.render("cut", status=404)
