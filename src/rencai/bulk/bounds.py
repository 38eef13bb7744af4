"""How large a row of a list may be: as large as a spreadsheet allows, so that no row needs memory worth speaking of."""

from rencai.bulk.refusals import ListError

RECORD = 1_000_000  # characters
CELL = 32_767  # characters
COLUMNS = 16_384


def check_record(name: str, row: int, cells: list[str]) -> None:
    """Raise ListError for too many cells, or one that is too long."""
    if len(cells) > COLUMNS:
        raise many_columns(name, row)
    if max(map(len, cells), default=0) > CELL + 1:  # a guard (`cells.py`) may stand before it
        raise long_cell(name, row)


def long_cell(name: str, row: int) -> ListError:
    """For a cell that is longer than a spreadsheet allows."""
    return ListError(f"{name}, row {row}: a cell is longer than {CELL:,} characters; is a quote missing? shorten it")


def many_columns(name: str, row: int) -> ListError:
    """For a row that is wider than a spreadsheet allows."""
    return ListError(f"{name}, row {row}: it has more than {COLUMNS:,} columns; leave only those that are needed")


def long_record(name: str, row: int) -> ListError:
    """For a row that is longer than may be."""
    words = f"{name}, row {row}: it is longer than {RECORD:,} characters"
    return ListError(f"{words}; is this a list of people, and is no quote left open?")


def long_text(name: str) -> ListError:
    """For a text of a workbook that no cell may have."""
    return ListError(f"{name}: a cell is longer than {CELL:,} characters; shorten it")
