import { defineErrors } from '@orewatch/core'

/** What can go wrong with the relational database; each says what would put it right. */
export const relationalErrors = defineErrors('RELATIONAL', {
  NOT_INSTALLED: { retry: 'never', message: 'The embedded PostgreSQL is not installed; run npm ci without --omit=optional, or set the URL of a PostgreSQL server.' },
  LIBRARIES_MISSING: { retry: 'never', message: 'The embedded PostgreSQL lacks libraries because its install script did not run; run the command in "fix", or set the URL of a PostgreSQL server.' },
  BINARY_FAILED: { retry: 'never', message: 'The embedded PostgreSQL does not run on this machine; set the URL of a PostgreSQL server.' },
  NO_PLACE: { retry: 'never', message: "No directory outside root's own can be made for the embedded PostgreSQL; make one of those named writable, or run as an ordinary user." },
  WRONG_OWNER: { retry: 'never', message: 'The data directory of the embedded PostgreSQL belongs to another account; run as that account or as root.' },
  WRONG_VERSION: { retry: 'never', message: 'The data directory was made by another major version of PostgreSQL; run the Orewatch that made it, dump its data and load them here.' },
  COPIED: { retry: 'never', message: 'Two directories claim the same embedded database, so one is a copy; delete the file "instance.json" in the copy to give it a database of its own.' },
  IN_USE: { retry: 'later', message: 'Another running program uses this data directory; stop it first.' },
  START_FAILED: { retry: 'later', message: 'The embedded PostgreSQL did not start; its last words stand in "said".' },
  STOP_FAILED: { retry: 'later', message: 'A PostgreSQL left over from an earlier run does not stop; stop the processes named.' },
  UNAVAILABLE: { retry: 'soon', message: 'The database did not answer as it should; the work may be done again.' },
  REFUSED: { retry: 'never', message: 'The database refuses this work; doing it again changes nothing.' },
  CONNECT_FAILED: { retry: 'soon', message: 'The PostgreSQL server does not answer; check address, account and password.' },
  TOO_OLD: { retry: 'never', message: 'The PostgreSQL server is too old; version 14 or newer is needed.' },
  WRONG_ENCODING: { retry: 'never', message: 'The database is not UTF8 and cannot hold Chinese text; create it with encoding UTF8.' },
  NEWER_SCHEMA: { retry: 'never', message: 'A newer Orewatch has already migrated this database; run that version or restore a backup.' },
})
