/** Invented races and calls in the contract's form, as small as a test needs them. */

import type { Call, FieldCar, Live } from "@/live/data/types";

export function car(driver_id: string, position: number, gap: number, more: Partial<FieldCar> = {}): FieldCar {
  return {
    driver_id,
    team: "Team",
    position,
    gap_to_leader: gap,
    tire_compound: "SOFT",
    tire_age: 5,
    compounds_used: ["SOFT"],
    pit_stops: 0,
    in_pit: false,
    time_penalty: 0,
    recent_laps: [lap(4, 92), lap(5, 91 + position)],
    grid_position: position,
    ...more,
  };
}

export function lap(number: number, lap_time: number | null): FieldCar["recent_laps"][number] {
  return {
    lap: number,
    lap_time,
    tire_compound: "SOFT",
    tire_age: number,
    track_status: "GREEN",
    pit_in: false,
    pit_out: false,
  };
}

export function live(more: Partial<Live> = {}): Live {
  const field = more.field ?? [car("AAA", 1, 0), car("BBB", 2, 2.5), car("CCC", 3, 9)];
  return {
    race_id: "2018_01",
    season: 2018,
    circuit_id: "bahrain",
    lap: 5,
    total_laps: 57,
    track_status: "GREEN",
    updated_at: "2018-03-25T05:20:00Z",
    written_at: "2018-03-25T05:20:01Z",
    name: "Invented Grand Prix",
    timing: "simulated",
    note: null,
    cars: field.map(({ driver_id }) => ({
      driver_id,
      lap: 5,
      line_at: null,
      in_pit_lane: false,
      retired: false,
      fuel_remaining: 90,
      track_position: null,
    })),
    fuel_basis: "rule",
    weather: null,
    race_control: [],
    ...more,
    field,
  } as Live;
}

export function call(more: Partial<Call> = {}): Call {
  const none = { pit: false, compound: null, gain_points: 0, low: -2, high: -1 };
  return {
    pit_strategy: {
      recommended_lap: 19,
      compound: "MEDIUM",
      win_probability: 0.3,
      stops: [{ lap: 19, compound: "MEDIUM", fuel_at_stop: 70 }],
      window: { opens: 16, closes: 22 },
      rejoin: null,
      probability_best: 0.5,
    },
    too_close_to_call: false,
    driving_mode: "PUSH",
    brake_bias: 58.7,
    throttle_guidance: {},
    basis: { driving_mode: "measured", brake_bias: "rule", throttle_guidance: "nothing known" },
    confidence: 0.6,
    alternatives: [
      alternative([{ lap: 17, compound: "MEDIUM" }], -0.03, -0.09, 0.03),
      alternative([{ lap: 24, compound: "HARD" }], -0.5, -0.7, -0.3),
    ],
    contingency: {
      safety_car_now: { pit: true, compound: "MEDIUM", gain_points: 1.3, low: 0.9, high: 1.7 },
      vsc_now: none,
      rain_now: none,
    },
    contingency_by_lap: [],
    threats: [],
    forecast: ["AAA", "BBB", "CCC"].map((driver_id, index) => ({
      driver_id,
      expected_position: index + 1,
      position_probabilities: [0.5, 0.3, 0.2],
      win_probability: [0.65, 0.32, 0.03][index] ?? 0,
      podium_probability: 0.9,
      points_probability: 0.95,
      dnf_probability: 0.04,
      next_stop: { lap_median: 18, lap_best: 18, lap_p10: 15, lap_p90: 20, compound: "HARD", none_probability: 0 },
    })),
    explanation: ["Any stop from lap 16 to lap 22 does about as well."],
    warnings: [],
    n_scenarios: 10000,
    seed: 0,
    model_version: "abc",
    latency_ms: 40,
    ...more,
  } as Call;
}

function alternative(stops: { lap: number; compound: string }[], value: number, low: number, high: number) {
  return {
    stops: stops.map((stop) => ({ ...stop, fuel_at_stop: 50 })),
    win_probability: 0.3,
    podium_probability: 0.9,
    points_probability: 0.95,
    expected_position: 2.5,
    position_p10: 1,
    position_p90: 4,
    expected_points: 18,
    expected_points_stderr: 0.1,
    time_delta: 0.4,
    probability_best: 0.2,
    difference: { value, low, high },
    n_scenarios: 10000,
  } as Call["alternatives"][number];
}
