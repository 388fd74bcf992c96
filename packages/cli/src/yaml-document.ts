/** The YAML reader by its names: a bundle that imports the library itself later would find only its default. */
export { parseDocument } from "yaml";
