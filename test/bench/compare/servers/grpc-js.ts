/** Bare grpc-js with proto-loader: the handlers that can be written without a framework, as its guide writes them. */
import { once } from "node:events";
import * as grpc from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import {
  type Ask,
  createItem,
  type Item,
  look,
  packageName,
  protoPath,
  scan,
  store,
  type Table,
  watch,
  work,
} from "../messages.js";
import { announce, isHalf } from "./control.js";

const definitions = loadSync(protoPath, { longs: String, enums: String, defaults: true, oneofs: true });
const server = new grpc.Server();

const probe: grpc.UntypedServiceImplementation = {
  find(_call: grpc.ServerUnaryCall<Ask, Item>, reply: grpc.sendUnaryData<Item>) {
    reply({ code: grpc.status.NOT_FOUND, details: "no such item" });
  },

  slow(call: grpc.ServerUnaryCall<Ask, Item>, reply: grpc.sendUnaryData<Item>) {
    const subscription = work().subscribe((item) => reply(null, item));
    call.on("cancelled", () => subscription.unsubscribe());
  },

  reflect(call: grpc.ServerUnaryCall<Table, Table>, reply: grpc.sendUnaryData<Table>) {
    reply(null, look(call.request));
  },

  async upload(
    call: grpc.ServerReadableStream<Item, { count: number }>,
    reply: grpc.sendUnaryData<{ count: number }>,
  ) {
    let count = 0;
    if (call.metadata.get("way")[0] === "other") {
      for await (const item of call) {
        await store(item as Item);
        count += 1;
      }
      reply(null, { count });
      return;
    }
    let stored: Promise<void> = Promise.resolve();
    call.on("data", (item: Item) => {
      count += 1;
      stored = stored.then(() => store(item));
    });
    call.on("end", () => stored.then(() => reply(null, { count })));
  },

  async scan(call: grpc.ServerWritableStream<Ask, Item>) {
    for await (const item of scan()) {
      if (!call.write(item)) await once(call, "drain");
    }
    call.end();
  },

  watch(call: grpc.ServerWritableStream<Ask, Item>) {
    const subscription = watch().subscribe((item) => call.write(item));
    call.on("cancelled", () => subscription.unsubscribe());
  },
};

const half: grpc.UntypedServiceImplementation = {
  done(_call: grpc.ServerUnaryCall<Ask, Item>, reply: grpc.sendUnaryData<Item>) {
    reply(null, createItem(1));
  },
};

const name = `${packageName}.${isHalf ? "Half" : "Probe"}`;
server.addService(definitions[name] as grpc.ServiceDefinition, isHalf ? half : probe);
server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error !== null) throw error;
  announce(port);
});
