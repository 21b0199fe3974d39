const names = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' });

/** The English name of a country: `Germany` for `DE`. Undefined for codes that mean none. https://cldr.unicode.org */
export function countryName(code: string): string | undefined {
  return isCountryCode(code) ? names.of(code) : undefined;
}

/** Whether a text has the form of a country's code (ISO 3166-1 alpha-2, upper case). */
export function isCountryCode(text: string): boolean {
  return /^[A-Z]{2}$/.test(text);
}
