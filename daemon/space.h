/*
 * space.h - the collections that are open.
 *
 * A *space* is a collection with its files open.  It opens at its first use, is shared by counting
 * who holds it, and closes when it has been idle, or when others need the room (space_room.c).  What is in memory of a collection at rest is
 * nothing at all.
 */

#ifndef SPACE_H
#define SPACE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "call.h"
#include "embed.h"
#include "meta.h"
#include "vec.h"

struct match_cache;
struct spaces;

/*
 * A build of the next generation (build.h), as the others see it.  `gone` is what the build has to
 * know of deletions: slots that have lost their items since it began.
 */
struct space_build {
	atomic_bool busy;		/* somebody builds, or is about to */
	atomic_int kind;		/* enum build_kind */
	atomic_bool cancelled;		/* it is to be given up */
	atomic_uint_fast64_t done, total; /* items */
	uv_mutex_t lock;		/* guards all below */
	bool noting;
	bool lost;			/* there was no memory to note one */
	uint32_t *gone;
	size_t ngone, room;
	char note[256];			/* why the last build ended before its end; or empty */
};

struct space {
	struct meta_collection info;	/* as it was at opening; the counters in it are not kept up */
	struct vec *vec;
	struct embedder *embedder;	/* NULL: vectors only */
	uint64_t next_id;		/* the next id to give; the commit lane's alone */
	uint32_t next_slot;		/* slots below it have been given; the same */
	atomic_bool dropped;		/* the collection is gone; remove the folder at closing */
	atomic_bool retired;		/* another space has its place, or is about to, or it is lost */
	atomic_bool lost;		/* it is logged that vectors.bin cannot be read (vec_lost) */
	atomic_bool read_only;		/* it is logged that it is */
	atomic_uint_fast64_t metas;	/* how often a meta has changed in place since opening */
	struct match_cache *matches;
	atomic_bool indexing;		/* an index thread is at it */
	atomic_bool noted;		/* it is logged why hnsw.index was not used */
	int64_t checkpointed;		/* daemon_clock of the last checkpoint; index threads */
	int64_t checkpoint_cost;	/* seconds it took; index threads */
	int64_t considered;		/* not to be compacted before, by daemon_clock; index threads */
	struct space_build build;

	uint64_t number;		/* that of info, which is read anew at opening; [spaces' lock] */
	struct space *next;		/* in its bucket; [spaces' lock] */
	struct space *older, *newer;	/* by last use; [spaces' lock] */
	unsigned holders;		/* [spaces' lock] */
	int64_t used;			/* daemon_clock of the last use; [spaces' lock] */
	enum { SPACE_OPENING, SPACE_OPEN, SPACE_CLOSING } state; /* [spaces' lock] */
};

struct spaces *spaces_new(struct daemon *d);

/* Checkpoints and closes all; nobody holds one any more.  NULL is fine. */
void spaces_free(struct spaces *ss);

/* Log, once, why hnsw.index was not used, when that is so: known at opening, or by an index thread. */
void space_log_note(struct space *s);

/* Log, once, that nothing can be added to it any more, and why. */
void space_log_read_only(struct space *s, const char *sentence);

/*
 * Hold the collection's space, opening it if need be.  0 and *out; META_NONE when it was dropped
 * meanwhile; or a failure as a protocol error in *code with its sentence: WIRE_BUSY when all that may
 * be open are in use for seconds.
 */
int spaces_hold(struct spaces *ss, const struct meta_collection *c, struct space **out,
    enum wire_code *code, struct err *err);

/*
 * Another space, of the collection's next generation, is about to take the place of `s`: from now on
 * nobody can hold `s` any more, and those who would wait.  Then spaces_replace puts `next` there, held
 * for the caller, or nobody (the next to hold the collection opens it anew); or `s` is taken back.
 * `s` closes when its last holder lets go.  Who holds it meanwhile may read rows of the new
 * generation with slots of the old one, and must look at `retired` after reading.
 */
void spaces_retire(struct spaces *ss, struct space *s);
void spaces_replace(struct spaces *ss, struct space *s, struct space *next);
void spaces_take_back(struct spaces *ss, struct space *s);

