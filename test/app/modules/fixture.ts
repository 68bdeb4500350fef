import assert from "node:assert/strict";
import { type AppContainer, type ContainerOptions, createContainer } from "../../../lib/app/container.js";
import { Module, type ModuleImport, type ModuleOptions } from "../../../lib/app/module.js";
import { buildModuleGraph, type ModuleGraph } from "../../../lib/app/module-graph.js";
import { type CallContext, type CallKey, StartupError } from "../../../lib/rpc/index.js";

export interface TestApp {
  readonly container: AppContainer;
  readonly graph: ModuleGraph;
}

/** A class with a name and the given module options. */
export function moduleClass(name: string, options: ModuleOptions) {
  const type = { [name]: class {} }[name]!;
  Module(options)(type);
  return type;
}

export async function open(root: ModuleImport, options: ContainerOptions = {}): Promise<TestApp> {
  const graph = await buildModuleGraph(root);
  return { graph, container: await createContainer(graph, options) };
}

/** The text of the StartupError that a root module fails with, without its title. */
export async function failureOf(root: ModuleImport, options: ContainerOptions = {}): Promise<string> {
  return (await startupErrorOf(root, options)).message.split("\n").slice(1).join("\n");
}

export async function startupErrorOf(
  root: ModuleImport,
  options: ContainerOptions = {},
): Promise<StartupError> {
  try {
    const problems: StartupError["problems"][number][] = [];
    const graph = await buildModuleGraph(root, { problems });
    await createContainer(graph, { ...options, problems });
  } catch (error) {
    assert(error instanceof StartupError, String(error));
    return error;
  }
  assert.fail("the application starts");
}

/** As much of a call as injection uses. */
export function fakeCall(): CallContext {
  const values = new Map<symbol, unknown>();
  const call: Pick<CallContext, "get" | "set"> = {
    get: <T>(key: CallKey<T>) => values.get(key.id) as T | undefined,
    set: <T>(key: CallKey<T>, value: T) => void values.set(key.id, value),
  };
  return call as CallContext;
}
