"""The signs of the short checks, by the topic that they belong to.

Their sentences, and where they are from: bot/domain/responses/signs.yml.
"""

SIGNS = {
    "is_this_trafficking": ("not_free", "cut_off", "hurt", "threats", "papers", "pay", "debt", "lies"),
    "check_job_offer": ("fee", "lies", "papers", "debt"),
}
