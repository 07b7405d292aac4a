"""What the end of a `with` block closes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from typing import Self


class _Closes(Protocol):
    def close(self) -> None: ...


class _ClosesLater(Protocol):
    async def close(self) -> None: ...


class Closing:
    """The base of classes whose `close` a `with` block calls."""

    def __enter__(self) -> Self:
        """Return the instance."""
        return self

    def __exit__(self: _Closes, *_: object) -> None:
        """Close the instance."""
        self.close()


class AsyncClosing:
    """The base of classes whose `close` an `async with` block awaits."""

    async def __aenter__(self) -> Self:
        """Return the instance."""
        return self

    async def __aexit__(self: _ClosesLater, *_: object) -> None:
        """Close the instance."""
        await self.close()
