/**
 * Maps whose values are created when they are first asked for.
 *
 * @module
 */

/** Returns the value of a key; without one, sets the value that `create` returns. */
export function getOrCreate<K, V>(
  map: { get(key: K): V | undefined; set(key: K, value: V): unknown },
  key: K,
  create: () => NoInfer<V>,
): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const value = create();
  map.set(key, value);
  return value;
}
