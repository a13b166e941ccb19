import type { Metadata } from "next";
import { DriversPage } from "@/drivers/DriversPage";

export const metadata: Metadata = { title: "Drivers" };

export default function Page() {
  return <DriversPage />;
}
