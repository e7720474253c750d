"""Names that older layouts use for the tables and columns of HSDS 3.0: HSDS 1.0 to 2.0, the UK profile, Ohana (2013)."""

from __future__ import annotations

# Other names of tables, as files or as keys of JSON objects. The names of 3.0 themselves and of its entities need no line.
TABLES = {
    "services_taxonomy": "attributes",
    "service_taxonomy": "attributes",
    "service_taxonomys": "attributes",
    "service_taxonomies": "attributes",
    "service_attribute": "attributes",
    "service_attributes": "attributes",
    "link_taxonomy": "attributes",
    "link_taxonomies": "attributes",
    "other_attribute": "attributes",
    "other_attributes": "attributes",
    "physical_address": "addresses",
    "physical_addresses": "addresses",
    "postal_address": "addresses",
    "postal_addresses": "addresses",
    "mail_address": "addresses",
    "mail_addresses": "addresses",
    "regular_schedule": "schedules",
    "regular_schedules": "schedules",
    "holiday_schedule": "schedules",
    "holiday_schedules": "schedules",
    "accessibility_for_disabilities": "accessibility",
    "services_at_location": "service_at_location",
    "services_at_locations": "service_at_location",
    "service_at_locations": "service_at_location",
    "fundings": "funding",
    "capacities": "service_capacity",
    "additional_urls": "urls",
    "additional_websites": "urls",
    "taxonomy_detail": "taxonomies",
    "eligibility": "eligibilities",
    "eligibilitys": "eligibilities",
    "eligibilities": "eligibilities",  # no table of 3.0: its rows go into services.eligibility_description
}

# What the name of an older table says of all of its rows.
FILLED_BY_TABLE = {
    "physical_address": {"address_type": "physical"},
    "physical_addresses": {"address_type": "physical"},
    "postal_address": {"address_type": "postal"},
    "postal_addresses": {"address_type": "postal"},
    "mail_address": {"address_type": "postal"},
    "mail_addresses": {"address_type": "postal"},
    "regular_schedule": {"freq": "WEEKLY"},
    "regular_schedules": {"freq": "WEEKLY"},
    "services_taxonomy": {"link_entity": "service"},
    "service_taxonomy": {"link_entity": "service"},
    "service_taxonomys": {"link_entity": "service"},
    "service_taxonomies": {"link_entity": "service"},
    "service_attribute": {"link_entity": "service"},
    "service_attributes": {"link_entity": "service"},
}

# Other names of columns, by table of 3.0. A column of the new name that is filled wins.
COLUMNS = {
    "organizations": {"url": "website"},
    "services": {"website": "url", "eligibility": "eligibility_description", "audience": "eligibility_description"},
    "locations": {"website": "url", "short_desc": "description"},
    "addresses": {
        "address": "address_1",
        "street": "address_1",
        "street_1": "address_1",
        "street_2": "address_2",
        "state": "state_province",
        "zip": "postal_code",
        "zipcode": "postal_code",
        "postcode": "postal_code",
    },
    "phones": {"number_type": "type", "department": "description", "phone": "number"},
    "schedules": {"weekday": "byday", "start_date": "valid_from", "end_date": "valid_to"},
    "languages": {"language": "name"},
    "service_areas": {"service_area": "name"},
    "accessibility": {"accessibility": "description"},
    "attributes": {"taxonomy_id": "taxonomy_term_id", "service_id": "link_id", "taxonomy_detail": "value"},
    "taxonomy_terms": {"vocabulary": "taxonomy"},
}

# Columns that hold a list, comma between, where 3.0 has rows of another table: (table, column) to (table, column) and the
# column in which the new row names the old one, with what else it says.
LISTS: dict[tuple[str, str], tuple[str, str, str, dict[str, str]]] = {
    ("services", "location_id"): ("service_at_location", "location_id", "service_id", {}),
    ("services", "languages"): ("languages", "name", "service_id", {}),
    ("services", "service_areas"): ("service_areas", "name", "service_id", {}),
    ("services", "required_documents"): ("required_documents", "document", "service_id", {}),
    ("services", "keywords"): ("attributes", "value", "link_id", {"link_entity": "service", "link_type": "keyword"}),
    ("services", "taxonomy_ids"): ("attributes", "taxonomy_term_id", "link_id", {"link_entity": "service"}),
    ("locations", "languages"): ("languages", "name", "location_id", {}),
    ("locations", "accessibility"): ("accessibility", "description", "location_id", {}),
    ("phones", "language"): ("languages", "name", "phone_id", {}),
    ("phones", "languages"): ("languages", "name", "phone_id", {}),
}

# Days as words or as numbers from Monday, for the two letters of an RRULE.
WEEKDAYS = {
    name: code
    for code, names in {
        "MO": "monday mon 1",
        "TU": "tuesday tue tues 2",
        "WE": "wednesday wed 3",
        "TH": "thursday thu thur thurs 4",
        "FR": "friday fri 5",
        "SA": "saturday sat 6",
        "SU": "sunday sun 7",
    }.items()
    for name in [*names.split(), code.lower()]
}
