/*
 * embed_pace.h - how many texts a minute a service gets.
 *
 * A service that has said "too many" is asked nothing until the moment it named, and from then on no
 * more texts in any minute than its quota: the one it named, else what it took in the minute before
 * it complained, else what the settings say.  What was learnt is forgotten after ten minutes without
 * a complaint, as quotas change.  Times are milliseconds of one clock that only goes forward.
 */

#ifndef EMBED_PACE_H
#define EMBED_PACE_H

#include <stddef.h>
#include <stdint.h>

#define EMBED_PACE_SECONDS 60

struct embed_pace {
	uint32_t setting;		/* texts a minute by the settings; 0: no limit */
	uint32_t learnt;		/* by the service; 0: no limit */
	int64_t learnt_at;
	int64_t not_before;
	struct { int64_t second; uint32_t n; } sent[EMBED_PACE_SECONDS + 1];
};

/* How many texts may go out now; 0: none before *at.  At least one a minute always may. */
size_t embed_pace_allowed(struct embed_pace *p, int64_t now, int64_t *at);

/* So many went out. */
void embed_pace_sent(struct embed_pace *p, int64_t now, size_t n);

/*
 * The service refused `n` texts: it wants nothing for `wait_ms`, and `per_minute` at most (0: it did
 * not say).
 */
void embed_pace_refused(struct embed_pace *p, int64_t now, size_t n, int64_t wait_ms,
    uint32_t per_minute);

#endif
