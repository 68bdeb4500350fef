/** Request header by which `rls` chooses a route: every second call is gold. */
export const TIER_HEADER = "tier";
export const GOLD = "gold";
export const PLAIN = "plain";
