/*
 * vec.h - libvec, an embeddable store of vectors with nearest-neighbour search.
 *
 * A *collection* is a folder with two files.  vectors.bin holds the vectors as they were given, one
 * record of `dim` float32 per *slot*, and is the truth.  hnsw.index holds a graph over them and is
 * derived: missing, stale or damaged it is rebuilt, never an error.
 *
 * A vector goes through three steps, so that a caller with a database of its own can put its commit
 * between the last two: vec_append writes it, vec_sync makes it durable, vec_publish makes it
 * count.  Published, it is found at once: what the graph does not reach yet, the *tail*, is scanned
 * exactly.  vec_index moves the tail into the graph; call it from as many threads of your own as
 * you like, or never.  libvec starts no thread, prints nothing and reads no environment.
 *
 * Slots are never given twice.  libvec keeps no record of deletions: who deletes remembers, and
 * says at vec_open which slots are live.
 *
 * Every function that can fail returns 0, a positive answer named in its comment, or a negative
 * VEC_E* code, and fills `err` (which may be NULL) with a sentence.  Unless its comment says
 * otherwise a function may be called by any thread at any time between vec_open and vec_close.
 */

#ifndef VEC_H
#define VEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The library is built with hidden visibility: these are the names that a libvec.so shows. */
#pragma GCC visibility push(default)

#define VEC_VERSION "0.1.0"

enum {
	VEC_EDIM = -1,		/* the vector has another number of components */
	VEC_EVALUE = -2,	/* an argument or component that cannot be: NaN, infinity, zeros */
	VEC_EFULL = -3,		/* no further slot: the format's limit */
	VEC_EIO = -4,		/* the system refused; the sentence has its words */
	VEC_ENOSPC = -5,	/* the disk or quota is full; nothing changed */
	VEC_ENOMEM = -6,	/* no memory or address space; nothing changed */
	VEC_ECORRUPT = -7,	/* vectors.bin is not what it should be, or is lost (vec_fault) */
	VEC_EREADONLY = -8,	/* an fdatasync failed before: this handle writes no more */
	VEC_ENOTFOUND = -9,	/* no such live slot */
	VEC_EBUSY = -10,	/* another process has the collection open */
};

struct vec_error {
	int code;		/* one of the above */
	char message[248];	/* a sentence without a full stop, never empty when code is not 0 */
};

/*
 * How far apart two vectors are.  Smaller is nearer, always.
 * cosine: 1 - cos(a, b).  l2: Euclidean.  ip: minus the dot product.  l1: sum of |a - b|.
 */
enum vec_metric {
	VEC_COSINE,
	VEC_L2,
	VEC_IP,
	VEC_L1,
	VEC_NMETRICS
};

/* "cosine", "l2", "ip", "l1"; and back: the metric, or -1 for a name that is none. */
const char *vec_metric_name(enum vec_metric metric);
int vec_metric_parse(const char *name);

/* Limits and defaults: {least, default, most}. */
#define VEC_HEADER_BYTES 36	/* of vectors.bin, before the first record */
#define VEC_DIM_MAX 16000
#define VEC_M_MIN 4
#define VEC_M_DEFAULT 16
#define VEC_M_LOW 32		/* the default with at most VEC_DIM_LOW components and codes that are not small */
#define VEC_DIM_LOW 256		/* up to here links cost less than what more of them save */
#define VEC_M_MAX 64
#define VEC_EF_CONSTRUCTION_MIN 8
#define VEC_EF_CONSTRUCTION_DEFAULT 200
#define VEC_EF_CONSTRUCTION_MAX 4000
#define VEC_EF_DEFAULT 100
#define VEC_EF_MAX 10000
#define VEC_K_MAX 10000
#define VEC_SLOT_NONE UINT32_MAX

/*
 * What the graph orders vectors by.  Results are always ordered by the vectors themselves.
 * fast: a byte for each component.  small: four bits, and M is 16 by default.  none: the vectors,
 * with no memory beside them; always so under l1, and below 17 components, where a code would be no
 * shorter.  default: what vec_default_codes says.
 */
