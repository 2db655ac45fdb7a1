// The npm package: the element, and wrappers for React and Vue, as modules.

import { defineConfig } from "vite";

export default defineConfig({
  mode: "package",
  publicDir: false,
  build: {
    outDir: "dist",
    target: "es2022",
    lib: {
      entry: { index: "src/package/index.ts", react: "src/package/react.ts", vue: "src/package/vue.ts" },
      formats: ["es"],
    },
    rollupOptions: { external: ["react", "vue"] },
  },
});
