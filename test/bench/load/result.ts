/** What came of a closed loop: a fixed number of calls is always under way, and a call that ends starts the next. */
export interface LoadResult {
  readonly calls: number;
  readonly seconds: number;
  /** How many calls ended with each status. */
  readonly statuses: ReadonlyMap<number, number>;
  /** Calls that ended well and brought other messages than they should. */
  readonly wrongReplies: number;
}
