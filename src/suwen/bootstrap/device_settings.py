"""How the device partition serves: where patients reach it, and how much strangers may ask."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, field_validator

from suwen.bootstrap.origin import ORIGIN


class DeviceSettings(BaseModel):
    """The device partition: applications of device grade, patients' pages among them."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    host: str | None = Field(
        None,
        description="Address that the patients' pages listen on; not set takes that of the web "
        "pages.",
    )
    port: int = Field(
        8766, ge=0, le=65535, description="Port of the patients' pages; 0 takes a free one."
    )
    public_url: str | None = Field(
        None,
        description="Address under which patients reach the pages, as the poster's QR code has "
        "it, for example https://ask.hospital.example.",
    )
    secure_cookies: bool = Field(
        False, description="Mark cookies Secure; set it where TLS ends before the service."
    )
    idle_minutes: int = Field(
        30, ge=5, le=240, description="Minutes without a message after which a chat ends."
    )
    chat_hours: int = Field(
        24,
        ge=1,
        le=720,
        description="Hours after its end at which a chat's words are removed.",
    )
    messages_per_minute: int = Field(
        12, ge=1, le=600, description="Most messages of one chat in a minute."
    )
    chats_per_address: int = Field(
        30,
        ge=1,
        le=10000,
        description="Most chats that one network address opens in ten minutes; a hospital's own "
        "wireless network may need more.",
    )
    most_chats: int = Field(
        5000, ge=1, le=1000000, description="Most chats that are open at the same time."
    )

    raised: tuple[str, ...] = Field(
        (),
        strict=False,
        description="Applications that the compliance office keeps in the device partition "
        "although the law of the place does not ask for it; none can be lowered.",
    )

    @field_validator("public_url")
    @classmethod
    def _origin(cls, value: str | None) -> str | None:
        if value is not None and ("*" in value or not ORIGIN.fullmatch(value)):
            raise ValueError("it must be an origin such as https://ask.hospital.example")
        return value
