import type { Metadata } from "next";
import { SimulationPage } from "@/simulation/SimulationPage";

export const metadata: Metadata = { title: "Simulation" };

export default function Page() {
  return <SimulationPage />;
}
