// Dates, in the language of the interface; a page's own language may have no name that browsers know.

export function dated(time: number, lang: string, form: Intl.DateTimeFormatOptions): string {
  const date = new Date(time);
  try {
    return new Intl.DateTimeFormat(lang, form).format(date);
  } catch {
    return new Intl.DateTimeFormat("en", form).format(date);
  }
}
