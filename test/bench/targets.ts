/** What Grebe promises, as ratios of medians within a run. */

export interface Target {
  readonly scenario: string;
  /** Default: `grebe`. Clients are judged with ambient calls, the dearer of both ways to pass a deadline on. */
  readonly contender?: string;
  readonly measure: "cpu" | "rate";
  readonly against: string;
  readonly atMost?: number;
  readonly atLeast?: number;
}

const ambient = "grebe-ambient";

export const targets: readonly Target[] = [
  { scenario: "unary", measure: "cpu", against: "grpc-js", atMost: 1 },
  { scenario: "create", measure: "cpu", against: "nest", atMost: 0.5 },
  { scenario: "create", measure: "cpu", against: "grpc-js", atMost: 1.1 },
  { scenario: "stream64", measure: "rate", against: "grpc-js", atLeast: 5 },
  { scenario: "stream175", measure: "cpu", against: "grpc-js", atMost: 0.45 },
  { scenario: "collect", measure: "cpu", against: "grpc-js", atMost: 1 },
  { scenario: "client-unary", contender: ambient, measure: "cpu", against: "grpc-js", atMost: 0.75 },
  { scenario: "client-collect", contender: ambient, measure: "rate", against: "grpc-js", atLeast: 5 },
  { scenario: "client-stream64", contender: ambient, measure: "rate", against: "grpc-js", atLeast: 1 },
];
