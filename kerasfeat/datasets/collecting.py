"""A crawl that fills a folder's table."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from kerasfeat.datasets.http.crawl import Ask, Failed, crawl
from kerasfeat.datasets.http.journal import Journal
from kerasfeat.datasets.output import Output
from kerasfeat.datasets.rows import Row
from kerasfeat.progress import say


@dataclass(frozen=True)
class Collection:
    """A table that is made from the answers of a service.

    Attributes:
        output: the folder that is filled.
        journal: the answers.
        build: makes the table's rows from the answers that the journal has.
    """

    output: Output
    journal: Journal
    build: Callable[[], list[Row]]

    def collect(
        self,
        keys: Iterable[str],
        ask: Ask,
        *,
        unit: str,
        title: str = "asking",
        batch: int = 1,
        workers: int = 1,
    ) -> Failed:
        """`crawl`, with the table kept up to date: now and then, and when it is interrupted.

        Args:
            keys, ask, unit, title, batch, workers: see `crawl`.
        """
        try:
            return crawl(
                keys,
                ask,
                self.journal,
                unit=unit,
                title=title,
                batch=batch,
                workers=workers,
                checkpoint=self._checkpoint,
            )
        except BaseException as error:
            self._checkpoint()
            if isinstance(error, KeyboardInterrupt):
                say(
                    f"stopped: {self.output.folder} has what there is; run the same command again "
                    "to resume."
                )
            raise

    def _checkpoint(self) -> None:
        self.output.write(self.build(), complete=False)
