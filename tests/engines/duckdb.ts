/** DuckDB in memory, for tests and benches. */
import { type DuckDBConnection, DuckDBInstance } from "npm:@duckdb/node-api@^1.5.5-r.5";

/** Calls `use` with a connection to a database that has the table `texts` of `id` and `text`. */
export async function withTexts<Result>(
  texts: readonly (string | null)[],
  use: (connection: DuckDBConnection) => Promise<Result>,
): Promise<Result> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  try {
    await connection.run("CREATE TABLE texts (id INTEGER, text VARCHAR)");
    const appender = await connection.createAppender("texts");
    texts.forEach((text, id) => {
      appender.appendInteger(id);
      if (text === null) appender.appendNull();
      else appender.appendVarchar(text);
      appender.endRow();
    });
    appender.closeSync();
    return await use(connection);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** Runs a statement and returns its rows, in the order of their first column. */
export async function readRows(
  connection: DuckDBConnection,
  statement: string,
): Promise<readonly (readonly unknown[])[]> {
  const reader = await connection.runAndReadAll(statement);
  return reader.getRowsJS().sort(([a], [b]) => Number(a) - Number(b));
}
