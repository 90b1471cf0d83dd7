import { errorMessage, MillraceError } from '../../shared/errors.js';

/** The package `mongodb`, as it is imported. */
export type Driver = typeof import('mongodb');

let loaded: Driver | undefined;

/** The driver, where a caller has loaded it. */
export function driver(): Driver {
  if (loaded === undefined) throw new Error('loadDriver() comes first');
  return loaded;
}

/**
 * Loads the driver, which Millrace does not install by itself.
 *
 * @throws MillraceError `MILLRACE_MISSING_PACKAGE`
 */
export async function loadDriver(call: string): Promise<Driver> {
  try {
    loaded = await import('mongodb');
    return loaded;
  } catch (cause) {
    throw new MillraceError(
      'MILLRACE_MISSING_PACKAGE',
      `${call} needs the package "mongodb" (npm install mongodb): ${errorMessage(cause)}`,
      { cause },
    );
  }
}
