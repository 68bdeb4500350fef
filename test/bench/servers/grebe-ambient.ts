/** Grebe with ambient calls switched on: what `currentCall` anywhere in a service costs. */
import "../../../lib/ambient.js";
import "./grebe.js";
