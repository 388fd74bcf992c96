/** Words that steer a terminal, or turn the direction of what is written: no plugin needs them. Imports nothing. */
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const control = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

/** Whether JSON text can hold any: nearly none does, so that the look at every word is saved. */
export const mayDeceive = (text: string): boolean => /\\[ubfr]/.test(text) || control.test(text);
export const deceives = (value: unknown): boolean => {
  if (typeof value === "string") return control.test(value);
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).some(([key, one]) => control.test(key) || deceives(one));
};
