import { errorMessage, MillraceError } from '../../shared/errors.js';

/** The package `mongodb`, as it is imported. */
export type Driver = typeof import('mongodb');

/**
 * Loads the driver, which Millrace does not install by itself.
 *
 * @throws MillraceError `MILLRACE_MISSING_PACKAGE`
 */
export async function loadDriver(call: string): Promise<Driver> {
  try {
    return await import('mongodb');
  } catch (cause) {
    throw new MillraceError(
      'MILLRACE_MISSING_PACKAGE',
      `${call} needs the package "mongodb" (npm install mongodb): ${errorMessage(cause)}`,
      { cause },
    );
  }
}
