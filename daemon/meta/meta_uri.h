/*
 * meta_uri.h - where the metadata of a data folder is.  Private to this folder.
 */

#ifndef META_URI_H
#define META_URI_H

/* In the data folder while the metadata is in PostgreSQL: the database's identity, and the epoch. */
#define META_NOTE "meta.postgresql"

#endif
