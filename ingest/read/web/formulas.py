"""Formulas of web pages (MathML) and of office documents (OMML) -> LaTeX."""

from __future__ import annotations

from lxml import etree

OPERATORS = {
    "∑": r"\sum", "∏": r"\prod", "∫": r"\int", "√": r"\sqrt", "∞": r"\infty", "≤": r"\le", "≥": r"\ge", "≠": r"\ne",
    "×": r"\times", "·": r"\cdot", "±": r"\pm", "→": r"\to", "∈": r"\in", "∂": r"\partial", "∇": r"\nabla",
    "α": r"\alpha", "β": r"\beta", "γ": r"\gamma", "δ": r"\delta", "ε": r"\epsilon", "θ": r"\theta", "λ": r"\lambda",
    "μ": r"\mu", "π": r"\pi", "ρ": r"\rho", "σ": r"\sigma", "τ": r"\tau", "φ": r"\phi", "ω": r"\omega",
    "Δ": r"\Delta", "Σ": r"\Sigma", "Ω": r"\Omega", "Φ": r"\Phi", "Γ": r"\Gamma", "Λ": r"\Lambda",
}  # fmt: skip
ACCENTS = {"\u0302": r"\hat", "\u0304": r"\bar", "\u0303": r"\tilde", "\u20d7": r"\vec", "\u0307": r"\dot"}


def latex_of(math: etree._Element) -> str:
    """Return a formula as LaTeX without its dollar signs, as its writer gave it where the file says so."""
    for note in math.iter():
        if _name(note) == "annotation" and "tex" in note.get("encoding", "").lower() and note.text:
            return " ".join(note.text.split())
    return " ".join(_latex(math).split())


def _name(element: etree._Element) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _latex(element: etree._Element) -> str:
    name = _name(element)
    children = [child for child in element if _name(child) and not _name(child).endswith("Pr")]
    inside = [_latex(child) for child in children]
    match name:
        case "annotation" | "annotation-xml":
            return ""
        case "mi" | "mn" | "mo" | "mtext" | "t" | "ms":
            return "".join(f"{OPERATORS[char]} " if char in OPERATORS else char for char in element.text or "")
        case "mfrac" | "f" if len(inside) == 2:
            return rf"\frac{{{inside[0]}}}{{{inside[1]}}}"
        case "msup" | "sSup" if len(inside) == 2:
            return f"{inside[0]}^{{{inside[1]}}}"
        case "msub" | "sSub" if len(inside) == 2:
            return f"{inside[0]}_{{{inside[1]}}}"
        case "msubsup" | "sSubSup" | "munderover" if len(inside) == 3:
            return f"{inside[0]}_{{{inside[1]}}}^{{{inside[2]}}}"
        case "munder" | "limLow" if len(inside) == 2:
            return f"{inside[0]}_{{{inside[1]}}}"
        case "mover" | "limUpp" if len(inside) == 2:
            return f"{inside[0]}^{{{inside[1]}}}"
        case "msqrt":
            return rf"\sqrt{{{''.join(inside)}}}"
        case "mroot" if len(inside) == 2:
            return rf"\sqrt[{inside[1]}]{{{inside[0]}}}"
        case "rad":
            degree, base = (inside[0], inside[1]) if len(inside) == 2 else ("", "".join(inside))
            return rf"\sqrt[{degree}]{{{base}}}" if degree else rf"\sqrt{{{base}}}"
        case "nary":
            return _nary(element, inside)
        case "d":
            return f"{_value(element, 'begChr', '(')}{', '.join(inside)}{_value(element, 'endChr', ')')}"
        case "acc":
            accent = ACCENTS.get(_value(element, "chr", "\u0302"), r"\hat")
            return f"{accent}{{{''.join(inside)}}}"
        case "mtable" | "m" | "eqArr":
            rows = r" \\ ".join(inside)
            return rf"\begin{{matrix}}{rows}\end{{matrix}}"
        case "mtr" | "mr":
            return " & ".join(inside)
    return "".join(inside)


def _nary(element: etree._Element, inside: list[str]) -> str:
    sign = _value(element, "chr", "∫")
    low, high, body = (*inside, "", "", "")[:3]
    limits = (f"_{{{low}}}" if low else "") + (f"^{{{high}}}" if high else "")
    return f"{OPERATORS.get(sign, sign)}{limits} {body}"


def _value(element: etree._Element, name: str, default: str) -> str:
    """Return a property that OMML gives as an attribute of a child of the element's properties."""
    for part in element:
        if _name(part).endswith("Pr"):
            for each in part:
                if _name(each) == name:
                    return next(iter(each.values()), default)
    return default