enum vec_codes {
	VEC_CODES_DEFAULT,
	VEC_CODES_FAST,
	VEC_CODES_SMALL,
	VEC_CODES_NONE,
	VEC_NCODES
};

/* "default", "fast", "small", "none"; and back: the codes, or -1 for a name that is none. */
const char *vec_codes_name(enum vec_codes codes);
int vec_codes_parse(const char *name);

struct vec;

struct vec_options {
	size_t dim;		/* components of a vector, 1 to VEC_DIM_MAX */
	enum vec_metric metric;	/* of the graph; a search may ask for another */
	uint32_t M;		/* links of a node above level 0, twice that on it; 0: default */
	uint32_t ef_construction; /* candidates kept while building; 0: default */
	enum vec_codes codes;	/* where the graph can have them; 0: default */
	uint64_t seed;		/* of the levels; equal seed, one thread: equal graph */
	uint64_t identity;	/* with generation, ties hnsw.index to vectors.bin: any numbers */
	uint64_t generation;	/* that another collection, or this one rewritten, has not */
	const uint64_t *live;	/* bit s: slot s is live; NULL: all published are.  Copied */
	uint32_t nlive;		/* slots that `live` covers.  Published ones past it are live */
	bool create;		/* make the folder's files when there are none */
};

/*
 * The M and the codes of a graph with these options when they have 0 there: for who keeps them, so that
 * an index made anew is as the lost one.  Up to VEC_DIM_LOW components codes are fast, above small.
 */
uint32_t vec_default_M(const struct vec_options *o);
enum vec_codes vec_default_codes(const struct vec_options *o);

/*
 * Open the collection in folder `dir`, which exists.  Checks the header against `o` and maps the
 * file.  Of hnsw.index a short one is read here, a long one (over 16,384 vectors) by the first
 * vec_index, vec_checkpoint or vec_check; until then all is in the tail and searches scan.  Where
 * it is missing or not sound the graph is empty (vec_stats says so, with the reason).  A record
 * after n_vecs is left alone. One vec per folder and process; a second process gets VEC_EBUSY.
 * Returns 0, or VEC_EVALUE (options, or no files and not `create`), VEC_EDIM (the file has another
 * dim), VEC_ECORRUPT, VEC_EIO, VEC_ENOSPC, VEC_ENOMEM, VEC_EBUSY.  *out is then NULL.
 */
int vec_open(const char *dir, const struct vec_options *o, struct vec **out, struct vec_error *err);

/* Close and free; no other call may be under way.  Writes nothing (vec_checkpoint).  Takes NULL. */
void vec_close(struct vec *v);

/*
 * Write `n` vectors (`x`: n rows of `dim` finite components, not all zero, copied) into the next
 * free slots, which are *first .. *first + n - 1.  They are neither durable nor found yet.  Slots
 * given are never given again while `v` is open, published or not.
 * Returns 0, or VEC_EVALUE, VEC_EFULL, VEC_ENOSPC, VEC_EIO, VEC_ENOMEM, VEC_EREADONLY (now, when the
 * longer file cannot be synced, or before); then nothing is added.
 */
int vec_append(struct vec *v, const float *x, size_t n, uint32_t *first, struct vec_error *err);

/*
 * Make all that vec_append wrote durable, by fdatasync.  When that fails the system may have
 * dropped the data for good, so it is never tried again: `v` goes read-only.  0, VEC_EIO or
 * VEC_EREADONLY.
 */
int vec_sync(struct vec *v, struct vec_error *err);

/*
 * Slots below `end` count from now on: searches find those that are not deleted.  `end` below what
 * is published changes nothing.  `end` may be past what this handle appended (slots that a database
 * remembers from before a power cut) but not past the file.  The header is written, not synced.
 * Returns 0, VEC_EVALUE, VEC_EIO (published all the same in this process), or VEC_ENOMEM.
 */
int vec_publish(struct vec *v, uint32_t end, struct vec_error *err);

/* vec_append of one vector, vec_sync, vec_publish.  Slot in *slot (may be NULL).  Their errors. */
int vec_add(struct vec *v, const float *x, size_t dim, uint32_t *slot, struct vec_error *err);

