"""Encodings are recognised strictly, or refused with the place of the fault."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patentmetrics.core.errors import InputError, SettingError
from patentmetrics.read.encoding import decode_bytes, decode_file, examine_file

CHINESE = "本发明公开了一种太阳能电池，包括：衬底、电极；其转换效率高于现有技术。\n申请人：苏州某某有限公司\n"


@pytest.mark.parametrize(
    ("codec", "found"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("gb18030", "gb18030"), ("utf-16", "utf-16")],
)
def test_each_encoding_is_recognised_and_gives_the_same_text(tmp_path: Path, codec: str, found: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(CHINESE.encode(codec))
    decoded = decode_file(path)
    assert (decoded.text, decoded.encoding) == (CHINESE, found)


def test_utf16_big_endian_with_a_mark_is_recognised() -> None:
    assert decode_bytes(b"\xfe\xff" + CHINESE.encode("utf-16-be"), where="a").text == CHINESE


def test_gbk_and_gb2312_are_read_as_gb18030_which_contains_them() -> None:
    # 镕 is in GBK and not in GB2312; the last character is in GB18030 only
    text = CHINESE + "朱镕基" + "\U00020bb7"
    for name in ("gbk", "GB2312", "cp936", "gb18030"):
        decoded = decode_bytes(text.encode("gb18030"), where="a", encoding=name)
        assert (decoded.text, decoded.encoding) == (text, "gb18030")


def test_characters_beyond_gbk_are_not_lost_when_the_encoding_is_found() -> None:
    text = CHINESE * 5 + "\U00020bb7"
    assert decode_bytes(text.encode("gb18030"), where="a").text == text


def test_a_broken_byte_in_utf8_is_named_by_offset_and_line() -> None:
    data = CHINESE.encode()
    offset = len("本发明公开了一种太阳能电池".encode()) + 1
    broken = data + data[:offset] + b"\xff" + data[offset:]
    with pytest.raises(InputError) as caught:
        decode_bytes(broken, where="a.csv")
    details = caught.value.details()
    # the sequence that the byte cuts begins one byte earlier
    assert details["where"] == "a.csv, line 3"
    assert f"at offset {len(data) + offset - 1}" in details["got"]


def test_a_file_of_neither_encoding_names_both_faults() -> None:
    with pytest.raises(InputError, match="neither UTF-8 nor GB18030") as caught:
        decode_bytes(b"abc\n\xd6\xd0\xff\xff", where="a.csv")
    assert caught.value.details()["where"] == "a.csv, line 2"
    assert "0xff at offset 6 is not GB18030" in caught.value.details()["got"]
    assert "0xd6 at offset 4 is not UTF-8" in caught.value.details()["got"]


def test_utf8_that_is_cut_inside_a_character_is_not_taken_for_gb18030() -> None:
    with pytest.raises(InputError, match="does not decode as UTF-8"):
        decode_bytes(CHINESE.rstrip().encode()[:-1], where="a.csv")


@pytest.mark.parametrize("codec", ["latin-1", "cp1252"])
def test_western_text_is_not_taken_for_gb18030(codec: str) -> None:
    # each of these is valid GB18030, and would become a Han character without complaint
    with pytest.raises(InputError, match="does not look Chinese"):
        decode_bytes("Müller, Céline; Jörg Größe\n".encode(codec), where="a.csv")
    assert decode_bytes("Müller".encode("cp1252"), where="a", encoding="cp1252").text == "Müller"


@pytest.mark.parametrize(
    ("data", "encoding", "message"),
    [
        (CHINESE.encode("gb18030"), "utf-8", "does not decode as utf-8"),
        (CHINESE.encode(), "gb18030", "the file is UTF-8"),
        (CHINESE.encode(), "cp1252", "the file is UTF-8"),
        (CHINESE.encode("gb18030") + b"\n", "utf-16", "does not decode|binary"),
        (CHINESE.encode("big5", errors="ignore"), "utf-8", "does not decode"),
    ],
)
def test_a_wrong_encoding_is_refused(data: bytes, encoding: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        decode_bytes(data, where="a.csv", encoding=encoding)


def test_an_unknown_encoding_is_a_setting_error_with_near_names() -> None:
    with pytest.raises(SettingError, match="gb18030"):
        decode_bytes(b"a", where="a.csv", encoding="gb18031")


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n",
        b"%PDF-1.7\n",
        b"MZ\x90\x00\x03",
        b"abc\x00def",
        b"PAR1....PAR1",
        b"\x01\x02\x03\x04" * 9,
    ],
)
def test_a_binary_file_is_refused(data: bytes) -> None:
    with pytest.raises(InputError, match="binary file"):
        decode_bytes(data, where="a.csv")


def test_excel_named_csv_gets_a_hint() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    with pytest.raises(InputError, match=r"\.xlsx"):
        decode_bytes(buffer.getvalue(), where="a.csv")


def test_an_explicit_encoding_keeps_the_mark_out_of_the_text() -> None:
    assert decode_bytes(b"\xef\xbb\xbfid", where="a", encoding="utf-8").text == "id"
    assert decode_bytes("\ufeffid".encode("utf-16-le"), where="a", encoding="utf-16-le").text == "id"


@given(st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1))
def test_utf8_is_always_given_back_as_it_was(text: str) -> None:
    assert decode_bytes(text.removeprefix("\ufeff").encode(), where="a").text == text.removeprefix("\ufeff")


@pytest.mark.parametrize("size", [1, 2, 3, 5])
@pytest.mark.parametrize(
    "data",
    [
        CHINESE.encode(),
        b"\xef\xbb\xbf" + CHINESE.encode(),
        CHINESE.encode("gb18030"),
        CHINESE.encode("utf-16"),
        CHINESE.encode("gb18030") + b"\xff\n",
        CHINESE.encode() + b"\n\xe4\xb8",
        CHINESE.encode("utf-16") + b"\x00",
        "Müller, Größe\n".encode("cp1252"),
        b"\x89PNG\r\n\x1a\n",
    ],
)
def test_a_file_examined_in_pieces_is_examined_as_a_whole(
    data: bytes, size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def outcome() -> object:
        try:
            found = examine_file(tmp_path / "a.csv")
        except InputError as error:
            return error.details()
        return found

    (tmp_path / "a.csv").write_bytes(data)
    whole = outcome()
    monkeypatch.setattr("patentmetrics.read.encoding._CHUNK", size)
    assert outcome() == whole
