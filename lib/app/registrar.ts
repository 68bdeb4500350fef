/**
 * The reverse of a resolver: tells a registry that this application serves. Registrars run when all listeners accept
 * calls, and take everything back when the application closes: behind `beforeApplicationShutdown`, where health turns
 * to NOT_SERVING, and before the listeners stop to accept.
 */
import type { BoundListener } from "../server/index.js";
import type { Class } from "./decorator-metadata.js";

export interface Registrar {
  /** Registers; rejects if the registry refuses for good. Outages are the registrar's own to mend. */
  register(listeners: readonly BoundListener[]): Promise<void>;
  /** Takes the registration back. Called once, also if `register` failed. */
  deregister(): Promise<void>;
}

/** A class, built with injection, or an instance. */
export type RegistrarEntry = Class<Registrar> | Registrar;
