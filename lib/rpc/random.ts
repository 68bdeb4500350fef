/** The source of chance: a number in [0, 1), as `Math.random` gives it; a test hands in its own. */
export type Random = () => number;

export const systemRandom: Random = Math.random;

/** A whole number in [0, below). */
export function randomInteger(random: Random, below: number): number {
  return Math.floor(random() * below);
}

/** A shuffled copy: every order is as likely as any other (Fisher and Yates). */
export function shuffled<T>(items: readonly T[], random: Random): T[] {
  const copy = [...items];
  for (let i = copy.length - 1; i > 0; i--) {
    const j = randomInteger(random, i + 1);
    const other = copy[j] as T;
    copy[j] = copy[i] as T;
    copy[i] = other;
  }
  return copy;
}
