"""Small readers that turn variables and key files into settings."""

import base64
import os
import secrets
from pathlib import Path
from typing import Any


def generated_secret(path: Path, *, make: bool) -> str:
    """The secret kept in this file, made on first use where `make` allows it; else empty.

    The file is readable by its owner only and appears whole or not at all, so that two processes
    that start together agree on one secret.
    """
    if not path.exists() and make:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        draft.write_text(base64.urlsafe_b64encode(secrets.token_bytes(48)).decode())
        draft.chmod(0o600)
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip() if path.exists() else ""


def origins_of(hosts: list[str], *, https: bool, port: int) -> list[str]:
    """The origins under which these hosts are reached: scheme, host and port."""
    if https:
        return [f"https://{host}" for host in hosts if host != "*"]
    return [f"http://{host}:{port}" for host in hosts if host != "*"]


def redis_cache(url: str) -> dict[str, Any]:
    """Django's Redis cache with short time-outs, so that a silent Redis costs little."""
    return {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": url,
        "OPTIONS": {"socket_timeout": 0.5, "socket_connect_timeout": 0.5},
    }
