import type { Schemas } from "@/api/client";

export type Live = Schemas["LiveAnswer"];
export type FieldCar = Schemas["LiveFieldCar"];
export type CarState = Schemas["LiveCar"];
export type Call = Schemas["RecommendAnswer"];
export type ForecastRow = Schemas["ForecastRow"];
export type TrackStatus = Live["track_status"];

/** A race as an answer told it, and when this page learned of it (ms since 1970, this browser's clock). */
export interface Snapshot {
  seenAt: number;
  live: Live;
}
