/*
 * meta.h - users, sessions, collections and the rows behind the vectors.
 *
 * The vectors live in files; everything else that must survive lives here: who there is, what
 * collections they have, and for each item its id, the slot of its vector, the vector's CRC32C, the
 * text, the user's key and meta.  A row is what makes an item exist: committing it is the commit
 * point of an add, removing it that of a delete.
 *
 * One header over every database, chosen by meta_open.  Reads are functions on `struct meta`, from
 * any thread.  Writes happen inside a transaction, `struct meta_txn`, which one thread begins, uses
 * and ends; others wait meanwhile, readers too, so that no read sees half of one.  That thread
 * itself reads with the meta_txn_* functions alone: with the others it would wait for itself, which
 * ends the program.
 *
 * Results: 0; a positive META_* answer that the caller handles, nothing having changed; or a
 * negative failure with a sentence in `err`.  A write that names a user or collection there is none
 * of answers META_NONE; one with a name or number past the limits below is META_EIO.  Text given
 * out is copied, and freed by the *_free or *_fini named with it.  Times are seconds since 1970.
 */

#ifndef META_H
#define META_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "filter.h"

enum {
	META_NONE = 1,		/* no such user, session, collection, item, request */
	META_EXISTS = 2,	/* the name is taken */

	META_EIO = -1,		/* the database failed; nothing changed */
	META_ENOSPC = -2,	/* the disk is full; nothing changed */
	META_EUNAVAILABLE = -3,	/* the database cannot be reached, or somebody else has it */
	META_EUNKNOWN = -4,	/* a commit failed in such a way that it may have happened */
	META_ECORRUPT = -5,	/* the database is damaged, or of a version from the future */
	META_ENOMEM = -6,
};

#define META_NAME_MAX 63
#define META_USERNAME_MAX 63
#define META_KEY_MAX 255	/* bytes of an item's key */
#define META_REQUEST_MAX 128	/* bytes of a request_id */

struct meta;
struct meta_txn;

/*
 * Open the database: `uri` NULL means SQLite in `folder`/meta.db, made when missing (0600), and
 * postgresql://... tables in a schema "coolvec" there, which `folder` has a note of.
 * Migrations run by themselves; a schema newer than this program, another program's database and a
 * damaged one are META_ECORRUPT and left alone.  An empty file is a new database.
 * META_EUNAVAILABLE: another process has it, it cannot be reached, or `folder` says that its metadata
 * is in the other place.  META_ECORRUPT too: the database is another one than the folder's, or is from
 * an older copy.
 * *out is NULL on failure.
 */
int meta_open(const char *uri, const char *folder, struct meta **out, struct err *err);

/* Close and free; no transaction and no other call may be under way.  NULL is fine. */
void meta_close(struct meta *m);

/* The schema's version, as meta_open left it. */
int meta_schema(const struct meta *m);

/* Drop everything and make the schema anew.  Collections' files are the caller's to remove. */
int meta_reset(struct meta *m, struct err *err);

/*
 * A copy of the database in the new file `path` (0600), called meta.db and readable by SQLite, made
 * while everybody goes on reading and writing.  meta_copy_some is called until it returns 0; then
 * meta_copy_rest, in a moment of the caller's choice, makes the copy what the database is at that
 * moment; what that takes long for is left to meta_copy_finish, after the moment.  Nothing is
 * synced.  Each may fail as reads do, or with META_ENOSPC; the caller then removes the file.
 * meta_copy_some answers 1 when there is more to copy before the rest is small.
 */
struct meta_copy;
int meta_copy_begin(struct meta *m, const char *path, struct meta_copy **out, struct err *err);
int meta_copy_some(struct meta_copy *cp, struct err *err);
int meta_copy_rest(struct meta_copy *cp, struct err *err);
int meta_copy_finish(struct meta_copy *cp, struct err *err);

/* Close the file, whole or not.  NULL is fine. */
void meta_copy_free(struct meta_copy *cp);

/* --- transactions ----------------------------------------------------------------------------- */

/* Begin.  0 or a failure.  Waits for another thread's transaction to end. */
int meta_begin(struct meta *m, struct meta_txn **out, struct err *err);

/*
 * Commit and free `t`.  0: durable.  META_EUNKNOWN: it may or may not have happened, and
 * meta_outcome will tell; every later meta_begin fails with META_EUNAVAILABLE until then.  (SQLite:
 * until the database has been opened anew, while reads go on and see what was before.)  Any other
 * failure: nothing changed.  After a failure (not an answer) inside a transaction nothing more can
 * be done in it, and this undoes it and returns that failure.
 */
