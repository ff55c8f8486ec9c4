// What is done to an installation as a whole, without a plane on it.
export { backUp, bringUpToDate, inspectSchema, moveToPostgres, restore, rotateKey } from '@octo/storage';
