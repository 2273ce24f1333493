"""Names of other countries as addresses write them: Chinese at the front, English at the end.

Only evidence that an address is abroad; what is not listed stays unknown. Hong Kong, Macao and Taiwan have
codes of their own in GB/T 2260 and are not here.
"""

from __future__ import annotations

import re

# two letters (ISO 3166-1), English, Chinese; several forms of one language are joined by a bar
_COUNTRIES = """
US United States of America|United States|USA|U.S.A.|U.S. 美国|美利坚合众国
JP Japan 日本|日本国
KR Republic of Korea|South Korea|Korea 韩国|大韩民国
KP Democratic People's Republic of Korea 朝鲜民主主义人民共和国
DE Germany|Federal Republic of Germany 德国|德意志联邦共和国
FR France 法国|法兰西共和国
GB United Kingdom|Great Britain|England|Scotland|UK 英国|大不列颠|联合王国
CH Switzerland 瑞士
NL Netherlands|The Netherlands 荷兰
SE Sweden 瑞典
FI Finland 芬兰
DK Denmark 丹麦
NO Norway 挪威
IS Iceland 冰岛
IT Italy 意大利
ES Spain 西班牙
PT Portugal 葡萄牙
AT Austria 奥地利
BE Belgium 比利时
LU Luxembourg 卢森堡
LI Liechtenstein 列支敦士登
IE Ireland 爱尔兰
MC Monaco 摩纳哥
GR Greece 希腊
CY Cyprus 塞浦路斯
MT Malta 马耳他
PL Poland 波兰
CZ Czech Republic|Czechia 捷克|捷克共和国
SK Slovakia 斯洛伐克
HU Hungary 匈牙利
RO Romania 罗马尼亚
BG Bulgaria 保加利亚
SI Slovenia 斯洛文尼亚
HR Croatia 克罗地亚
RS Serbia 塞尔维亚
EE Estonia 爱沙尼亚
LV Latvia 拉脱维亚
LT Lithuania 立陶宛
UA Ukraine 乌克兰
BY Belarus 白俄罗斯
RU Russia|Russian Federation 俄罗斯|俄罗斯联邦
KZ Kazakhstan 哈萨克斯坦
UZ Uzbekistan 乌兹别克斯坦
GE Georgia 格鲁吉亚
AM Armenia 亚美尼亚
AZ Azerbaijan 阿塞拜疆
MN Mongolia 蒙古国
TR Turkey|Türkiye 土耳其
IL Israel 以色列
SA Saudi Arabia 沙特阿拉伯|沙特
AE United Arab Emirates 阿联酋|阿拉伯联合酋长国
QA Qatar 卡塔尔
KW Kuwait 科威特
IR Iran 伊朗
IQ Iraq 伊拉克
JO Jordan 约旦
LB Lebanon 黎巴嫩
EG Egypt 埃及
MA Morocco 摩洛哥
TN Tunisia 突尼斯
ZA South Africa 南非
NG Nigeria 尼日利亚
KE Kenya 肯尼亚
MU Mauritius 毛里求斯
SC Seychelles 塞舌尔
IN India 印度
PK Pakistan 巴基斯坦
BD Bangladesh 孟加拉国
LK Sri Lanka 斯里兰卡
NP Nepal 尼泊尔
SG Singapore 新加坡
MY Malaysia 马来西亚
TH Thailand 泰国
VN Vietnam|Viet Nam 越南
ID Indonesia 印度尼西亚|印尼
PH Philippines 菲律宾
MM Myanmar 缅甸
KH Cambodia 柬埔寨
BN Brunei 文莱
AU Australia 澳大利亚
NZ New Zealand 新西兰
WS Samoa 萨摩亚
CA Canada 加拿大
MX Mexico 墨西哥
BR Brazil 巴西
AR Argentina 阿根廷
CL Chile 智利
CO Colombia 哥伦比亚
PE Peru 秘鲁
VE Venezuela 委内瑞拉
UY Uruguay 乌拉圭
CU Cuba 古巴
PA Panama 巴拿马
BB Barbados 巴巴多斯
BS Bahamas 巴哈马
BM Bermuda 百慕大
KY Cayman Islands 开曼群岛|英属开曼群岛
VG British Virgin Islands|Virgin Islands 英属维尔京群岛|维尔京群岛|英属维京群岛
JE Jersey 泽西岛
GG Guernsey 根西岛
IM Isle of Man 马恩岛
GI Gibraltar 直布罗陀
"""
_ROWS = [line.split(" ", 1) for line in _COUNTRIES.split("\n") if line]
CHINESE_NAMES: tuple[str, ...] = tuple(
    name for _, names in _ROWS for name in names.rsplit(" ", 1)[-1].split("|")
)
_NAMES = [name for _, names in _ROWS if " " in names for name in names.rsplit(" ", 1)[0].split("|")]
_ENGLISH = "|".join(sorted(map(re.escape, _NAMES), key=len, reverse=True))
_LETTERS = "|".join(code for code, _ in _ROWS)
# an English address ends with its country, or names it by two letters at an end; kana and hangul are abroad
FOREIGN = (
    rf"(?i:(?:^|[^a-z])(?:{_ENGLISH})[\s.,;)\d-]*$)"
    rf"|[,;\s(](?:{_LETTERS})[\s.,;)]*$|^\s*\(?(?:{_LETTERS})[\s,;:)-]"
    r"|[\u3041-\u3096\u30a1-\u30fa\uac00-\ud7a3]"
)
# an English address in China is not read, and is not abroad
AT_HOME = r"(?i:china|p\.?\s?r\.?\s?c\b|hong\s?kong|maca[ou]|taiwan)|[,;\s(](?:CN|HK|MO|TW)[\s.,;)]*$"