int meta_commit(struct meta_txn *t, struct err *err);

/* Undo and free `t`; NULL is fine. */
void meta_rollback(struct meta_txn *t);

/* A number that names the transaction, for meta_outcome. */
uint64_t meta_txn_number(const struct meta_txn *t);

/*
 * What became of a transaction whose commit was META_EUNKNOWN: 0, it happened; META_NONE, it did not;
 * META_EUNAVAILABLE, the database has not been back yet to tell.  It is known for the last few.
 */
int meta_outcome(struct meta *m, uint64_t number, struct err *err);

/*
 * Have `back` called, by a thread of this module, whenever a database that was away has come back.  It
 * must not call this module and not wait.
 */
void meta_watch(struct meta *m, void (*back)(void *arg), void *arg);

/*
 * Move all that is in one database to the other, which has to be empty: `from` and `to` are as `uri` of
 * meta_open, and one of them is NULL.  What was moved from is retired: meta.db is called meta.db.moved
 * then, and a PostgreSQL database refuses to be opened.  Nobody else has either open.  Fails as
 * meta_commit; nothing has changed then, but for what the sentence says.
 */
int meta_move(const char *from, const char *to, const char *folder, struct err *err);

/* --- users and sessions ----------------------------------------------------------------------- */

struct meta_user {
	uint64_t id;
	char name[META_USERNAME_MAX + 1];
	char metric[16];			/* preferred; "cosine" at first */
	char collection[META_NAME_MAX + 1];	/* preferred; "default" at first */
	int64_t created;
};

/* META_EXISTS when the name is taken.  `password` is an encoded hash, never a password. */
int meta_user_add(struct meta_txn *t, const char *name, const char *password, int64_t now,
    uint64_t *id, struct err *err);

/* By name; META_NONE.  *password (may be NULL) is to be freed by the caller. */
int meta_user_find(struct meta *m, const char *name, struct meta_user *u, char **password,
    struct err *err);

int meta_user_set_password(struct meta_txn *t, uint64_t user, const char *password,
    struct err *err);

/* NULL leaves a preference as it is. */
int meta_user_set_prefs(struct meta_txn *t, uint64_t user, const char *metric,
    const char *collection, struct err *err);

/* A session is what a token stands for: no row, no service.  `sid` is at most 64 characters. */
int meta_session_add(struct meta_txn *t, const char *sid, uint64_t user, int64_t expires,
    struct err *err);

/* The user of session `sid`, unless it is over at `now`; META_NONE. */
int meta_session_user(struct meta *m, const char *sid, int64_t now, struct meta_user *u,
    struct err *err);

/* End one session (META_NONE when there is none), all of a user's, all that are over at `now`. */
int meta_session_end(struct meta_txn *t, const char *sid, struct err *err);
int meta_session_end_user(struct meta_txn *t, uint64_t user, struct err *err);
int meta_session_expire(struct meta_txn *t, int64_t now, struct err *err);

/* --- collections ------------------------------------------------------------------------------ */

struct meta_collection {
	uint64_t number;		/* names its folder; never given twice */
	uint64_t user;
	char name[META_NAME_MAX + 1];
	char metric[16];
	uint32_t dim;
	char codes[16];			/* of the graph: "fast" or "small" */
	uint32_t M, ef_construction;
	uint64_t seed;
	/* Embedder identity; provider "none": vectors only. */
	char provider[16], model[64], version[32];
	uint64_t identity;		/* random; ties hnsw.index to the collection */
	uint64_t generation;		/* of vectors.bin, from 0 */
	uint64_t next_id;		/* the next id to give */
	uint32_t next_slot;		/* slots below it have been given */
	uint64_t count;			/* items there are */
	int64_t created;
};

/*
 * Adds *c, filling in number.  META_EXISTS when the user has one of that name.  A number is given
 * again only when its transaction did not come to be.
 */
int meta_collection_add(struct meta_txn *t, struct meta_collection *c, struct err *err);

/* META_NONE when the user has none of that name. */
int meta_collection_find(struct meta *m, uint64_t user, const char *name,
    struct meta_collection *c, struct err *err);

/* By number, whoever owns it; META_NONE. */
int meta_collection_get(struct meta *m, uint64_t number, struct meta_collection *c,
    struct err *err);

/* All of a user's, by name; user 0: everybody's, by number.  free(*list). */
int meta_collection_list(struct meta *m, uint64_t user, struct meta_collection **list, size_t *n,
    struct err *err);

