/**
 * A registry that is a folder, for the processes of one machine: in it a folder for each service, in that a file for
 * each instance, with the same JSON as in etcd and the time when it expires. A process renews its file every third of
 * its life time, and removes it when it ends; that of a killed process expires.
 *
 * ```text
 * <folder>/svc%2Forders/127.0.0.1%3A50051.json
 *   {"Op":0,"Addr":"127.0.0.1:50051","Metadata":null,"ExpiresAt":1764000000000}
 * ```
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { decodeInstance, encodeInstance, type ServiceInstance } from "../instance.js";

export const ENTRY_ENDING = ".json";
export const DRAFT_ENDING = ".draft";

/** Names of files have at most 255 bytes. */
const MAX_NAME_LENGTH = 200;

export interface FolderEntry {
  readonly instance: ServiceInstance;
  /** Milliseconds since the epoch; `Infinity` for one that somebody wrote by hand. */
  readonly expiresAt: number;
}

export function serviceFolder(folder: string, name: string): string {
  return join(folder, fileName(name));
}

export function entryPath(folder: string, name: string, { address }: ServiceInstance): string {
  return join(serviceFolder(folder, name), `${fileName(address)}${ENTRY_ENDING}`);
}

export function encodeEntry({ instance, expiresAt }: FolderEntry): string {
  return `${encodeInstance(instance).slice(0, -1)},"ExpiresAt":${expiresAt}}\n`;
}

/** Throws an Error, in words, for what is no entry. */
export function decodeEntry(text: string): FolderEntry {
  const instance = decodeInstance(text);
  const { ExpiresAt = Number.POSITIVE_INFINITY } = JSON.parse(text) as { ExpiresAt?: unknown };
  if (typeof ExpiresAt !== "number") throw new Error('it has no number under "ExpiresAt"');
  return { instance, expiresAt: ExpiresAt };
}

export function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException | undefined)?.code === "ENOENT";
}

function fileName(text: string): string {
  const name = encodeURIComponent(text).replace(/^\./, "%2E");
  if (name.length <= MAX_NAME_LENGTH) return name;
  return createHash("sha256").update(text).digest("hex");
}
