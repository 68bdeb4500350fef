/**
 * The streams: {@link Flow}, operators that carry demand, overflow, and the bridges to and from a message stream
 * of the transport. Knows rxjs and the words of `rpc/`, no transport. Start with `demand.ts`.
 */
export { currentDemand, type Demand, Gate, swapDemand, unbounded, withDemand } from "./demand.js";
export { type FinalObserver, FinalSubscriber } from "./final-subscriber.js";
export { Flow, type FlowProducer, type FlowSource, flowOf, toFlow } from "./flow.js";
export { iterate } from "./iterate.js";
export { DEFAULT_WINDOW, MessageFlow, type MessageSource } from "./message-flow.js";
export { MessageSink, type MessageTarget } from "./message-sink.js";
export { concatMap, mergeMap, overflow, type Projection } from "./operators.js";
export {
  DEFAULT_BUFFER_SIZE,
  type Overflow,
  OverflowBuffer,
  type OverflowOptions,
  overflows,
} from "./overflow.js";
