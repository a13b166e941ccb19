"""Circuits by their Ergast id: name, place, scheduled race distance by season, and how long lap 1 takes.

``RACE_LAPS`` was derived from the winner's laps of every race since 1950 (Ergast results) and corrected for the races
that ended early (rain, the two-hour limit, red flags, extra formation laps) by the published distance. What a race was
*scheduled* for is known before it starts; what it came to is not.
"""

from __future__ import annotations

from typing import NamedTuple


class Circuit(NamedTuple):
    """A circuit: Ergast id, official name, town and country."""

    circuit_id: str
    name: str
    locality: str
    country: str


CIRCUITS: dict[str, Circuit] = {
    circuit_id: Circuit(circuit_id, name, locality, country)
    for circuit_id, name, locality, country in (
        ("adelaide", "Adelaide Street Circuit", "Adelaide", "Australia"),
        ("ain-diab", "Ain Diab", "Casablanca", "Morocco"),
        ("aintree", "Aintree", "Liverpool", "UK"),
        ("albert_park", "Albert Park Grand Prix Circuit", "Melbourne", "Australia"),
        ("americas", "Circuit of the Americas", "Austin", "USA"),
        ("anderstorp", "Scandinavian Raceway", "Anderstorp", "Sweden"),
        ("avus", "AVUS", "Berlin", "Germany"),
        ("bahrain", "Bahrain International Circuit", "Sakhir", "Bahrain"),
        ("baku", "Baku City Circuit", "Baku", "Azerbaijan"),
        ("boavista", "Circuito da Boavista", "Oporto", "Portugal"),
        ("brands_hatch", "Brands Hatch", "Kent", "UK"),
        ("bremgarten", "Circuit Bremgarten", "Bern", "Switzerland"),
        ("buddh", "Buddh International Circuit", "Uttar Pradesh", "India"),
        ("catalunya", "Circuit de Barcelona-Catalunya", "Montmeló", "Spain"),
        ("charade", "Charade Circuit", "Clermont-Ferrand", "France"),
        ("dallas", "Fair Park", "Dallas", "USA"),
        ("detroit", "Detroit Street Circuit", "Detroit", "USA"),
        ("dijon", "Dijon-Prenois", "Dijon", "France"),
        ("donington", "Donington Park", "Castle Donington", "UK"),
        ("essarts", "Rouen-Les-Essarts", "Rouen", "France"),
        ("estoril", "Autódromo do Estoril", "Estoril", "Portugal"),
        ("fuji", "Fuji Speedway", "Oyama", "Japan"),
        ("galvez", "Autódromo Juan y Oscar Gálvez", "Buenos Aires", "Argentina"),
        ("george", "Prince George Circuit", "Eastern Cape Province", "South Africa"),
        ("hockenheimring", "Hockenheimring", "Hockenheim", "Germany"),
        ("hungaroring", "Hungaroring", "Budapest", "Hungary"),
        ("imola", "Autodromo Enzo e Dino Ferrari", "Imola", "Italy"),
        ("indianapolis", "Indianapolis Motor Speedway", "Indianapolis", "USA"),
        ("interlagos", "Autódromo José Carlos Pace", "São Paulo", "Brazil"),
        ("istanbul", "Istanbul Park", "Istanbul", "Turkey"),
        ("jacarepagua", "Autódromo Internacional Nelson Piquet", "Rio de Janeiro", "Brazil"),
        ("jarama", "Jarama", "Madrid", "Spain"),
        ("jeddah", "Jeddah Corniche Circuit", "Jeddah", "Saudi Arabia"),
        ("jerez", "Circuito de Jerez", "Jerez de la Frontera", "Spain"),
        ("kyalami", "Kyalami", "Midrand", "South Africa"),
        ("las_vegas", "Las Vegas Street Circuit", "Nevada", "USA"),
        ("lemans", "Le Mans", "Le Mans", "France"),
        ("long_beach", "Long Beach", "California", "USA"),
        ("losail", "Losail International Circuit", "Al Daayen", "Qatar"),
        ("madring", "Madring", "Madrid", "Spain"),
        ("magny_cours", "Circuit de Nevers Magny-Cours", "Magny Cours", "France"),
        ("marina_bay", "Marina Bay Street Circuit", "Marina Bay", "Singapore"),
        ("miami", "Miami International Autodrome", "Miami", "USA"),
        ("monaco", "Circuit de Monaco", "Monte-Carlo", "Monaco"),
        ("monsanto", "Monsanto Park Circuit", "Lisbon", "Portugal"),
        ("montjuic", "Montjuïc", "Barcelona", "Spain"),
        ("monza", "Autodromo Nazionale di Monza", "Monza", "Italy"),
        ("mosport", "Mosport International Raceway", "Ontario", "Canada"),
        ("mugello", "Autodromo Internazionale del Mugello", "Mugello", "Italy"),
        ("nivelles", "Nivelles-Baulers", "Brussels", "Belgium"),
        ("nurburgring", "Nürburgring", "Nürburg", "Germany"),
        ("okayama", "Okayama International Circuit", "Okayama", "Japan"),
        ("pedralbes", "Circuit de Pedralbes", "Barcelona", "Spain"),
        ("pescara", "Pescara Circuit", "Pescara", "Italy"),
        ("phoenix", "Phoenix street circuit", "Phoenix", "USA"),
        ("portimao", "Autódromo Internacional do Algarve", "Portimão", "Portugal"),
        ("red_bull_ring", "Red Bull Ring", "Spielberg", "Austria"),
        ("reims", "Reims-Gueux", "Reims", "France"),
        ("ricard", "Circuit Paul Ricard", "Le Castellet", "France"),
        ("riverside", "Riverside International Raceway", "California", "USA"),
        ("rodriguez", "Autódromo Hermanos Rodríguez", "Mexico City", "Mexico"),
        ("sebring", "Sebring International Raceway", "Florida", "USA"),
        ("sepang", "Sepang International Circuit", "Kuala Lumpur", "Malaysia"),
        ("shanghai", "Shanghai International Circuit", "Shanghai", "China"),
        ("silverstone", "Silverstone Circuit", "Silverstone", "UK"),
        ("sochi", "Sochi Autodrom", "Sochi", "Russia"),
        ("spa", "Circuit de Spa-Francorchamps", "Spa", "Belgium"),
        ("suzuka", "Suzuka Circuit", "Suzuka", "Japan"),
        ("tremblant", "Circuit Mont-Tremblant", "Quebec", "Canada"),
        ("valencia", "Valencia Street Circuit", "Valencia", "Spain"),
        ("vegas", "Las Vegas Strip Street Circuit", "Las Vegas", "United States"),
        ("villeneuve", "Circuit Gilles Villeneuve", "Montreal", "Canada"),
        ("watkins_glen", "Watkins Glen", "New York State", "USA"),
        ("yas_marina", "Yas Marina Circuit", "Abu Dhabi", "UAE"),
        ("yeongam", "Korean International Circuit", "Yeongam County", "Korea"),
        ("zandvoort", "Circuit Park Zandvoort", "Zandvoort", "Netherlands"),
        ("zeltweg", "Zeltweg", "Styria", "Austria"),
        ("zolder", "Zolder", "Heusden-Zolder", "Belgium"),
    )
}

