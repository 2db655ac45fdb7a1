"""Requests the service does not take: its instructions, another role, harm.

Only wording addressed to the service counts ("ignore your rules"): the outline itself quotes prompts and asks
about prompt engineering, so a mention of prompts alone must pass.
"""

import re
import unicodedata

INSTRUCTIONS = r"(?:指令|指示|规则|规定|要求|设定|约束|限制|提示词?|系统消息|命令|说明)"
OWN = r"(?:你|您|系统)的?(?:系统|初始|隐藏|内部|原始|完整|全部|最初|后台|底层|开头|预设)*(?:的)?"
EN_RULES = (
    r"(?:instructions?|rules?|prompts?|guidelines?|directives?|restrictions?|constraints?|system message|context)"
)

PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        # Leave your rules.
        rf"(?:忽略|无视|忘[记掉]|不[要用必]管|抛开|跳过|绕[过开]|违反|覆盖|别管|不再遵守|不要遵守|解除).{{0,14}}(?:之前|以上|上面|前面|先前|所有|一切|任何|全部|你的|原有|系统|这些|刚才).{{0,10}}{INSTRUCTIONS}",
        rf"(?:ignore|disregard|forget|override|bypass|skip|drop|break|violate)\b.{{0,25}}\b(?:previous|prior|above|earlier|all|any|your|every|preceding|system|these|the)\b.{{0,25}}\b{EN_RULES}",
        # Show your instructions.
        rf"(?:打印|输出|显示|告诉|透露|泄露|公开|复述|重复|展示|贴出|给我看|发给我|说出|写出|翻译|附上|列出|念|曝光|交代|原样|逐字).{{0,16}}{OWN}.{{0,6}}(?:提示词?|指令|指示|规则|设定|prompt|system prompt)",
        rf"{OWN}(?:提示词|指令|prompt|设定|系统提示).{{0,12}}(?:是什么|是啥|有哪些|内容|打印|输出|发出来|给我|说出|公开|写出|告诉|复述)",
        r"(?:收到|得到|拿到|被给|设置)的.{0,8}(?:指令|提示词?|规则)|(?:隐藏|内部|系统)(?:的)?(?:指令|提示词).{0,12}(?:打印|输出|告诉|附上|原封不动|一字不[差漏])",
        rf"\b(?:reveal|show|print|repeat|output|display|tell|give|leak|expose|share|dump|recite|write out|translate|summari[sz]e|what(?:'s| is| are| were)(?= your| the (?:hidden|secret)))\b.{{0,30}}\b(?:your|hidden|initial|system|secret|internal|original|developer|above)\b.{{0,20}}\b(?:{EN_RULES}|configuration|system prompt)\b.{{0,20}}(?:$|[.?!,;]|verbatim|word for word|above|in full|to me|and|now|in )",
        r"(?:重复|复述|输出|打印|显示|翻译).{0,8}(?:上面|以上|前面|之前|开头|这句话之前)的?(?:所有|全部|一切)?(?:内容|文字|文本|话|消息|对话)|(?:请|你|帮我|给我|随便|直接|就)(?:编造?|捏造|瞎编|胡编).{0,10}(?:答案|引用|来源|出处|回答)",
        r"\b(?:repeat|print|output|show|echo|translate)\b.{0,20}\b(?:everything|all|the (?:text|words?|content|conversation|message)s?)\b.{0,12}\b(?:above|before|prior|preceding)\b|\bwhat (?:were you|have you been) (?:told|instructed)",
        r"^(?:(?:please|just|then|can you|could you|you (?:can|should|may))\s+)*(?:make up|fabricate|invent)\b.{0,25}\b(?:answers?|citations?|sources?|references?|quotes?)\b",
        # Be somebody else.
        r"(?:你现在是|从现在起你|从现在开始你?|假装你?是?|(?:请|来|你|要|帮我|给我|继续)扮演(?!什么|的|何|怎)|装作|你要?(?:扮(?!演)|当)|进入|切换到?).{0,24}(?:女朋友|男朋友|女友|男友|角色|模式|猫娘|黑客|海盗|律师|医生|专家模式|助手|人格|没有限制|不受限|无限制|dan|管理员|老师|诗人|爸|妈|奶奶|朋友|客服|神|魔|的语气)",
        r"\b(?:you are now|you're now|you are dan|act as|pretend (?:to be|you are|you're|that you)|role-?play|roleplay as|stay in character|from now on,? you|behave (?:as|like)|become)\b.{0,60}\b(?:dan|unrestricted|without (?:any )?(?:restrictions?|rules|limits|filters?)|no (?:restrictions?|rules|limits|filters?)|pirate|character|girlfriend|boyfriend|evil|hacker|lawyer|doctor|assistant|grandmother|grandma|therapist|human|poet|god|jailbroken|developer mode|admin|chef|terminal|shell|teacher|he|she|friend)\b",
        r"\bjailbreak (?:mode|yourself)|\b(?:developer|debug|god|sudo|admin) mode\b|(?:开发者|越狱|调试|上帝|管理员)模式|越狱吧",
        # Harm.
        r"(?:自制|制[作造]|怎么做|如何做|配制|合成|教我做|做一?个?).{0,10}(?:炸[弹药]|毒[药品气]|冰毒|枪|武器|燃烧瓶|雷管|病毒(?!式)|木马|勒索)",
        r"(?:入侵|黑进|攻破|盗[取号]|窃取|破解).{0,14}(?:账[号户]|密码|银行|服务器|微信|网站|系统|数据库|wifi|手机|邮箱)|钓鱼(?:邮件|网站|短信)|诈骗(?:话术|短信|脚本|邮件)|(?:自杀|自残)的?(?:方法|方式)|洗钱(?:方法|教程)?|跟踪(?:前任|她|他)",
        r"\b(?:make|build|create|construct|synthesi[sz]e|cook|assemble|manufacture)\b.{0,25}\b(?:bomb|explosives?|poison|meth|methamphetamine|nerve agent|weapon|gun|molotov|ransomware|malware|keylogger|computer virus|trojan)\b",
        r"\b(?:hack|break) into\b|\bsteal\b.{0,30}\b(?:passwords?|money|data|credit cards?|identit|account)|\bphishing\b.{0,15}\b(?:e-?mail|page|site|message)|\b(?:write|create|give me|make)\b.{0,30}\b(?:ransomware|malware|keylogger|phishing)|\bhow (?:to|do i|can i) (?:kill|murder|poison|hurt|stalk)\b.{0,20}\b(?:someone|somebody|my|a person|people|him|her)\b|\blaunder\b",
    )
)


def declines(question: str) -> bool:
    """Whether a request is one of those the service turns down."""
    text = unicodedata.normalize("NFKC", question).lower()
    return any(pattern.search(text) for pattern in PATTERNS)
