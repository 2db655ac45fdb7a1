"""AES-256-CBC, as Feishu and WeCom seal what they send."""

from dataclasses import dataclass

from service.channels.channel import NotGenuineError

NEEDED = "'cryptography' is needed for it: pip install 'outline-qa[channels]'"


@dataclass(frozen=True, slots=True)
class Cipher:
    """A key of 32 bytes; texts are filled up to `block` bytes (PKCS7, RFC 5652, section 6.3). Raises ValueError."""

    key: bytes
    block: int = 16

    def __post_init__(self) -> None:
        try:
            import cryptography  # noqa: F401  # an extra
        except ImportError as error:
            raise ValueError(NEEDED) from error
        if len(self.key) != 32:
            raise ValueError("the key of a channel has 32 bytes")

    def opened(self, sealed: bytes, iv: bytes) -> bytes:
        """Return the text; NotGenuineError for what was not sealed with the key."""
        from cryptography.hazmat.primitives.ciphers import Cipher as Aes
        from cryptography.hazmat.primitives.ciphers import algorithms, modes
        from cryptography.hazmat.primitives.padding import PKCS7

        try:
            open_ = Aes(algorithms.AES(self.key), modes.CBC(iv)).decryptor()
            filled = open_.update(sealed) + open_.finalize()
            unpadder = PKCS7(self.block * 8).unpadder()
            return unpadder.update(filled) + unpadder.finalize()
        except ValueError as error:
            raise NotGenuineError("it is not sealed with the key of this channel") from error

    def sealed(self, text: bytes, iv: bytes) -> bytes:
        from cryptography.hazmat.primitives.ciphers import Cipher as Aes
        from cryptography.hazmat.primitives.ciphers import algorithms, modes
        from cryptography.hazmat.primitives.padding import PKCS7

        padder = PKCS7(self.block * 8).padder()
        filled = padder.update(text) + padder.finalize()
        seal = Aes(algorithms.AES(self.key), modes.CBC(iv)).encryptor()
        return seal.update(filled) + seal.finalize()
