export * from "./attributes.ts";
export { manifestOf, schemaFilesOf } from "./from-plugin.ts";
export { mergeObjects, type Side, toJsonSchema, withRules } from "./json-schema.ts";
export * from "./manifest.ts";
export { manifestSchema } from "./manifest-schema.ts";
export { manifestVersion } from "./manifest-version.ts";
export { parseManifest } from "./read.ts";
export { check, type Checked, type Problem, validate, type ValidateOptions } from "./validate.ts";
