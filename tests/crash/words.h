/*
 * words.h - the words a daemon gave, and whether it kept them.
 *
 * A load of requests is made up as it goes and written down with what was asked, what was answered,
 * and when: at which events of the seam.  Cut at any event, the requests answered before it are
 * words given, those asked and not answered may have happened wholly or not at all, and the others
 * never were.  words_check holds a daemon that was started again to that.
 *
 * Every text has a number, its serial, and the vector follows from the number, so each thing seen
 * tells whose it is.
 */

#ifndef CRASH_WORDS_H
#define CRASH_WORDS_H

#include "inside.h"

#define WORDS_DIM 256		/* a vector is two sectors, and 64 of them fill a chunk of the file */
#define WORDS_COLLECTIONS 2
#define WORDS_NEVER SIZE_MAX

enum words_kind { WORDS_ADD, WORDS_PUT, WORDS_UPDATE, WORDS_META, WORDS_DELETE };

struct request {
	enum words_kind kind;
	int collection;
	unsigned serial, n;	/* of its texts: serial .. serial + n - 1 */
	json_int_t id;		/* that it changes or deletes */
	unsigned key;		/* of a put: "k<key>" */
	json_t *args, *result;
	size_t asked, answered;	/* events; WORDS_NEVER */
	enum wire_code code;
};

/* An item as it must be. */
struct item {
	json_int_t id;
	unsigned serial, meta;	/* 0: no meta */
	bool has_key;
	unsigned key;
	bool gone;
};

struct items {
	struct item *list;
	size_t n;
};

struct words {
	uint64_t random;
	char token[1024];
	size_t registered, logged_in, created[WORDS_COLLECTIONS]; /* events */
	struct request *requests;
	size_t n, room;
	unsigned serial;	/* the last given */
	struct items now[WORDS_COLLECTIONS];
	struct request *wave[4];	/* under way; their targets are left alone */
	size_t nwave;
};

void words_fini(struct words *w);

/* Register, log in and make the collections; the daemon is empty.  False and why not. */
bool words_begin(struct words *w, char *why, size_t n);

/* Ask `n` (1 to 4) requests at once and wait for the answers. */
void words_wave(struct words *w, size_t n);

extern const char *const words_collections[WORDS_COLLECTIONS];
void words_text(unsigned serial, char *text, size_t n);
void words_vector(unsigned serial, float *x);

/* What an answered request makes of the items. */
void words_apply(const struct request *r, const json_t *result, struct items *items);
struct item *words_find(const struct items *items, json_int_t id);
struct item *words_find_key(const struct items *items, unsigned key);
struct item *words_add(struct items *items);

/*
 * The daemon inside runs on what was left when the power was cut at event `at`.  True when all words
 * given are kept; else what is broken.  `data` is its folder.
 */
bool words_check(const struct words *w, size_t at, const char *data, char *why, size_t n);

#endif
