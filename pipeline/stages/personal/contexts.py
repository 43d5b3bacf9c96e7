"""Words that say whose a number is: the order's, the office's, somebody's own.

The rule of this file: patterns over the few characters beside a candidate, as `pipeline.stages.personal.view` folds them, so in
simplified hanzi, half width. Each is an alternation of words with bounded repeats: linear.
"""

from __future__ import annotations

import re

from pipeline.stages.personal.view import View

__all__ = [
    "AT_HOME", "FOOT", "FOR_SALE", "HANDED_IN", "HOME", "IN_URL", "NAMED", "NUMBERED", "ORG", "OWN", "OWN_HOME", "PRIVATE",
    "PUBLIC_ACCOUNT", "PUBLIC_MAIL", "SELF", "THING", "UNIT_AFTER", "has_office", "is_card_of_one",
]

_OF = (
    "订单|运单|快递|物流|流水|批|货|型|款|序|序列|合同|发票|备案|许可|许可证|登记|专利|条|条形|条码|商品|产品|房源|职位|信息"
    "|档案|准考证|考|工|学|项目|招标"
    "|采购|交易|支付|凭证|文|索引|标|案|案件|单|单据|票|受理|信用|注册|批准|国药准字|公告|申请|设备|机身|主题|帖子|图书|馆藏"
    "|索书|文章|稿件|会议|任务|工单|保单|报案"
    "|统一社会信用|组织机构|邮|区位|股票|证券|基金|版本|代理|经营|生产|执照|证书|课程|期刊|国际标准书"
)
#: A label before a number that is of a thing: 订单编号：…, ISBN …, 许可证号…
NUMBERED = re.compile(
    rf"(?:(?:{_OF})(?:编号|编码|代码|号码|码|号|ID|id)|(?<!统一)编号|编码|流水|订单|运单|序列|坐标|经度|纬度|时间戳|ISBN|ISSN"
    rf"|DOI|doi|ar[Xx]iv|S/?N|IMEI|MEID|[量数额值价]|积分|阅读|浏览|播放|点击|访问|人气|热度|点赞|收藏|库存|粉丝|SKU|UPC|EAN"
    r"|人口|[共总合累]计|大约|约为|突破|(?:合同|协议|凭证|保单|单据)|NO\.?|No\.?|(?<![A-Za-z信])ID|\b[uaptUAPT](?:id|ID)"
    r"|(?:腾讯|视频|线上|网络|云|钉钉|飞书|[Zz]oom|ZOOM)会议|会议(?= ?:)|[Zz]oom|ZOOM"
    r"|\bid|MD5|hash|commit|version|ver\.?)[ :：为是=#(（\[\"'/]{0,4}$"
)
#: 卷宗号, 客户号, 工号: any number that is not of a telephone, an account, a document or somebody's old one.
THING = re.compile("[㐀-鿿](?<![机话信旧新老小大靓同拨系络人本用挂副主私证账帐卡码的个这那])(?:号|编号)[ :]{0,3}$")
#: What follows a number that is an amount, with a blank or without; no word that begins as a unit does (人事部, 股东, 位于). Of the
#: units that are surnames and first words of names too (万, 米, 台), none that a blank parts from the number and hanzi run on from.
UNIT_AFTER = re.compile(
    r" ?(?:(?:亿|元|美元|港元|港币|日元|欧元|人次|人民币|吨|公里|千米|平方|立方|光年|小时|点赞"
    r"|%|‰|比特|字节|毫秒|公斤|[Bb]ytes?|KB|MB|GB"
    r"|k?Wh|Hz|ms|颗星|粉丝)"
    r"|[回步天层棵升克瓦岁场集笔桶](?![㐀-鿿])"
    r"|(?:人(?![事力工民资员才保在不很家])|次(?!日)|个(?![人体])|股(?![东份权])|分(?![机享店公校部行局])|票(?![务价据])|字(?![样号])|位(?![于置在])"
    r"|名(?![字片下称])|赞(?!助))"
    r"|(?:(?<! )|(?=.(?:[^㐀-鿿]|$|[万亿元人次吨个米的左以多余])))(?:万|千|百|米|度|件|只|台(?![北中南东湾])|套|条"
    r"|户(?!名|主|籍)|辆|箱|瓶|册|篇|页|本(?![人机])|年|颗|枚|粒|份|秒|斤|平米|亩|例))(?!先生|女士|小姐|师傅|老师|总|经理|工|姐|哥|阿姨)"
)
#: What stands before a place inside an address of the web, up to the last blank or hanzi.
IN_URL = re.compile(r"(?:://|www\.|\.(?:com|cn|net|org|html?|php|aspx?|jpg|png|pdf)\b|[?&][A-Za-z_]{1,20}=|^/[A-Za-z])")
#: Offices, companies and what they do: whose number, address or account it is then.
ORG = re.compile(
    "公司|集团|工厂|厂|(?<!驻马)店(?![主员小])|局|(?<![一二两三四0-9客餐])厅|(?<![讯住到好各友])处(?!理)|委员|办公|办事|中心|医院|诊所|学校|大学|学院|小学|中学|高中|幼儿园"
    "|银行|支行|法院|检察|派出所|公安|支队|大队|事务所|协会"
    "|学会|基金|工会|机关|单位|营业|窗口|救助|管理站|(?<!班)主任|[科处局院馆所站]长|秘书|干事|前台|总机|售楼|物业|客服|热线"
    "|(?<![厦江荆天三龙石海玉金祁])门市"
    "|超市|酒店|宾馆|驿站|集运|转运|餐厅|饭店|商场|仓库|编辑|服务|会场"
    "|图书馆|博物馆|招标|采购|代理|报名|咨询"
    "|监督|(?<!电子)信箱|投稿|举报|投诉|值班|传真|政府|居委|村委|社区卫生|合作社|工作室|经营部|研究所|研究院|本报|报社|电视台|出版"
    "|联络处|校区|旗舰|专卖|总部|法定代表人|负责人"
    "|总经理|注册地|开户|开标|投标|报名地点|(?<!送达)地点|展(?=[会厅馆览位区台])|[书画车博花]展|馆|景区|公园|寺|影院|剧院|书店|药房|邮局|车站"
)
#: An office in the name of a place: 小店区, 学院路, 公园街. A look at one character behind a word: linear.
_PLACE_OF_OFFICE = re.compile("店(?=[区埠子])|(?:店|寺|馆|厂|局|展|医院|学院|大学|公园|中心|银行|车站|剧院|政府|工会|单位"
    "|仓库)(?=[路街巷县镇乡村里弄])")
