"""Words that belong to the asking, in Chinese and English."""

from ingest.words.text import terms

# Words that ask, not name: where they occur says nothing of where the answer is.
ASKING = frozenset(
    terms(
        "做 用 说 讲 讲讲 介绍 解释 描述 讨论 说明 列出 列举 分析 比较 对比 防止 避免 解决 处理 方法 办法 方式"
        " 技术 问题 时候 意思 含义 概念 定义 分别"
        " 区别 差别 不同 差异 联系 关系 哪里 多少 几个 可以 能够 应该 需要 主要 常见 有哪些 为什么"
        " 原因 详细 具体 简单 一般 通常 实际 模型 LLM explain describe discuss compare list give tell show mean"
        " define definition concept way method approach prevent avoid handle solve deal need use work happen help"
        " make main common difference between example many much model llm"
    )
)