/*
 * `slot` is found no more, from now on; the graph is mended by vec_index later.  A slot that was
 * appended and not published yet may be deleted too: it is then born dead.
 * Returns 0, or VEC_ENOTFOUND when it is not there or dead already.
 */
int vec_delete(struct vec *v, uint32_t slot, struct vec_error *err);

/*
 * Borrow the vector in `slot`: `dim` floats in the map of the file, good until vec_close.  NULL
 * when the slot was never appended.  Dead slots still have theirs.
 */
const float *vec_peek(const struct vec *v, uint32_t slot);

/*
 * For a program's handler of SIGBUS, which is what touching a page of vectors.bin ends in that is no
 * more there: somebody cut the file short, or its disk cannot read.  `at` is si_addr.  True when it
 * lies in an open collection: that one is *lost*.  What was its file shows zeros, the handler may
 * return, and the calls on it that read or write vectors answer VEC_ECORRUPT; what is left to do is
 * to close it.  False: the fault is not libvec's.  Of the signals of this process alone that the
 * kernel sends to the thread that touched (si_code BUS_ADRERR, BUS_MCEERR_AR); takes no lock that
 * such a thread can hold.
 */
bool vec_fault(const void *at);

/*
 * 0, or VEC_ECORRUPT when `v` is lost, or is now, its file being shorter than it must be.  Asked after
 * reading what vec_peek or a search gave: behind the end of a file its last page has zeros.
 */
int vec_lost(const struct vec *v, struct vec_error *err);

/* True when `slot` is published and not deleted. */
bool vec_is_live(const struct vec *v, uint32_t slot);

struct vec_hit {
	uint32_t slot;
	float distance;
};

struct vec_query {
	size_t k;		/* hits wanted, at least 1; more than VEC_K_MAX are never given */
	size_t ef;		/* candidates kept, at least k; 0: VEC_EF_DEFAULT.  Where slots are
				 * deleted it is widened by their share, at most doubled, so that
				 * recall at an ef does not fall as vectors come and go.
				 * Over small codes 8 more are kept, which those may confuse */
	bool exact;		/* scan every live vector instead of using the graph */
	int metric;		/* enum vec_metric, or -1: the graph's; another one means exact */
	uint32_t except;	/* a slot to leave out, or VEC_SLOT_NONE */
	const uint64_t *only;	/* bit s: slot s may be a hit; NULL: all.  Dead slots never are */
	uint32_t nonly;		/* slots that `only` covers; those past it are out */
	bool (*keep)(void *arg, uint32_t slot); /* asked as well, when not NULL; must not block */
	void *arg;
};

/* A query with k, the default ef, the graph's metric and nothing left out. */
#define VEC_QUERY(k_) ((struct vec_query){ .k = (k_), .metric = -1, .except = VEC_SLOT_NONE })

/*
 * The nearest live vectors to `x` (`dim` finite components; not all zero under cosine).  `hits` has
 * room for q->k; *n of them are filled, nearest first, equal distances by slot.  With a filter, *n
 * is never below min(k, matches): where the graph gives fewer, an exact scan follows.  Distances
 * are computed from the float32 vectors in one fixed order of operations and are the same on every
 * machine.  Returns 0, VEC_EDIM, VEC_EVALUE or VEC_ENOMEM.
 */
int vec_search(struct vec *v, const float *x, size_t dim, const struct vec_query *q,
    struct vec_hit *hits, size_t *n, struct vec_error *err);

/*
 * vec_search for each of `count` vectors (`x`: rows of `dim` components), all asked the same way:
 * what has to be scanned is read once for eight of them.  Of the i-th, `hits` + i * q->k holds the
 * n[i] hits. The errors of vec_search; then some of `n` may be filled and others not.
 */
int vec_search_batch(struct vec *v, const float *x, size_t count, size_t dim,
    const struct vec_query *q, struct vec_hit *hits, size_t *n, struct vec_error *err);

/*
 * The distance between two vectors of `dim` components, as vec_search reports it.  Under cosine a
 * zero vector is at distance 1 from everything.
 */
float vec_distance(enum vec_metric metric, const float *a, const float *b, size_t dim);

