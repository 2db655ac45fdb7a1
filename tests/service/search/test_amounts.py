"""What amounts are asked for, and which texts give one."""

import pytest

from service.search.amounts import amount, needed


@pytest.mark.parametrize(
    ("question", "gives", "not_this"),
    [
        ("押金要多少钱？", "押金三百元。", "押金在退房后退还。"),
        ("How much is the deposit?", "押金三百元。", "The deposit is returned later."),
        ("退款多久到账", "5 至 10 个工作日到账。", "退款原路返回。"),
        ("滤芯多久换一次", "滤芯每两个月更换。", "更换全程约 40 分钟。"),
        ("How often should I descale?", "Descale twice a year.", "Descaling takes 40 minutes."),
        ("When do you close?", "We close at 10 pm.", "We close the lid."),
        ("水要烧到多少度", "烧到 90℃。", "烧 10 分钟。"),
        ("离墙多远", "离墙 10 厘米。", "离墙远一些。"),
        ("可以放多少张纸", "一次最多放 100 张 A4 纸。", "放 A4 纸。"),
        ("How many devices can connect?", "64 devices at once on each band", "Devices that are ten metres away"),
        ("How many users were asked?", "一共访谈了十二个用户。", "访谈了用户。"),
        ("How old must I be?", "Guests under 12 need an adult.", "Guests need an adult."),
    ],
)
def test_a_text_gives_the_amount_that_is_asked_for(question: str, gives: str, not_this: str) -> None:
    tells = amount(question)
    assert tells is not None
    assert tells(gives)
    assert not tells(not_this)


@pytest.mark.parametrize("question", ["水箱怎么清洗", "What is a pump?", "What happens when it leaks?", "有哪些滤芯"])
def test_no_amount_is_asked_for(question: str) -> None:
    assert amount(question) is None


@pytest.mark.parametrize(
    ("question", "none"),
    [
        ("服务器有几台", True),
        ("How much does a hive cost?", True),
        ("有几种滤芯", False),  # a list answers it
        ("什么时候该换滤芯", False),  # when it leaks
        ("How long can a name be?", False),  # so many characters
        ("水箱多长", False),
        ("How many kinds are there?", False),
        ("先比较两种，多久能看出差别要看什么", False),  # more is asked
    ],
)
def test_where_only_an_amount_is_an_answer(question: str, none: bool) -> None:
    assert (needed(question) is not None) is none


def test_a_number_in_a_table_may_be_the_amount() -> None:
    tells = needed("老师可以借多少天")
    assert tells is not None
    assert tells("| 教师 | 30 | 5 |")
    assert not tells("| 教师 | 可借 | 可续 |")
