/** Grebe with ambient calls switched on: nobody hands the served call on, and its deadline is inherited all the same. */
import "../../../lib/ambient.js";
import "./grebe.js";