/* 0 when `x` can be stored: finite, not all zero.  Else VEC_EVALUE and which component. */
int vec_validate(const float *x, size_t dim, struct vec_error *err);

/*
 * Do up to `budget` pieces of index work: move slots of the tail into the graph, unlink deleted
 * ones and reconnect their neighbours.  Returns 0 when nothing is left to do, 1 when there is more
 * (or another thread is at it), or VEC_ENOMEM.
 */
int vec_index(struct vec *v, size_t budget, struct vec_error *err);

/*
 * Write hnsw.index: temporary file, fsync, rename, fsync of the folder; also syncs vectors.bin's
 * header.  Adds and index work wait, searches do not.  0, VEC_EIO, VEC_ENOSPC, VEC_ENOMEM,
 * VEC_EREADONLY; the old file then stands.
 */
int vec_checkpoint(struct vec *v, struct vec_error *err);

/*
 * Give the room of vectors.bin that no slot has been given yet back to the file system; the next
 * vec_append makes room anew.  0, VEC_EIO or VEC_EREADONLY.
 */
int vec_trim(struct vec *v, struct vec_error *err);

/*
 * `v`, a new generation of `old` in a folder of its own, takes its place: its files are renamed
 * over those of `old`, vectors.bin last, and the folder that they leave is the caller's to remove.
 * Both stay open and can be read and searched; `old`, whose vectors.bin has no name any more,
 * writes no hnsw.index from now on, and adding to it would be in vain.  Both folders are on one
 * file system. 0; or VEC_EIO or VEC_ENOSPC, and `v` is then as good as before, where it was.
 */
int vec_replace(struct vec *v, struct vec *old, struct vec_error *err);

struct vec_stats {
	uint32_t dim;
	enum vec_metric metric;
	enum vec_codes codes;	/* what the graph has */
	uint32_t M, ef_construction;
	uint32_t published;	/* slots published */
	uint32_t live;		/* of those, not deleted */
	uint32_t indexed;	/* in the graph and live: nodes, and copies of nodes */
	uint32_t tail;		/* live slots the graph does not hold yet */
	uint32_t covered;	/* slots below are in the graph or deleted; the tail lies above */
	uint32_t saved;		/* slots that hnsw.index covered when it was opened, by its header */
	uint32_t unlinking;	/* deleted nodes not unlinked yet */
	uint32_t max_level;
	uint32_t capacity;	/* slots that vectors.bin has room for */
	uint64_t file_bytes;	/* of vectors.bin */
	uint64_t graph_bytes;	/* memory of links, codes, levels and norms */
	bool read_only;		/* nothing can be added: an fdatasync failed, or it is lost */
	bool unsaved;		/* the graph changed since hnsw.index was written or loaded */
	char isa[16];		/* instruction set in use: "scalar", "avx2", "avx512", "neon" */
	char index_note[128];	/* why hnsw.index was not used; empty: it was, or is none */
};

void vec_stats(struct vec *v, struct vec_stats *s);

struct vec_check_report {
	uint64_t nodes;		/* linked nodes seen */
	uint64_t links;		/* directed links seen, all levels */
	uint64_t unreachable;	/* live nodes that no walk from the entry point reaches, level 0 */
};

/*
 * Check every invariant of the graph: links in range, to nodes of that level, not to itself, not
 * twice, not to unlinked nodes; counts within M (2M on level 0); the entry point on the highest
 * level.  Index work waits.  0, or VEC_ECORRUPT with the first one broken, or VEC_ENOMEM.
 */
int vec_check(struct vec *v, struct vec_check_report *r, struct vec_error *err);

/*
 * Read hnsw.index, as it is on disk now, against its checksums.  0 when it is sound or there is none;
 * VEC_ECORRUPT and what is wrong: the graph in memory is not touched by that, and vec_checkpoint
 * writes it anew.  Nobody waits.
 */
int vec_check_saved(struct vec *v, struct vec_error *err);

/* CRC32C (Castagnoli) of `n` bytes, continuing from `crc` (0 to begin). */
uint32_t vec_crc32c(uint32_t crc, const void *p, size_t n);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif
