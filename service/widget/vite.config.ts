import { readdir, readFile } from "node:fs/promises";
import { type Plugin, transformWithEsbuild } from "vite";
import { defineConfig } from "vitest/config";

/** Write widget.js: a classic script that knows the hashed name of the main module. */
function classicLoader(): Plugin {
  return {
    name: "classic-loader",
    async generateBundle(_options, bundle) {
      const main = Object.values(bundle).find((file) => file.type === "chunk" && file.isEntry && file.name === "main");
      if (!main) this.error("the main module is missing from the bundle");
      const source = await readFile(new URL("src/loader.ts", import.meta.url), "utf-8");
      const { code } = await transformWithEsbuild(source, "loader.ts", {
        define: { __MAIN__: JSON.stringify(main.fileName) },
        format: "iife",
        minify: true,
        sourcemap: false,
        target: "es2020",
      });
      this.emitFile({ type: "asset", fileName: "widget.js", source: code });
    },
  };
}

// pdf.js' tables of Chinese character sets, simplified and traditional.
const CMAPS = new URL("node_modules/pdfjs-dist/cmaps/", import.meta.url);
const CHINESE = /^(?:Adobe-(?:GB|CNS)1|B5|CNS|ETen|ETHK|GB|HK|UniGB|UniCNS).*\.bcmap$/;

/** Copy them to where pdf.ts looks for them. */
function characterMaps(): Plugin {
  return {
    name: "character-maps",
    async generateBundle() {
      for (const name of (await readdir(CMAPS)).filter((each) => CHINESE.test(each)))
        this.emitFile({
          type: "asset",
          fileName: `widget/cmaps/${name}`,
          source: await readFile(new URL(name, CMAPS)),
        });
    },
  };
}

// OpenJPEG without WebAssembly, which a strict Content-Security-Policy refuses.
const WASM = new URL("node_modules/pdfjs-dist/wasm/", import.meta.url);
const DECODER = ["openjpeg_nowasm_fallback.js", "LICENSE_OPENJPEG"];

/** Copy it, with its licence, to where pdf.ts looks for it. */
function decoder(): Plugin {
  return {
    name: "decoder",
    async generateBundle() {
      for (const name of DECODER)
        this.emitFile({
          type: "asset",
          fileName: `widget/decoders/${name}`,
          source: await readFile(new URL(name, WASM)),
        });
    },
  };
}

export default defineConfig({
  base: "./",
  plugins: [classicLoader(), characterMaps(), decoder()],
  build: {
    outDir: "built",
    emptyOutDir: true,
    target: "es2022",
    modulePreload: false,
    reportCompressedSize: true,
    rollupOptions: {
      input: { main: "src/main.ts", admin: "src/admin/admin.ts" },
      preserveEntrySignatures: "allow-extension",
      output: {
        entryFileNames: ({ name }) => (name === "admin" ? "admin.js" : "widget/[name]-[hash].js"),
        chunkFileNames: "widget/[name]-[hash].js",
        assetFileNames: "widget/[name]-[hash][extname]",
      },
    },
  },
  test: { environment: "jsdom", include: ["tests/**/*.test.ts"], testTimeout: 20_000 },
});
