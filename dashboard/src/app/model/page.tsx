import type { Metadata } from "next";
import { ModelPage } from "@/model/ModelPage";

export const metadata: Metadata = { title: "Model" };

export default function Page() {
  return <ModelPage />;
}