/* Remove the collection with all its items and requests; META_NONE. */
int meta_collection_drop(struct meta_txn *t, uint64_t number, struct err *err);

/* Set the counters; add `delta` to count. */
int meta_collection_advance(struct meta_txn *t, uint64_t number, uint64_t next_id,
    uint32_t next_slot, int64_t delta, struct err *err);

/* --- items ------------------------------------------------------------------------------------ */

struct meta_item {
	uint64_t id;
	uint32_t slot;
	uint32_t crc;		/* CRC32C of the vector's bytes in the file */
	char *text;		/* NUL-terminated copy, or NULL: none was given */
	size_t text_len;	/* the text may hold NUL bytes */
	char *key;		/* or NULL */
	char *meta;		/* a JSON object as text, or NULL */
};

/* What to read of an item: reading a text that nobody asked for costs. */
enum { META_TEXT = 1, META_KEY = 2, META_META = 4, META_ALL = 7 };

/* Free what the item points to. */
void meta_item_fini(struct meta_item *item);

/* One item by id, slot or key; META_NONE.  `fields` is a sum of the above. */
int meta_item_by_id(struct meta *m, uint64_t collection, uint64_t id, unsigned fields,
    struct meta_item *item, struct err *err);
int meta_item_by_key(struct meta *m, uint64_t collection, const char *key, unsigned fields,
    struct meta_item *item, struct err *err);

/*
 * The items in `slots`, n of them, each into the place of its slot; a slot that no item has gets id
 * META_NO_ID.  In one go, so that all are of one moment.  After a failure there is nothing to free.
 */
#define META_NO_ID UINT64_MAX
int meta_items_by_slot(struct meta *m, uint64_t collection, const uint32_t *slots, size_t n,
    unsigned fields, struct meta_item *items, struct err *err);

/*
 * Up to `limit` items with an id of at least `from`, by id.  Calls `fn` for each; the item is
 * borrowed for the call.  `fn` stops the walk by returning non-zero, which is then returned; it
 * must not call this module.  Writers wait meanwhile: walk far in pieces.
 */
int meta_items_walk(struct meta *m, uint64_t collection, uint64_t from, size_t limit,
    unsigned fields, int (*fn)(void *arg, const struct meta_item *item), void *arg,
    struct err *err);

/* The same in the order of slots, from the slot `from` on. */
int meta_items_walk_slots(struct meta *m, uint64_t collection, uint64_t from, size_t limit,
    unsigned fields, int (*fn)(void *arg, const struct meta_item *item), void *arg,
    struct err *err);

/*
 * The bitmap of slots that items have, for slots below `nslots`: (nslots + 63) / 64 words, zeroed
 * here.
 */
int meta_items_live(struct meta *m, uint64_t collection, uint32_t nslots, uint64_t *live,
    struct err *err);

/*
 * Items whose meta a filter (filter.h) lets through.  `fn` gets id and slot of each, in the order of
 * ids from the id `from` on, or of slots from the slot `from` on, and stops the walk by returning
 * non-zero, which is then returned.  Nothing is locked while it runs.  Others may write in between:
 * what is there all along and passes all along is met, in the order of slots also when its slot
 * changes, because a new slot is a higher one.
 */
enum meta_order { META_BY_ID, META_BY_SLOT };

int meta_items_match(struct meta *m, uint64_t collection, const struct filter *f,
    enum meta_order order, uint64_t from, int (*fn)(void *arg, uint64_t id, uint32_t slot),
    void *arg, struct err *err);

/* The same inside a transaction and in the order of ids; `fn` must not call this module. */
int meta_txn_items_match(struct meta_txn *t, uint64_t collection, const struct filter *f,
    uint64_t from, int (*fn)(void *arg, uint64_t id, uint32_t slot), void *arg, struct err *err);

/* The same reads inside a transaction, seeing its own writes. */
int meta_txn_item_by_id(struct meta_txn *t, uint64_t collection, uint64_t id, unsigned fields,
    struct meta_item *item, struct err *err);
int meta_txn_item_by_key(struct meta_txn *t, uint64_t collection, const char *key,
    unsigned fields, struct meta_item *item, struct err *err);

/*
 * Insert an item, or replace the one with its id.  META_EXISTS: another id has its key or slot;
 * META_NONE: there is no such collection.
 */
int meta_item_put(struct meta_txn *t, uint64_t collection, const struct meta_item *item,
    struct err *err);

