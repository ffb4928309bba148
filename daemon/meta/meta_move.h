/*
 * meta_move.h - all rows of one database into another.  Private to this folder.
 */

#ifndef META_MOVE_H
#define META_MOVE_H

#include "meta_db.h"

/*
 * Copy every row of `from` into the transaction on another, empty database, and how far ids of users
 * and numbers of collections have been given.  The lock of `from` is held, and what is read of it
 * must be of one moment.  A failure, never an answer: META_EIO for a row that does not fit.
 */
int meta_move_rows(struct meta *from, struct meta_txn *to, struct err *err);

#endif
