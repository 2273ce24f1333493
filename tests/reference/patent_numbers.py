"""Patent numbers read one by one with plain Python: slow, obvious, and independent of the package."""

from __future__ import annotations

import re
import unicodedata

_OFFICES = """
AL AM AP AR AT AU AZ BA BE BG BR BY CA CH CL CN CO CR CS CU CY CZ DD DE DK DO DZ EA EC EE EG EP ES FI
FR GB GC GE GR GT HK HN HR HU ID IE IL IN IR IS IT JO JP KE KG KR KZ LT LU LV MA MC MD ME MK MN MO MT
MW MX MY NI NL NO NZ OA PA PE PH PL PT RO RS RU SA SE SG SI SK SM SU SV TH TJ TM TN TR TT TW UA US UY
UZ VE VN WO YU ZA ZM ZW
"""
OFFICES = set(_OFFICES.split())
NOTHING = dict.fromkeys(("number", "office", "role", "kind_code", "key", "problem"))


def check_digit(body: str) -> str:
    weights = [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5]
    rest = sum(int(digit) * weight for digit, weight in zip(body, weights, strict=False)) % 11
    return "X" if rest == 10 else str(rest)


def read_number(written: str | None, office: str | None = None, role: str | None = None) -> dict:
    if written is None:
        return dict(NOTHING)
    text = re.sub(r"[\s\u200b\ufeff]", "", unicodedata.normalize("NFKC", written))
    if text.startswith("="):
        text = text[1:]
    if text.startswith("'"):
        text = text[1:]
    text = text.strip('"').upper()
    if text == "":
        return dict(NOTHING)
    text = text.replace(",", "")
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?E\+[0-9]+|[0-9]\.[0-9]+E[0-9]+", text):
        return NOTHING | {"problem": "number lost in scientific notation"}
    google = re.fullmatch(r"([A-Z]{2})-([0-9A-Z]+)-([A-Z][0-9]?)", text)
    if google:
        text = "".join(google.groups())
    text = re.sub(r"([A-Z][0-9]?)-[0-9]{8}$", r"\1", text)
    found, rest = split_office(text)
    found = found or office or guess_office(rest)
    if found is None:
        return NOTHING | {"problem": "no office"}
    readers = {
        "CN": chinese,
        "US": american,
        "EP": european,
        "WO": international,
        "JP": japanese,
        "KR": korean,
    }
    read = readers[found](rest, role) if found in readers else other(found, rest)
    if read is None:
        return NOTHING | {"office": found, "problem": "no regular number"}
    return NOTHING | {"office": found} | read


def split_office(text: str) -> tuple[str | None, str]:
    if re.match(r"PCT/?[A-Z]{2}", text):
        return "WO", text
    if re.match(r"ZL[0-9]", text):
        return "CN", text[2:].strip("-./")
    letters = text[:2]
    if letters in OFFICES and len(text) > 2 and not re.match("[A-Z]", text[2]):
        return letters, text[2:].strip("-./")
    if letters in {"US", "JP", "TW", "AU", "IN", "FR", "GB", "DE"} and re.match(
        "(RE|PP|D|H|T|AI|X|S|M|R|I|U|A)[0-9]", text[2:]
    ):
        return letters, text[2:].strip("-./")
    return None, text


def guess_office(rest: str) -> str | None:
    read = chinese(rest, None)
    if (
        read
        and read["role"] == "application"
        and read["problem"] is None
        and len(re.sub(r"\.", "", rest)) in (9, 13)
    ):
        return "CN"
    if re.fullmatch(r"20(0[1-9]|[1-9][0-9])/?[0-9]{7}(A[1-9]?)?", rest):
        return "US"
    if re.fullmatch(r"(19|20)[0-9]{2}/[0-9]{6}", rest):
        return "WO"
    if re.fullmatch(r"(RE|PP)[0-9]+([A-Z][0-9]?)?", rest):
        return "US"
    return None


def split_kind(rest: str) -> tuple[str, str | None]:
    match = re.fullmatch(r"(.*?)([A-Z][0-9]?)", rest)
    return (match[1], match[2]) if match else (rest, None)


def document(office: str, core: str, kind: str | None, *, apart: bool = False) -> dict:
    suffix = "U" if apart and kind and kind[0] in "UY" else ""
    return {
        "number": office + core + (kind or ""),
        "role": "publication",
        "kind_code": kind,
        "key": office + core + suffix,
        "problem": None,
    }


def application(number: str) -> dict:
    return {"number": number, "role": "application", "kind_code": None, "key": number, "problem": None}