/*
 * The same for one that fits and has a slot that no item had before: it may be done later than it is asked for, in one go with others, and
 * what it fails with is then a failure of a later call or of meta_commit.  There are no answers.
 */
int meta_item_put_soon(struct meta_txn *t, uint64_t collection, const struct meta_item *item,
    struct err *err);

/* Set an item's meta, or remove it with NULL, and leave the rest; META_NONE. */
int meta_item_set_meta(struct meta_txn *t, uint64_t collection, uint64_t id, const char *meta,
    struct err *err);

/* Remove an item; META_NONE. */
int meta_item_delete(struct meta_txn *t, uint64_t collection, uint64_t id, struct err *err);

/* --- builds: a further generation of a collection's vectors ------------------------------------- */

/*
 * A collection's vectors.bin has a *generation*, and each item a slot in it.  A *build* makes the
 * next generation beside it: items are given slots there one after the other, in transactions of
 * their own, while the collection goes on being read and changed by its own slots.  An item that is
 * deleted or gets another slot meanwhile loses the one it was given, so what is given is never out
 * of date, and what is missing has a slot past those that were looked at.  Then one small
 * transaction makes the new generation the collection's.  The rows of the old one are swept later.
 * All of it is durable: a build that was interrupted goes on where it was.
 */
struct meta_build {
	uint64_t collection;
	uint64_t generation;		/* that is built: the collection's own + 1 */
	bool embeds;			/* texts are embedded anew; else vectors are copied */
	/* What the collection will have: */
	char metric[16];
	uint32_t dim;
	char provider[16], model[64], version[32];
	uint64_t identity;
	int64_t started;
};

/* META_EXISTS: the collection has one under way.  META_NONE: there is no such collection. */
int meta_build_add(struct meta_txn *t, const struct meta_build *b, struct err *err);

/* The one under way; META_NONE. */
int meta_build_get(struct meta *m, uint64_t collection, struct meta_build *b, struct err *err);

/*
 * As many of the next as there are, with fewer waits: each says of itself whether its `from` was gone.
 * 0 or a failure.
 */
struct meta_build_slot {
	uint32_t from, slot, crc;
	bool gone;
};
int meta_build_put_all(struct meta_txn *t, const struct meta_build *b, struct meta_build_slot *s,
    size_t n, struct err *err);

/*
 * Give the item that is in the slot `from` of the collection a slot of the build, and the CRC32C of
 * its vector there.  META_NONE: no item is in `from` any more.
 */
int meta_build_put(struct meta_txn *t, const struct meta_build *b, uint32_t from, uint32_t slot,
    uint32_t crc, struct err *err);

/*
 * The slots given so far, from `slot` on, in order, which is the order of `from` too; at most
 * `limit`.  `fn` as in meta_items_walk.
 */
int meta_build_walk(struct meta *m, const struct meta_build *b, uint64_t slot, size_t limit,
    int (*fn)(void *arg, uint32_t slot, uint32_t from, uint32_t crc), void *arg, struct err *err);

/*
 * The build becomes the collection's generation, with what it says of metric, dim, embedder and
 * identity; slots below `next_slot` have been given.  META_NONE: there is no such build.
 */
int meta_build_switch(struct meta_txn *t, const struct meta_build *b, uint32_t next_slot,
    struct err *err);

/* Give the build up; its slots are left to the sweep.  META_NONE. */
int meta_build_cancel(struct meta_txn *t, uint64_t collection, struct err *err);

/*
 * Remove the slots of a generation that is neither the collection's nor being built, at most
 * `limit`.  1: there may be more.
 */
int meta_slots_sweep(struct meta_txn *t, uint64_t collection, uint64_t generation, size_t limit,
    struct err *err);

/*
 * Give space that nothing is in any more back to the file system, a piece at a time.  1: there is
 * more to give.
 */
int meta_trim(struct meta *m, struct err *err);

/* --- requests: what makes a retry safe -------------------------------------------------------- */

/*
 * Remember that `request` of `user` was carried out, with `digest` of what it asked and the answer.
 * META_EXISTS when it is remembered already.
 */
int meta_request_put(struct meta_txn *t, uint64_t user, const char *request, uint64_t collection,
    uint64_t digest, const char *answer, int64_t now, struct err *err);

/* What was answered; META_NONE.  free(*answer). */
int meta_txn_request_find(struct meta_txn *t, uint64_t user, const char *request,
    uint64_t *collection, uint64_t *digest, char **answer, struct err *err);

/* Forget those from before `before`. */
int meta_request_expire(struct meta_txn *t, int64_t before, struct err *err);

#endif
