/** Where a channel points: `scheme:[//authority/]endpoint` (https://github.com/grpc/grpc/blob/master/doc/naming.md). */
export interface Target {
  readonly scheme: string;
  /** What stands between `//` and the next slash; for most schemes empty. */
  readonly authority: string;
  /** The rest, without the slash in front of it, percent-decoded. */
  readonly endpoint: string;
  /** As it was written. */
  readonly text: string;
}
