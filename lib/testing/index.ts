/**
 * A whole application in a test: built from its real modules, with providers replaced, on a real loopback port; and a
 * check that a test leaves nothing open.
 */
export { countResources, expectNoLeaks, type ResourceCounts } from "./leak-check.js";
export {
  createTestingApp,
  type TestingApp,
  type TestingAppBuilder,
  type TestingClientOptions,
} from "./testing-app.js";
