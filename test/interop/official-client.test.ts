/** `npm run interop:client`: every case that can be run, in a process of its own, against Grebe's server and a bare one. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { checkAtEnd } from "../server/support.js";
import { type BareServer, startBareServer } from "./bare-server.js";
import { cases } from "./official-cases.js";
import { type Service, startService } from "./service.js";

const program = fileURLToPath(new URL("./client-main.js", import.meta.url));

async function runClient(...flags: string[]) {
  const child = spawn(process.execPath, [program, ...flags], { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  child.stdout.on("data", (chunk) => (output += chunk));
  child.stderr.on("data", (chunk) => (output += chunk));
  const [code] = await once(child, "close");
  return { code: code as number, output };
}

let service: Service;
let bare: BareServer;
before(async () => {
  [service, bare] = await Promise.all([startService(), startBareServer()]);
});
after(async () => {
  await Promise.all([service.stop(), bare.close()]);
});
checkAtEnd();

const portOf = (address: string) => address.slice(address.lastIndexOf(":") + 1);

/** Cases that neither server can serve, as both stand on grpc-js. */
const serverSkips: Record<string, string> = {
  client_compressed_unary: "grpc-js hides from servers whether a request was compressed",
  orca_oob: "its reports come by a clock that the test drives; see cases.test.ts",
};
/** Cases that the bare server does not serve. */
const bareSkips: Record<string, string> = { ...serverSkips, orca_per_rpc: "it has no load reports" };

test("each case passes against Grebe's server, in plaintext and over TLS", async (context) => {
  for (const name of Object.keys(cases)) {
    const skip = serverSkips[name];
    await context.test(name, skip === undefined ? {} : { skip }, async () => {
      const { code, output } = await runClient(
        `--server_host=127.0.0.1`,
        `--server_port=${portOf(service.app.listeners[1]!.address)}`,
        "--use_tls=false",
        `--test_case=${name}`,
      );
      assert.equal(code, 0, output);
      assert.equal(output, `${name} passed\n`);
    });
  }
  for (const name of ["large_unary", "ping_pong", "custom_metadata"]) {
    await context.test(`${name} over TLS`, async () => {
      const { code, output } = await runClient(
        "--server_host=127.0.0.1",
        `--server_port=${portOf(service.app.listeners[2]!.address)}`,
        "--use_tls=true",
        "--ca_file=test/certs/ca.crt",
        "--server_host_override=localhost",
        `--test_case=${name}`,
      );
      assert.equal(code, 0, output);
    });
  }
});

test("each case passes against a bare grpc-js server", async (context) => {
  for (const name of Object.keys(cases)) {
    const skip = bareSkips[name];
    await context.test(name, skip === undefined ? {} : { skip }, async () => {
      const { code, output } = await runClient(
        "--server_host=localhost",
        `--server_port=${bare.port}`,
        `--test_case=${name}`,
      );
      assert.equal(code, 0, output);
    });
  }
});

test("a case that fails, cannot be run or does not exist ends with exit code 1 and says why", async () => {
  const port = `--server_port=${bare.port}`;
  const failed = await runClient(port, "--test_case=orca_per_rpc");
  assert.equal(failed.code, 1);
  const skipped = await runClient(port, "--test_case=jwt_token_creds");
  assert.equal(skipped.code, 1);
  assert.match(skipped.output, /cannot be run: needs Google Cloud/);
  const unknown = await runClient(port, "--test_case=large_unari");
  assert.equal(unknown.code, 1);
  assert.match(unknown.output, /Allowed choices/);
  const nobody = await runClient("--server_port=1", "--server_host=127.0.0.1", "--test_case=empty_unary");
  assert.equal(nobody.code, 1);
  assert.match(nobody.output, /UNAVAILABLE.*ECONNREFUSED/);
});
