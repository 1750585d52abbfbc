"""Replies that were asked for before, on disk or in memory; safe across threads and processes."""

import os
import sqlite3
import threading
import time
import warnings
from collections import OrderedDict
from contextlib import closing
from pathlib import Path

from synthgym.errors import SettingError

KEPT = 100_000
"""Replies that are kept in memory where there is no file."""
_BUSY_SECONDS = 30.0
_OPENINGS = 50
_INHERITED: list[sqlite3.Connection] = []
"""A parent's connections; closing them in a child could disturb the parent's, so they are left as they are."""
_TABLE = "CREATE TABLE IF NOT EXISTS replies (key TEXT PRIMARY KEY, model TEXT NOT NULL, reply TEXT NOT NULL)"


class ReplyCache:
    """Replies by the hash of their request.

    Args:
        path: an SQLite file, made with its folder if it is not there; None keeps the last `KEPT` replies in memory.

    Raises:
        SettingError: if the file cannot be opened or is something else.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._memory: OrderedDict[str, str] = OrderedDict()
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._owner = 0
        if path is not None:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                with closing(_opened(path)) as connection:
                    connection.execute("SELECT key, model, reply FROM replies LIMIT 1")
            except (sqlite3.Error, OSError) as error:
                raise SettingError(f"cache {path} cannot be used: {error}") from error

    def get(self, key: str) -> str | None:
        """The reply to the request of that hash, if it is known."""
        with self._lock:
            if self._path is None:
                return self._memory.get(key)
            try:
                row = self._open().execute("SELECT reply FROM replies WHERE key = ?", (key,)).fetchone()
            except sqlite3.Error as error:
                warnings.warn(f"the judge's cache {self._path} cannot be read: {error}", stacklevel=2)
                return None
            return str(row[0]) if row else None

    def put(self, key: str, model: str, reply: str) -> None:
        """Keep a reply."""
        with self._lock:
            if self._path is None:
                self._memory[key] = reply
                if len(self._memory) > KEPT:
                    self._memory.popitem(last=False)
                return
            try:
                self._open().execute("INSERT OR REPLACE INTO replies VALUES (?, ?, ?)", (key, model, reply))
            except sqlite3.Error as error:  # a full disk must not cost the verdict
                warnings.warn(f"the judge's cache {self._path} cannot be written: {error}", stacklevel=2)

    def close(self) -> None:
        """Close the file; it is opened again when it is needed."""
        with self._lock:
            if self._connection is not None:
                self._let_go(self._connection)
            self._connection = None

    def after_fork(self) -> None:
        """A lock that a thread of the parent held is never given back here."""
        self._lock = threading.Lock()

    def __del__(self) -> None:
        self.close()

    def _open(self) -> sqlite3.Connection:
        """This process's connection: SQLite's must not be carried over a fork."""
        if self._connection is not None and self._owner != os.getpid():
            self._let_go(self._connection)
            self._connection = None
        if self._connection is None:
            if self._path is None:
                raise SettingError("a cache in memory has no file")
            self._connection, self._owner = _opened(self._path), os.getpid()
        return self._connection

    def _let_go(self, connection: sqlite3.Connection) -> None:
        if self._owner == os.getpid():
            connection.close()
        else:
            _INHERITED.append(connection)


def _opened(path: Path) -> sqlite3.Connection:
    for opening in range(_OPENINGS):
        connection = sqlite3.connect(
            path, timeout=_BUSY_SECONDS, check_same_thread=False, isolation_level=None
        )
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.execute(_TABLE)
        except sqlite3.Error as error:
            connection.close()
            # Several processes that open a new file at once get this without SQLite's waiting for its turn.
            if "locked" not in str(error) or opening == _OPENINGS - 1:
                raise
            time.sleep(0.02 * (opening + 1))
        else:
            return connection
    raise sqlite3.OperationalError("database is locked")
