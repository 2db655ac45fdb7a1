// Dates, in the language of the interface; a page's own language may have no name that browsers know.

// A formatter is far dearer to make than to use, and a list of conversations has a date in each row.
const formats = new Map<string, Intl.DateTimeFormat>();

export function dated(time: number, lang: string, form: Intl.DateTimeFormatOptions): string {
  const key = JSON.stringify([lang, form]);
  let format = formats.get(key);
  if (!format) {
    format = made(lang, form);
    formats.set(key, format);
  }
  return format.format(new Date(time));
}

function made(lang: string, form: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat(lang, form);
  } catch {
    return new Intl.DateTimeFormat("en", form);
  }
}
