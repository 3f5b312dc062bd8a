"""Lists the categories of arXiv, so that misspelt categories can be reported.

Source: https://arxiv.org/category_taxonomy, and older names that papers still have.
"""

_ARCHIVES = {
    "astro-ph": "CO EP GA HE IM SR",
    "cond-mat": "dis-nn mes-hall mtrl-sci other quant-gas soft stat-mech str-el supr-con",
    "cs": "AI AR CC CE CG CL CR CV CY DB DC DL DM DS ET FL GL GR GT HC IR IT LG LO MA MM MS NA NE"
    " NI OH OS PF PL RO SC SD SE SI SY",
    "econ": "EM GN TH",
    "eess": "AS IV SP SY",
    "math": "AC AG AP AT CA CO CT CV DG DS FA GM GN GR GT HO IT KT LO MG MP NA NT OA OC PR QA RA"
    " RT SG SP ST",
    "nlin": "AO CD CG PS SI",
    "physics": "acc-ph ao-ph app-ph atm-clus atom-ph bio-ph chem-ph class-ph comp-ph data-an"
    " ed-ph flu-dyn gen-ph geo-ph hist-ph ins-det med-ph optics plasm-ph pop-ph soc-ph space-ph",
    "q-bio": "BM CB GN MN NC OT PE QM SC TO",
    "q-fin": "CP EC GN MF PM PR RM ST TR",
    "stat": "AP CO ME ML OT TH",
}
_UNDIVIDED_ARCHIVES = "gr-qc hep-ex hep-lat hep-ph hep-th math-ph nucl-ex nucl-th quant-ph"

CATEGORIES = frozenset(
    (
        *_ARCHIVES,
        *_UNDIVIDED_ARCHIVES.split(),
        *(
            f"{archive}.{subject}"
            for archive, subjects in _ARCHIVES.items()
            for subject in subjects.split()
        ),
    )
)
"""The archives, such as "cs", and their subject classes, such as "cs.LG"."""

_FOLDED = {name.casefold() for name in CATEGORIES}


def is_category(term: str, *, prefix: bool) -> bool:
    """Returns whether a text is a category of arXiv; upper and lower case are equal.

    Args:
        term: the text.
        prefix: accept the beginning of a category as well.
    """
    folded = term.casefold()
    if prefix:
        return any(name.startswith(folded) for name in _FOLDED)
    return folded in _FOLDED
