/**
 * Names of data sets.
 *
 * @module
 */
import * as z from "npm:zod@^4";

/**
 * The name of a data set, which becomes the name of files: 1 to 100 letters, digits, `.`, `_` and `-`,
 * neither `.` nor `..`.
 */
export const DatasetName = z.string().regex(
  /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}$/,
  "expected 1 to 100 of A-Z a-z 0-9 . _ - (it becomes a file name)",
);
