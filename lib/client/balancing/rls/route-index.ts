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

interface IndexedMethod {
  readonly plan: KeyPlan;
  readonly root: RouteNode;
}

/**
 * Routes by path and keys. A pick goes down from the method by the values of its headers, so that nothing is put
 * together on the way; and no two keys can be mistaken for each other, whatever stands in them.
 */
export class RouteIndex {
  readonly #authority: string;
  #builders: KeyBuilders = new Map();
  readonly #methods = new Map<string, IndexedMethod>();

  constructor(authority: string) {
    this.#authority = authority;
  }

  find({ path, metadata }: PickArgs): Route | undefined {
    const method = this.#methods.get(path);
    if (method === undefined) return undefined;
    const { headers } = method.plan;
    let node: RouteNode | undefined = method.root;
    for (let i = 0; i < headers.length && node !== undefined; i++) {
      node = node.children?.get(readHeader(metadata, headers[i]!.names));
    }
    return node?.route;
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
      method = { plan, root: createNode(undefined, undefined) };
      this.#methods.set(route.path, method);
    }
    let node = method.root;
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
    this.#builders = builders;
    return routes.filter((route) => {
      route.node = undefined;
      return !this.insert(route);
    });
  }

  *routes(): Iterable<Route> {
    const nodes = [...this.#methods.values()].map(({ root }) => root);
    for (let node = nodes.pop(); node !== undefined; node = nodes.pop()) {
      if (node.route !== undefined) yield node.route;
      for (const child of node.children?.values() ?? []) nodes.push(child);
    }
  }
}

function createNode(parent: RouteNode | undefined, value: string | undefined): RouteNode {
  return { parent, value, children: undefined, route: undefined };
}
