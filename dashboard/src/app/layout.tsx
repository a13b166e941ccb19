import type { Metadata, Viewport } from "next";
import type { ReactNode } from "react";
import { Shell } from "@/shell/Shell";
import { THEME_SCRIPT } from "@/shell/theme";
import "./globals.css";

export const metadata: Metadata = {
  title: { default: "Live | F1 race strategy", template: "%s | F1 race strategy" },
  description: "When to pit and for which tire, with odds that can be checked.",
  robots: { index: false, follow: false },
};

export const viewport: Viewport = { width: "device-width", initialScale: 1 };

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en" data-theme="dark" suppressHydrationWarning>
      <head>
        {/* biome-ignore lint/security/noDangerouslySetInnerHtml: the theme must be set before the first paint */}
        <script dangerouslySetInnerHTML={{ __html: THEME_SCRIPT }} />
      </head>
      <body className="min-h-dvh font-sans antialiased">
        <Shell>{children}</Shell>
      </body>
    </html>
  );
}