# "season:laps" means from that season on. Source: winners' laps in Ergast results, disturbed races corrected (above).
_RACE_LAPS = {
    "adelaide": "1985:82 1989:81 1993:79 1994:81",
    "ain-diab": "1958:53",
    "aintree": "1955:90 1959:75",
    "albert_park": "1996:58",
    "americas": "2012:56",
    "anderstorp": "1973:80 1976:72 1978:70",
    "avus": "1959:60",
    "bahrain": "2004:57 2010:49 2012:57",
    "baku": "2016:51",
    "boavista": "1958:50 1960:55",
    "brands_hatch": "1964:80 1972:76 1974:75 1976:76 1984:71 1985:75",
    "bremgarten": "1950:42 1952:62 1953:65 1954:66",
    "buddh": "2011:60",
    "catalunya": "1991:65 2004:66",
    "charade": "1965:40 1969:38",
    "dallas": "1984:78",
    "detroit": "1982:77 1983:60 1984:63",
    "dijon": "1974:80 1984:79",
    "donington": "1993:76",
    "essarts": "1952:77 1962:54 1964:57 1968:60",
    "estoril": "1984:70 1985:67 1986:70 1989:71 1990:61 1991:71 1996:70",
    "fuji": "1976:73 2007:67",
    "galvez": "1953:97 1954:87 1955:96 1956:98 1957:100 1958:80 1972:95 1973:96 1974:53 1978:52 1979:53 1995:72",
    "george": "1962:82 1963:85",
    "hockenheimring": "1970:50 1977:47 1978:45 1984:44 1989:45 2002:67",
    "hungaroring": "1986:76 1989:77 2003:70",
    "imola": "1980:60 1989:61 1992:60 1993:61 1995:63 1998:62 2020:63",
    "indianapolis": "1950:138 1951:200 2000:73",
    "interlagos": "1973:40 1974:32 1975:40 1990:71 1997:72 2000:71",
    "istanbul": "2005:58",
    "jacarepagua": "1978:63 1981:62 1982:63 1984:61 1988:60 1989:61",
    "jarama": "1968:90 1974:84 1976:75 1981:80",
    "jeddah": "2021:50",
    "jerez": "1986:72 1989:73 1994:69",
    "kyalami": "1967:80 1971:79 1974:78 1982:77 1984:75 1992:72",
    "las_vegas": "1981:75",
    "lemans": "1967:80",
    "long_beach": "1976:80 1982:75",
    "losail": "2021:57",
    "madring": "2026:57",
    "magny_cours": "1991:72 1998:71 1999:72 2003:70",
    "marina_bay": "2008:61 2023:62",
    "miami": "2022:57",
    "monaco": (
        "1950:100 1957:105 1958:100 1968:80 1973:78 1975:75 1976:78 1977:76 1978:75 1979:76 1984:77 1985:78 "
        "1989:77 1990:78 2004:77 2005:78"
    ),
    "monsanto": "1959:62",
    "montjuic": "1969:90 1971:75",
    "monza": (
        "1950:80 1955:50 1957:87 1958:70 1959:72 1960:50 1961:43 1962:86 1964:78 1965:76 1966:68 1971:55 "
        "1974:52 1978:40 1979:50 1981:52 1984:51 1987:50 1988:51 1989:53"
    ),
    "mosport": "1967:90 1971:64 1972:80",
    "mugello": "2020:59",
    "nivelles": "1972:85",
    "nurburgring": "1951:20 1952:18 1954:22 1958:15 1968:14 1971:12 1972:14 1984:67 2002:60",
    "okayama": "1994:83",
    "pedralbes": "1951:70 1954:80",
    "pescara": "1957:18",
    "phoenix": "1989:75 1990:72 1991:81",
    "portimao": "2020:66",
    "red_bull_ring": "1970:60 1971:54 1981:53 1984:51 1985:52 1997:71",
    "reims": "1950:64 1951:77 1953:60 1954:61 1958:50 1961:52 1963:53 1966:48",
    "ricard": "1971:55 1973:54 1985:53 1986:80 2018:53",
    "riverside": "1960:75",
    "rodriguez": "1963:65 1986:68 1988:67 1989:69 2015:71",
    "sebring": "1959:42",
    "sepang": "1999:56",
    "shanghai": "2004:56",
    "silverstone": (
        "1950:70 1951:90 1952:85 1953:90 1956:101 1958:75 1960:77 1963:82 1965:80 1969:84 1971:68 1973:67 "
        "1975:56 1977:68 1983:67 1985:65 1989:64 1991:59 1994:60 1995:61 1997:60 2010:52"
    ),
    "sochi": "2014:53",
    "spa": "1950:35 1951:36 1958:24 1960:36 1961:30 1962:32 1966:28 1983:40 1985:43 1989:44",
    "suzuka": "1987:51 1989:53",
    "tremblant": "1968:90",
    "valencia": "2008:57",
    "vegas": "2023:50",
    "villeneuve": "1978:70 1979:72 1980:70 1981:63 1982:70 1986:69 1990:70 1991:69 1995:68 1996:69 2002:70",
    "watkins_glen": "1961:100 1963:110 1966:108 1971:59",
    "yas_marina": "2009:55 2021:58",
    "yeongam": "2010:55",
    "zandvoort": (
        "1952:90 1955:100 1958:75 1962:80 1966:90 1970:80 1971:70 1973:72 1974:75 1980:72 1984:71 1985:70 2021:72"
    ),
    "zeltweg": "1964:105",
    "zolder": "1973:70 1980:72 1981:54 1982:70",
}
RACE_LAPS: dict[str, tuple[tuple[int, int], ...]] = {
    circuit_id: tuple((int(a), int(b)) for a, b in (entry.split(":") for entry in text.split()))
    for circuit_id, text in _RACE_LAPS.items()
}

