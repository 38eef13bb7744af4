"""Which numbers of a workbook are moments: those in a cell whose style shows a date or a time."""

import datetime
import re

from rencai.bulk.markup import Attributes, Elements

# The formats that every workbook has without naming them: dates, times, and the Chinese and Japanese ones.
_KNOWN = {14, 15, 16, 17, 18, 19, 20, 21, 22, *range(27, 37), 45, 46, 47, *range(50, 59)}
_NOT_FORMAT = re.compile(r'"[^"]*"|\\.|\[(?!h+\]|m+\]|s+\])[^\]]*\]|_.|\*.')
_MOMENT = re.compile("[ymdhs年月日时]", re.IGNORECASE)
_MOST = 100_000  # styles; a spreadsheet allows 64,000
_EPOCH = datetime.datetime(1899, 12, 30)  # noqa: DTZ001 - a workbook knows no zone
_EPOCH_1904 = datetime.datetime(1904, 1, 1)  # noqa: DTZ001


class Styles(Elements):
    """Reads the part with the styles; then tells what a number in a cell stands for."""

    def __init__(self) -> None:
        self.begins_1904 = False
        self._formats: dict[str, bool] = {str(known): True for known in _KNOWN}
        self._cells: list[bool] = []
        self._within_cells = False

    def start(self, tag: str, attributes: Attributes) -> None:
        """Take in a format, or the style of a cell."""
        if tag == "numFmt" and len(self._formats) < _MOST:
            code = _NOT_FORMAT.sub("", attributes.get("formatCode", "")[:1000])
            self._formats[attributes.get("numFmtId", "")] = bool(_MOMENT.search(code.replace("General", "")))
        elif tag == "cellXfs":
            self._within_cells = True
        elif tag == "xf" and self._within_cells and len(self._cells) < _MOST:
            self._cells.append(self._formats.get(attributes.get("numFmtId", ""), False))

    def end(self, tag: str) -> None:
        """Leave the styles of cells."""
        if tag == "cellXfs":
            self._within_cells = False

    def as_moment(self, style: str, written: str) -> str:
        """The date or time that a number in a cell of this style is, as text; empty where it is just a number."""
        if not (style.isdigit() and len(style) < 7 and int(style) < len(self._cells) and self._cells[int(style)]):
            return ""
        try:
            days = float(written)
            moment = (_EPOCH_1904 if self.begins_1904 else _EPOCH) + datetime.timedelta(days=days)
        except (ValueError, OverflowError):
            return ""
        moment = (moment + datetime.timedelta(microseconds=500_000)).replace(microsecond=0)
        if 0 <= days < 1:
            return moment.strftime("%H:%M:%S")
        is_day = moment.time() == datetime.time()
        return f"{moment:%Y-%m-%d}" if is_day else f"{moment:%Y-%m-%d %H:%M:%S}"
