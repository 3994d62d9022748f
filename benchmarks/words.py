"""The words of the synthetic histories: subjects, tasks, parties and places, all made up.

Here: plain tuples, and the sentences made of them. Not here: what happens (`generate`).
"""

from __future__ import annotations

from random import Random

ACTS = (
    "Onderzoek naar",
    "Meer geld voor",
    "Een plan voor",
    "Behoud van",
    "Betere toegang tot",
    "Landelijke regels voor",
    "Een proef met",
    "Uitstel van",
    "Toezicht op",
    "Structurele middelen voor",
    "Minder regels voor",
    "Een meldpunt voor",
    "Afspraken over",
    "Geen bezuiniging op",
    "Jaarlijks verslag over",
    "Een ondergrens voor",
)

TOPICS = (
    "de jeugdzorg",
    "nachtbussen",
    "de bibliotheek",
    "veilige fietsroutes",
    "woningen voor starters",
    "de huishoudelijke hulp",
    "warmtenetten",
    "groen in versteende wijken",
    "het zwembad",
    "laadpalen",
    "schuldhulpverlening",
    "de afvalinzameling",
    "opvang van dak- en thuislozen",
    "het muziekonderwijs",
    "de brandweerkazerne",
    "beschut werk",
    "de financiële verdeelsleutel",
    "openbare toiletten",
    "zonnepanelen op daken",
    "wijkverpleging",
    "het sociaal minimum",
    "leegstand van winkels",
    "de regionale ambulancedienst",
    "buurthuizen",
    "digitale dienstverlening",
    "de energietoeslag",
    "bomenkap",
    "het leerlingenvervoer",
    "drinkwaterpunten",
    "dijkversterking",
    "de omgevingsvergunning",
    "vuurwerkvrije zones",
    "mantelzorgers",
    "de toeristenbelasting",
    "speeltuinen",
    "geluidsoverlast",
    "het participatiebudget",
    "de begraafplaatsen",
    "inburgering",
    "parkeren voor vergunninghouders",
)

WHERE = (
    "in het buitengebied",
    "in de binnenstad",
    "langs de ringweg",
    "in de stationsbuurt",
    "voor kleine kernen",
    "voor het komende jaar",
    "in de kadernota",
    "na de herindeling",
    "in krimpregio's",
    "voor en door bewoners",
    "zonder eigen bijdrage",
    "binnen de begroting",
)

TASKS = (
    "Breng in kaart wat de kosten zijn van",
    "Overleg met het Rijk over",
    "Stel een werkgroep in voor",
    "Rapporteer per kwartaal over",
    "Kom met een voorstel over",
    "Sluit een convenant over",
    "Raadpleeg de leden over",
    "Maak een handreiking voor",
    "Vraag een onafhankelijk advies over",
    "Neem een bedrag op voor",
)

CONDITIONS = (
    "Zodra de rijksbijdrage is toegezegd",
    "Als de provincie meebetaalt",
    "Na vaststelling van de begroting",
    "Zodra de evaluatie beschikbaar is",
    "Als ten minste de helft van de leden meedoet",
)

EVENTS = (
    "twee weken na de vergadering",
    "vóór de behandeling van de kadernota",
    "bij de eerstvolgende begroting",
    "zodra het advies is ontvangen",
)

PENDING = (
    "het onderzoek loopt nog",
    "de onderhandelingen zijn niet afgerond",
    "de toezegging is deels nagekomen",
    "de evaluatie volgt in het najaar",
    "het budget is nog niet vastgesteld",
)

PROGRESS = (
    "De werkgroep is begonnen.",
    "Een eerste concept ligt voor bij de leden.",
    "Het gesprek met het ministerie is gevoerd.",
    "De aanbesteding loopt.",
    "Drie gemeenten doen mee aan de proef.",
    "De cijfers zijn opgevraagd; de helft is binnen.",
)

EVIDENCE = (
    "Brief aan de leden",
    "Eindrapport van de werkgroep",
    "Getekend convenant",
    "Begrotingswijziging",
    "Verslag van het bestuurlijk overleg",
)

NOTES = (
    "De dag staat niet in het verslag en volgt uit de agenda.",
    "Het verslag noemt de motie bij een andere naam.",
    "Nagezien aan de hand van de geluidsopname.",
    "De telling is die van de voorzitter.",
    "Overgenomen uit de besluitenlijst;\nde bijlage ontbreekt.",
)

REASONS = (
    "Dubbel ingevoerd",
    "Gelezen in het verslag van een andere vergadering",
    "Hoort bij een andere motie",
    "Het stuk bleek een concept",
)

MOVERS = (
    "Fractie Dorpsbelang",
    "Fractie Nieuw Geluid",
    "Fractie Groen & Water",
    "Fractie Samen Verder",
    "Fractie Ouderen Lokaal",
    "Fractie Vrij Platteland",
    "Fractie Progressief Akkoord",
    "Fractie Burgerlijst",
    "Werkgroep Kleine Kernen",
    "Commissie Sociaal Domein",
)

ADDRESSEES = ("Bestuur", "College", "Griffie", "Commissie Financiën", "Directie", "Werkgroep Wonen")
SENDERS = ("Het kabinet", "Het ministerie", "De provincie", "Het waterschap", "De rekenkamer")
COMMITTEES = ("Commissie Bestuur", "Commissie Ruimte", "Commissie Sociaal Domein", "Het presidium")

_TOWN_BEGINS = ("Linde", "Water", "Eem", "Ooster", "Hoge", "Zand", "Kerk", "Molen", "Veen", "Duin")
_TOWN_ENDS = (
    "waard",
    "hoek",
    "dal",
    "veld",
    "brug",
    "rade",
    "horst",
    "drecht",
    "lo",
    "meer",
    "wijk",
)


def town(number: int) -> str:
    """The name of a municipality that does not exist; another for every number below 1,210."""
    turn, rest = divmod(number, len(_TOWN_BEGINS) * len(_TOWN_ENDS))
    # Both parts move with each number, so that neighbours in the list do not look alike.
    name = _TOWN_BEGINS[rest % len(_TOWN_BEGINS)] + _TOWN_ENDS[rest % len(_TOWN_ENDS)]
    return f"{name}-{_TOWN_ENDS[turn - 1].capitalize()}" if turn else name


def title(rng: Random) -> str:
    """The title of a motion."""
    said = f"{rng.choice(ACTS)} {rng.choice(TOPICS)}"
    return f"{said} {rng.choice(WHERE)}" if rng.random() < 0.5 else said


def task(rng: Random) -> str:
    """What a mandate charges somebody with."""
    return f"{rng.choice(TASKS)} {rng.choice(TOPICS)}"
