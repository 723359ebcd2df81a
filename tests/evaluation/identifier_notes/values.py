"""Invented identifiers with the right form and check digits; no person has them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾"
    "丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤"
    "尹黎易常武乔贺赖龚文庞樊兰殷施陶洪翟安颜倪严牛温芦季俞章鲁葛伍韦申尤毕聂丛焦向柳邢路岳齐梅"
    "莫庄辛管祝左涂谷祁时舒耿牟卜詹关苗凌费纪靳盛童欧甄项曲成游阳裴席卫查屈鲍位覃霍翁隋植甘景薄"
    "单包司柏宁柯阮桂闵解强柴华车冉房边辜吉饶刁瞿戚丘古米池滕晋苑邬臧畅宫来缪褚娄"
)
COMPOUND_SURNAMES = ("欧阳", "上官", "司马", "诸葛", "东方", "皇甫", "慕容", "尉迟")
GIVEN = (
    "建国",
    "秀英",
    "志强",
    "丽娟",
    "海燕",
    "晓东",
    "雪梅",
    "俊杰",
    "子涵",
    "浩然",
    "思远",
    "雨桐",
    "梓萱",
    "国庆",
    "淑珍",
    "桂兰",
    "玉兰",
    "红梅",
    "文博",
    "家豪",
    "欣怡",
    "一诺",
    "静",
    "伟",
    "敏",
    "磊",
    "洋",
    "勇",
    "艳",
    "杰",
    "涛",
    "超",
    "霞",
    "平",
    "刚",
    "桂英",
    "明远",
    "怀瑾",
    "若兰",
    "予安",
    "清和",
    "景明",
    "知远",
    "秉文",
    "令仪",
    "思齐",
    "静姝",
    "云舒",
    "望舒",
    "长庚",
    "启明",
    "采薇",
    "子衿",
    "有容",
    "乃文",
    "振华",
    "爱民",
    "卫东",
    "春花",
    "小妹",
    "阿婷",
)
MINORITY = (
    "阿卜杜拉·买买提",
    "古丽巴哈尔·艾力",
    "扎西多吉",
    "卓玛央金",
    "巴特尔",
    "其其格",
    "吾守尔·托合提",
    "迪丽努尔·阿布都",
    "才让卓玛",
    "那仁高娃",
    "岩温罕",
    "依波么",
)
ENGLISH = (
    "James Whitfield",
    "Mary O'Connor",
    "Robert Chen",
    "Linda Marsh",
    "Priya Nair",
    "Ahmed Hassan",
    "Susan Okafor",
    "Daniel Kowalski",
    "Grace Liu",
    "Thomas Ferreira",
)
PLACES = (
    "安徽省合肥市庐阳区长江中路369号金座2栋1403室",
    "江苏省南京市鼓楼区中山北路88号",
    "北京市海淀区中关村南大街27号院5号楼3单元602",
    "四川省成都市武侯区科华北路65号",
    "河南省信阳市浉河区湖东大道甲9号",
    "云南省大理白族自治州大理市下关镇文化路12号",
    "广东省佛山市顺德区大良街道凤翔路33号碧桂园7座",
    "新疆维吾尔自治区喀什地区疏附县托克扎克镇3村2组",
    "浙江省金华市义乌市稠城街道篁园路168弄15号",
    "黑龙江省齐齐哈尔市龙沙区卜奎大街204号",
    "上海市浦东新区张杨路500号华润时代广场12楼",
    "湖北省恩施市六角亭街道书院巷8号",
)
LONE_PLACES = (
    "合肥",
    "信阳",
    "义乌",
    "顺德",
    "朝阳区",
    "海淀",
    "恩施",
    "喀什",
    "大理",
    "浦东",
    "包头",
    "南充",
)
HOSPITALS = (
    "仁和市第一人民医院",
    "江城大学附属中山医院",
    "临湖县中医院",
    "新安妇幼保健院",
    "云岭骨科医院",
    "东湖社区卫生服务中心",
    "海川肿瘤医院",
)
WORKPLACES = (
    "江城第三中学",
    "宏远机械制造有限公司",
    "临湖县育才小学",
    "中建十七局第二项目部",
    "顺达物流有限公司",
    "江城理工大学",
    "红星棉纺厂",
    "云岭镇人民政府",
    "晨光幼儿园",
)


@dataclass(frozen=True)
class Values:
    """Draws identifiers from one dice."""

    dice: Random

    def name(self) -> str:
        roll = self.dice.random()
        if roll < 0.08:
            return self.dice.choice(MINORITY)
        surname = self.dice.choice(COMPOUND_SURNAMES if roll < 0.14 else SURNAMES)
        return surname + self.dice.choice(GIVEN)

    def english_name(self) -> str:
        return self.dice.choice(ENGLISH)

    def day(self) -> date:
        return date(1936, 1, 1) + timedelta(days=self.dice.randrange(32_000))

    def recent(self) -> date:
        return date(2023, 1, 1) + timedelta(days=self.dice.randrange(1000))

    def date_zh(self) -> str:
        day, form = self.recent(), self.dice.randrange(6)
        return (
            f"{day:%Y年}{day.month}月{day.day}日",
            f"{day:%Y-%m-%d}",
            f"{day:%Y.%m.%d}",
            f"{day:%Y/%m/%d}",
            f"{day.month}月{day.day}日",
            f"{day:%Y%m%d}",
        )[form]

    def identity(self) -> str:
        """18 digits with the check digit of GB 11643 (ISO 7064, MOD 11-2)."""
        area = self.dice.choice(("340103", "320106", "110108", "510107", "411502", "440606"))
        body = f"{area}{self.day():%Y%m%d}{self.dice.randrange(1000):03}"
        weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
        total = sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True))
        return body + "10X98765432"[total % 11]

    def mobile(self) -> str:
        digits = self.dice.choice(("138", "139", "150", "177", "186", "199")) + "".join(
            str(self.dice.randrange(10)) for _ in range(8)
        )
        form = self.dice.randrange(4)
        spaced = f"{digits[:3]} {digits[3:7]} {digits[7:]}"
        return (digits, spaced, spaced.replace(" ", "-"), f"+86 {digits}")[form]

    def landline(self) -> str:
        number = f"{self.dice.randrange(2, 9)}{self.dice.randrange(10**7):07}"
        return self.dice.choice((f"0551-{number}", f"010-{number}", f"0376-{number[:7]}"))

    def record_number(self) -> str:
        return self.dice.choice(
            (
                f"{self.dice.randrange(10**7):08}",
                f"ZY{self.dice.randrange(10**6):07}",
                f"M{self.dice.randrange(10**8):09}",
            )
        )

    def insurance(self) -> str:
        return f"{self.dice.choice('ABCH')}{self.dice.randrange(10**8):09}"

    def bank_card(self) -> str:
        """19 digits with the Luhn digit."""
        body = f"62{self.dice.randrange(10**16):016}"
        total = 0
        for place, digit in enumerate(reversed(body)):
            value = int(digit) * (2 if place % 2 == 0 else 1)
            total += value - 9 if value > 9 else value
        return body + str(-total % 10)

    def passport(self) -> str:
        return f"E{self.dice.choice('ABCDEFGH')}{self.dice.randrange(10**7):07}"

    def permit(self) -> str:
        return f"{self.dice.choice('HM')}{self.dice.randrange(10**8):08}"

    def plate(self) -> str:
        letters = "".join(self.dice.choice("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789") for _ in range(4))
        place = self.dice.choice("皖苏京川豫粤") + self.dice.choice("ABCDE")
        return f"{place}·{letters}{self.dice.randrange(10)}"

    def email(self) -> str:
        user = self.dice.choice(("wang.jg", "li_xm88", "chen-hao", "z.lin"))
        host = self.dice.choice(("example.com", "mail.example.cn"))
        return f"{user}{self.dice.randrange(100)}@{host}"

    def address(self) -> str:
        return self.dice.choice(PLACES)

    def lone_place(self) -> str:
        return self.dice.choice(LONE_PLACES)

    def hospital(self) -> str:
        return self.dice.choice(HOSPITALS)

    def workplace(self) -> str:
        return self.dice.choice(WORKPLACES)

    def old_age(self) -> str:
        return f"{self.dice.randrange(90, 104)}岁"
