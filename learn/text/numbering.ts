/**
 * Tells things with one name apart by numbers.
 *
 * @module
 */

/** Creates a function that returns each id as it is the first time, then with `-2`, `-3` … after it. */
export function createNumbering(): (id: string) => string {
  const counts = new Map<string, number>();
  return (id) => {
    const count = (counts.get(id) ?? 0) + 1;
    counts.set(id, count);
    return count === 1 ? id : `${id}-${count}`;
  };
}