def chinese(rest: str, role: str | None) -> dict | None:
    match = re.fullmatch(
        r"(20(?:0[3-9]|[1-9][0-9])[12389][0-9]{7}|(?:8[5-9]|9[0-9]|0[0-3])[12389][0-9]{5})(?:\.?([0-9X]))?",
        rest,
    )
    if match:
        body, check = match.groups()
        read = application(f"CN{body}.{check or check_digit(body)}")
        if check is not None and check != check_digit(body):
            read |= {"key": None, "problem": "wrong check digit"}
        return read
    core, kind = split_kind(rest)
    if not core.isascii() or not core.isdigit():
        return None
    regular = (len(core) in (7, 9) and core[0] in "123") or (
        len(core) == 8 and core[:2] in {"85", "86", "87", "88", "89", "90", "91", "92"} and core[2] in "123"
    )
    if not regular:
        return None
    read = document("CN", core, kind)
    if len(core) == 7 and core[0] == "1":
        if kind is None:
            return read | {"key": None, "problem": "no kind code"}
        read["key"] += kind[0]
    return read


def american(rest: str, role: str | None) -> dict | None:
    match = re.fullmatch(r"([0-9]{2})/([0-9]{6})", rest)
    if match:
        return application(f"US{match[1]}/{match[2]}")
    if role == "application" and rest.isdigit() and rest.isascii() and len(rest) in (7, 8):
        return application(f"US{rest[:-6].zfill(2)}/{rest[-6:]}")
    core, kind = split_kind(rest)
    match = re.fullmatch(r"(20[0-9]{2})(/?)([0-9]+)", core)
    if match and match[1] > "2000":
        year, slash, serial = match.groups()
        if len(serial) == 7 or (len(serial) == 6 and not slash):
            return document("US", year + serial.zfill(7), kind)
    match = re.fullmatch(r"(RE|PP|D|H|T|AI|X)0*([1-9][0-9]{0,6})([A-Z][0-9]?)?", rest)
    if match:
        return document("US", match[1] + match[2], match[3])
    if core.isdigit() and core.isascii() and 1 <= len(core.lstrip("0")) <= 8:
        return document("US", core.lstrip("0"), kind)
    return None


def european(rest: str, role: str | None) -> dict | None:
    match = re.fullmatch(r"([0-9]{8})\.[0-9]", rest)
    if not match and role == "application":
        match = re.fullmatch(r"([0-9]{8})", rest)
    if match:
        return application("EP" + match[1])
    core, kind = split_kind(rest)
    if core.isdigit() and core.isascii() and 1 <= len(core.lstrip("0")) <= 7:
        return document("EP", core.lstrip("0").zfill(7), kind)
    return None


def year_of(two: str) -> str:
    return two if len(two) == 4 else ("19" if two >= "78" else "20") + two


def international(rest: str, role: str | None) -> dict | None:
    match = re.fullmatch(r"PCT/?([A-Z]{2})/?([0-9]{4}|[0-9]{2})/([0-9]{5,6})", rest)
    if match:
        return application(f"PCT/{match[1]}{year_of(match[2])}/{match[3].zfill(6)}")
    core, kind = split_kind(rest)
    match = re.fullmatch(r"((?:19|20)[0-9]{2})(?:/([0-9]{5,6})|([0-9]{6}))", core)
    if match:
        return document("WO", match[1] + (match[2] or match[3]).zfill(6), kind)
    match = re.fullmatch(r"(7[89]|[89][0-9]|0[0-3])/?([0-9]{5,6})", core)
    return document("WO", year_of(match[1]) + match[2].zfill(6), kind) if match else None


def japanese(rest: str, role: str | None) -> dict | None:
    core, kind = split_kind(rest)
    match = re.fullmatch(r"((?:19|20)[0-9]{2})(?:-([0-9]{1,6})|([0-9]{6}))", core)
    if match:
        return document("JP", match[1] + (match[2] or match[3]).zfill(6), kind, apart=True)
    match = re.fullmatch(r"([MTSHR])(?:([0-9]{1,2})-([0-9]{1,6})|([0-9]{2})([0-9]{6}))", core)
    if match:
        era, year, serial = match[1], match[2] or match[4], match[3] or match[5]
        return document("JP", era + year.zfill(2) + serial.zfill(6), kind, apart=True)
    return document("JP", core, kind, apart=True) if re.fullmatch("[0-9]{7}", core) else None


def korean(rest: str, role: str | None) -> dict | None:
    core, kind = split_kind(rest)
    match = re.fullmatch(r"(?:([123]0)-?)?((?:19|20)[0-9]{2})-?([0-9]{7})", core)
    if match:
        right, year, serial = match.groups()
        if role == "application":
            return application(f"KR{right or '10'}{year}{serial}") | {"kind_code": kind}
        if kind is None and right == "20":
            kind = "U"
        return document("KR", year + serial, kind, apart=True)
    match = re.fullmatch(r"([123]0)-?([0-9]{7})", core)
    if match and role != "application":
        return document("KR", match[1] + match[2], kind, apart=True)
    return None


def other(office: str, rest: str) -> dict | None:
    match = re.fullmatch(r"([A-Z]{0,2})0*([1-9][0-9]*)([A-Z][0-9]?)?", re.sub("[-./]", "", rest))
    return document(office, match[1] + match[2], match[3], apart=True) if match else None
