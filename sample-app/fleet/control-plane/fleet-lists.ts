import { Injectable } from "grebe";
import type { BackendList, BackendLists } from "grebe/services";
import { map, type Observable } from "rxjs";
import { Backends } from "./backends.js";

const FAVOURITE_FACTOR = 2;

/** The balancer of `grpclb`: calls by the weights that backends register, where the favourite's counts twice. */
@Injectable()
export class FleetLists implements BackendLists {
  constructor(private readonly backends: Backends) {}

  watch(): Observable<BackendList> {
    return this.backends.division.pipe(
      map(({ favourite, others }) => ({
        backends: [
          ...(favourite === undefined ? [] : [{ ...favourite, weight: FAVOURITE_FACTOR * favourite.weight }]),
          ...others,
        ],
      })),
    );
  }
}
