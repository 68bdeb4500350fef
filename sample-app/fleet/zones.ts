/** Where backends register: the first one tries the next version out, as far as `weighted_target` is concerned. */
export const CANARY = "canary";
export const STABLE = "stable";
