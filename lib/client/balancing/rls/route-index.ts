import type { Metadata } from "../../../rpc/index.js";
import type { PickArgs } from "../picker.js";
import type { KeyBuilders } from "./key-builders.js";
import { type KeyPlan, planKeys, readHeader } from "./key-plan.js";
import type { Route } from "./route.js";

/** A place on the way to a route: one level for each header of the method's key. */
export interface RouteNode {
  /** None above the first level. */
  readonly parent: RouteNode | undefined;
  /** The header's value by which the parent knows it; undefined for requests without the header. */
  readonly value: string | undefined;
  children: Map<string | undefined, RouteNode> | undefined;
  route: Route | undefined;
}

/** Where the way to the routes of a method begins, and ends if its key has no headers. */
class MethodNode implements RouteNode {
  readonly parent = undefined;
  readonly value = undefined;
  children: RouteNode["children"];
  route: Route | undefined;
  readonly path: string;
  readonly plan: KeyPlan;
  /** Undefined if there are none. */
  readonly headers: KeyPlan["headers"] | undefined;

  constructor(plan: KeyPlan) {
    this.path = plan.path;
    this.plan = plan;
    this.headers = plan.headers.length === 0 ? undefined : plan.headers;
  }
}

/**
 * Routes by path and keys. A pick goes down from the method by the values of its headers, so that nothing is put
 * together on the way; and no two keys can be mistaken for each other, whatever stands in them.
 */
export class RouteIndex {
  readonly #authority: string;
  #builders: KeyBuilders = new Map();
  readonly #methods = new Map<string, MethodNode>();
  /** The one that was called last: often it is called again. */
  #latest: MethodNode | undefined;

  constructor(authority: string) {
    this.#authority = authority;
  }

  find({ path, metadata }: PickArgs): Route | undefined {
    const latest = this.#latest;
    const method = latest?.path === path ? latest : this.#methodOf(path);
    if (method === undefined) return undefined;
    return method.headers === undefined ? method.route : descend(method, method.headers, metadata);
  }

  #methodOf(path: string): MethodNode | undefined {
    const method = this.#methods.get(path);
    if (method !== undefined) this.#latest = method;
    return method;
  }

  /** How keys of a method are made; undefined for a path that is none. */
  plan(path: string): KeyPlan | undefined {
    return this.#methods.get(path)?.plan ?? planKeys(path, this.#builders, this.#authority);
  }

  /** False if no request can have this key. There must be none of the same key. */
  insert(route: Route): boolean {
    const plan = this.plan(route.path);
    const values = plan?.valuesOf(route.keys);
    if (plan === undefined || values === undefined) return false;
    let method = this.#methods.get(route.path);
    if (method === undefined) {
      method = new MethodNode(plan);
      this.#methods.set(route.path, method);
    }
    let node: RouteNode = method;
    for (const value of values) {
      node.children ??= new Map();
      let child = node.children.get(value);
      if (child === undefined) {
        child = createNode(node, value);
        node.children.set(value, child);
      }
      node = child;
    }
    node.route = route;
    route.node = node;
    return true;
  }

  /** Takes a route out, and what led to it alone. */
  remove(route: Route): void {
    let node = route.node;
    route.node = undefined;
    if (node === undefined) return;
    node.route = undefined;
    while (node.children === undefined || node.children.size === 0) {
      if (node.parent === undefined) {
        this.#methods.delete(route.path);
        this.#latest = undefined;
        return;
      }
      node.parent.children!.delete(node.value);
      node = node.parent;
    }
  }

  /** Other builders make keys from now on. Returns the routes whose keys no request has any more; they are out. */
  rebuild(builders: KeyBuilders): readonly Route[] {
    const routes = [...this.routes()];
    this.#methods.clear();
    this.#latest = undefined;
    this.#builders = builders;
    return routes.filter((route) => {
      route.node = undefined;
      return !this.insert(route);
    });
  }

  *routes(): Iterable<Route> {
    const nodes: RouteNode[] = [...this.#methods.values()];
    for (let node = nodes.pop(); node !== undefined; node = nodes.pop()) {
      if (node.route !== undefined) yield node.route;
      for (const child of node.children?.values() ?? []) nodes.push(child);
    }
  }
}

function descend(from: RouteNode, headers: KeyPlan["headers"], metadata: Metadata): Route | undefined {
  let node: RouteNode | undefined = from;
  for (let i = 0; i < headers.length && node !== undefined; i++) {
    node = node.children?.get(readHeader(metadata, headers[i]!.names));
  }
  return node?.route;
}

function createNode(parent: RouteNode, value: string | undefined): RouteNode {
  return { parent, value, children: undefined, route: undefined };
}
