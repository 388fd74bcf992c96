/** Ids are kebab-case: they are typed in shells, stand in URLs and name files. */
export const isId = (id: string): boolean => id.length <= 64 && /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(id);
