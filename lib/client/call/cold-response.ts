import type { Subscriber } from "rxjs";
import { type Demand, Flow, swapDemand, unbounded, withDemand } from "../../flow/index.js";
import type { StatusError } from "../../rpc/index.js";
import type { SingleResponseSink } from "./response-sink.js";
import type { SingleResponseCall } from "./single-response-call.js";

/** A single response as a stream, for interceptors; the call is made when it is subscribed, once for each. */
export class ColdResponse extends Flow<unknown> {
  readonly #create: (sink: SingleResponseSink) => SingleResponseCall;

  constructor(create: (sink: SingleResponseSink) => SingleResponseCall) {
    super();
    this.#create = create;
  }

  protected override _subscribe(subscriber: Subscriber<unknown>): void {
    const demand = swapDemand(unbounded);
    try {
      const delivery = new Delivery(subscriber, demand);
      const call = this.#create(delivery);
      subscriber.add(() => {
        if (!delivery.over) call.abandon();
      });
      call.start();
    } finally {
      swapDemand(demand);
    }
  }
}

class Delivery implements SingleResponseSink {
  over = false;

  constructor(
    private readonly subscriber: Subscriber<unknown>,
    private readonly demand: Demand,
  ) {}

  onResponse(message: unknown): void {
    this.over = true;
    withDemand(this.demand, () => {
      this.subscriber.next(message);
      this.subscriber.complete();
    });
  }

  onFailure(error: StatusError): void {
    this.over = true;
    withDemand(this.demand, () => this.subscriber.error(error));
  }
}
