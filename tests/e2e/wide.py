"""What is wider than it may be."""

# What sticks out of the screen, apart from what scrolls within its own frame.
OUT = """(host) => {
  const wide = Array.from(host.shadowRoot.querySelectorAll(".thread, .reader, .sections, .panel, .passage, .welcome"))
    .filter((element) => element.clientWidth && element.scrollWidth > element.clientWidth + 1);
  const out = Array.from(host.shadowRoot.querySelectorAll("button, textarea, input, h2, h3, p, li, .popover"))
    .filter((element) => !element.closest(".sr-only, .program, .table, .math") && element.getClientRects().length)
    .filter((element) => {
      const { left, right } = element.getBoundingClientRect();
      return left < -1 || right > innerWidth + 1;
    });
  const page = document.documentElement.scrollWidth > innerWidth ? ["page"] : [];
  return [...wide, ...out].map((element) => `${element.tagName}.${element.className}`).concat(page);
}"""
