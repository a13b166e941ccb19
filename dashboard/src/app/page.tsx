import { LivePage } from "@/live/LivePage";

export default function Page() {
  return <LivePage />;
}