/*
 * Has a fault made the collection lost (vec_lost)?  True with its sentence: then nobody can hold `s` any
 * more, as if it were retired, and who wants it waits for its last holder and opens it anew, which
 * tells whether the file is whole.  What was read from it is worth nothing.
 */
bool spaces_is_lost(struct spaces *ss, struct space *s, struct vec_error *err);

/* Let go.  NULL is fine. */
void spaces_release(struct spaces *ss, struct space *s);

/*
 * For the index threads: hold the first open space from number `after` + 1 on, in order of number;
 * NULL: none.  Let go with spaces_unhold; neither counts as use.
 */
struct space *spaces_next(struct spaces *ss, uint64_t after);
void spaces_unhold(struct spaces *ss, struct space *s);

/* Close what nobody holds and nobody has used for `seconds`; closes at most one, true if so. */
bool spaces_close_idle(struct spaces *ss, int64_t seconds);

/* Save and close one that nobody holds while there are too many; true if so.  For the index threads. */
bool spaces_close_over(struct spaces *ss);

unsigned spaces_count(struct spaces *ss);

/* The folder of a collection; and the folder removed, of a collection that has no row any more. */
void space_folder(const struct daemon *d, uint64_t number, char *path, size_t n);
void space_remove(struct daemon *d, uint64_t number);

/*
 * The collection a call is about: `args`' collection, else the user's preferred one; "default" is
 * made when it is missing.  0 and *c, or -1 with the call failed.
 */
int call_collection(struct call *c, json_t *args, struct meta_collection *info);

/* The same, held, until call_release. */
int call_space(struct call *c, json_t *args, struct space **out);

/*
 * Let go; when the space was replaced meanwhile, or is lost (the call has failed then, whatever was its
 * answer), the call is run once more.  NULL is fine.
 */
void call_release(struct call *c, struct space *s);

/*
 * Embed texts as the collection does.  WIRE_OK; SPACE_LATER: they go to a service first, so the
 * operation lets go of what it holds and ends without an answer, and will be run again; or an error
 * with its sentence; for one that is about a text, *bad is its number, else SIZE_MAX.
 */
#define SPACE_LATER WIRE_NCODES

enum wire_code space_embed(struct call *c, const struct space *s, enum embed_purpose purpose,
    const struct embed_text *texts, size_t n, float *out, size_t *bad, struct err *err);

/* Does a service embed for this collection? */
bool space_is_remote(const struct space *s);

/* Does the local embedder, which knows spelling and no meaning, serve this collection? */
bool space_is_lexical(const struct space *s);

/* The slot of an item.  0, or -1 with the call failed. */
int call_slot(struct call *c, const struct space *s, uint64_t id, uint32_t *slot);

/* May an answer hold `n` vectors of the collection?  0, or -1 with the call failed. */
int call_bound(struct call *c, const struct space *s, size_t n);

/* Describe a collection as the protocol does; NULL: no memory. */
json_t *collection_json(const struct meta_collection *c);

/*
 * Take provider and model from what a request says: "PROVIDER" or "PROVIDER/MODEL", for a collection
 * that collection_init made.  0, or EMBED_EINVAL: neither can be so long.
 */
int collection_choose(struct meta_collection *c, const char *embedder, struct err *err);

/*
 * Fill in the identity of info->provider and info->model ("": by the settings), with `dim` components
 * (0: the same).  WIRE_OK; SPACE_LATER: a service is asked for its dim first; or an error with its
 * sentence.
 */
enum wire_code collection_embedder(struct call *c, struct meta_collection *info, size_t dim,
    struct err *err);

/* Add the row of a new collection, in a transaction of its own.  META_EXISTS, or a failure. */
int collection_insert(struct daemon *d, struct meta_collection *c, struct err *err);

/* A collection with the defaults of `d` filled in; the caller adds what was asked for. */
void collection_init(struct daemon *d, const struct meta_user *u, const char *name,
    struct meta_collection *c);

#endif
