"""Where the rules of the law file were read, as texts that pages translate."""

from plateau.kernel.words import N_

SOURCES = frozenset(
    {
        N_("a roster speaks of known people and posts"),
        N_("agreement of the pool: the demand"),
        N_("nobody is at two places at once"),
        N_("travel times of the territory"),
        N_("skills recorded in the territory"),
        N_("privileges granted by each member"),
        N_("agreement of the pool: who takes part in the on-call"),
        N_("contracts recorded in the territory"),
        N_("leave granted"),
        N_("what has begun is not planned again"),
        N_("CSP, art. R6152-27, read at Hopitalex: 11 consecutive hours in each 24"),
        N_("group rule: no law found for private doctors (inference)"),
        N_("MACSF on public hospitals: 12 h a day, 11 h by formal decision"),
        N_(
            "branch text that restates the Code du travail: 11 h; that it is the branch of "
            "practices, and that secretaries are under it, is an inference"
        ),
        N_(
            "CSP, art. R6152-27, read at Hopitalex: 24 h at most in one go; for private "
            "doctors a group rule (inference)"
        ),
        N_(
            "CSP, art. R6152-27, read at Hopitalex: after long work, a rest of the same "
            "length at once; that it begins beyond 13 h is an inference (24 h less 11 h)"
        ),
        N_(
            "agreement of the pool: 18:00-08:00, then 14 h (the arrêté of 30 April 2003 "
            "has nights of 14 h at most)"
        ),
        N_(
            "MACSF and Infosdroits on public hospitals: 9 h a day, 10 h a night, 12 h at "
            "most by derogation"
        ),
        N_("MACSF on public hospitals: 36 h in a row each week"),
        N_("MACSF on public hospitals: 4 days in 2 weeks, 2 of them together with a Sunday"),
        N_(
            "CSP, art. R6152-27, read at Hopitalex: 48 h a week, averaged over 4 months; "
            "17 weeks for 4 months is ours"
        ),
        N_(
            "CSP, art. R6152-27, read at Hopitalex: 10 half-days, a night counts two; "
            "extra time for volunteers only"
        ),
        N_("contracts of the group (inference)"),
        N_(
            "CSP, art. R6152-27, read at Hopitalex: extra time is paid or given back; its "
            "price here is the pool's"
        ),
        N_("MACSF on public hospitals: 44 h from Monday to Sunday, without extra time"),
        N_("MACSF on public hospitals: 48 h in 7 days, extra time included"),
        N_(
            "branch text that restates the Code du travail: 48 h; that it is the branch of "
            "practices, and that secretaries are under it, is an inference"
        ),
        N_(
            "branch text that restates the Code du travail: 44 h a week, averaged over 12 "
            "weeks; that it is the branch of practices, and that secretaries are under it, "
            "is an inference"
        ),
        N_("agreements: share of each member in each family of machines"),
        N_("agreement of the pool: burdens in proportion to contract and presence"),
        N_("agreement of the pool: no isolated day off between two nights"),
        N_("agreement of the pool: a weekend is worked whole or not at all"),
        N_("agreement of the pool: the same people for a run of posts"),
        N_("agreement of the pool: one specialty in a day"),
        N_("wishes promised"),
        N_("wishes, within a budget that is the same for all"),
        N_("agreement of the pool: what is published changes as little as possible"),
    }
)
