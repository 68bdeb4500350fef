/**
 * Who runs. Each is two programs of its name: one in `servers/` that serves `bench.proto` and keeps the contract of
 * `servers/control.ts`, and one in `clients/` that calls it and keeps that of `clients/control.ts`.
 */

export interface Contender {
  /** Its name on the command line, and of its programs. */
  readonly name: string;
  readonly label: string;
  /** Whether `Create` refuses a bad request. */
  readonly validates: boolean;
  /** Whether it looks at its requests at all; false for the floor, which sends ready-made bytes. */
  readonly decodes: boolean;
}

export const contenders: readonly Contender[] = [
  { name: "grebe", label: "Grebe", validates: true, decodes: true },
  { name: "grebe-ambient", label: "Grebe, ambient calls", validates: true, decodes: true },
  { name: "grpc-js", label: "grpc-js + proto-loader", validates: false, decodes: true },
  { name: "nest", label: "NestJS", validates: true, decodes: true },
  { name: "nice-grpc", label: "nice-grpc + ts-proto", validates: false, decodes: true },
  { name: "raw-http2", label: "node:http2, fixed bytes", validates: false, decodes: false },
];

/** Ratios are taken against this one. */
export const reference = "grpc-js";
