/** What is measured against each other, by name. */
export type Sides = Record<string, () => unknown>;

/**
 * Measures each side once, one after the other. Who goes first finds the machine as somebody else has left it, so that in each round
 * another one does.
 */
export async function inTurns<S extends Sides>(round: number, sides: S): Promise<{ [name in keyof S]: Awaited<ReturnType<S[name]>> }> {
  const names = Object.keys(sides);
  const first = (round % names.length + names.length) % names.length;
  const found: Record<string, unknown> = {};
  for (const name of [...names.slice(first), ...names.slice(0, first)]) found[name] = await sides[name]();
  return found as { [name in keyof S]: Awaited<ReturnType<S[name]>> };
}
