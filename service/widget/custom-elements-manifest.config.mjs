export default {
  globs: ["src/element.ts"],
  outdir: ".",
  plugins: [
    {
      // What nobody may use from outside is nobody's business.
      name: "public-members",
      packageLinkPhase({ customElementsManifest }) {
        for (const module of customElementsManifest.modules)
          for (const declaration of module.declarations)
            declaration.members = (declaration.members ?? []).filter(
              ({ name, privacy, static: fixed }) => privacy !== "private" && !fixed && !/Callback$/.test(name),
            );
      },
    },
  ],
};