# A race over another distance than its circuit's own: the outer loop of Sakhir.
EVENT_LAPS: dict[tuple[int, int], int] = {(2020, 16): 87}

# The leader's lap 1 from lights to line, seconds: median of the races of 2018 to 2024 that give it
# (n=123, one to seven a circuit; wet starts are slower). Stands in for the start of a race whose file gives no time
# for lap 1.
_FIRST_LAP_SECONDS: dict[str, float] = {
    "albert_park": 94.0,
    "americas": 100.3,
    "bahrain": 99.0,
    "baku": 110.9,
    "catalunya": 86.2,
    "hockenheimring": 90.6,
    "hungaroring": 88.2,
    "imola": 90.7,
    "interlagos": 78.1,
    "istanbul": 107.7,
    "jeddah": 96.0,
    "losail": 101.3,
    "marina_bay": 117.5,
    "miami": 96.2,
    "monaco": 82.2,
    "monza": 87.6,
    "mugello": 106.8,
    "nurburgring": 93.5,
    "portimao": 90.4,
    "red_bull_ring": 72.8,
    "ricard": 104.1,
    "rodriguez": 87.8,
    "shanghai": 103.4,
    "silverstone": 94.9,
    "sochi": 114.1,
    "spa": 125.7,
    "suzuka": 120.2,
    "vegas": 105.7,
    "villeneuve": 83.4,
    "yas_marina": 103.8,
    "zandvoort": 79.7,
}
TYPICAL_FIRST_LAP_SECONDS = 96.0


def first_lap_seconds(circuit_id: str | None) -> float:
    """Typical duration of the leader's lap 1 from lights to line, s."""
    return _FIRST_LAP_SECONDS.get(circuit_id or "", TYPICAL_FIRST_LAP_SECONDS)
