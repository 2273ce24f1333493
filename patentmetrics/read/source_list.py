"""The sources as data (数据来源): which headers each has, the preferred one first.

One string holds the headers for one of our columns, between bars. Headers are compared without case,
spaces and underscores, and with half-width brackets.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from patentmetrics.read.headers import FURTHER_HEADERS, KNOWN_HEADERS


@dataclass(frozen=True, kw_only=True)
class Source:
    """One source of patents.

    Parameters
    ----------
    name : str
        As on the command line.
    title : str
        What it is.
    headers : mapping
        Our column → their headers, the preferred one first.
    others : tuple of str
        Headers that are known and not taken; they help to recognise the source.
    office : str or None
        The office of numbers that do not name theirs.
    identify_by : tuple of str
        Which number names a patent: the first of these that the file has.
    tables : mapping
        Of a source in several tables: table → the headers by which it is recognised.
    own_ids : bool
        Patents, and the patents they cite, are named by the source's own ids, not by numbers.
    separators : mapping
        Our column → what separates its entries, where that is not as everywhere (a regular expression).
    """

    name: str
    title: str
    headers: Mapping[str, tuple[str, ...]]
    others: tuple[str, ...] = ()
    office: str | None = None
    identify_by: tuple[str, ...] = ("application_number", "publication_number")
    tables: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    separators: Mapping[str, str] = field(default_factory=dict)
    own_ids: bool = False


def _names(text: str) -> tuple[str, ...]:
    return tuple(one.strip() for one in text.split("|"))


_CN = {
    "application_number": _names("申请号 | 专利申请号"),
    "publication_number": _names(
        "公开(公告)号 | 公开公告号 | 公开号 | 公告号 | 授权公告号 | 申请公布号 | 专利公开号 | 公开(公布)号"
    ),
    "filing_date": _names("申请日 | 申请日期 | 专利申请日"),
    "publication_date": _names(
        "公开(公告)日 | 公开公告日 | 公开日 | 公告日 | 公开(公告)日期 | 公开日期 | 申请公布日 | 公开(公布)日"
    ),
    "issue_date": _names("授权公告日 | 授权公告日期 | 授权日 | 授权日期"),
    "kind": _names("专利类型 | 专利种类"),
    "kind_code": _names("文献种类代码 | 公开种类 | 文献类型代码"),
    "title": _names("标题 | 专利名称 | 发明名称 | 名称 | 标题(中文) | 专利标题 | 标题(英文)"),
    "abstract": _names("摘要 | 摘要文本 | 摘要(中文) | 专利摘要 | 简介 | 摘要(英文)"),
    "claims": _names(
        "权利要求 | 权利要求书 | 主权项 | 主权利要求 | 主权项内容 | 首项权利要求 | 首权 | 独立权利要求"
    ),
    "ipc": _names("IPC分类号 | IPC | 分类号 | 国际专利分类号 | IPC分类 | 国际分类号"),
    "ipc_main": _names("IPC主分类号 | 主分类号 | IPC主分类 | 主IPC分类号"),
    "cpc": _names("CPC分类号 | CPC | CPC分类"),
    "applicants": _names("申请人 | 申请(专利权)人 | 申请人名称 | 专利申请人 | 专利权人"),
    "inventors": _names("发明人 | 发明(设计)人 | 发明人名称 | 设计人"),
    "address": _names("申请人地址 | 地址 | 申请(专利权)人地址 | 通讯地址"),
    "place": _names("申请人城市 | 申请人地区 | 国省代码 | 省市 | 申请人省市代码 | 城市 | 地区"),
    "legal_status": _names("法律状态 | 当前法律状态 | 专利有效性 | 法律状态信息"),
    "forward_citations": _names("被引证次数 | 被引用次数 | 被引次数 | 被引证数"),
    "cited_patents": _names("引证专利 | 引用专利 | 引证文献 | 专利引证"),
    "family_id": _names("简单同族ID | 同族ID | 简单同族编号"),
}

SOURCES: dict[str, Source] = {
    one.name: one
    for one in (
        Source(
            name="csv",
            title="any table: known headers, and --map for the others",
            headers={**KNOWN_HEADERS, **FURTHER_HEADERS},
            identify_by=(),
        ),
        Source(
            name="cnipa",
            title="CNIPA and what is made from it (国家知识产权局): 马克数据网, annual files, and the like",
            headers=_CN,
            others=_names(
                "序号 | 代理机构 | 专利代理机构 | 代理人 | 优先权 | 申请人类型 | 申请人区县 | "
                "申请年份 | 公开公告年份 | 授权公告年份 | 当前权利人 | 引证次数 | 自引次数 | "
                "他引次数 | 被自引次数 | 被他引次数 | 家族引证次数 | 家族被引证次数 | 专利权转移 | "
                "转让信息 | 案件状态"
            ),
            office="CN",
        ),
        Source(
            name="incopat",
            title="incoPat (合享)",
            headers={
                **_CN,
                "title": _names("标题(中文) | 标题 | 标题(英文) | 标题(翻译)"),
                "abstract": _names("摘要(中文) | 摘要 | 摘要(英文) | 摘要(翻译)"),
                "claims": _names("权利要求 | 独立权利要求 | 首项权利要求 | 首权翻译"),
                "place": _names("中国申请人地市 | 申请人省市代码"),
                "legal_status": _names("当前法律状态 | 专利有效性 | 法律状态"),
                "family_id": _names("简单同族ID | DocDB同族ID | 扩展同族ID"),
            },
            others=_names(
                "公开国别 | 合享价值度 | 技术稳定性 | 技术先进性 | 保护范围 | 标准化申请人 | "
                "申请人国别代码 | 中国申请人区县 | 国民经济分类 | 新兴产业分类 | 简单同族 | 扩展同族 | "
                "DocDB同族 | 被引证专利 | 家族引证 | 家族被引证 | 简单同族个数 | 扩展同族个数 | "
                "权利要求数量 | 文献页数 | 首权字数 | 发明人数量 | 申请人数量 | 引证次数 | 优先权号 | "
                "优先权日 | 转让次数 | 工商统一社会信用代码"
            ),
            office="CN",
        ),
        Source(
            name="patsnap",
            title="PatSnap (智慧芽)",
            headers={
                **_CN,
                "title": _names("标题 | 标题(译)(简体中文) | [标]标题 | 标题(译)(English) | 标题(译)(英文)"),
                "abstract": _names("摘要 | 摘要(译)(简体中文) | 摘要(译)(English) | 摘要(译)(英文)"),
                "applicants": _names(
                    "[标]原始申请(专利权)人 | [标]当前申请(专利权)人 | 原始申请(专利权)人 | "
                    "当前申请(专利权)人"
                ),
                "address": _names("[原]原始申请(专利权)人地址 | 当前申请(专利权)人地址 | 申请人地址"),
                "place": _names("当前申请(专利权)人州/省 | 城市"),
                "legal_status": _names("法律状态/事件 | 简单法律状态"),
                "forward_citations": _names("被引用专利数量"),
                "cited_patents": _names("引用专利 | 引用的专利"),
                "family_id": _names("简单同族ID | 简单同族编号"),
            },
            others=_names(
                "序号 | 非专利引用文献数量 | 引用专利数量 | 发明人数量 | 优先权国家/地区 | "
                "简单同族专利申请数量 | 简单同族被引用专利总数 | 3年内被引用次数 | 5年内被引用次数 | "
                "INPADOC同族专利申请数量 | INPADOC同族被引用专利总数 | INPADOC法律状态 | "
                "PatSnap同族被引用专利总数 | Patsnap同族专利申请数量 | 当前申请(专利权)人数量 | "
                "诉讼案件数 | 受理局 | SEP信息 | UPC分类号"
            ),
            # an export holds patents of many offices; their numbers name them
        ),
        Source(
            name="cnopendata",
            title="CnOpenData",
            headers={
                **_CN,
                "publication_number": _names("公开公告号 | 公开(公告)号 | 授权公告号 | 公开号 | 申请公布号"),
            },
            others=_names(
                "企业名称 | 统一社会信用代码 | 股票代码 | 证券代码 | 会计年度 | 专利申请号 | 权利要求数"
            ),
            office="CN",
        ),
        Source(
            name="lens",
            title="The Lens (lens.org), CSV",
            headers={
                "publication_number": _names("Publication Number | Display Key"),
                "application_number": _names("Application Number"),
                "kind_code": _names("Kind"),
                "publication_date": _names("Publication Date"),
                "filing_date": _names("Application Date"),
                "issue_date": _names("Grant Date"),
                "title": _names("Title"),
                "abstract": _names("Abstract"),
                "claims": _names("Claims"),
                "ipc": _names("IPCR Classifications | IPCR Classification"),
                "cpc": _names("CPC Classifications | CPC Classification"),
                "applicants": _names("Applicants"),
                "inventors": _names("Inventors"),
                "kind": _names("Document Type | Type"),
                "legal_status": _names("Legal Status"),
                "forward_citations": _names("Cited by Patent Count"),
            },
            others=_names(
                "# | Jurisdiction | Lens ID | Publication Year | Priority Numbers | "
                "Earliest Priority Date | Owners | URL | Full Text | Has Full Text | Cited Count | "
                "Cites Patent Count | Simple Family Size | Simple Family Members | "
                "Extended Family Size | Sequence Count | US Classifications | NPL Citation Count | "
                "PubMed Id(s) | DOI(s) | Non-Patent Citations"
            ),
            # application numbers of the Lens are not those of the offices
            identify_by=("publication_number",),
        ),
        Source(
            name="patentscope",
            title="PATENTSCOPE (WIPO)",
            headers={
                "publication_number": _names("Publication Number | Application Id"),
                "application_number": _names("Application Number"),
                "publication_date": _names("Publication Date"),
                "filing_date": _names("Application Date"),
                "title": _names("Title"),
                "abstract": _names("Abstract"),
                "ipc": _names("IPC | I P C"),
                "applicants": _names("Applicants"),
                "inventors": _names("Inventors"),
            },
            others=_names("Priority Data | Priorities Data | FP Image | Country | National Phase Entries"),
            identify_by=("publication_number",),
        ),
        Source(
            name="google",
            title="Google Patents, the list of results as CSV",
            headers={
                "publication_number": _names("id"),
                "title": _names("title"),
                "abstract": _names("abstract"),
                "applicants": _names("assignee"),
                "inventors": _names("inventor/author"),
                "filing_date": _names("filing/creation date"),
                "publication_date": _names("publication date"),
                "issue_date": _names("grant date"),
            },
            others=_names("priority date | result link | representative figure link"),
            identify_by=("publication_number",),
            separators={"inventors": r","},
        ),
        Source(
            name="patentsview",
            title="PatentsView (USPTO), granted patents: g_… tables",
            headers={},
            office="US",
            identify_by=("publication_number",),
            tables={
                "g_patent": _names("patent_id | patent_date | patent_title"),
                "g_patent_abstract": _names("patent_id | patent_abstract"),
                "g_application": _names("patent_id | application_id | filing_date"),
                "g_ipc_at_issue": _names(
                    "patent_id | section | ipc_class | subclass | main_group | subgroup"
                ),
                "g_cpc_current": _names("patent_id | cpc_group | cpc_subclass"),
                "g_assignee_disambiguated": _names("patent_id | disambig_assignee_organization"),
                "g_inventor_disambiguated": _names("patent_id | disambig_inventor_name_last"),
                "g_claims": _names("patent_id | claim_sequence | claim_text"),
                "g_us_patent_citation": _names("patent_id | citation_patent_id"),
                "g_us_application_citation": _names("patent_id | citation_document_number"),
            },
        ),
        Source(
            name="patstat",
            title="PATSTAT Global (EPO): tls… tables",
            headers={},
            identify_by=("application_id",),
            own_ids=True,
            tables={
                "tls201": _names("appln_id | appln_auth | appln_nr | appln_kind | appln_filing_date"),
                "tls202": _names("appln_id | appln_title"),
                "tls203": _names("appln_id | appln_abstract"),
                "tls209": _names("appln_id | ipc_class_symbol"),
                "tls224": _names("appln_id | cpc_class_symbol"),
                "tls211": _names("pat_publn_id | publn_auth | publn_nr | publn_kind | appln_id | publn_date"),
                "tls212": _names("pat_publn_id | cited_pat_publn_id"),
            },
        ),
        Source(
            name="hupd",
            title="Harvard USPTO Patent Dataset, JSON",
            headers={},
            office="US",
            identify_by=("application_number",),
        ),
    )
}
