import base64
import random

import pytest

from ingest.clean.report import Edit
from ingest.clean.secrets import Secret, find_secrets, mask_secrets
from tests.support.paths import ROOT

OUTLINE = ROOT / "ingest" / "corpus" / "大模型全技术面试大纲.md"
HEX = "9f8a7c6b5d4e3f2a1b0c9d8e"
_KEY = base64.encodebytes(random.Random(1).randbytes(300)).decode()
# Written in halves, so that scanners of repositories do not take them for leaked.
PEM = f"-----BEGIN RSA PRIVATE {'KEY'}-----\n{_KEY}-----END RSA PRIVATE {'KEY'}-----"
JWT = "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxMjM0In0.SflKxwRJSMeKKF2QT4fw"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("联系user.name+tag@mail.example.com.cn。", "联系[email]。"),
        ("<user@example.com>, a_b@x.io", "<[email]>, [email]"),
        ("电话13800138000，", "电话[phone]，"),
        ("13912345678", "[phone]"),
        ("+8613800138000 或 +86 138-0013-8000", "+86[phone] 或 +86 [phone]"),
        ("手机：138 0013 8000", "手机：[phone]"),
        ("phone=13800000000", "phone=[phone]"),  # a multiple of 256, but labelled
        ("身份证11010519491231002X号", "身份证[id-number]号"),  # the example of GB 11643-1999
        ("4111 1111 1111 1111", "[card-number]"),
        ("卡号 4111111111111111，378282246310005", "卡号 [card-number]，[card-number]"),
        ("6222021234567890128", "[card-number]"),
        (f"a\n{PEM}\nb", "a\n[secret]\nb"),
        (f"token {JWT}.", "token [secret]."),
        ("sk-" + "proj-aB3dE5gH7jK9mN1pQ3sT5vW7", "[secret]"),
        ("sk-" + HEX, "[secret]"),
        ("ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a", "[secret]"),
        ("id: AKIA" + "Q3EGJ7TLW2ZXN4RB", "id: [secret]"),
        (f'api_key = "{HEX}"', 'api_key = "[secret]"'),
        (f"OPENAI_API_KEY={HEX}", "OPENAI_API_KEY=[secret]"),
        (f'{{"secretKey": "{HEX}"}}', '{"secretKey": "[secret]"}'),
        (f"**密钥**：`{HEX}`", "**密钥**：`[secret]`"),
        (f"Authorization: Bearer {HEX}", "Authorization: Bearer [secret]"),
        ('password: "Tr0ub4dor&3x"', 'password: "[secret]"'),
        ("密码：Zx9!kLm2Qp", "密码：[secret]"),
        ("口令：`APP1_PASSWORD=m4ngoTree7`", "口令：`APP1_PASSWORD=[secret]`"),
        (f"密钥：MAIL_API_KEY={HEX}", "密钥：MAIL_API_KEY=[secret]"),
        ("postgresql://app:s3cr3tPw9@db.example.com/x", "postgresql://app:[secret]@db.example.com/x"),
    ],
)
def test_masks(text: str, masked: str) -> None:
    assert mask_secrets(text)[0] == masked


@pytest.mark.parametrize(
    "text",
    [
        "git@github.com:org/repo.git, @app.get, a @ b, user@localhost",
        "scores = q@k.transpose(-2, -1); h = x@w.in(3); y = x@W.T",
        "LLaMA 13015864320 参数，17179869184 字节，13000000000 个 token，14765947904",
        "192 1024 4096, 150 2048 4096, 4096 2048 1024 4096",
        "时间戳 1712345678901，0.13800138000，13800138000.5，3.14159265358979",
        "https://example.com/p/13934567891 /status/4111111111111111",
        "110105194912310021, 110105194913310020",  # wrong check digit; month 13
        "4111 1111 1111 1112, 1234567812345670, 4503599627370496",  # Luhn; no issuer; 2^52
        "3f2a9c1d4b5e6f708192a3b4c5d6e7f801234567 550e8400-e29b-41d4-a716-446655440000",
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "meta-llama/Llama-3.1-8B-Instruct, sk-hynix-hbm3e-12-layer-memory, hf_resnet50imagenet1k_v2_model",
        "sk-xxxxxxxxxxxxxxxxxxxxxxxx sk-YOUR_API_KEY sk-1234567890abcdef1234567890abcdef sk-...",
        'api_key = "YOUR_API_KEY" api_key="your-api-key-here-123" API_KEY=<your key 1>',
        'api_key = os.environ["OPENAI_API_KEY"]; api_key=config.get("key2024abcdefgh")',
        "access_token: gpt-4o-mini-2024-07-18; max_tokens=4096; pad_token = '<|endoftext|>'",
        "password = 123456; password: password; 密码：${DB_PASSWORD1}; pwd = settings.password2",
        "mysql://root:password@localhost/db http://host:8000/a@b",
        "密码: https://example.com/s/1a2B3c4D",
        "口令：`MAIL2_PASSWORD=mailpass`；密码变量：`MAIL2_PASSWORD`；密码：mail2_auth_key",
        "密码：/etc/mail2/secret1.txt password: --password-file2",
        "AKIA" + "IOSFODNN7EXAMPLE",
        f"-----BEGIN PRIVATE KEY-----\n...\n{'x' * 64}\n-----END PRIVATE KEY-----",
    ],
)
def test_leaves_numbers_names_and_placeholders(text: str) -> None:
    assert mask_secrets(text) == (text, [])


def test_spans_are_in_order_and_apart() -> None:
    text = f"a@b.com api_key={JWT} 13912345678"
    assert find_secrets(text) == [
        Secret("email", 0, 7),
        Secret("secret", 16, 16 + len(JWT)),
        Secret("phone", len(text) - 11, len(text)),
    ]


def test_the_report_says_where_but_never_what() -> None:
    assert mask_secrets("a@b.com\n\na@c.com 13912345678")[1] == [
        Edit("email", 2, (1, 3)),
        Edit("phone", 1, (3,)),
    ]


def test_id_numbers_follow_the_check_digit_table() -> None:
    weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]  # GB 11643-1999, table of weights
    for serial in range(200):
        body = f"44030119900307{serial:03d}"
        right = "10X98765432"[sum(w * int(d) for w, d in zip(weights, body, strict=True)) % 11]
        found = [last for last in "0123456789X" if find_secrets(f"号码{body}{last}")]
        assert found == [right]


def test_the_outline_holds_nothing_to_mask() -> None:
    assert find_secrets(OUTLINE.read_text("utf-8")) == []
