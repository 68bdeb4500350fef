/** Registers in a folder and lives until it is killed: `node folder-process.js <folder> <ttlS>`. */
import { FileRegistrar } from "../../lib/discovery/index.js";
import { silentLogger } from "../../lib/rpc/index.js";

const [folder, ttlS] = process.argv.slice(2);
const registrar = new FileRegistrar({
  folder: folder!,
  register: { name: "svc/orders", host: "127.0.0.1", port: 50051, ttlS: Number(ttlS) },
  logger: silentLogger,
});
await registrar.register([]);
console.log("registered");
