/** Those rows that a filter lets through, where the kernel cannot decide it. */
export function wantedRows<Row>(
  rows: Iterable<Row>,
  isWanted: (row: Row) => boolean,
): Iterable<Row> {
  return new Wanted(rows, isWanted);
}

/** Some of the rows. A generator would do, at three times the cost per row. */
class Wanted<Row> implements IterableIterator<Row> {
  readonly #rows: Iterator<Row>;
  readonly #isWanted: (row: Row) => boolean;

  constructor(rows: Iterable<Row>, isWanted: (row: Row) => boolean) {
    this.#rows = rows[Symbol.iterator]();
    this.#isWanted = isWanted;
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(): IteratorResult<Row> {
    for (;;) {
      const result = this.#rows.next();
      if (result.done || this.#isWanted(result.value)) return result;
    }
  }
}
