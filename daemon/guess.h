/*
 * guess.h - how often a password may be guessed.
 *
 * A wrong password takes from the budget of the account, and once it is empty no more are looked at:
 * at most COOLVEC_GUESSES in any 24 hours, however many guess from however many places.  So that this
 * locks nobody out of an account of theirs, an account's budget has three parts, and who has no claim
 * to a part cannot empty it:
 *
 *	GUESS_TOKEN	who shows a token of that account, be it expired or its session over: one that
 *			only somebody who has logged in before can have
 *	GUESS_KNOWN	who connects as a system user that has logged in to that account since the start
 *	GUESS_STRANGER	everybody else; the most of it
 *
 * A part is a bucket: it holds half its share, and fills by the other half in a day.  Within a part
 * wrong ones in a row are slowed: the fifth waits a second, each further one twice as long, up to a
 * minute.  A source (a system user) that fails for many accounts is slowed to one in two seconds;
 * there too a token of the account goes before.
 *
 * What is remembered takes fixed memory, is keyed by a hash that nobody outside can predict, and is
 * the same for accounts that are there and that are not.  It is forgotten at a restart.
 */

#ifndef GUESS_H
#define GUESS_H

#include <stdbool.h>
#include <stdint.h>

struct guesses;

enum guess_part { GUESS_TOKEN, GUESS_KNOWN, GUESS_STRANGER, GUESS_PARTS };

struct guess {
	const char *account;	/* a username, of a user or of nobody */
	uint32_t source;	/* the uid of the process that connected */
	bool token;		/* a token of the account was shown */
};

/*
 * `a_day`: wrong passwords an account takes in 24 hours; fewer than 20 count as 20, and 0 is no bound
 * and no waiting.  NULL: no memory.
 */
struct guesses *guesses_new(uint64_t a_day);
void guesses_free(struct guesses *gs);

/*
 * May a password be looked at, at `now` (any clock, milliseconds)?  0, and it is taken from a part's
 * budget, *part; or after how many milliseconds it is worth to try again.  Any thread.
 */
int64_t guess_begin(struct guesses *gs, const struct guess *g, int64_t now, enum guess_part *part);

/* The password was right, or was not looked at: give it back to the part it came from. */
void guess_right(struct guesses *gs, const struct guess *g, enum guess_part part);
void guess_undo(struct guesses *gs, const struct guess *g, enum guess_part part);

#endif
