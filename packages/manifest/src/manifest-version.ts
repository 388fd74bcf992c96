/** Of the shape of `generated/manifest.json`. */
export const manifestVersion = 1;
