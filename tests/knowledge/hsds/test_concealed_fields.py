"""What may stay of a hidden place: only values of a form in which no address can hide."""

from __future__ import annotations

import pytest

from bot.knowledge.hsds import concealed_fields
from bot.knowledge.hsds.hiding import names_a_street, tells_of_hidden_place


@pytest.mark.parametrize(
    ("text", "left"),
    (
        ("https://www.haven.example.org/where/12-plum-lane?map=1#x", "https://www.haven.example.org/"),
        ("haven.example.org", "https://haven.example.org/"),
        ("ask at the bakery", ""),
        ("bakery", ""),
        ("ftp://haven.example.org/", ""),
        ("https://maps.google.com/?q=12", ""),
        ("https://goo.gl/maps/abc", ""),
        ("https://www.openstreetmap.org/way/1", ""),
        ("https://facebook.com/haven", ""),
        ("https://12-plum-lane.example.org/", ""),
        ("https://anna@haven.example.org/", ""),
        ("https://[", ""),
    ),
)
def test_web_addresses_are_cut_to_the_front_page(text: str, left: str) -> None:
    assert concealed_fields.website(text) == left


@pytest.mark.parametrize(
    ("text", "left"),
    (
        ("Chicago", "Chicago"),
        ("São Paulo", "São Paulo"),
        ("IL", "IL"),
        ("Illinois", "Illinois"),
        ("Deutschland", "Deutschland"),
        ("12 Plum Lane", ""),
        ("Chicago, 12 Plum Lane", ""),
        ("Plum Lane", ""),
        ("behind the old bakery", ""),
        ("Zwibbelquist", ""),
    ),
)
def test_towns_are_those_that_the_gazetteer_knows(text: str, left: str) -> None:
    assert concealed_fields.place(text) == left


@pytest.mark.parametrize(
    ("code", "area"),
    (
        ("60602-1234", "606"),
        ("60602", "606"),
        ("SW1A 1AA", "SW"),
        ("M5V 2T6", "M"),
        ("1010", "10"),
        ("75001", "750"),
        ("606", "606"),
        ("x", "X"),
    ),
)
def test_postcodes_are_cut_to_a_wide_area(code: str, area: str) -> None:
    assert concealed_fields.postal_area(code) == area
    assert concealed_fields.postal_area(area) == area


@pytest.mark.parametrize("text", ("(312) 341-1070", "+44 1234 234567", '"+44 1234 234567"', "312-341-1070 ext. 12", "988"))
def test_numbers_stay(text: str) -> None:
    assert concealed_fields.phone(text) == text.strip('"')


@pytest.mark.parametrize("text", ("12 Plum Lane", "312-341-1070 at 12 Plum Lane", "312-341-1070 (ring twice)", "41.87, -87.61, see map"))
def test_what_is_more_than_a_number_goes(text: str) -> None:
    assert concealed_fields.phone(text) == ""


@pytest.mark.parametrize(
    "text",
    (
        "Confidential",
        "This location is undisclosed",
        "location not disclosed",
        "Address withheld",
        "secret",
        "Call for the address; do not publish",
        "Safe house",
        "Women's refuge",
        "intimate partner violence",
        "Modern slavery helpline",
        "Dirección confidencial",
        "No se publica la dirección",
        "Casa refugio para mujeres",
        "Víctimas de trata de personas",
        "Violencia de género",
        "Adresse tenue secrète",
        "Lieu non divulgué",
        "Centre d'hébergement",
        "Violences faites aux femmes",
        "Traite des êtres humains",
        "Die Adresse ist geheim",
        "Der Ort wird nicht veröffentlicht",
        "Frauenhäuser",
        "Schutzwohnung für Männer",
        "Haeusliche Gewalt",
        "Opfer von Menschenhandel",
        "Endereço sigiloso",
        "Localização não divulgada",
        "Casa-abrigo para mulheres",
        "Violência contra a mulher",
        "Tráfico de pessoas",
        "DOMESTIC   VIOLENCE",
        "ｓｈｅｌｔｅｒ",
        "shel\u00adter",
        "confi\u200bdential",
    ),
)
def test_words_that_hide_a_place(text: str) -> None:
    assert tells_of_hidden_place(text)
    assert tells_of_hidden_place(f"{'Something else. ' * 200}{text}")  # at the end of a long text, too


@pytest.mark.parametrize(
    "text",
    ("Refugee support", "Secretary", "Se trata de un comedor", "Library", "Clínica", "Rechtsberatung", "Aide juridique", "Tax forms", ""),
)
def test_words_that_do_not(text: str) -> None:
    assert not tells_of_hidden_place(text)


@pytest.mark.parametrize(
    "text",
    (
        "12 Plum Lane",
        "Plum Lane House",
        "12 Main St.",
        "Calle Mayor 5",
        "C/ Mayor, 5",
        "Av. Paulista 1000",
        "Rua Augusta 10",
        "12 rue de la Paix",
        "Hauptstraße 12",
        "Hauptstr. 12",
        "Marktplatz",
        "Kurfürstendamm 12",
        "PO Box 12",
        "Postfach 12",
        "Apartado 12",
        "Suite 5",
        "60602",
        "SW1A 1AA",
        "41.8717, -87.6171",
        "corner of Plum and Main",
        "next to the station",
    ),
)
def test_texts_that_name_a_street(text: str) -> None:
    assert names_a_street(text)


@pytest.mark.parametrize(
    "text", ("Oak Park Women's Shelter", "St Mary's House", "Casa Sol", "Frauenhaus Nord", "24/7 helpline", "Haven for All")
)
def test_names_that_do_not(text: str) -> None:
    assert not names_a_street(text)
