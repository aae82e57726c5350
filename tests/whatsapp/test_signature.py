import pytest

from whatsapp.signature import is_signed

BODY = b'{"entry": []}'
SIGNED = "sha256=bbae251a3db39b2ca4f18a6545e955ff36d7bd80eb4f03b0593d0af1e8dba55c"


def test_the_signature_of_exactly_this_body_is_accepted() -> None:
    assert is_signed(BODY, SIGNED, "app secret")


@pytest.mark.parametrize(
    ("body", "signature", "app_secret"),
    [
        (BODY + b" ", SIGNED, "app secret"),
        (BODY, SIGNED, "another"),
        (BODY, SIGNED.upper(), "app secret"),
        (BODY, SIGNED.removeprefix("sha256="), "app secret"),
        (BODY, "sha1" + SIGNED.removeprefix("sha256"), "app secret"),
        (BODY, "", "app secret"),
        (BODY, "sha256=é", "app secret"),
    ],
)
def test_anything_else_is_refused(body: bytes, signature: str, app_secret: str) -> None:
    assert not is_signed(body, signature, app_secret)