#: Somebody's own: home, parents, who is looked for, who sells his car.
OWN = re.compile(
    "宅电|住宅电话|宅|府上|舍下|家庭电话|家用|家里|家中|我家|老家|老屋|家电|家电话|私人|本人|个人|父亲|母亲|爸|妈|家长|监护人|紧急联系|亲属|亲友"
    "|家属|房东|房主|业主|奶奶|爷爷|外婆|外公|姥姥|姥爷|孩子|儿子|女儿|机主|失主|车主|户主|卖家"
    "|原告|被告|申请人|被申请人|当事人|上诉人|被执行人|求职|我的|回电|吊唁|住家|男方|女方|丈夫|妻子|患者|考生|学生|户籍"
)
#: Somebody by name and title, right before a number.
NAMED = re.compile(
    r"[㐀-鿿](?:先生|女士|小姐|太太|阿姨|师傅|大姐|大哥|大妈|大爷|大叔|大娘|同学|姐|哥|叔|伯|婶|嫂|姨|婆婆|奶奶"
    r"|爷爷)[ :,，、()（）的电话联系或致电打拨-]{0,8}$"
)
#: What people offer and look for by themselves, and themselves.
PRIVATE = re.compile("转让|出售|出租|求购|求租|合租|急售|二手|面议|征婚|相亲|家教|拾到|遗失|丢失|寻找|联系人|我|俺|本人")
#: A page about one person: a resume, a registration form, a notice of somebody missing.
_CARD_OF_ONE = re.compile(
    "个人简历|求职意向|婚姻状况|婚否|政治面貌|出生年月|出生日期|性 {0,4}别|籍贯|姓 {0,4}名|履历表|专长|血型|身高|体重|自传"
    "|寻人|走失|失联|离家|星座|生日|昵称|属相|作者简介|笔名|现居|散文集|诗集|作协会员"
)
#: Labels of where somebody lives, or wants things sent.
HOME = re.compile(
    "住址|家庭地址|家庭住|家住|现住|现居|居所|居住|户籍|户口|住所|收货|收件|送货|寄到|寄往|寄至|寄给|寄回|送[到至]|租住|租房"
    "|家在|家是|住在|住于|[自本丧老祖旧故]宅|寓所|我们家|[咱俺你他她]家|房子|新房|婚房|门牌号?[:是为]|独居|借住|寄居|借宿|老屋|祖屋|人肉|请送|快递(?!代|点|公司|员|单|站|柜|费|柜)|住家|府上"
    "|寒舍|舍下|家访|灵堂|吊唁|送达(?:地址|地点)|住处|房屋(?![建征登管质安所租])|门牌号[^,。]{0,3}[:是为]|(?:同志|先生|女士)[^。]{0,4}地址是?|家[里中]?的?地址|身份证上?的?(?:地址|住址)|写信给|暂居|麻烦送|[帮改]寄|[请帮]送|地址(?:填|改|写)|(?:我|对方|新)的?地址|出殡|停灵|守灵|[合整转]租|住房(?![和公保租建管])|宅基地?|看[房屋]|[出招求]租|卖房|小区:|住(?:[^宿院房][^,，。;；]{0,3})?$"
    "|身份证地址|(?<!房)屋企(?!业)|我家|老家|私人地址|搬到|搬家|暂住|邮寄地址|来家|上门|户 ?主|家中|(?<!通)信的?地址|新家|娘家|婆家"
)
#: Of those, what only a person has: an office named before it in its sentence makes no office of it.
OWN_HOME = re.compile(
    "[自本丧]宅|户籍(?:所在)?地|户口所在地|我们家|(?<!房)屋企(?!业)|住家|家住|住在|现住|现居|租住|我家|老家|新家|娘家|婆家|搬到|家庭[住地]址"
    "|(?:原告|被告|申请人|被申请人|上诉人|当事人|业主|本人|买家|卖家|租客|房东|[我他她])的?(?:新|家庭|家里)?[住地]址"
)
#: Of OWN, what says a home by itself.
AT_HOME = re.compile(
    "宅电|住宅|家庭电话|家用电话|家里|家中|我家|老家|住家|府上|舍下|老屋"
    "|(?<![国专商厂玩大独皇作画藏管东店买卖行赢人世])家[里中]?的?(?:电话|座机)?[ :]{0,2}$"
    "|(?:^|[^A-Za-z])\\(?(?:[宅家]|H)\\)?[ :]{0,2}$"
)
#: An account of the public: 微信公众号, 官方微信, a group, and one that readers are told to follow.
PUBLIC_ACCOUNT = re.compile(
    "公众|公号|订阅|服务号|官方|官微|平台|客服|扫|搜索|关注|企业|售后|售前|在线|投稿|阅读|回复|推送|本刊|本报|本台|读者|粉丝"
    "|二维码|小编|公开"
)
#: A mailbox of an office: 举报邮箱, 商务合作：…
PUBLIC_MAIL = re.compile(
    "(?:举报|投诉)(?![人者])|投稿|来稿|[报爆]料|客户|合作|客服|服务|企业|官方|报名|商务|市场|招聘|咨询|监督|反馈|联系我们|广告|媒体|纪检|信访"
    "|本刊|编辑部|办公|单位|公司|采购|招标|征稿|指定|热线|融资|反腐|发送到|提供"
)
#: What a business says before the account that it sells by.
FOR_SALE = re.compile(
    "预约|服务|专家|优惠|讲座|[报爆]料|客户|管理员|咨询|报名|合作|助手|[网报台社通馆店校局院会君构司]的?(?:微信|QQ|qq)"
)
#: What is handed in to an office.
HANDED_IN = re.compile("作品|文章发|案例发|征文|报名表|汇总表|申报|电子版|报送|附件")
#: What stands about the contacts of an office: the foot of its site, its postcode, its fax.
FOOT = re.compile("版权|[Cc]opyright|COPYRIGHT|©|邮编|邮政编码|传真|[Ff]ax|FAX|总机|[Rr]eserved|ICP|举报|网站|主办|协办|招生办")
#: Somebody by himself, before what is his.
SELF = re.compile(
    "约稿|作者|笔名|作协|教授|博士|导师|研究员|讲师|老师|联系人|姓名|简历|本人|我的|我是|[发给]我|先生|女士|小姐|同学"
)


def has_office(text: str) -> bool:
    """Whether an office is named, but not as the name of a place."""
    return ORG.search(_PLACE_OF_OFFICE.sub("", text)) is not None


def is_card_of_one(view: View, at: int) -> bool:
    """Whether a place stands among what forms ask of one person, two such things at least."""
    return len(set(_CARD_OF_ONE.findall(view.around(at, 160)))) > 1
