/** An attribute's name in a message: names are typed by people, so they may be long or hold control characters. */
export const shownName = (name: string): string => {
  // oxlint-disable-next-line no-control-regex -- control characters are what is replaced
  const plain = name.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, "?");
  return plain.length > 60 ? `${plain.slice(0, 57)}...` : plain;
};
