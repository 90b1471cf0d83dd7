/** The folder of the package, with a `/` at its end; the same from the sources and from what is built. */
export const packageRoot = new URL('./', import.meta.resolve('millrace/package.json'));
