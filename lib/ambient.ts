/**
 * The call around the code that runs, without handing it through: `import { currentCall } from "grebe/ambient"`.
 * Importing this page is what switches it on; see {@link enableAmbientCalls} for why it has a page of its own.
 */
import { enableAmbientCalls } from "./rpc/index.js";

enableAmbientCalls();

export { currentCall, findCall } from "./rpc/index.js";
