/** A real etcd for tests: on free ports, with its data in a folder of its own; killed, wiped, compacted at will. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

function versionOf(command: string): string | undefined {
  try {
    return /etcd Version: (\S+)/.exec(execFileSync(command, ["--version"], { encoding: "utf8" }))?.[1];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** For `test(…, { skip })`: why tests of etcd cannot run here, or false. */
export const noEtcd: string | false = versionOf("etcd") === undefined ? "no etcd on this machine" : false;

export interface EtcdServerOptions {
  readonly tls?: boolean;
  /** Wants certificates of clients too. */
  readonly clientCertificates?: boolean;
}

const certificates = resolve("test/certs");
export const certificate = (name: string): string => readFileSync(join(certificates, name), "utf8");

/** Whatever ends this process ends them too. */
const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  await new Promise((done) => server.close(done));
  return port;
}

export class EtcdServer {
  readonly #options: EtcdServerOptions;
  readonly #folder: string;
  readonly #peerPort: number;
  readonly port: number;
  #process: ChildProcess | undefined;
  #token: string | undefined;

  private constructor(folder: string, port: number, peerPort: number, options: EtcdServerOptions) {
    this.#folder = folder;
    this.port = port;
    this.#peerPort = peerPort;
    this.#options = options;
  }

  static async start(options: EtcdServerOptions = {}): Promise<EtcdServer> {
    const folder = await mkdtemp(join(tmpdir(), "grebe-etcd-"));
    const server = new EtcdServer(folder, await freePort(), await freePort(), options);
    await server.start().catch(async (error: unknown) => {
      await server.remove();
      throw error;
    });
    return server;
  }

  /** `127.0.0.1:port`. */
  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Starts it, again, on the same port and with the data that is there. */
  async start(): Promise<void> {
    const url = `${this.#options.tls === true ? "https" : "http"}://127.0.0.1:${this.port}`;
    const peer = `http://127.0.0.1:${this.#peerPort}`;
    const cert = (name: string) => join(certificates, name);
    // A trusted authority alone makes etcd 3.4 want certificates of clients.
    const clients = ["--trusted-ca-file", cert("ca.crt"), "--client-cert-auth"];
    const tls = [
      ...["--cert-file", cert("server.crt"), "--key-file", cert("server.key")],
      ...(this.#options.clientCertificates === true ? clients : []),
    ];
    const child = spawn(
      "etcd",
      [
        ...["--data-dir", join(this.#folder, "data"), "--listen-client-urls", url],
        ...["--advertise-client-urls", url, "--listen-peer-urls", peer],
        ...["--initial-advertise-peer-urls", peer, "--initial-cluster", `default=${peer}`],
        ...["--heartbeat-interval", "50", "--election-timeout", "250"],
        ...["--bcrypt-cost", "4", ...(this.#options.tls === true ? tls : [])],
      ],
      { stdio: "ignore" },
    );
    this.#process = child;
    running.add(child);
    child.once("exit", () => running.delete(child));
    const giveUpAt = performance.now() + 20_000;
    for (;;) {
      if (child.exitCode !== null) throw new Error(`etcd ended with ${child.exitCode}`);
      const health = await this.#request("GET", "/health").catch(() => undefined);
      if ((health as { health?: string } | undefined)?.health === "true") return;
      if (performance.now() > giveUpAt) throw new Error("etcd does not come up");
      await new Promise((again) => setTimeout(again, 50));
    }
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }

  signal(signal: NodeJS.Signals): void {
    this.#process?.kill(signal);
  }

  /** Deletes all data, as if the disk were lost. Only while it is killed. */
  async wipe(): Promise<void> {
    await rm(join(this.#folder, "data"), { recursive: true, force: true });
  }

  async remove(): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Calls of etcd's own gateway from HTTP to gRPC: a way to its data that shares no code with ours. */
  async call<T = Record<string, unknown>>(path: string, body: object): Promise<T> {
    return (await this.#request("POST", `/v3${path}`, JSON.stringify(body))) as T;
  }

  async put(key: string, value: string, lease?: string): Promise<void> {
    await this.call("/kv/put", { key: base64(key), value: base64(value), lease });
  }

  async delete(key: string): Promise<void> {
    await this.call("/kv/deleterange", { key: base64(key) });
  }

  /** All keys with a prefix. */
  async entries(prefix: string): Promise<Record<string, string>> {
    const end = `${prefix.slice(0, -1)}${String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1)}`;
    const { kvs = [] } = await this.call<{ kvs?: { key: string; value?: string }[] }>("/kv/range", {
      key: base64(prefix),
      range_end: base64(end),
    });
    return Object.fromEntries(kvs.map(({ key, value }) => [text(key), text(value ?? "")]));
  }

  async leases(): Promise<string[]> {
    const { leases = [] } = await this.call<{ leases?: { ID: string }[] }>("/lease/leases", {});
    return leases.map(({ ID }) => ID);
  }

  async revision(): Promise<string> {
    const { header } = await this.call<{ header: { revision?: string } }>("/kv/range", { key: base64("x") });
    return header.revision ?? "0";
  }

  /** Forgets all revisions but the newest. */
  async compact(): Promise<void> {
    await this.call("/kv/compaction", { revision: await this.revision(), physical: true });
  }

  /** Switches users and passwords on; a user `root` must log in from now on. */
  async enableAuth(password: string): Promise<void> {
    await this.call("/auth/user/add", { name: "root", password });
    await this.call("/auth/role/add", { name: "root" });
    await this.call("/auth/user/grant", { user: "root", role: "root" });
    await this.call("/auth/enable", {});
    await this.login(password);
  }

  async login(password: string): Promise<void> {
    const { token } = await this.call<{ token: string }>("/auth/authenticate", { name: "root", password });
    this.#token = token;
  }

  #request(method: string, path: string, body?: string): Promise<unknown> {
    const { tls, clientCertificates } = this.#options;
    const options = {
      ...{ host: "127.0.0.1", port: this.port, method, path, agent: false as const, timeout: 5000 },
      headers: this.#token === undefined ? {} : { Authorization: this.#token },
      ...(tls === true ? { ca: certificate("ca.crt") } : {}),
      ...(clientCertificates === true
        ? { cert: certificate("client.crt"), key: certificate("client.key") }
        : {}),
    };
    return new Promise((done, fail) => {
      const request = (tls === true ? httpsRequest : httpRequest)(options, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk)).on("error", fail);
        response.on("end", () => {
          const answer = Buffer.concat(chunks).toString();
          if (response.statusCode === 200) done(JSON.parse(answer));
          else fail(new Error(`etcd answers ${path} with ${response.statusCode}: ${answer}`));
        });
      });
      request.on("timeout", () => request.destroy(new Error(`etcd does not answer ${path}`)));
      request.on("error", fail).end(body);
    });
  }
}

function base64(value: string): string {
  return Buffer.from(value).toString("base64");
}

function text(value: string): string {
  return Buffer.from(value, "base64").toString();
}
